# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes pictures of the window at the four main moments; run by Blender itself (`--python`).

SAMPLE names the picture that is reconstructed, PICTURES the folder for those that are taken, SCALE the interface's
scale and THEME one of Blender's themes. Needs X11 and ImageMagick.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.window.acting import (
    SOON,
    area,
    invoke,
    move_mouse,
    open_sidebar,
    part,
    perform,
    region,
    space,
    until,
    view,
    window,
)

FOLDER = Path(os.environ["PICTURES"])
STILL = 1.0  # seconds until all is drawn
PREVIEWS = 6  # until the texture has slid for a while


def work() -> Iterator[float]:
    """The steps; yields the seconds to the next one, in which Blender draws and listens."""
    set_up()
    yield from open_sidebar("VIEW_3D")
    bpy.data.batch_remove(bpy.data.objects)
    look_from((0.75, 0.62, 0.15, 0.18), (0.15, 0, 0.42), 2.6)
    chosen = bpy.context.scene.drape
    chosen.picture = bpy.data.images.load(os.environ["SAMPLE"])
    chosen.guidance, chosen.device = "embedded", "cpu"
    yield from photograph("button")

    invoke(bpy.ops.drape.reconstruct, kind="UI")
    seen: set[int] = set()
    while len(seen) < PREVIEWS:
        if part("job.preview").last is not None:
            seen.add(part("job.preview").last.stamp)
        yield SOON
    yield from photograph("aligning")
    while state().state == "RUNNING":
        yield SOON
    yield SOON

    bpy.ops.drape.show_texture(content="Virtual Texture")  # whose UV layer is active then
    invoke(bpy.ops.drape.show_distortion)
    yield from until(lambda: part("distortion.tracking").tracker.measured)
    invoke(bpy.ops.drape.fit_distortion_range)
    for _ in range(10):  # until the viewport has noticed the mouse
        move_mouse(region().x + 0.46 * region().width, region().y + 0.55 * region().height)
        yield SOON
    yield from photograph("distortion")
    invoke(bpy.ops.drape.show_distortion)

    file = FOLDER / "jug.glb"
    with bpy.context.temp_override(window=window(), area=area(), region=region()):
        bpy.ops.drape.export(filepath=str(file), file_format="GLB")
    bpy.data.batch_remove(bpy.data.objects)
    bpy.ops.import_scene.gltf(filepath=str(file))
    file.unlink()
    space().shading.color_type = "TEXTURE"
    yield from photograph("exported")


def set_up() -> None:
    """Scale and theme."""
    bpy.context.preferences.view.ui_scale = float(os.environ.get("SCALE", "1"))
    if theme := os.environ.get("THEME"):
        folder = next(path for path in bpy.utils.preset_paths("interface_theme"))
        bpy.ops.script.execute_preset(
            filepath=str(Path(folder, f"{theme}.xml")), menu_idname="USERPREF_MT_interface_theme_presets"
        )


def look_from(rotation: tuple[float, float, float, float], location: tuple[float, float, float], far: float) -> None:
    """Sets the view."""
    view().view_rotation, view().view_location, view().view_distance = rotation, location, far


def photograph(name: str) -> Iterator[float]:
    """Takes a picture of the whole screen, once all is drawn."""
    area().tag_redraw()
    yield STILL
    subprocess.run(["import", "-window", "root", str(FOLDER / f"{name}.png")], check=True)


def state() -> Any:
    """How the job goes."""
    return bpy.context.window_manager.drape


perform(work())
