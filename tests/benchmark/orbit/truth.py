# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects whose whole surface is known, as pictures of theirs show them."""

from __future__ import annotations

import hashlib
import math
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch.nn import functional as F

import build
from engine.field.grid import RADIUS
from engine.field.view import View
from engine.geometry.camera import Camera
from engine.geometry.triangles import RayCaster, Triangles
from engine.methods.pop3d.cameras import WINDOW_FIELD_OF_VIEW, Place, camera_at, orbit
from engine.methods.pop3d.first_view import OUTLINE, framed
from engine.picture.picture import Crop, Picture

CACHE = build.ROOT / "out-bench" / "closed"
PICTURE_SIZE = 512
DEPTH_NOISE = 0.003  # world units
NORMAL_NOISE = 8.0  # degrees
NOISE_BLUR = 1.5  # pixels
LIGHT = (-0.4, -0.7, 0.6)
AMBIENT = 0.45

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Truth:
    """An object in world units, so large and so placed as the pipeline takes it from its front picture."""

    name: str
    mesh: Triangles
    half_diagonal: float
    """Of its bounding box, world units."""

    def view(self, place: Place, size: int) -> View:
        """What the camera at `place` shows at `size` x `size` pixels; depths in world units."""
        camera = camera_at(place, size, WINDOW_FIELD_OF_VIEW)
        face, depth = RayCaster(self.mesh).view(camera)
        mask = face >= 0
        normal = np.zeros((size, size, 3), np.float32)
        normal[mask] = self.mesh.vertex_normals()[self.mesh.faces[face[mask]]].mean(1)
        fine = camera.resized(2 * size)
        color = self._colors(fine).reshape(size, 2, size, 2, 3).mean((1, 3))
        return View(
            camera,
            torch.from_numpy(color),
            torch.from_numpy(mask),
            torch.from_numpy(np.where(mask, depth, 0).astype(np.float32)),
            F.normalize(torch.from_numpy(normal), dim=-1),
        )

    def picture(self) -> Picture:
        """The front as an artist gives it, framed to the pixel as the true views are."""
        view = self.view(orbit("ring")[0], PICTURE_SIZE)
        mask = view.mask.numpy().astype(np.float32)
        return Picture(view.color.numpy(), mask, Crop(0, 0, PICTURE_SIZE), "file")

    def _colors(self, camera: Camera) -> Floats:
        """(N, N, 3) on white: a texture in space, lit by a lamp in front and a sky."""
        caster = RayCaster(self.mesh)
        rays = camera.rays().numpy().reshape(-1, 3)
        hit, weights = caster.first_hits(np.broadcast_to(camera.eye.numpy(), rays.shape), rays)
        met = hit >= 0
        corners = self.mesh.faces[hit[met]]
        points = np.einsum("pk,pkc->pc", weights[met], self.mesh.vertices[corners])
        normals = np.einsum("pk,pkc->pc", weights[met], self.mesh.vertex_normals()[corners])
        light = np.clip(normals @ (np.array(LIGHT) / np.linalg.norm(LIGHT)), 0, 1)
        shade = AMBIENT + (1 - AMBIENT) * light
        color = np.ones((len(hit), 3), np.float32)
        color[met] = texture(points) * shade[:, None]
        return color.reshape(camera.size, camera.size, 3)


def texture(points: Floats) -> Floats:
    """Colours (P, 3) of points (P, 3): smooth waves and a checkerboard."""
    x, y, z = points.T
    waves = np.stack(
        [np.sin(5 * x + 3 * z) * np.cos(4 * y), np.sin(7 * y + 2) * np.cos(6 * z), np.sin(6 * z - 4 * x)], 1
    )
    checker = np.floor(4 * points).sum(1, keepdims=True) % 2 - 0.5
    return (0.55 + 0.3 * waves + 0.1 * checker).astype(np.float32)


def framed_truth(name: str, azimuth: float) -> Truth:
    """The object called `name` turned by `azimuth` degrees, so that its outline fills the picture as that of a framed
    picture does.
    """
    vertices, faces = _closed(name)
    c, s = math.cos(math.radians(azimuth)), math.sin(math.radians(azimuth))
    vertices = vertices @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]], np.float32)
    for _ in range(20):
        outline = RADIUS * vertices[:, [0, 2]] / (RADIUS + vertices[:, 1:2])
        low, high = outline.min(0), outline.max(0)
        vertices[:, [0, 2]] -= (low + high) / 2
        vertices *= OUTLINE / np.linalg.norm(outline - (low + high) / 2, axis=1).max()
        vertices[:, 1] -= (vertices[:, 1].min() + vertices[:, 1].max()) / 2
    truth = Truth(name, Triangles(vertices, faces), float(np.linalg.norm(np.ptp(vertices, axis=0)) / 2))
    crop = framed(truth.picture()).crop
    assert abs(crop.size - PICTURE_SIZE) <= 0.01 * PICTURE_SIZE, f"the outline of {name} isn't framed"
    return truth


def as_estimated(view: View, random: np.random.Generator) -> View:
    """`view` with its depth up to a scale and a shift, a little noise on it, and normals some degrees off."""
    size = view.camera.size
    noise = np.stack([gaussian_filter(random.normal(size=(size, size)), NOISE_BLUR) for _ in range(3)], -1)
    noise *= math.tan(math.radians(NORMAL_NOISE)) / math.sqrt(2) / noise.std()
    normal = F.normalize(view.normal + torch.from_numpy(noise.astype(np.float32)), dim=-1) * view.mask[..., None]
    depth = view.depth.numpy() + DEPTH_NOISE * random.normal(size=(size, size))
    depth = depth * random.uniform(0.4, 2) + random.uniform(-1, 1)
    return View(view.camera, view.color, view.mask, torch.from_numpy(depth.astype(np.float32)) * view.mask, normal)


@cache
def _closed(name: str) -> tuple[Floats, NDArray[np.int64]]:
    """The mesh that tests.benchmark.orbit.closed made, on demand. Raises build.BuildError where it can't."""
    scripts = [Path(__file__).with_name("closed.py"), Path(__file__).parents[1] / "scenes" / "shapes.py"]
    folder = CACHE / hashlib.sha256(b"".join(script.read_bytes() for script in scripts)).hexdigest()[:12]
    if not (folder / f"{name}.npz").exists():
        python = build.blender_python(build.default_blender())
        command = [str(python), "-m", "tests.benchmark.orbit.closed", str(folder)]
        answer = subprocess.run(command, cwd=build.ROOT, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise build.BuildError(f"The objects can't be made: {answer.stderr.strip()}")
    with np.load(folder / f"{name}.npz") as arrays:
        return arrays["vertices"], arrays["faces"]
