# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of POP3D's orbit, cut out of an orbit pool: what is known when a new view comes, and what it shows in truth."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.methods.pop3d.cameras import RING
from engine.training.filters import softened
from engine.training.render import render
from engine.training.views import ORBIT_PERSPECTIVE, ORBIT_VIEWS, Pool, Views, unpack

ORDER = tuple(place.azimuth // 45 for place in RING)
"""The views' yaw in the order in which they come, in units of 45 degrees to the right."""
STEPS = len(ORDER) - 1
SLACK = 0.03
"""How far in front of an earlier view's surface a point may lie and yet be kept by the visual hull, in half crops."""
CARVED_SIZE, CARVED_DEPTHS = 64, 48
"""The visual hull is sampled at so many pixels a side and so many points along each ray."""
EMPTY = -10.0
"""Depth of a surface where there is none: whatever lies before it is carved away."""


@dataclass
class Steps:
    """A batch of new views, tensors (B, C, N, N): what the outpainter is told (see OutpainterNetwork) and the truth."""

    shown: Tensor
    seen: Tensor
    hull: Tensor
    references: Tensor
    yaw: Tensor
    color: Tensor
    """(B, 3, N, N) the object's colour, a little past its outline too."""
    mask: Tensor
    """(B, 1, N, N) share of the pixel that the object covers, in 0..1."""

    def hole(self) -> Tensor:
        """(B, 1, N, N) 1 where the outpainter is asked."""
        return self.hull * (1 - self.seen)

    def on_white(self) -> Tensor:
        """The true picture (B, 3, N, N) on white."""
        return torch.lerp(torch.ones_like(self.color), self.color, self.mask)

    def known(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """The network's arguments."""
        return self.shown, self.seen, self.hull, self.references, self.yaw

    def __len__(self) -> int:
        return len(self.mask)


class Carving:
    """Space carving between the orbit's cameras, whose relative places never change: the points of every ray of one
    view, looked up in each other view.
    """

    def __init__(self, size: int, device: torch.device) -> None:
        """For depth maps of `size` x `size`."""
        z = torch.linspace(-1, 1, CARVED_DEPTHS, device=device)[:, None, None]
        centres = (torch.arange(CARVED_SIZE, device=device) + 0.5) / CARVED_SIZE * 2 - 1
        y, x = torch.meshgrid(-centres, centres, indexing="ij")
        shrink = 1 - z * ORBIT_PERSPECTIVE
        points = torch.stack([shrink * x, shrink * y, z.expand(-1, CARVED_SIZE, CARVED_SIZE)])
        self._pixel, self._depth = [], []
        for k in range(ORBIT_VIEWS):
            turned = torch.einsum("ij,jdhw->idhw", orbit_rotation(k).to(device), points)
            column, row = project(turned)
            outside = torch.maximum(column.abs(), row.abs()) >= 1
            pixel = ((row + 1) / 2 * size).long() * size + ((column + 1) / 2 * size).long()
            self._pixel.append(torch.where(outside, 0, pixel).flatten())
            self._depth.append(torch.where(outside, math.inf, turned[2] - SLACK).flatten())

    def hull(self, surfaces: list[Tensor], steps: list[int]) -> Tensor:
        """Where object may be in the new view (1, CARVED_SIZE, CARVED_SIZE), 1 or 0, given earlier views' `surfaces`
        (N, N), depth or EMPTY, from cameras `steps` times 45 degrees to the right of the new view's.
        """
        kept = torch.ones_like(self._pixel[0], dtype=torch.bool)
        for surface, step in zip(surfaces, steps, strict=True):
            kept &= surface.flatten()[self._pixel[step % ORBIT_VIEWS]] >= self._depth[step % ORBIT_VIEWS]
        return kept.reshape(1, CARVED_DEPTHS, CARVED_SIZE, CARVED_SIZE).any(1).float()


def orbit_rotation(step: int) -> Tensor:
    """Rotation (3, 3) from a view's camera frame to that of the view `step` times 45 degrees to its right."""
    c, s = math.cos(step * math.pi / 4), math.sin(step * math.pi / 4)
    return torch.tensor([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def project(points: Tensor) -> tuple[Tensor, Tensor]:
    """Columns and rows, in -1..1 from left to right and top to bottom, of `points` (3, ...) in the camera frame."""
    shrink = 1 - points[2] * ORBIT_PERSPECTIVE
    return points[0] / shrink, -points[1] / shrink


def extended(picture: Tensor, mask: Tensor) -> Tensor:
    """`picture` (B, 3, N, N) whose outermost pixels in the `mask` (B, 1, N, N), a mix with what is behind, and the
    ones round it have the colour of their neighbours further in, where there are such.
    """
    inner = -F.max_pool2d(-mask, 3, 1, 1)
    near = F.avg_pool2d(torch.cat([picture * inner, inner], 1), 5, 1, 2)
    known = ((near[:, 3:] > 0) & (inner < 0.5)).float()
    return torch.lerp(picture, near[:, :3] / near[:, 3:].clamp_min(1e-6), known)


def seen_colors(picture: Tensor, views: Views, new: Tensor, earlier: Tensor, used: Tensor) -> tuple[Tensor, Tensor]:
    """What earlier views show of the points of new views: colours (B, 3, N, N), means over the views that see the
    point weighted by the squared cosine at which they do, and whether any does (B, 1, N, N).

    `picture` (V, 3, N, N) of `views`, in which `new` (B,) and `earlier` (B, K) point; `used` (B, K): which count.
    """
    depth, mask = views.depth[new], views.mask[new]
    n = mask.shape[-1]
    centres = (torch.arange(n, device=mask.device) + 0.5) / n * 2 - 1
    y, x = torch.meshgrid(-centres, centres, indexing="ij")
    shrink = 1 - depth * ORBIT_PERSPECTIVE
    points = torch.cat([shrink * x, shrink * y, depth], 1)
    total = torch.zeros(len(new), 4, n, n, device=mask.device)
    for k in range(earlier.shape[1]):
        rows = used[:, k].nonzero()[:, 0]
        if not len(rows):
            break
        there = earlier[rows, k]
        turn = views.rotation[there] @ views.rotation[new[rows]].mT
        turned = torch.einsum("bij,bjhw->ibhw", turn, points[rows])
        facing = torch.einsum("bj,bjhw->bhw", turn[:, 2], views.normal[new[rows]])[:, None]
        bit = views.seen[new[rows]] >> (there % ORBIT_VIEWS)[:, None, None, None] & 1
        weight = bit * mask[rows] * facing.clamp_min(0.05) ** 2
        grid = torch.stack(project(turned), -1)
        color = F.grid_sample(picture[there], grid, padding_mode="border", align_corners=False)
        total[rows] += torch.cat([color, torch.ones_like(weight)], 1) * weight
    return total[:, :3] / total[:, 3:].clamp_min(1e-6), (total[:, 3:] > 0).float()


def draw_steps(
    pool: Pool,
    objects: Tensor,
    carving: Carving,
    generator: torch.Generator,
    count: int = 4,
    steps: tuple[int, ...] = tuple(range(1, STEPS + 1)),
) -> Steps:
    """`count` random steps of the orbit round each of the `objects` (O,) of an orbit pool: any of its views is the
    input picture, any of `steps` the new view's place in the ORDER; half of the objects mirrored.
    """
    device = generator.device
    index = (objects[:, None] * ORBIT_VIEWS + torch.arange(ORBIT_VIEWS)).flatten()
    views = unpack(pool.packed(index), device)
    color = extended(render(views, generator, ORBIT_VIEWS), views.mask)
    alpha = softened(views.mask)
    surface = F.max_pool2d(torch.where(views.mask > 0, views.depth, EMPTY), 3, 1, 1)

    batch = count * len(objects)

    def drawn(high: int) -> Tensor:
        return torch.randint(high, (batch,), generator=generator, device=device)

    first, mirror = drawn(ORBIT_VIEWS), drawn(2) > 0
    step = torch.tensor(steps, device=device)[drawn(len(steps))]
    turn = torch.where(mirror, -1, 1)
    order = torch.tensor(ORDER, device=device)
    base = torch.arange(len(objects), device=device).repeat_interleave(count) * ORBIT_VIEWS
    sequence = base[:, None] + (first[:, None] + turn[:, None] * order) % ORBIT_VIEWS
    every = torch.arange(batch, device=device)
    new = sequence[every, step]
    used = torch.arange(STEPS, device=device) < step[:, None]
    shown, seen = seen_colors(color, views, new, sequence[:, :-1], used)
    strict = drawn(2)[:, None, None, None] > 0  # a field known roughly is less sure of what was seen
    seen = torch.where(strict, -F.max_pool2d(-seen, 3, 1, 1), seen)
    hull = torch.stack(
        [
            carving.hull(
                [surface[v, 0] for v in sequence[b, : step[b]]],
                [int(v - new[b]) for v in sequence[b, : step[b]]],
            )
            for b in range(batch)
        ]
    )
    hull = F.interpolate(hull, size=seen.shape[-2:], mode="bilinear") > 0.25
    last = [sequence[every, (step - k).clamp_min(0)] for k in (2, 1)]
    there = torch.stack([sequence[:, 0], *last], 1)
    result = Steps(
        shown=shown,
        seen=seen,
        hull=torch.maximum(hull.float(), seen),
        references=torch.cat([color * alpha, alpha], 1)[there],
        yaw=order[step] * (math.pi / 4),
        color=color[new],
        mask=alpha[new],
    )
    return _mirrored(result, mirror)


def _mirrored(steps: Steps, mirror: Tensor) -> Steps:
    """The steps, those where `mirror` (B,) with all pictures mirrored left to right. Their yaw stays: they went the
    other way round.
    """
    flipped = {}
    for field in fields(Steps):
        value = getattr(steps, field.name)
        choose = mirror.reshape(-1, *[1] * (value.dim() - 1))
        flipped[field.name] = torch.where(choose, value.flip(-1), value) if value.dim() > 1 else value
    return Steps(**flipped)
