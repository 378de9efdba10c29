# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scripts share that act in Blender's window: they take step after step, while Blender draws and listens."""

from __future__ import annotations

import importlib
import json
import os
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

SOON = 0.2  # seconds
PATIENCE = 100  # times SOON
seen: dict[str, Any] = {}  # what is to be reported


def perform(steps: Iterator[float]) -> None:
    """Takes the steps, each of which yields the seconds to the next one; then, whether they ended well or not, writes
    `seen` to the file named by REPORT, as JSON, and quits."""

    def step() -> float | None:
        try:
            return next(steps)
        except StopIteration:
            pass
        except Exception:
            seen["traceback"] = traceback.format_exc()
        Path(os.environ["REPORT"]).write_text(json.dumps(seen, indent=2))
        bpy.ops.wm.quit_blender()
        return None

    bpy.context.preferences.view.show_splash = False  # now: the first timer is too late for it
    bpy.app.timers.register(step, first_interval=SOON)


def until(condition: Callable[[], object]) -> Iterator[float]:
    """Waits for it; raises TimeoutError where it takes too long."""
    for _ in range(PATIENCE):
        if condition():
            return
        yield SOON
    raise TimeoutError(condition)


def window() -> bpy.types.Window:
    """The one window there is."""
    return bpy.context.window_manager.windows[0]


def area(editor: str = "VIEW_3D") -> bpy.types.Area:
    """The first area with this editor."""
    return next(area for area in window().screen.areas if area.type == editor)


def region(editor: str = "VIEW_3D", kind: str = "WINDOW") -> bpy.types.Region:
    """A region of that area."""
    return next(region for region in area(editor).regions if region.type == kind)


def invoke(operator: Any, *, kind: str = "WINDOW", **options: Any) -> None:
    """Calls `operator` as its button in that region of the 3D viewport does."""
    with bpy.context.temp_override(window=window(), area=area(), region=region(kind=kind)):
        operator("INVOKE_DEFAULT", True, **options)


def undo_step(name: str) -> None:
    """Ends one, as what is done by hand does."""
    with bpy.context.temp_override(window=window()):
        bpy.ops.ed.undo_push(message=name)


def undo() -> None:
    """Takes one step back."""
    with bpy.context.temp_override(window=window()):
        bpy.ops.ed.undo()


def open_sidebar(editor: str) -> Iterator[float]:
    """Opens an editor's sidebar on our tab, which can be chosen once it was drawn."""
    area(editor).spaces.active.show_region_ui = True
    sidebar = region(editor, "UI")
    while True:
        area(editor).tag_redraw()
        yield SOON
        try:
            sidebar.active_panel_category = "Drape"
        except AttributeError:
            continue
        break
    yield SOON
    seen[editor] = sidebar.active_panel_category


def part(name: str) -> Any:
    """A module of the extension."""
    return importlib.import_module(f"bl_ext.user_default.drape.{name}")
