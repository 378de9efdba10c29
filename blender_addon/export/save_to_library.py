# SPDX-License-Identifier: GPL-3.0-or-later
"""Save to Asset Library."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..result import origin
from . import asset

ITEMS: list[tuple[str, str, str]] = []  # Blender keeps no reference to them


def libraries(_: Any, __: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    """The asset libraries of the preferences, for a menu."""
    ITEMS[:] = [
        (library.name, library.name, library.path) for library in bpy.context.preferences.filepaths.asset_libraries
    ]
    return ITEMS


class DRAPE_OT_save_to_library(bpy.types.Operator):
    """Write the active result as an asset into a library, as a file of its own; the open file stays as it is"""

    bl_idname = "drape.save_to_library"
    bl_label = "Save to Asset Library"
    bl_options = {"REGISTER"}

    __annotations__ = {
        "library": bpy.props.EnumProperty(name="Library", description="Where the asset goes", items=libraries)
    }

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A result is active, and there is a library."""
        reason = origin.why_no_result(context)
        if not reason and not context.preferences.filepaths.asset_libraries:
            reason = "Add an asset library in the File Paths section of the preferences first"
        cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Marks it for as long as it takes to write it."""
        made, library = context.object, context.preferences.filepaths.asset_libraries[self.library]
        was_marked = made.asset_data is not None
        if not was_marked:
            asset.mark(made)
        try:
            file = write(made, Path(bpy.path.abspath(library.path), "Drape"))
        except (OSError, RuntimeError) as error:
            self.report({"ERROR"}, iface_("'{}' can't be written: {}").format(library.path, str(error).strip()))
            return {"CANCELLED"}
        finally:
            if not was_marked:
                made.asset_clear()
        self.report({"INFO"}, iface_("Written: {}").format(file))
        return {"FINISHED"}


def write(made: bpy.types.Object, folder: Path) -> Path:
    """Writes `made` to a new file in `folder`, which is made where missing, and returns it. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = bpy.path.clean_name(made.name)
    number, file = 1, folder / f"{stem}.blend"
    while file.exists():
        number += 1
        file = folder / f"{stem} {number}.blend"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".drape-") as temporary:
        unfinished = Path(temporary, file.name)
        bpy.data.libraries.write(str(unfinished), {made}, path_remap="RELATIVE_ALL", compress=True)
        os.replace(unfinished, file)
    return file


CLASSES = (DRAPE_OT_save_to_library,)
