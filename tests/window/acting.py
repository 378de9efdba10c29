# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scripts share that act in Blender's window: they take step after step, while Blender draws and listens."""

from __future__ import annotations

import importlib
import json
import os
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import bpy
import gpu
from bpy_extras import view3d_utils
from mathutils import Vector

SOON = 0.2  # seconds
PATIENCE = 100  # times SOON
STRIDE = 14  # pixels from one place to look for a button to the next
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


def space() -> bpy.types.SpaceView3D:
    """How the 3D viewport shows the scene."""
    return area().spaces.active


def view() -> bpy.types.RegionView3D:
    """From where."""
    return space().region_3d


def empty_view() -> None:
    """Leaves nothing to be seen in the 3D viewport."""
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    shown = space().overlay
    shown.show_floor = shown.show_ortho_grid = shown.show_axis_x = shown.show_axis_y = shown.show_cursor = False


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


def pixel_of(place: Sequence[float]) -> tuple[int, int]:
    """The pixel of the window, from the bottom left, on which the 3D viewport shows a point of the scene."""
    x, y = view3d_utils.location_3d_to_region_2d(region(), view(), Vector(place))
    return int(region().x + x), int(region().y + y)


def pixels(*places: Sequence[float]) -> Generator[float, None, list[list[int]]]:
    """What is drawn over the 3D viewport on those points of the scene, sRGB and alpha from 0 to 255, once it has been
    drawn anew."""
    found: list[list[int]] = []

    def read() -> None:
        frame = gpu.state.active_framebuffer_get()
        for place in places:
            x, y = pixel_of(place)
            color = frame.read_color(x - region().x, y - region().y, 1, 1, 4, 0, "UBYTE")
            found.append(color.to_list()[0][0])

    yield SOON
    handler = bpy.types.SpaceView3D.draw_handler_add(read, (), "WINDOW", "POST_PIXEL")
    area().tag_redraw()
    try:
        yield from until(lambda: len(found) >= len(places))
    finally:
        bpy.types.SpaceView3D.draw_handler_remove(handler, "WINDOW")
    return found[-len(places) :]


def move_mouse(x: float, y: float) -> None:
    """Moves it to a pixel of the window, from the bottom left, past the one before."""
    for offset in (1, 0):
        window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=int(x) + offset, y=int(y))


def press(key: str, x: float, y: float, **held: bool) -> None:
    """Presses and releases a key, or a button of the mouse, over that pixel."""
    for value in ("PRESS", "RELEASE"):
        window().event_simulate(type=key, value=value, x=int(x), y=int(y), **held)


def click(command: str, across: float = 0.4) -> Iterator[float]:
    """Clicks the button that runs `command` in the 3D viewport's sidebar, `across` of its width from the left: found as
    Blender's own Copy Python Command does. Raises LookupError where there is none."""
    sidebar = region(kind="UI")
    x = sidebar.x + across * sidebar.width
    for y in range(sidebar.y + sidebar.height - STRIDE, sidebar.y, -STRIDE):
        move_mouse(x, y)
        yield SOON / 4
        if command_under_mouse() == command:
            press("LEFTMOUSE", x, y)
            yield SOON
            return
    raise LookupError(command)


def command_under_mouse() -> str:
    """What the button under the mouse in that sidebar runs; empty where there is none."""
    bpy.context.window_manager.clipboard = ""
    with bpy.context.temp_override(window=window(), area=area(), region=region(kind="UI")):
        if bpy.ops.ui.copy_python_command_button.poll():
            bpy.ops.ui.copy_python_command_button()
    return bpy.context.window_manager.clipboard


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
