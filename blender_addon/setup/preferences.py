# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension's preferences: which Python runs the engine, and where jobs lie."""

from __future__ import annotations

import bpy

from .. import redraw
from ..runner import NO_FAILURE, runner
from .environment import EXTENSION, engine_python, jobs_folder
from .status import draw_checks, draw_failure, draw_task, has_operator


class DrapePreferences(bpy.types.AddonPreferences):
    """What holds for all files."""

    bl_idname = EXTENSION

    __annotations__ = {
        "engine_python": bpy.props.StringProperty(
            name="Engine Python",
            description="The Python that runs the engine; empty: the environment that Set Up Engine made",
            subtype="FILE_PATH",
        ),
        "jobs_folder": bpy.props.StringProperty(
            name="Jobs Folder",
            description="Where pictures, results and logs of jobs are kept; empty: the user's cache",
            subtype="DIR_PATH",
        ),
        "drop_on_viewport": bpy.props.BoolProperty(
            name="Drop Pictures on the Viewport",
            description="Also take pictures that are dropped on the 3D viewport; Blender then asks at every drop",
        ),
        "viewport_preview": bpy.props.BoolProperty(
            name="Preview in Viewport",
            description="Show in the 3D viewports how the virtual texture slides over the picture; it isn't saved",
            default=True,
            update=lambda _, __: redraw.viewports(),
        ),
    }

    def draw(self, _: bpy.types.Context) -> None:
        """Paths with what they come to, and the engine's state."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "engine_python", placeholder=str(engine_python()))
        layout.prop(self, "jobs_folder", placeholder=str(jobs_folder()))
        layout.prop(self, "viewport_preview")
        layout.prop(self, "drop_on_viewport")
        row = layout.row()
        if has_operator("set_up_engine"):
            row.operator("drape.set_up_engine")
        row.operator("drape.copy_set_up_command")
        row.operator("drape.check_engine")
        row.operator("wm.path_open", text="Open Jobs Folder", icon="FILE_FOLDER").filepath = str(jobs_folder())
        draw_task(layout)
        if runner.failure != NO_FAILURE:
            draw_failure(layout)
        else:
            draw_checks(layout)


CLASSES = (DrapePreferences,)
