# SPDX-License-Identifier: GPL-3.0-or-later
"""Views as images of the file, so that the artist can paint over them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import bpy

from ..engine_client.views import OrbitView, views_of
from ..picture.image_editor import read_pixels

VIEW = "drape_view"


def view(job: Path, number: int) -> OrbitView | None:
    """The view with this number in the folder `job`; None where there is none."""
    return next((view for view in views_of(job) if view.number == number), None)


def of(view: OrbitView) -> bpy.types.Image | None:
    """The painting over `view` as it is now; None where there is none."""
    paintings = [image for image in bpy.data.images if VIEW in image]
    return next((image for image in paintings if image[VIEW] == _key(view)), None)


def new(view: OrbitView) -> bpy.types.Image:
    """An image that shows the object in `view`, transparent elsewhere; saved with the .blend."""
    pixels = read_pixels(view.color)
    pixels[..., 3] = read_pixels(view.mask)[..., 0]
    height, width = pixels.shape[:2]
    image = bpy.data.images.new(f"View {view.number}", width, height, alpha=True)
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    image.pack()
    image[VIEW] = _key(view)
    return image


def _key(view: OrbitView) -> str:
    """Of the job, the view and what it shows; not of where in the job folder that lies, which changes at the end."""
    digest = _digest(view.color, view.color.stat().st_mtime_ns)
    return f"{view.color.parents[2]} {view.number} {digest}"


@lru_cache(maxsize=16)
def _digest(picture: Path, _: int) -> str:
    return hashlib.sha256(picture.read_bytes()).hexdigest()
