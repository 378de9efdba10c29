# SPDX-License-Identifier: GPL-3.0-or-later
"""A result is held against what was given: good where it shows the same, and each fault has its reason."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.geometry.image_map import identity_map
from engine.geometry.inflation import inflate
from engine.mesh.front import drape_mesh
from engine.mesh.mesh import Mesh
from engine.mesh.picture_view import seen_in_crop
from engine.mesh.verdict import judge, pieces_of
from engine.picture.picture import Crop, Floats, Picture

SIZE = 64


def disk(x: float, radius: float) -> Floats:
    """A disk's mask (SIZE, SIZE) round `x` on the middle row, pixels."""
    row, column = np.mgrid[:SIZE, :SIZE] + 0.5
    return (np.hypot(column - x, row - SIZE / 2) < radius).astype(np.float32)


def picture_of(mask: Floats) -> Picture:
    """A picture that grows brighter to the right, over its whole frame."""
    ramp = np.broadcast_to(np.linspace(0.1, 0.9, SIZE, dtype=np.float32)[:, None], (SIZE, SIZE, 3))
    return Picture(np.ascontiguousarray(ramp), mask, Crop(0, 0, SIZE), "alpha")


def mesh_of(mask: Floats) -> Mesh:
    """The inflated mesh of `mask`."""
    flat = identity_map(SIZE, torch.zeros(1, dtype=torch.float64))[0].permute(1, 2, 0).numpy()
    return drape_mesh(inflate(mask > 0.5), flat, mask, size=1.0)


def reasons(picture: Picture, mesh: Mesh, texture: Floats | None = None, sure: float = 0.8) -> set[str]:
    seen = seen_in_crop(mesh, picture.texture(SIZE) if texture is None else texture, SIZE)
    found = judge(picture, seen, mesh, np.full((SIZE, SIZE), sure, np.float32))["reasons"]
    assert isinstance(found, dict)
    return set(found)


def test_what_shows_the_same_is_good() -> None:
    mask = disk(32, 20)
    picture, mesh = picture_of(mask), mesh_of(mask)
    seen = seen_in_crop(mesh, picture.texture(SIZE), SIZE)
    found = judge(picture, seen, mesh, np.full((SIZE, SIZE), 0.8, np.float32))
    assert found["reasons"] == {}
    assert found["mask_kept"] > 0.98
    assert found["input_error"]["silhouette_iou"] > 0.96
    assert found["input_error"]["psnr"] > 30
    assert found["parts"] == 1


def test_a_part_of_the_mask_that_is_lost_is_told() -> None:
    assert "mask-lost" in reasons(picture_of(disk(32, 20)), mesh_of(disk(32, 17)))


def test_another_outline_is_told() -> None:
    assert reasons(picture_of(disk(32, 17)), mesh_of(disk(32, 20))) == {"outline-off"}


def test_other_colours_are_told() -> None:
    mask = disk(32, 20)
    assert reasons(picture_of(mask), mesh_of(mask), np.zeros((SIZE, SIZE, 3), np.float32)) == {"colours-off"}


def test_a_subject_cut_by_the_frame_is_told() -> None:
    mask = disk(4, 20)
    assert reasons(picture_of(mask), mesh_of(mask)) == {"cut-by-frame"}


def test_doubt_is_told() -> None:
    mask = disk(32, 20)
    assert reasons(picture_of(mask), mesh_of(mask), sure=0.3) == {"unsure"}


def test_pieces_count_from_a_size_on() -> None:
    two = mesh_of(np.maximum(disk(16, 12), disk(48, 12)))
    assert pieces_of(two) == 2
    assert pieces_of(mesh_of(np.maximum(disk(32, 24), disk(61, 1.6)))) == 1
    assert reasons(picture_of(disk(16, 12) + disk(48, 12)), two) == set()


@pytest.mark.parametrize("samples", [1, 3])
def test_the_view_shows_the_texture_where_the_mesh_is(samples: int) -> None:
    mask = disk(32, 20)
    picture = picture_of(mask)
    seen = seen_in_crop(mesh_of(mask), picture.texture(SIZE), SIZE, samples)
    inside = disk(32, 18) > 0
    assert np.abs(seen[inside, :3] - picture.rgb[inside]).max() < 0.02
    assert seen[inside, 3].min() == 1
    assert not seen[disk(32, 22) == 0].any()
