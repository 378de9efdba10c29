# SPDX-License-Identifier: GPL-3.0-or-later
"""Drape in Blender. Importing this needs no Blender; `register` does, and `unregister` takes all of it back."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

PARTS = (
    *("translations", "job.properties", "result.placement", "setup.preferences", "runner", "job.queue"),
    *("job.status_line", "icons", "job.preview", "job.viewport_preview", "picture.mask_overlay", "job.presets_panel"),
    *("job.drop", "result.turntable", "job.panel", "views.panel", "job.jobs_panel", "result.panel"),
    *("distortion.options", "distortion.probe", "distortion.legend", "distortion.overlay", "distortion.panel"),
)
ROOMS = ("setup", "picture", "distortion", "result", "export", "job", "views")  # where the operators are


def register() -> None:
    """Adds properties, preferences, operators and panels to Blender."""
    import bpy

    for part in PARTS:
        importlib.import_module(f".{part}", __package__).register()
    for operator in _operators():
        bpy.utils.register_class(operator)


def unregister() -> None:
    """Ends the engine and removes everything that `register` added."""
    import bpy

    for operator in _operators():
        bpy.utils.unregister_class(operator)
    for part in reversed(PARTS):
        importlib.import_module(f".{part}", __package__).unregister()


def _operators() -> Iterator[Any]:
    """One file a verb; a build of the extension may leave some out."""
    for room in ROOMS:
        package = importlib.import_module(f".{room}", __package__)
        for module in pkgutil.iter_modules(package.__path__):
            part = importlib.import_module(f".{module.name}", package.__name__)
            if hasattr(part, "OPERATOR"):
                yield part.OPERATOR
