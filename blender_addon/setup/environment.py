# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine runs in, by the preferences: its Python, the folder of the jobs, and whether it may go online."""

from __future__ import annotations

import functools
import os
import sys
import tomllib
from pathlib import Path

import bpy

from ..engine.contract.messages import EngineError
from ..engine_client import folders
from ..engine_client.process import Launch

EXTENSION = __package__.rpartition(".")[0]
ROOT = Path(__file__).resolve().parents[1]  # holds engine/
VARIABLE = "DRAPE_ENGINE_PYTHON"


class NotSetUpError(EngineError):
    """The engine can't be run."""


def preferences() -> bpy.types.AddonPreferences:
    """Those of the extension in this Blender; see `DrapePreferences`."""
    return bpy.context.preferences.addons[EXTENSION].preferences


def jobs_folder() -> Path:
    """Where new job folders are made."""
    chosen = preferences().jobs_folder
    return Path(bpy.path.abspath(chosen)) if chosen else folders.jobs_folder()


def engine_python() -> Path:
    """The Python that runs the engine, whether it is there or not."""
    chosen = os.environ.get(VARIABLE) or bpy.path.abspath(preferences().engine_python)
    return Path(chosen) if chosen else folders.python_in(folders.environment_folder())


def why_not_set_up(_: bpy.types.Context) -> str:
    """Why the engine can't be run, for the artist; empty where it can."""
    return "" if engine_python().is_file() else "Set up the engine first"


def why_offline(_: bpy.types.Context) -> str:
    """Why Blender may not go online, for the artist; empty where it may."""
    if bpy.app.online_access:
        return ""
    if bpy.app.online_access_override:
        return "Blender was started in offline mode"
    return "Allow Online Access in the System section of the preferences first"


def launch(log: str) -> Launch:
    """What it takes to run the engine, its stderr in the file `log` of this Blender's temporary folder.

    Raises NotSetUpError where there is no Python for it.
    """
    python = engine_python()
    if not python.is_file():
        raise NotSetUpError("not-set-up")
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
