# SPDX-License-Identifier: GPL-3.0-or-later
"""Solid textures: patterns of one number in 0..1 at points in space, and the noise volume that they are made of.

Points are (3, M) in units of the pattern (one period, one noise cell), `blur` (1, M) is the size of a pixel in them.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.training.draws import Draws

SIZE, CELLS, CHANNELS = 40, 5, 4


class Noise:
    """Periodic fractal noise: four independent fields of about unit variance, looked up trilinearly."""

    def __init__(self, generator: torch.Generator) -> None:
        volume = torch.zeros(1, CHANNELS, SIZE, SIZE, SIZE, device=generator.device)
        gain, cells = 1.0, CELLS
        while cells <= SIZE:
            lattice = torch.randn(1, CHANNELS, cells, cells, cells, generator=generator, device=generator.device)
            volume += gain * _periodic_resize(lattice, SIZE)
            gain, cells = gain * 0.55, cells * 2
        volume /= volume.std()
        # one more layer at each end, so that interpolation goes across the seam
        self.volume = F.pad(volume, (0, 1, 0, 1, 0, 1), mode="circular")

    def __call__(self, points: Tensor, channels: int = 1) -> Tensor:
        """(channels, M) at `points` (3, M), whose unit is the largest cell."""
        grid = (points / CELLS).remainder(1).mul_(2).sub_(1).T[None, None, None]
        return F.grid_sample(self.volume[:, :channels], grid, align_corners=True)[0, :, 0, 0]


def _periodic_resize(lattice: Tensor, size: int) -> Tensor:
    """Smooth enlargement of a periodic (1, C, n, n, n) to `size`, n a divisor of it."""
    n, factor = lattice.shape[-1], size // lattice.shape[-1]
    if factor == 1:
        return lattice
    padded = F.pad(lattice, (1, 1, 1, 1, 1, 1), mode="circular")
    large = F.interpolate(padded, scale_factor=float(factor), mode="trilinear", align_corners=False)
    inside = slice(factor, factor * (n + 1))
    return large[..., inside, inside, inside]


def step(value: Tensor, width: Tensor | float) -> Tensor:
    """0 below -width, 1 above width, straight between."""
    return (value / (2 * width) + 0.5).clamp(0, 1)


def blotches(points: Tensor, blur: Tensor, shape: Tensor, noise: Noise) -> Tensor:
    """Islands of noise; `shape` (2, M) in 0..1: share and softness, as below."""
    return step(noise(points) + 1.5 * (shape[:1] - 0.5), blur + shape[1:] ** 2)


def speckles(points: Tensor, blur: Tensor, shape: Tensor, noise: Noise) -> Tensor:
    """Small flecks far from each other: granite, sprinkles, crumbs."""
    return step(noise(3 * points) - 1 - shape[:1], 3 * blur + 0.3 * shape[1:])


def stripes(points: Tensor, blur: Tensor, shape: Tensor, noise: Noise) -> Tensor:
    """Parallel layers, straight or wavy."""
    waves = (6.2832 * points[:1] + 4 * (shape[1:] - 0.4).clamp_min(0) * noise(points / 2)).sin()
    return step(waves + 1.4 * (shape[:1] - 0.5), 6.2832 * blur + 0.05)


def checks(points: Tensor, blur: Tensor, shape: Tensor, noise: Noise) -> Tensor:
    """A board of squares, or rng."""
    waves = (3.1416 * points).sin()
    product = waves[:1] * waves[1:2] * torch.where(shape[1:] < 0.5, waves[2:].sign(), 1.0)
    return step(product, 3.1416 * blur + 0.02)


def dots(points: Tensor, blur: Tensor, shape: Tensor, noise: Noise) -> Tensor:
    """Discs in a lattice."""
    nearest = points - points.round()
    squares = nearest * nearest
    distance = (squares[:1] + squares[1:2] + squares[2:] * (shape[1:] < 0.3)).sqrt()
    return step(0.12 + 0.3 * shape[:1] - distance, blur + 0.01)


def wood(points: Tensor, blur: Tensor, shape: Tensor, noise: Noise) -> Tensor:
    """Year rings round an axis, disturbed, with fibres along it."""
    along = torch.tensor([[1.0], [0.15], [1.0]], device=points.device)
    stretched = points * along
    radius = torch.hypot(points[:1], points[2:]) + 0.5 * noise(stretched)
    ring = (3 * radius).remainder(1)
    fibres = noise(stretched * 7)
    return (ring * ring * 0.7 + 0.3 * shape[:1] + 0.15 * fibres * (1 - 7 * blur).clamp(0, 1)).clamp(0, 1)


def stone(points: Tensor, blur: Tensor, shape: Tensor, noise: Noise) -> Tensor:
    """Marble: veins where noise passes through zero, in clouds."""
    both = noise(points, 2)
    veins = (1 - (2 + 6 * shape[:1]) * both[:1].abs()).clamp_min(0)
    return (veins + shape[1:] * (0.4 + 0.3 * both[1:])).clamp(0, 1)


def weave(points: Tensor, blur: Tensor, shape: Tensor, noise: Noise) -> Tensor:
    """Cloth: threads over and under each other, uneven."""
    waves = (4 * 6.2832 * points).sin()
    fades = (1 - 3 * blur).clamp(0, 1)
    return (0.5 + 0.3 * fades * (waves[:1] * waves[1:2]) + 0.15 * noise(4 * points)).clamp(0, 1)


def gradient(points: Tensor, blur: Tensor, shape: Tensor, noise: Noise) -> Tensor:
    """From one colour to the other along an axis: ripening fruit, painted fins."""
    return step(0.5 * points[1:2] + 0.2 * noise(points) + shape[:1] - 0.5, 0.1 + shape[1:])


PATTERNS = (blotches, speckles, stripes, checks, dots, wood, stone, weave, gradient)


def random_pictures(draws: Draws, size: int, shapes: int = 14) -> Tensor:
    """Pictures (count, 4, size, size) in 0..1 that show nothing: discs and boxes in random colours on top of each
    other, on a ground; the fourth channel is 1 where there is more than the ground.
    """
    count = draws.count
    y, x = torch.meshgrid(*[torch.linspace(-1, 1, size, device=draws.device)] * 2, indexing="ij")
    ground, slope = draws.colours().T[..., None, None], draws.normal(2).T[..., None, None] * 0.4
    picture = (ground * (1 + slope[:, :1] * x + slope[:, 1:] * y)).clamp(0, 1)
    picture = torch.cat([picture, torch.zeros_like(picture[:, :1])], 1)
    colours = draws.of(count * shapes).colours().reshape(3, count, shapes)
    colours = torch.cat([colours, torch.ones_like(colours[:1])])
    centre, angle = draws.uniform(-1.1, 1.1, 2 * shapes).T, draws.uniform(0, 3.1416, shapes).T
    extent, power = draws.scale(0.04, 0.6, 2 * shapes).T, draws.chance(0.5)[0]
    for k in range(shapes):
        u, v = (axis - centre[:, 2 * k + c, None, None] for c, axis in enumerate((x, y)))
        c, s = angle[:, k, None, None].cos(), angle[:, k, None, None].sin()
        u, v = (u * c + v * s) / extent[:, 2 * k, None, None], (v * c - u * s) / extent[:, 2 * k + 1, None, None]
        distance = torch.where(power[:, None, None], torch.maximum(u.abs(), v.abs()), torch.hypot(u, v))
        cover = ((1 - distance) * size * 0.05).clamp(0, 1)[:, None]
        picture = torch.lerp(picture, colours[:, :, k].T[..., None, None], cover)
    return picture
