# SPDX-License-Identifier: GPL-3.0-or-later
"""A result folder made by hand, after the contract and not by the engine."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import bpy
import numpy as np

from engine.contract.method import methods

SIDE = 4  # quads along a side


def write_result(folder: Path, verdict: str = "good", side: int = SIDE) -> Path:
    """A bent sheet of `side` x `side` quads, 1 m wide, whose texture is red on the left and blue on the right; surer
    from left to right."""
    folder.mkdir()
    steps = np.linspace(0, 1, side + 1, dtype=np.float32)
    u, v = np.meshgrid(steps, steps)
    vertices = np.stack([u - 0.5, -0.2 * u * (1 - u), v], -1).reshape(-1, 3)
    corner = (np.arange(side)[:, None] * (side + 1) + np.arange(side)).ravel()
    faces = np.stack([corner, corner + 1, corner + side + 2, corner + side + 1], -1)
    uv = np.stack([u, v], -1).reshape(-1, 2)[faces]
    np.savez(
        folder / "mesh.npz",
        vertices=vertices.astype(np.float32),
        faces=faces.astype(np.int32),
        uv_virtual_texture=(0.1 + 0.5 * uv).astype(np.float32),
        uv_picture=uv.astype(np.float32),
        confidence=u.ravel(),
    )
    sides = np.zeros((8, 8, 4), np.float32)
    sides[:, :4], sides[:, 4:] = (1, 0, 0, 1), (0, 0, 1, 1)
    write_picture(folder / "texture.png", sides)
    write_picture(folder / "mask.png", np.ones((4, 4, 4), np.float32))
    picture = np.zeros((8, 16, 4), np.float32)
    picture[..., 1::2], picture[:, 4:12] = 1, sides  # green around the crop
    write_picture(folder / "sheet.picture.png", picture)
    record = {
        "format": 1,
        "job": "by hand",
        "files": ["mask.png", "mesh.npz", "texture.png"],
        "method": "dreamtexture",
        "picture": {"file": "sheet.picture.png", "width": 16, "height": 8},
        "crop": {"x": 4, "y": 0, "size": 8},
        "seed": 7,
        "guidance": "embedded",
        "device": "cpu",
        "seconds": {"Aligning texture": 8.0, "Making mesh": 2.0},
        "peak_memory": {"host": 700_000_000, "device": 0},
        "versions": {"drape": "0.1.0"},
        "settings": dataclasses.asdict(methods()["dreamtexture"].resolve("standard")),
        "quality": {"verdict": verdict, "foldovers": 3, "conformal_energy": 0.25, "uv_stretch_angle": None},
    }
    (folder / "result.json").write_text(json.dumps(record))
    return folder


def write_picture(file: Path, pixels: np.ndarray) -> None:
    """Writes (H, W, 4), bottom row first, to a PNG file."""
    height, width = pixels.shape[:2]
    image = bpy.data.images.new(file.name, width, height)
    image.pixels.foreach_set(pixels.ravel())
    image.filepath_raw, image.file_format = str(file), "PNG"
    image.save()
    bpy.data.images.remove(image)
