# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension's preferences: which Python runs the engine, and where jobs lie."""

from __future__ import annotations

import functools
import os
import sys
import tomllib
from pathlib import Path

import bpy

from ..distortion.tracking import redraw_viewports
from ..engine_client import folders
from ..engine_client.process import Launch
from ..runner import NO_FAILURE, watch
from ..widgets import draw_checks, draw_failure, draw_task, has_operator

EXTENSION = __package__.rpartition(".")[0]
ROOT = Path(__file__).resolve().parents[1]  # holds engine/
VARIABLE = "DRAPE_ENGINE_PYTHON"


class NotSetUpError(Exception):
    """The engine can't be run, in one sentence."""


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
            update=lambda _, __: redraw_viewports(),
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
        if watch.failure != NO_FAILURE:
            draw_failure(layout)
        else:
            draw_checks(layout)


def jobs_folder() -> Path:
    """Where new job folders are made."""
    chosen = current().jobs_folder
    return Path(bpy.path.abspath(chosen)) if chosen else folders.jobs_folder()


def engine_python() -> Path:
    """The Python that runs the engine, whether it is there or not."""
    chosen = os.environ.get(VARIABLE) or bpy.path.abspath(current().engine_python)
    return Path(chosen) if chosen else folders.python_in(folders.environment_folder())


def launch(log: str) -> Launch:
    """What it takes to run the engine, its stderr in the file `log` of this Blender's temporary folder.

    Raises NotSetUpError where there is no Python for it.
    """
    python = engine_python()
    if not python.is_file():
        raise NotSetUpError("The engine is not set up yet")
    return surroundings(python, log)


def surroundings(python: Path, log: str) -> Launch:
    """As `launch`, with another Python."""
    online = bpy.app.online_access and may_use_network()
    return Launch(python, ROOT, Path(bpy.app.tempdir, f"{log}.log"), offline=not online)


@functools.cache
def may_use_network() -> bool:
    """Whether this build of the extension asks for the network; the one for Blender's extension platform doesn't."""
    return "network" in tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))["permissions"]


def set_up_command() -> list[str]:
    """What makes the engine's environment, with Blender's Python."""
    target = folders.environment_folder()
    return [sys.executable, *bpy.app.python_args, "-B", str(ROOT / "engine" / "set_up.py"), str(target)]


def current() -> DrapePreferences:
    """The preferences of this Blender."""
    return bpy.context.preferences.addons[EXTENSION].preferences


CLASSES = (DrapePreferences,)
