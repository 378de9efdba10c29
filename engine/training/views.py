# SPDX-License-Identifier: GPL-3.0-or-later
"""Views of shapes: all that a picture of them is drawn from, and the pool of views on disk.

Camera frame: x right, y up, z towards the camera, row 0 on top, unit half the crop's side. A pixel (x, y) shows the
point ((1 - z p) x, (1 - z p) y, z), p the perspective: 1 / distance of the camera, 0 if orthographic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from engine.field.grid import RADIUS
from engine.geometry.inflation import inflate
from engine.methods.pop3d.cameras import RING, WINDOW
from engine.surface.unet import unit
from engine.training.random_numbers import RandomNumbers, turn
from engine.training.shapes import Caster, Shape

LAMPS = 3
ORBIT_VIEWS = len(RING)
ORBIT_PERSPECTIVE = WINDOW / RADIUS
"""Half the side of the orbit's crop by the cameras' distance."""
FLOOR_REACH = 2.5
BULGE_SIZE = 128
BEHIND = -8.0
"""Depth from which nothing of an object lies further back."""


@dataclass
class Views:
    """A batch of views, tensors (B, C, N, N), float32 unless told; everything 0 outside the mask unless told."""

    mask: Tensor
    """(B, 1, N, N) 1 where the object is seen."""
    depth: Tensor
    """(B, 1, N, N) z against the object's centre."""
    normal: Tensor
    """(B, 3, N, N) unit, camera frame."""
    part: Tensor
    """(B, 1, N, N) int64 number of the part seen."""
    openness: Tensor
    """(B, 4, N, N) light from a sky a + b.w, w in the camera frame: a * openness[0] + b . openness[1:]."""
    lit: Tensor
    """(B, 3, N, N) 1 where lamp k reaches the point, of the object or of the floor behind it."""
    floor: Tensor
    """(B, 1, N, N) 1 where the ray misses the object and meets the floor that it stands on."""
    points: Tensor
    """(B, 3, N, N) the point of object or floor in the object's own frame."""
    bulge: Tensor
    """(B, 1, N, N) height of the inflated silhouette."""
    lamps: Tensor
    """(B, 3, 3) unit directions towards the lamps, camera frame."""
    rotation: Tensor
    """(B, 3, 3) object to camera frame."""
    perspective: Tensor
    """(B,)."""
    seen: Tensor
    """(B, 1, N, N) int64 bits: bit j where view j of the same orbit sees this point too; 0 for views of no orbit."""

    def __len__(self) -> int:
        return len(self.mask)


