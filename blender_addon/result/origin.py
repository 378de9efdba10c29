# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a result comes from: kept with the object, so that it is still known when the job folder is gone."""

from __future__ import annotations

from typing import Any

import bpy

from ..engine.contract.method import Method, methods
from .files import Result

JOB = "drape_job"
ANSWER = "drape_answer"  # the digest of the very job, since a job folder may get another result
METHOD = "drape_method"
VERDICT = "drape_verdict"
QUALITY = "drape_quality"
REASONS = "drape_reasons"
ORIGIN = "drape_origin"
CLOSED = "drape_closed"  # a mesh that has got a back


def why_no_result(context: bpy.types.Context) -> str:
    """Why the active object is no result, for the artist; empty where it is one."""
    return "" if context.object is not None and JOB in context.object else "Select a result of Drape first"


def remember(obj: bpy.types.Object, result: Result) -> None:
    """Keeps with `obj` which job it is of, what that was asked for, and how good the result is."""
    record = result.record
    obj[JOB] = str(result.folder)
    obj[ANSWER] = result.answer
    obj[METHOD] = record["method"]
    obj[VERDICT] = result.verdict
    obj[QUALITY] = result.figures
    obj[REASONS] = result.reasons
    obj[ORIGIN] = {
        "picture": result.name,
        **{name: record[name] for name in ("method", "guidance", "seed", "device")},
        "version": record["versions"]["drape"],
    }


def of(obj: bpy.types.Object) -> dict[str, Any]:
    """What `remember` has kept; empty for an object that is no result."""
    return dict(obj.get(ORIGIN, {}))


def method_of(obj: bpy.types.Object) -> Method:
    """The method that made the result `obj`."""
    return methods()[obj[METHOD]]


def is_closed(obj: bpy.types.Object) -> bool:
    """Whether the result `obj` has a back: from its method, or by *Close the Back*."""
    return method_of(obj).closed or CLOSED in obj.data


def description(obj: bpy.types.Object) -> str:
    """The origin of `obj` in one sentence."""
    source = of(obj)
    method = method_of(obj).paper
    return (
        f"Made from the picture '{source['picture']}' by {method} with the model '{source['guidance']}', "
        f"seed {source['seed']} (Drape {source['version']})"
    )
