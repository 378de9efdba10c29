# SPDX-License-Identifier: GPL-3.0-or-later
"""Cutting objects out of backgrounds of several kinds; the true masks are known, as the pictures are drawn here."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data

from engine.surface import cutout

SIZE = 240


def grid(size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    y, x = (np.mgrid[:size, :size] + 0.5) / size
    return x, y


def antialiased(inside: np.ndarray, size: int) -> np.ndarray:
    factor = len(inside) // size
    return inside.reshape(size, factor, size, factor).mean((1, 3)).astype(np.float32)


def mug(size: int = SIZE) -> np.ndarray:
    """Coverage (H, W) of a mug: a body and a handle with a hole."""
    x, y = grid(size * 4)
    body = (abs(x - 0.42) < 0.2) & (abs(y - 0.52) < 0.25)
    from_handle = np.hypot(x - 0.64, y - 0.5)
    return antialiased(body | ((from_handle < 0.17) & (from_handle > 0.11)), size)


def shaded(size: int = SIZE) -> np.ndarray:
    """A surface's colours (H, W, 3): two colours in stripes, lit from the left."""
    x, y = grid(size)
    stripes = (np.floor(y * 12) % 2)[..., None]
    colour = stripes * np.array([0.8, 0.25, 0.15]) + (1 - stripes) * np.array([0.2, 0.3, 0.45])
    return colour * (1.1 - 0.7 * x)[..., None]


def backgrounds() -> dict[str, np.ndarray]:
    x, y = (axis[..., None] for axis in grid())
    noise = np.random.default_rng(0).normal(0, 0.012, (SIZE, SIZE, 3))
    coffee = cv2.resize(skimage.data.coffee(), (SIZE, SIZE)).astype(np.float32) / 255
    gravel = cv2.resize(skimage.data.gravel(), (SIZE, SIZE)).astype(np.float32)[..., None] / 255
    return {
        "white": np.ones((SIZE, SIZE, 3)),
        "black": np.zeros((SIZE, SIZE, 3)),
        "shaded": (0.9 - 0.4 * (x**2 + y**2)) * np.array([0.95, 0.97, 1]) + noise,
        "table": np.where(y > 0.7, np.array([0.6, 0.5, 0.4]), np.array([0.75, 0.8, 0.8])) + noise,
        "blurred": cv2.GaussianBlur(coffee, (0, 0), 12),
        "gravel": np.repeat(gravel, 3, axis=2),
    }


def compose(coverage: np.ndarray, colours: np.ndarray, background: np.ndarray) -> np.ndarray:
    """What a camera of 8 bits sees, (H, W, 3) float32 0..1."""
    blend = coverage[..., None] * colours + (1 - coverage[..., None]) * background
    return (np.round(np.clip(blend, 0, 1) * 255) / 255).astype(np.float32)


def unsure(rgb: np.ndarray) -> np.ndarray:
    """The guess (H, W) of someone who has no opinion."""
    return np.full(rgb.shape[:2], 0.5, np.float32)


def cut_out(rgb: np.ndarray) -> np.ndarray:
    """The cut-out without a network's help."""
    return cutout.cut_out(rgb, unsure)


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    return float(((mask >= 0.5) & (truth >= 0.5)).sum() / ((mask >= 0.5) | (truth >= 0.5)).sum())


@pytest.mark.parametrize(
    ("kind", "least"),
    [("white", 0.98), ("black", 0.98), ("shaded", 0.97), ("table", 0.95), ("blurred", 0.95), ("gravel", 0.85)],
)
def test_object_is_cut_out_of(kind: str, least: float) -> None:
    mask = cut_out(compose(mug(), shaded(), backgrounds()[kind]))
    assert mask.dtype == np.float32
    assert mask.shape == (SIZE, SIZE)
    assert mask.min() >= 0
    assert mask.max() <= 1
    assert overlap(mask, mug()) > least


