# SPDX-License-Identifier: GPL-3.0-or-later
"""Small models and trees of files for the tests."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from trimesh import Trimesh
from trimesh.creation import icosphere

from engine.training.things.model import Material, Model
from engine.training.things.textures import Texture
from engine.training.things.tree import Tree


def png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG file of `pixels` (h, w, 3 or 4)."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def tree(files: dict[str, bytes]) -> Tree:
    """Files in memory."""
    return Tree(files, files.__getitem__)


def model_of(mesh: Trimesh, material: Material | None = None) -> Model:
    """A model of `mesh`, its texture coordinates x and y."""
    corners = np.asarray(mesh.triangles, np.float32)
    count = len(corners)
    normals = np.full_like(corners, np.nan)
    return Model(corners, normals, corners[..., :2].copy(), np.zeros(count, np.int64), (material or Material(),))


def sphere() -> Model:
    """A ball of 1280 faces."""
    return model_of(icosphere(subdivisions=3))


def half_clear() -> Material:
    """A texture whose right half is a hole."""
    pixels = np.full((4, 4, 4), 255, np.uint8)
    pixels[:, 2:, 3] = 0
    return Material((1.0, 1.0, 1.0), Texture.of_pixels(pixels))
