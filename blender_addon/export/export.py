# SPDX-License-Identifier: GPL-3.0-or-later
"""Export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy_extras.io_utils import ExportHelper

from ..polls import unless
from ..widgets import draw_text
from . import mesh_checks
from .formats import FORMATS, export

SUFFIXES = {kind.suffix for kind in FORMATS.values()}
ITEMS: list[tuple[str, str, str, int]] = []  # Blender keeps no reference to them


def formats(_: Any, __: bpy.types.Context | None) -> list[tuple[str, str, str, int]]:
    """What the running Blender can write, for a menu."""
    ITEMS[:] = [
        (name, kind.label, kind.description, number)
        for number, (name, kind) in enumerate(FORMATS.items())
        if kind.available
    ]
    return ITEMS


def why_nothing_to_export(context: bpy.types.Context) -> str:
    """Why there is no mesh to copy, for the artist; empty where one is active."""
    if context.mode != "OBJECT":
        return "Leave edit, sculpt or paint mode first"
    return "" if context.object is not None and context.object.type == "MESH" else "Select a mesh first"


class DRAPE_OT_export(bpy.types.Operator, ExportHelper):
    """Write the active mesh to a file for other programs, with modifiers applied and its texture beside"""

    bl_idname = "drape.export"
    bl_label = "Export"
    bl_options = {"REGISTER"}

    __annotations__ = {
        "file_format": bpy.props.EnumProperty(name="Format", description="What kind of file to write", items=formats),
        "filter_glob": bpy.props.StringProperty(
            default=";".join(f"*{suffix}" for suffix in sorted(SUFFIXES)), options={"HIDDEN"}
        ),
    }

    checks: tuple[mesh_checks.Check, ...] = ()

    @property
    def filename_ext(self) -> str:
        """The ending that the chosen format has."""
        return FORMATS[self.file_format].suffix

    poll = unless(why_nothing_to_export)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Looks at the mesh, and asks for the file, named after the object."""
        self.checks = tuple(mesh_checks.of_object(context, context.object))
        folder = Path(bpy.path.abspath("//") or Path.home())
        self.filepath = str(folder / f"{bpy.path.clean_name(context.object.name)}{self.filename_ext}")
        return ExportHelper.invoke(self, context, event)

    def draw(self, _: bpy.types.Context) -> None:
        """The format, then what was found."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "file_format")
        if self.checks:
            box = layout.box()
            for check in self.checks:
                draw_text(box, check.text, "CHECKMARK" if check.good else "ERROR")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Writes by Blender's own exporter."""
        path = Path(bpy.path.abspath(self.filepath))
        stem = path.stem if path.suffix.lower() in SUFFIXES else path.name
        checks = self.checks or mesh_checks.of_object(context, context.object)
        flaws = [check.text for check in checks if not check.good]
        try:
            written = export(
                context, context.object, FORMATS[self.file_format], path.with_name(f"{stem}{self.filename_ext}")
            )
        except (OSError, RuntimeError) as error:
            self.report({"ERROR"}, iface_("'{}' can't be written: {}").format(path, str(error).strip()))
            return {"CANCELLED"}
        if flaws:
            self.report({"WARNING"}, "; ".join(flaws))
        self.report({"INFO"}, iface_("Written: {}").format(", ".join(path.name for path in written)))
        return {"FINISHED"}


CLASSES = (DRAPE_OT_export,)
