# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a result comes from: kept with the object, so that it is still known when the job folder is gone."""

from __future__ import annotations

from typing import Any

import bpy

from ..engine.contract import settings
from .files import Result

ORIGIN = "drape_origin"


def remember(made: bpy.types.Object, result: Result) -> None:
    """Keeps with `made` what its job was asked for."""
    record = result.record
    made[ORIGIN] = {
        "picture": result.name,
        **{name: record[name] for name in ("method", "guidance", "seed", "device")},
        "version": record["versions"]["drape"],
    }


def of(made: bpy.types.Object) -> dict[str, Any]:
    """What `remember` has kept; empty for an object that is no result."""
    return dict(made.get(ORIGIN, {}))


def told(made: bpy.types.Object) -> str:
    """The origin of `made` in one sentence."""
    known = of(made)
    method = settings.METHODS[known["method"]].__name__
    return (
        f"Made from the picture '{known['picture']}' by {method} with the model '{known['guidance']}', "
        f"seed {known['seed']} (Drape {known['version']})"
    )
