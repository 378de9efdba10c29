# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of `build.py run` that happens in Blender: install, pick the picture, click, save, export, render.

    main_job.py EXTENSION.zip PICTURE METHOD FOLDER OUTPUT

writes the results into FOLDER, which will be known as OUTPUT. Progress, and what went wrong, goes to stdout as messages
of the engine's protocol, between what Blender prints. Exit code 2: the picture can't be used.
"""

from __future__ import annotations

import importlib
import math
import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import bpy
from mathutils import Vector

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from engine.contract import protocol  # noqa: E402

EXTENSION = "bl_ext.user_default.drape"
SHARE_OF_THE_JOB = 0.9  # of the progress; the rest is the preview
PREVIEW_SIZE = (1200, 450)  # px
PREVIEW_WIDTH = 3.6  # m


def main(archive: Path, picture: Path, method: str, folder: Path, output: Path) -> None:
    """Does all of it; ends the process where something goes wrong."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
    scene, state = bpy.context.scene, bpy.context.window_manager.drape
    bpy.context.preferences.addons[EXTENSION].preferences.jobs_folder = str(folder)
    scene.drape.picture = bpy.data.images.load(str(picture))
    if not scene.drape.picture.size[0]:
        fail(f"'{picture}' is not a picture that Blender can read.", protocol.BAD_INPUT)
    scene.drape.method = method
    tell_progress()
    try:
        bpy.ops.drape.reconstruct()
    except RuntimeError as error:  # what the operator has reported
        log = Path(state.log).read_text(encoding="utf-8") if state.log else ""
        # Only where something broke there is a log.
        fail(f"{log}{str(error).removeprefix('Error: ')}", protocol.FAILED if log else protocol.BAD_INPUT)

    Path(state.folder).rename(folder / "job")
    made = bpy.context.object
    made["drape_job"] = scene.drape.job = str(output / "job")
    bpy.ops.drape.export(filepath=str(folder / "mesh.glb"))
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    shutil.rmtree(folder / "history")  # what the add-on keeps beside its jobs
    tell("Rendering the preview", SHARE_OF_THE_JOB)
    render_preview(made, folder / "preview.png")
    tell("Done", 1.0)


def tell_progress() -> None:
    """Has each look that the add-on takes at its engine told."""
    runner = importlib.import_module(f"{EXTENSION}.runner").runner
    state, step = bpy.context.window_manager.drape, runner.step

    def step_and_tell() -> None:
        step()
        tell(state.phase, SHARE_OF_THE_JOB * state.progress, state.eta if state.eta >= 0 else None)

    runner.step = step_and_tell


def tell(phase: str, fraction: float, eta: float | None = None) -> None:
    """How far it is, for build.py."""
    write(protocol.notification("progress", {"phase": phase, "step": 0, "total": 0, "fraction": fraction, "eta": eta}))


def fail(message: str, code: int = protocol.FAILED) -> NoReturn:
    """Ends with `message`."""
    write(protocol.notification("log", {"level": "error", "text": message.strip()}))
    raise SystemExit(code)


def write(message: bytes) -> None:
    """On a line of its own, whatever Blender has left there."""
    sys.stdout.buffer.write(b"\n" + message)
    sys.stdout.buffer.flush()


def render_preview(made: bpy.types.Object, file: Path) -> None:
    """The result from the front, from the side, and from there with the virtual texture on it."""
    scene = bpy.context.scene
    turned, draped = made.copy(), made.copy()
    draped.data = made.data.copy()
    draped.data.materials[0] = made.active_material.copy()
    importlib.import_module(f"{EXTENSION}.result.material").show(draped.active_material, "Virtual Texture")
    for copy in (turned, draped):
        scene.collection.objects.link(copy)
    for item, x, turn in ((made, -1.1, 0), (turned, 0.0, 50), (draped, 1.1, 50)):
        item.location = (x, 0, 0)
        item.rotation_euler = (0, 0, math.radians(turn))

    floor = bpy.data.meshes.new("Floor")
    floor.from_pydata([(-50, -50, 0), (50, -50, 0), (50, 50, 0), (-50, 50, 0)], [], [(0, 1, 2, 3)])
    add("Floor", floor, (0, 0, 0))
    sun = bpy.data.lights.new("Sun", "SUN")
    sun.energy, sun.angle = 1.2, math.radians(15)
    add("Sun", sun, (-2, -3, 4), look_at=(0, 0, 0))
    camera = bpy.data.cameras.new("Camera")
    camera.type, camera.ortho_scale = "ORTHO", PREVIEW_WIDTH
    scene.camera = add("Camera", camera, (0, -10, 2.5), look_at=(0, 0, 0.47))
    scene.world = bpy.data.worlds.new("World")
    scene.world.color = (0.6, 0.6, 0.6)

    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.max_bounces = 12, 2
    scene.render.resolution_x, scene.render.resolution_y = PREVIEW_SIZE
    scene.view_settings.view_transform = "Standard"
    scene.render.filepath = str(file)
    bpy.ops.render.render(write_still=True)


def add(
    name: str, data: bpy.types.ID, place: tuple[float, float, float], look_at: tuple[float, float, float] | None = None
) -> bpy.types.Object:
    """A new object at `place` that looks along its -z at `look_at`."""
    item = bpy.data.objects.new(name, data)
    item.location = place
    if look_at:
        item.rotation_euler = (Vector(look_at) - Vector(place)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(item)
    return item


if __name__ == "__main__":
    code = 0
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]), Path(sys.argv[5]))
    except SystemExit as end:
        code = int(end.code or 0)
    sys.stdout.flush()
    os._exit(code)  # bpy 4.2 now and then crashes while Python is taken down, after all is done
