# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands an image of Blender's over to the engine as the artist sees it in the Image Editor.

Always as a new PNG written by Blender, also for a picture that lies on disk: she may have painted on it, packed it or
given it another colour space, and Blender shows a photo as it is stored, without turning it by its EXIF orientation.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

from ..engine.contract.messages import EngineError

SAVE_FIRST = {"RENDER_RESULT", "COMPOSITING"}


class HandOverError(EngineError):
    """Why an image can't be handed over."""


def save(image: bpy.types.Image, scene: bpy.types.Scene, file: Path) -> None:
    """Writes `image` to `file` as an 8-bit RGBA PNG with straight alpha; the datablock stays as it is.

    Float and scene-linear images are converted to sRGB by Blender's standard view, or by the view of `scene` where the
    image is set to be viewed as a render. Raises HandOverError.
    """
    _refuse(image)
    with _png_scene(scene if image.use_view_as_render else None) as settings:
        try:
            image.save_render(str(file), scene=settings)
        except RuntimeError as error:
            raise HandOverError("image-unwritten", image=image.name, cause=str(error).strip()) from None
    if not file.is_file():
        raise HandOverError("image-not-there", image=image.name, file=str(file))


def _refuse(image: bpy.types.Image) -> None:
    match image.source:
        case "MOVIE":
            raise HandOverError("image-movie", image=image.name)
        case "SEQUENCE":
            raise HandOverError("image-sequence", image=image.name)
        case "TILED":
            raise HandOverError("image-tiled", image=image.name)
    width, height = image.size  # loads the file
    if width and height and len(image.pixels):
        return
    if image.type in SAVE_FIRST:
        raise HandOverError("image-render", image=image.name)
    if image.type == "MULTILAYER":
        raise HandOverError("image-layers", image=image.name)
    raise HandOverError("image-empty", image=image.name)


@contextmanager
def _png_scene(like: bpy.types.Scene | None) -> Iterator[bpy.types.Scene]:
    """A scene for as long as it takes to write PNG files with its settings; its view is that of `like`, or plain."""
    scene = bpy.data.scenes.new("Drape")
    try:
        settings = scene.render.image_settings
        settings.file_format, settings.color_mode, settings.color_depth = "PNG", "RGBA", "8"
        scene.render.dither_intensity = 0.0
        view = scene.view_settings
        if like is None:
            view.view_transform, view.look, view.exposure, view.gamma = "Standard", "None", 0.0, 1.0
        else:
            scene.display_settings.display_device = like.display_settings.display_device
            for name in ("view_transform", "look", "exposure", "gamma"):
                setattr(view, name, getattr(like.view_settings, name))
        yield scene
    finally:
        bpy.data.scenes.remove(scene)
