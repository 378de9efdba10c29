# SPDX-License-Identifier: GPL-3.0-or-later
"""Save to Asset Library."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..polls import unless
from ..result import origin
from .mark_asset import mark

ITEMS: list[tuple[str, str, str]] = []  # Blender keeps no reference to them


def libraries(_: Any, __: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    """The asset libraries of the preferences, for a menu."""
    ITEMS[:] = [
        (library.name, library.name, library.path) for library in bpy.context.preferences.filepaths.asset_libraries
    ]
    return ITEMS


def why_no_library(context: bpy.types.Context) -> str:
    """Why there is no library to write to, for the artist; empty where there is one."""
    libraries = context.preferences.filepaths.asset_libraries
    return "" if libraries else "Add an asset library in the File Paths section of the preferences first"


class DRAPE_OT_save_to_library(bpy.types.Operator):
    """Write the active result as an asset into a library, as a file of its own; the open file stays as it is"""

    bl_idname = "drape.save_to_library"
    bl_label = "Save to Asset Library"
    bl_options = {"REGISTER"}

    __annotations__ = {
        "library": bpy.props.EnumProperty(name="Library", description="Where the asset goes", items=libraries)
    }

    poll = unless(origin.why_no_result, why_no_library)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Marks it for as long as it takes to write it."""
        obj, library = context.object, context.preferences.filepaths.asset_libraries[self.library]
        was_marked = obj.asset_data is not None
        if not was_marked:
            mark(obj)
        try:
            file = write(obj, Path(bpy.path.abspath(library.path), "Drape"))
        except (OSError, RuntimeError) as error:
            self.report({"ERROR"}, iface_("'{}' can't be written: {}").format(library.path, str(error).strip()))
            return {"CANCELLED"}
        finally:
            if not was_marked:
                obj.asset_clear()
        self.report({"INFO"}, iface_("Written: {}").format(file))
        return {"FINISHED"}


def write(obj: bpy.types.Object, folder: Path) -> Path:
    """Writes `obj` to a new file in `folder`, which is made where missing, and returns it. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = bpy.path.clean_name(obj.name)
    number, file = 1, folder / f"{stem}.blend"
    while file.exists():
        number += 1
        file = folder / f"{stem} {number}.blend"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".drape-") as temporary:
        unfinished = Path(temporary, file.name)
        bpy.data.libraries.write(str(unfinished), {obj}, path_remap="RELATIVE_ALL", compress=True)
        os.replace(unfinished, file)
    return file


CLASSES = (DRAPE_OT_save_to_library,)
