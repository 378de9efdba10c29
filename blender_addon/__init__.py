# SPDX-License-Identifier: GPL-3.0-or-later
"""Drape in Blender. Importing this needs no Blender; `register` does, and `unregister` takes all of it back."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

SHARED = ("translations", "icons", "runner")
ROOMS = ("setup", "picture", "distortion", "result", "export", "job", "views")
"""From the ground up. Each file in them registers its `CLASSES`, and what else its `register` adds."""


def register() -> None:
    """Adds properties, preferences, operators and panels to Blender."""
    import bpy

    for part in _parts():
        for cls in getattr(part, "CLASSES", ()):
            bpy.utils.register_class(cls)
        getattr(part, "register", _nothing)()


def unregister() -> None:
    """Ends the engine and removes everything that `register` added."""
    import bpy

    for part in reversed(list(_parts())):
        getattr(part, "unregister", _nothing)()
        for cls in reversed(getattr(part, "CLASSES", ())):
            bpy.utils.unregister_class(cls)


def _parts() -> Iterator[ModuleType]:
    """The files that may have something to register; a build of the extension may leave some of a room out."""
    for name in SHARED:
        yield importlib.import_module(f".{name}", __package__)
    for room in ROOMS:
        package = importlib.import_module(f".{room}", __package__)
        for module in pkgutil.iter_modules(package.__path__):
            yield importlib.import_module(f".{module.name}", package.__name__)


def _nothing() -> None:
    """For a file without `register` or `unregister`."""
