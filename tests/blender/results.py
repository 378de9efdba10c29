# SPDX-License-Identifier: GPL-3.0-or-later
"""A result folder made by hand, after the contract and not by the engine."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np

SIDE = 4  # quads along a side


def write_result(folder: Path, verdict: str = "good") -> Path:
    """A bent sheet, 1 m wide, whose texture is red on the left and blue on the right."""
    folder.mkdir()
    steps = np.linspace(0, 1, SIDE + 1, dtype=np.float32)
    u, v = np.meshgrid(steps, steps)
    vertices = np.stack([u - 0.5, -0.2 * u * (1 - u), v], -1).reshape(-1, 3)
    corner = (np.arange(SIDE)[:, None] * (SIDE + 1) + np.arange(SIDE)).ravel()
    faces = np.stack([corner, corner + 1, corner + SIDE + 2, corner + SIDE + 1], -1)
    uv = np.stack([u, v], -1).reshape(-1, 2)[faces]
    np.savez(
        folder / "mesh.npz",
        vertices=vertices.astype(np.float32),
        faces=faces.astype(np.int32),
        uv_virtual_texture=(0.1 + 0.5 * uv).astype(np.float32),
        uv_picture=uv.astype(np.float32),
    )
    texture = bpy.data.images.new("texture", 8, 8)
    pixels = np.zeros((8, 8, 4), np.float32)
    pixels[:, :4], pixels[:, 4:] = (1, 0, 0, 1), (0, 0, 1, 1)
    texture.pixels.foreach_set(pixels.ravel())
    texture.filepath_raw, texture.file_format = str(folder / "texture.png"), "PNG"
    texture.save()
    bpy.data.images.remove(texture)
    record = {
        "format": 1,
        "method": "dreamtexture",
        "picture": {"file": "sheet.picture.png", "width": 8, "height": 8},
        "settings": {"squares": 9},
        "quality": {"verdict": verdict, "foldovers": 3, "conformal_energy": 0.25, "uv_stretch_angle": None},
    }
    (folder / "result.json").write_text(json.dumps(record))
    return folder
