# SPDX-License-Identifier: GPL-3.0-or-later
"""All Round in Blender's window: the views come one by one, the orbit is ended early, and one view painted again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.window import acting
from tests.window.acting import SOON, open_sidebar, part, seen

QUICK = {
    "view_size": 64,
    "volume": 32,
    "view_steps": 1,
    "last_steps": 1,
    "rays": 256,
    "faces": 2000,
    "texture_size": 64,
}


def work() -> Iterator[float]:
    """Her steps; yields the seconds to the next one, in which Blender draws and listens."""
    yield from open_sidebar("VIEW_3D")
    chosen = bpy.context.scene.drape
    chosen.picture = bpy.data.images.load(os.environ["SAMPLE"])
    chosen.method, chosen.device = "pop3d", "cpu"
    for name, value in QUICK.items():
        setattr(chosen.pop3d, name, value)

    invoke(bpy.ops.drape.reconstruct)
    seen["views while it runs"] = []
    while len(views()) < 3:
        seen["views while it runs"].append(len(views()))
        yield SOON
    there = len(views())
    invoke(bpy.ops.drape.stop_orbit, folder=job(), views=there)
    seen["state after the end was asked for"] = state().state
    yield from done()
    seen["views left out"] = there < 8
    seen["views of the result"] = len(views()) - there

    before = pictures()
    invoke(bpy.ops.drape.paint_another, folder=job(), view=2)
    yield from done()
    seen["same"] = [old == new for old, new in zip(before, pictures(), strict=True)][:3]
    invoke(bpy.ops.drape.paint_view, folder=job(), view=1)
    yield SOON
    editor = acting.area("IMAGE_EDITOR").spaces.active
    seen["painting"] = f"{editor.image.name}, {editor.mode}"
    yield from open_sidebar("IMAGE_EDITOR")


def done() -> Iterator[float]:
    """Waits until the job has ended."""
    while state().state == "RUNNING":
        yield SOON
    yield SOON
    seen["error"] = state().error


def state() -> Any:
    """How the job goes."""
    return bpy.context.window_manager.drape


def job() -> str:
    """Its folder."""
    return str(state().folder)


def views() -> Any:
    """The views that the panel shows."""
    return part("engine_client.views").views_of(Path(job()))


def pictures() -> list[bytes]:
    """What is in them."""
    return [view.color.read_bytes() for view in views()]


def invoke(operator: Any, **options: Any) -> None:
    """Calls `operator` as its button in the sidebar does."""
    acting.invoke(operator, kind="UI", **options)


acting.perform(work())