def test_edge_is_antialiased_and_within_an_eighth_of_a_pixel_on_a_plain_background() -> None:
    x, y = grid(SIZE * 4)
    truth = antialiased(np.hypot(x - 0.5, y - 0.52) < 0.3, SIZE)
    mask = cut_out(compose(truth, np.full(3, 0.2), np.full(3, 0.9)))
    contour = 2 * np.pi * 0.3 * SIZE
    assert np.abs(mask - truth).sum() / contour < 0.125
    assert ((mask > 0.1) & (mask < 0.9)).sum() > contour / 3


def test_large_pictures_keep_their_fine_edges() -> None:
    size = 800
    truth = mug(size)
    mask = cut_out(compose(truth, shaded(size), np.full(3, 0.97)))
    x, _ = grid(size)
    assert np.abs(mask - truth).sum() / (2.9 * size) < 1  # a pixel along the contour is half of one at the working size
    assert mask[x < 0.2].max() == 0


def test_white_inside_the_object_is_kept_and_the_handles_hole_stays_open() -> None:
    coverage, colours = mug(), shaded()
    x, y = grid()
    colours[(abs(x - 0.42) < 0.06) & (abs(y - 0.5) < 0.06)] = 0.93
    mask = cut_out(compose(coverage, colours, np.full(3, 0.55)))
    assert mask[SIZE // 2, int(SIZE * 0.42)] == 1
    assert mask[SIZE // 2, int(SIZE * 0.68)] == 0


def test_two_parts_are_both_kept() -> None:
    x, y = grid()
    truth = ((np.hypot(x - 0.3, y - 0.5) < 0.17) | (np.hypot(x - 0.72, y - 0.5) < 0.12)).astype(np.float32)
    assert overlap(cut_out(compose(truth, shaded(), np.full(3, 0.95))), truth) > 0.96


def test_object_may_touch_the_border() -> None:
    x, y = grid()
    truth = ((abs(x - 0.5) < 0.12) & (y > 0.3)).astype(np.float32)
    assert overlap(cut_out(compose(truth, shaded(), np.full(3, 0.85))), truth) > 0.95


@pytest.mark.parametrize("shape", [(60, 90), (1, 1), (2, 300), (5, 5)])
def test_plain_pictures_hold_no_object(shape: tuple[int, int]) -> None:
    assert not cut_out(np.full((*shape, 3), 0.4, np.float32)).any()


def test_a_slope_of_light_is_no_object() -> None:
    x, y = grid()
    assert not cut_out(np.repeat((0.2 + 0.3 * x + 0.3 * y)[..., None], 3, axis=2).astype(np.float32)).any()


def test_same_picture_same_mask() -> None:
    rgb = compose(mug(), shaded(), backgrounds()["gravel"])
    first = cut_out(rgb)
    cv2.setRNGSeed(7)
    np.testing.assert_array_equal(cut_out(rgb), first)


def poster() -> np.ndarray:
    """A background (H, W, 3) of large shapes that stand out more than the mug does."""
    x, y = grid()
    colours = np.repeat(np.full((SIZE, SIZE, 1), 0.45), 3, axis=2)
    for k, colour in enumerate(([0.9, 0.1, 0.6], [0.1, 0.8, 0.2], [0.95, 0.9, 0.1], [0.1, 0.2, 0.9])):
        colours[np.hypot(x - 0.15 - 0.25 * k, y - 0.12 - 0.76 * (k % 2)) < 0.11] = colour
    return colours


def test_a_good_guess_finds_what_edges_do_not_tell() -> None:
    picture = compose(mug(), shaded(), poster())

    def guess(rgb: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(cv2.resize(mug(), rgb.shape[1::-1]), (0, 0), 6)

    assert overlap(cutout.cut_out(picture, unsure), mug()) < 0.8
    assert overlap(cutout.cut_out(picture, guess), mug()) > 0.97


def test_a_bad_guess_does_no_harm() -> None:
    def stripes(rgb: np.ndarray) -> np.ndarray:
        return np.repeat(np.arange(len(rgb))[:, None] // 7 % 2, rgb.shape[1], axis=1).astype(np.float32)

    picture = compose(mug(), shaded(), backgrounds()["shaded"])
    np.testing.assert_array_equal(cutout.cut_out(picture, stripes), cutout.cut_out(picture, unsure))
