# SPDX-License-Identifier: GPL-3.0-or-later
"""`WindowManager.drape`: how the job goes, for scripts."""

from __future__ import annotations

import bpy

from ..engine_client.session import State
from ..runner import runner
from ..wording import worded, worded_hint


class DrapeState(bpy.types.PropertyGroup):
    """How the job goes: read straight from the client, so that neither undo nor loading a file can falsify it."""

    __annotations__ = {
        "state": bpy.props.EnumProperty(
            name="State",
            description="Where the last reconstruction is",
            items=[(state.value, state.value.title(), "") for state in State],
            get=lambda _: list(State).index(runner.session.state),
        ),
        "progress": bpy.props.FloatProperty(
            name="Progress", description="How much of the job is done", get=lambda _: runner.session.progress
        ),
        "phase": bpy.props.StringProperty(
            name="Phase", description="What the engine is doing", get=lambda _: worded(runner.session.phase)
        ),
        "eta": bpy.props.FloatProperty(
            name="Time Left",
            description="Seconds until the job is done; -1 while that isn't known",
            get=lambda _: -1.0 if runner.session.eta is None else runner.session.eta,
        ),
        "error": bpy.props.StringProperty(
            name="Error", description="What went wrong", get=lambda _: worded(runner.failure.message)
        ),
        "hint": bpy.props.StringProperty(
            name="Hint", description="What to do about it", get=lambda _: worded_hint(runner.failure.message)
        ),
        "log": bpy.props.StringProperty(
            name="Log", description="The file that tells more about it", get=lambda _: runner.failure.log
        ),
        "folder": bpy.props.StringProperty(
            name="Job Folder",
            description="Where the last job of this session lies",
            get=lambda _: str(runner.session.folder or ""),
        ),
    }


CLASSES = (DrapeState,)


def register() -> None:
    """Adds it."""
    bpy.types.WindowManager.drape = bpy.props.PointerProperty(type=DrapeState)


def unregister() -> None:
    """Removes it."""
    del bpy.types.WindowManager.drape
