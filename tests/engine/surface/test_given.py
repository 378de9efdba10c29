# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth and normals from files, in the frames of several makers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.errors import InputError
from engine.picture.picture import Crop
from engine.surface.estimate import SurfaceEstimate
from engine.surface.given import GivenSurface, load_given

N = 48


@pytest.fixture(scope="module")
def ball() -> SurfaceEstimate:
    """A hemisphere over N x N pixels."""
    y, x = (np.mgrid[:N, :N].astype(np.float32) + 0.5) / N * 2 - 1
    mask = np.hypot(x, y) < 0.8
    z = np.sqrt(np.maximum(0.81 - x**2 - y**2, 0))
    normal = np.where(mask[..., None], np.stack([x, -y, z], -1) / 0.9, np.nan).astype(np.float32)
    depth = np.where(mask, z, np.nan).astype(np.float32)
    return SurfaceEstimate(mask, depth, normal, np.full((N, N), 0.2, np.float32))


@pytest.fixture(scope="module")
def wrong(ball: SurfaceEstimate) -> SurfaceEstimate:
    """What an estimator says of it: too flat, its normals drawn to the camera."""
    normal = ball.normal + np.array([0, 0, 0.7], np.float32)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return SurfaceEstimate(ball.mask, 0.4 * ball.depth, normal, ball.uncertainty)


WHOLE = Crop(0, 0, N)
RESULT = {
    "format": 1, "method": "dreamtexture", "picture": {"file": "ball.png"}, "settings": {},
    "quality": {"verdict": "good"}, "crop": {"x": 20, "y": -4, "size": 2 * N},
}  # fmt: skip


def everywhere(width: int, height: int) -> np.ndarray:
    """The coverage of an object that fills its picture."""
    return np.ones((height, width), np.float32)


def test_nothing_given_changes_nothing(wrong: SurfaceEstimate) -> None:
    assert GivenSurface(None, None).over(wrong, WHOLE) is wrong


@pytest.mark.parametrize("signs", [(1, 1, 1), (1, -1, -1), (1, -1, 1)])
def test_normals_of_any_frame_replace_the_estimated(
    ball: SurfaceEstimate, wrong: SurfaceEstimate, signs: tuple[int, int, int]
) -> None:
    """Also those that look down or away from the camera, as Omnidata writes them."""
    given = GivenSurface(None, np.nan_to_num(ball.normal * np.array(signs, np.float32)))
    found = given.over(wrong, WHOLE)
    inner = ball.mask & (ball.normal[..., 2] > 0.6)
    np.testing.assert_allclose(found.normal[inner], ball.normal[inner], atol=1e-3)
    assert np.isnan(found.normal[~ball.mask]).all()
    assert (found.uncertainty[inner] < 0.05).all()