@dataclass(frozen=True)
class Camera:
    """Where a view is taken from: camera point = scale * rotation @ object point + offset."""

    rotation: NDArray[np.float32]
    scale: float
    offset: NDArray[np.float32]
    perspective: float

    def to_camera(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Object points (P, 3) in the camera frame."""
        return (self.scale * points @ self.rotation.T + self.offset).astype(np.float32)

    def to_object(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Camera points (P, 3) in the object's frame."""
        return (((points - self.offset) / self.scale) @ self.rotation).astype(np.float32)

    def eye(self) -> NDArray[np.float32]:
        """The camera's place (3,) in the object's frame; of an orthographic one a point far off."""
        distance = 1 / max(self.perspective, 1e-3)
        return self.to_object(np.array([[0, 0, distance]], np.float32))[0]


def random_camera(rng: RandomNumbers, shape: Shape, upright: bool) -> Camera:
    """A camera that frames `shape`: mostly from the front half and a little above where there is an up."""
    if upright:
        pitch = rng.uniform(-0.15, 0.7) if rng.chance(0.8) else rng.uniform(-0.5, 1.3)
        rotation = turn(rng.uniform(0, 2 * math.pi), pitch, 0.15 * float(rng.normals()))
        if rng.chance(0.5):  # things show their face
            rotation = turn(rng.uniform(-0.9, 0.9), pitch, 0.1 * float(rng.normals()))
    else:
        rotation = rng.rotation()
    perspective = 0.0 if rng.chance(0.3) else rng.uniform(0.03, 0.42)
    margin = rng.uniform(0.03, 0.25)
    turned = shape.vertices @ rotation.numpy().T
    low, high = turned.min(0), turned.max(0)
    offset = -(low + high) / 2
    scale = 2 * (1 - margin) / float((high - low)[:2].max())
    for _ in range(3):  # perspective moves the outline: frame it again
        placed = scale * (turned + offset)
        seen = placed[:, :2] / (1 - perspective * placed[:, 2:])
        low, high = seen.min(0), seen.max(0)
        offset[:2] -= (low + high) / 2 / scale
        scale *= 2 * (1 - margin) / float((high - low).max())
    return Camera(rotation.numpy(), scale, (scale * offset).astype(np.float32), perspective)


def orbit_cameras(yaw: float) -> list[Camera]:
    """POP3D's eight cameras at steps of 45 degrees from `yaw`, elevation 0."""
    return [
        Camera(turn(-yaw - k * math.pi / 4, 0).numpy(), 1 / WINDOW, np.zeros(3, np.float32), ORBIT_PERSPECTIVE)
        for k in range(ORBIT_VIEWS)
    ]


def random_lamps(rng: RandomNumbers) -> NDArray[np.float32]:
    """Directions (3, 3) towards the lamps in the camera frame, mostly from above and from the camera's side."""
    towards = F.normalize(rng.normals(LAMPS, 3), dim=1) + torch.tensor([0.0, 0.5, 0.6])
    return F.normalize(towards, dim=1).numpy()


def rays(camera: Camera, size: int, behind: bool = False) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Origins and directions (size * size, 3) in the object's frame of the rays through the pixels, row by row, from in
    front of the object; or, `behind`, the same lines from behind it.
    """
    centres = (np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1
    x, y = (axis.ravel() for axis in np.meshgrid(centres, -centres))
    p = camera.perspective
    directions = np.stack([p * x, p * y, -np.ones_like(x)], 1) @ camera.rotation
    z = BEHIND if behind else min(3.0, 0.98 / max(p, 1e-3))
    origins = camera.to_object(np.stack([(1 - z * p) * x, (1 - z * p) * y, np.full_like(x, z)], 1))
    return origins, -directions if behind else directions


Hits = tuple[NDArray[np.int64], NDArray[np.float32]]
"""What `Caster.meet` says: faces and barycentric weights."""


def view(
    caster: Caster,
    camera: Camera,
    lamps: NDArray[np.float32],
    size: int,
    floor: bool,
    others: list[Camera],
    hits: Hits | None = None,
) -> dict[str, Tensor]:
    """One view in the pool's compact form: see `unpack`. `lamps` (3, 3) in the camera frame; `floor`: whether there
    is one under the shape; `others`: the orbit's cameras; `hits`: what the camera's rays meet, where that is known.
    """
    shape = caster.shape
    origins, directions = rays(camera, size)
    faces, weights = hits or caster.meet(origins, directions)
    mask = faces >= 0
    corners = shape.faces[faces[mask]]
    weight = weights[mask]

    def interpolated(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.einsum("pk,pkc->pc", weight, values[corners])

    points, normals = interpolated(shape.vertices), interpolated(shape.normals)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True).clip(1e-6)
    openness = interpolated(shape.openness)
    part = shape.parts[corners[np.arange(len(corners)), weight.argmax(1)]]

    ground = np.zeros_like(mask)
    ground_points = np.zeros((0, 3), np.float32)
    if floor:
        level = shape.vertices[:, 1].min()
        with np.errstate(divide="ignore", invalid="ignore"):
            away = (level - origins[:, 1]) / directions[:, 1]
        ground = ~mask & (away > 0) & np.isfinite(away)
        ground_points = origins[ground] + away[ground, None] * directions[ground]
        near = np.linalg.norm(ground_points, axis=1) < FLOOR_REACH
        ground[ground] = near
        ground_points = ground_points[near]
    lit = np.zeros(len(mask), np.uint8)
    from_points = np.concatenate([points + 0.012 * normals, ground_points + np.array([0, 1e-3, 0], np.float32)])
    at = np.concatenate([np.flatnonzero(mask), np.flatnonzero(ground)])
    for k, lamp in enumerate(lamps @ camera.rotation):
        free = ~caster.blocked(from_points, np.broadcast_to(lamp, from_points.shape))
        lit[at] |= free.astype(np.uint8) << k
    seen = np.zeros(len(mask), np.uint8)
    for k, other in enumerate(others):
        towards = other.eye() - points
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        facing = np.einsum("pc,pc->p", towards, normals) > 0.2
        seen[np.flatnonzero(mask)] |= (facing & ~caster.blocked(points + 0.012 * normals, towards)).astype(
            np.uint8
        ) << k

    def image(values: NDArray[np.float32], dtype: type, scale: float = 1.0) -> Tensor:
        full: NDArray[np.generic] = np.zeros((len(mask), values.shape[1]), dtype)
        full[mask] = np.round(values * scale) if scale != 1.0 else values
        return torch.from_numpy(full.reshape(size, size, -1).transpose(2, 0, 1).copy())

    turned = np.concatenate([openness[:, :1], openness[:, 1:] @ camera.rotation.T], 1)
    inside = mask.reshape(size, size)
    return {
        "depth": image(camera.to_camera(points)[:, 2:], np.float16),
        "normal": image(normals @ camera.rotation.T, np.int8, 127),
        "part": image(part[:, None].astype(np.float32) + 1, np.uint8),
        "openness": image(turned.clip(-1, 1), np.int8, 126),
        "light": torch.from_numpy((lit | (ground.astype(np.uint8) << 7)).reshape(1, size, size)),
        "bulge": torch.from_numpy(_bulge(inside))[None],
        "seen": torch.from_numpy(seen.reshape(1, size, size)),
        "lamps": torch.from_numpy(lamps.astype(np.float32)),
        "rotation": torch.from_numpy(camera.rotation.astype(np.float32)),
        "frame": torch.tensor([camera.perspective, camera.scale, *camera.offset.tolist(), shape.vertices[:, 1].min()]),
    }


def _bulge(mask: NDArray[np.bool_]) -> NDArray[np.float16]:
    step = len(mask) // min(BULGE_SIZE, len(mask))
    return np.nan_to_num(inflate(mask[::step, ::step])).astype(np.float16)


def unpack(packed: dict[str, Tensor], device: torch.device) -> Views:
    """A batch of views from the pool's tensors (B, ...), in single precision on `device`."""
    t = {name: value.to(device) for name, value in packed.items()}
    size = t["depth"].shape[-1]
    mask = (t["part"] > 0).float()
    depth = t["depth"].float()
    perspective, scale, offset, level = t["frame"][:, 0], t["frame"][:, 1], t["frame"][:, 2:5], t["frame"][:, 5]
    floor = (t["light"] >> 7).float()
    centres = (torch.arange(size, device=device) + 0.5) / size * 2 - 1
    x, y = torch.meshgrid(centres, -centres, indexing="xy")
    p = perspective[:, None, None, None]

    def object_frame(z: Tensor) -> Tensor:
        shrink = 1 - z * p
        camera = torch.cat([shrink * x, shrink * y, z], 1) - offset[:, :, None, None]
        return torch.einsum("bij,bihw->bjhw", t["rotation"], camera) / scale[:, None, None, None]

    # The floor is a plane: the depth at which the ray meets it is linear in the height above it.
    at_zero, at_one = (object_frame(torch.full_like(depth, z))[:, 1:2] for z in (0.0, 1.0))
    rise = at_one - at_zero
    ground = (level[:, None, None, None] - at_zero) / torch.where(rise.abs() < 1e-6, torch.full_like(rise, 1e-6), rise)
    z = torch.where(floor > 0, ground, depth)
    bulge = F.interpolate(t["bulge"].float(), size=(size, size), mode="bilinear") * mask
    bits = torch.arange(LAMPS, device=device)[None, :, None, None]
    return Views(
        mask=mask,
        depth=depth,
        normal=unit(t["normal"].float()),
        part=(t["part"].long() - 1).clamp_min(0),
        openness=t["openness"].float() / 126,
        lit=((t["light"] >> bits) & 1).float(),
        floor=floor,
        points=object_frame(z) * (mask + floor),
        bulge=bulge,
        lamps=t["lamps"],
        rotation=t["rotation"],
        perspective=perspective,
        seen=t["seen"].long(),
    )


def gathered(packed: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Views in compact form, stacked."""
    return {name: torch.stack([one[name] for one in packed]) for name in packed[0]}


def select(views: Views, index: Tensor) -> Views:
    """The views at `index` (K,)."""
    return Views(**{field.name: getattr(views, field.name)[index] for field in fields(Views)})


class Pool:
    """Views in compact form, from shards on disk; new shards may come while it is used."""

    def __init__(self, files: list[Path]) -> None:
        self._shards = [load_file(file) for file in files]
        lengths = torch.tensor([len(shard["depth"]) for shard in self._shards])
        self._ends = lengths.cumsum(0)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def packed(self, index: Tensor) -> dict[str, Tensor]:
        """The views at `index` (B,) in compact form."""
        shard = torch.searchsorted(self._ends, index, right=True)
        first = torch.cat([torch.zeros(1, dtype=torch.long), self._ends[:-1]])
        pairs = [(self._shards[int(s)], int(i - first[s])) for s, i in zip(shard, index, strict=True)]
        return {name: torch.stack([one[name][i] for one, i in pairs]) for name in self._shards[0]}


def save_shard(file: Path, packed: dict[str, Tensor]) -> None:
    """Writes views in compact form to `file`, under another name first."""
    part = file.with_suffix(".part")
    save_file({name: value.contiguous() for name, value in packed.items()}, part)
    part.replace(file)