@pytest.mark.parametrize(("scale", "shift"), [(3.0, 100.0), (-0.01, 2.0)])
def test_depth_finds_its_scale_and_direction_and_gives_the_normals(
    ball: SurfaceEstimate, wrong: SurfaceEstimate, scale: float, shift: float
) -> None:
    """The shape is the file's, how deep it is the estimator's; nearer may be brighter or darker."""
    given = GivenSurface(np.nan_to_num(scale * ball.depth + shift), None)
    found = given.over(wrong, WHOLE)
    np.testing.assert_allclose(found.depth[ball.mask], 0.4 * ball.depth[ball.mask], atol=1e-3)
    assert found.normal[N // 2, 40, 0] > 0.1
    assert found.normal[8, N // 2, 1] > 0.1
    assert (found.normal[ball.mask][:, 2] > 0).all()


@pytest.mark.parametrize("scale", [5.0, -0.2])
def test_depth_takes_its_scale_from_given_normals(ball: SurfaceEstimate, wrong: SurfaceEstimate, scale: float) -> None:
    """And its direction, whatever the estimate is: here a bowl. Noise and a step don't mislead it."""
    noise = np.random.default_rng(0).normal(0, 0.005, (N, N))
    depth = ball.depth + noise + np.where(np.arange(N) < 12, 0.5, 0.0)
    bowl = replace(wrong, depth=-ball.depth)
    found = GivenSurface(np.nan_to_num(scale * depth + 7).astype(np.float32), np.nan_to_num(ball.normal)).over(
        bowl, WHOLE
    )
    factors = np.polyfit(depth[ball.mask], found.depth[ball.mask], 1)
    assert factors[0] == pytest.approx(1, abs=0.1)
    assert (found.uncertainty[ball.mask] < 0.05).all()


def test_jumps_all_over_do_not_flatten_a_depth() -> None:
    """Slats on a slope, every other one far in front: their edges are steep in the depth, not in the normals."""
    n = 256
    y, x = (np.mgrid[:n, :n].astype(np.float32) + 0.5) / n * 2 - 1
    mask = np.maximum(np.abs(x), np.abs(y)) < 0.7
    true = 0.25 * x + 0.4 * (np.floor((y + 0.7) / 0.14) % 2)
    normal = np.broadcast_to(np.array([-0.25, 0, 1], np.float32) / np.hypot(0.25, 1), (n, n, 3))
    flat = SurfaceEstimate(
        mask,
        np.where(mask, np.float32(0), np.float32(np.nan)),
        np.where(mask[..., None], normal, np.nan),
        np.full((n, n), 0.2, np.float32),
    )
    noise = np.random.default_rng(0).normal(0, 0.004, (n, n))
    found = GivenSurface((3 * (true + noise)).astype(np.float32), normal).over(flat, Crop(0, 0, n))
    assert np.polyfit(true[mask], found.depth[mask], 1)[0] == pytest.approx(1, abs=0.25)


def test_what_is_given_is_cropped_as_the_picture_is(ball: SurfaceEstimate, wrong: SurfaceEstimate) -> None:
    large = np.zeros((3 * N, 3 * N, 3), np.float32)
    large[N : 2 * N, 10 : N + 10] = np.nan_to_num(ball.normal)
    found = GivenSurface(None, large).over(wrong, Crop(10, N, N))
    inner = ball.mask & (ball.normal[..., 2] > 0.6)
    np.testing.assert_allclose(found.normal[inner], ball.normal[inner], atol=1e-3)


def test_files(tmp_path: Path) -> None:
    grey = np.arange(24, dtype=np.uint16).reshape(4, 6)
    Image.fromarray((grey * 2000).astype(np.uint16)).save(tmp_path / "depth16.png")
    Image.fromarray((grey * 10).astype(np.uint8)).save(tmp_path / "depth8.png")
    np.save(tmp_path / "depth.npy", grey.astype(np.float64))
    for name, factor in (("depth16.png", 2000), ("depth8.png", 10), ("depth.npy", 1)):
        found = load_given(tmp_path / name, None, everywhere(6, 4))
        assert found.normal is None
        assert found.depth is not None
        np.testing.assert_allclose(found.depth, factor * grey)
    Image.fromarray(np.full((4, 6, 3), (255, 0, 255), np.uint8)).save(tmp_path / "normal.png")
    found = load_given(None, tmp_path / "normal.png", everywhere(12, 8))
    assert found.normal is not None
    assert found.normal.shape == (8, 12, 3)
    np.testing.assert_allclose(found.normal[3, 5], [1, -1, 1], atol=1e-6)


def test_a_job_of_front_gives_its_surface(ball: SurfaceEstimate, wrong: SurfaceEstimate, tmp_path: Path) -> None:
    """Its arrays cover its crop, which reaches past the picture, and are NaN outside the object."""
    np.save(tmp_path / "depth.npy", ball.depth)
    np.save(tmp_path / "normal.npy", ball.normal)
    (tmp_path / "result.json").write_text(json.dumps(RESULT))
    given = load_given(tmp_path / "depth.npy", tmp_path / "normal.npy", everywhere(3 * N, 2 * N))
    found = given.over(wrong, Crop(20, -4, 2 * N))
    assert np.abs(found.depth - (ball.depth - ball.depth[ball.mask].mean()))[ball.mask].mean() < 0.02
    assert np.abs(found.normal - ball.normal)[ball.mask].mean() < 0.02
    assert np.isnan(found.depth[~ball.mask]).all()


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("depth.npy", np.zeros((4, 6, 3)), "wrong shape"),
        ("depth.npy", np.zeros((6, 6)), "doesn't fit a picture of 6 x 4"),
        ("depth.npy", None, "can't be read"),
        ("depth.png", None, "not a picture that can be read"),
    ],
)
def test_what_is_no_depth_is_refused(tmp_path: Path, name: str, array: np.ndarray | None, message: str) -> None:
    file = tmp_path / name
    if array is None:
        file.write_bytes(b"nothing")
    else:
        np.save(file, array)
    with pytest.raises(InputError, match=message):
        load_given(file, None, everywhere(6, 4))
