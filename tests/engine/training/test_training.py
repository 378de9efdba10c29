# SPDX-License-Identifier: GPL-3.0-or-later
"""What the embedded network learns from: shapes, their pictures, the loss, and the training itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from engine.dreamtexture.coordinates import identity_map
from engine.dreamtexture.distortion import distortion
from engine.dreamtexture.lscm import flatten, flatten_near_identity
from engine.guidance.coordinate import CoordinateGuidance
from engine.training import signed_distance as sd
from engine.training.alignment_prior import Pool, conformal_error, coordinate_loss, turned
from engine.training.geometry import cast, make_shard, pixel_grid, relief, visible_surface
from engine.training.objects import ANY_POSE_RULES, UPRIGHT_RULES, Dice, Rule
from engine.training.render import render
from engine.training.train import Trainer

N = 32


def dice(seed: int) -> Dice:
    return Dice(torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two shards of a few small shapes."""
    folder = tmp_path_factory.mktemp("pool")
    files = [folder / f"surfaces_{k}.npz" for k in range(2)]
    for k, file in enumerate(files):
        make_shard(file, 6, N, seed=k)
    return files


@pytest.mark.parametrize(
    ("field", "inside", "outside"),
    [
        (sd.ellipsoid([0.5, 0.3, 0.2]), [0.45, 0, 0], [0, 0.35, 0]),
        (sd.box([0.5, 0.3, 0.2], 0.1), [0.45, 0.2, 0], [0.49, 0.29, 0.19]),
        (sd.cylinder(0.5, 0.3), [0.3, 0.25, 0.3], [0, 0.35, 0]),
        (sd.cylinder(0.5, 0.5, top=0), [0, 0.4, 0], [0.2, 0.4, 0]),
        (sd.pyramid(0.5, 1.0, 4), [0.4, -0.45, 0.4], [0.2, 0.3, 0]),
        (sd.torus(0.5, 0.2), [0.5, 0.1, 0], [0, 0, 0]),
        (sd.superquadric([0.5, 0.5, 0.5], 0.3, 0.3), [0.4, 0.4, 0.4], [0.52, 0, 0]),
        (sd.lathe(torch.tensor([-0.5, 0.5]), torch.tensor([0.4, 0.2])), [0.35, -0.4, 0], [0.35, 0.4, 0]),
        (sd.tube(torch.tensor([[0.0, 0, 0], [1, 0, 0]]), torch.tensor([0.2, 0.1])), [0.5, 0.14, 0], [1, 0.15, 0]),
        (sd.difference(sd.ellipsoid([0.5] * 3), sd.ellipsoid([0.2] * 3)), [0.3, 0, 0], [0.1, 0, 0]),
        (sd.mirrored(sd.placed(sd.ellipsoid([0.2] * 3), None, (0.5, 0, 0))), [-0.5, 0, 0], [0, 0, 0]),
        (sd.bent(sd.box([0.1, 0.7, 0.1]), 1.0), [-0.1224, 0.4794, 0], [0, 0.65, 0]),
        (sd.twisted(sd.box([0.5, 0.5, 0.1]), 3.14159), [0, 0.48, 0.45], [0.45, 0.48, 0]),
    ],
)  # fmt: skip
def test_fields_are_negative_inside(field: sd.Field, inside: list[float], outside: list[float]) -> None:
    values = field(torch.tensor([inside, outside], dtype=torch.float32))
    assert values[0] < 0 < values[1]


def test_rays_meet_a_sphere_where_they_should() -> None:
    x, y = (axis.flatten() for axis in pixel_grid(24))
    depth = cast(sd.ellipsoid([0.7] * 3), x, y, 1.0, -1.0)
    squared = 0.49 - x**2 - y**2
    exact = torch.where(squared > 0, squared.clamp_min(0).sqrt(), torch.nan)
    clear = squared.abs() > 0.01
    torch.testing.assert_close(depth[clear], exact[clear], atol=1e-4, rtol=0, equal_nan=True)


@pytest.mark.parametrize("rule", list(dict.fromkeys([*ANY_POSE_RULES, *UPRIGHT_RULES])))
def test_every_rule_makes_something_to_see(rule: Rule) -> None:
    x, y = (1.6 * axis.flatten() for axis in pixel_grid(40))
    seen = [cast(rule(dice(seed)), x, y, 2.0, -2.0, 40).isfinite().float().mean() for seed in range(3)]
    assert max(seen) > 0.01
    assert max(seen) < 0.9
    assert len({float(share) for share in seen}) > 1


def test_surfaces_are_conformally_flattened() -> None:
    surfaces = [visible_surface(dice(seed), N) for seed in range(6)]
    found = [s for s in surfaces if s is not None]
    assert len(found) >= 4
    for surface in found:
        figures = distortion(surface.depth, surface.coordinates, surface.mask)
        assert figures.conformal_energy < 0.05
        assert figures.foldovers <= 0.02 * surface.mask.sum()
        assert np.allclose(np.linalg.norm(surface.normal[surface.mask], axis=-1), 1, atol=1e-3)


def test_the_map_near_the_identity_distorts_no_more_than_the_spectral_one() -> None:
    surface = visible_surface(dice(1), N)
    assert surface is not None
    near = distortion(surface.depth, flatten_near_identity(surface.depth, surface.mask), surface.mask)
    spectral = distortion(surface.depth, flatten(surface.depth, surface.mask), surface.mask)
    assert near.stretch_angle < 1.3 * spectral.stretch_angle + 1
    assert near.stretch_area <= spectral.stretch_area


def test_relief_takes_out_occlusions_and_nothing_else() -> None:
    rows, columns = np.mgrid[:N, :N] / N
    mask = np.ones((N, N), bool)
    smooth = 0.3 * rows + 0.2 * columns**2
    assert (relief(smooth, mask) == smooth).all()
    stepped = smooth + (columns > 0.5) * (rows > 0.2)
    flat = relief(stepped, mask)
    below = np.s_[N // 2 :, : N // 2 - 1]
    assert np.ptp((flat - stepped)[below]) < 0.25  # the parts keep their shapes
    jump = np.abs(np.diff(flat, axis=1)).max()
    assert jump < 0.2


def test_same_seed_same_shard(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        make_shard(tmp_path / name, 2, N, seed=3)
    a, b = np.load(tmp_path / "a.npz"), np.load(tmp_path / "b.npz")
    assert all((a[key] == b[key]).all() for key in a.files)


def test_pictures_vary_stay_in_range_and_follow_their_seed(shards: list[Path]) -> None:
    pool = Pool.load(shards)
    surface, _ = pool.batch(torch.arange(8), torch.device("cpu"))
    first, again, other = (render(surface, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert (first - other).abs().mean() > 0.02
    assert first.min() >= 0
    assert first.max() <= 1
    assert first.isfinite().all()


def test_turning_surfaces_keeps_their_coordinates_conformal(shards: list[Path]) -> None:
    """Four quarters are none, mirrored twice is not mirrored, and a turned map still belongs to the turned depth."""
    pool = Pool.load(shards)
    surface, inflated = pool.batch(torch.arange(4), torch.device("cpu"))
    for mirror, quarters in ((False, 4), (True, 0)):
        back, inflated_back = turned(surface, inflated, mirror, quarters)
        if mirror:
            back, inflated_back = turned(back, inflated_back, True, 0)
        assert torch.equal(back.coordinates, surface.coordinates)
        assert torch.equal(inflated_back, inflated)
    aside, _ = turned(surface, inflated, True, 1)
    for k in range(4):
        before, after = (
            distortion(
                s.depth[k, 0].numpy(), s.coordinates[k].permute(1, 2, 0).numpy(), s.mask[k, 0].numpy() > 0.5
            ).stretch_angle
            for s in (surface, aside)
        )
        assert after == pytest.approx(before, rel=0.05, abs=0.2)


def test_loss_sees_angles_and_not_similarities() -> None:
    identity = identity_map(N, torch.empty(0))
    mask = torch.ones(1, 1, N, N)
    x, y = identity[:, :1], identity[:, 1:]
    turned_and_scaled = 2 * torch.cat([-y, x], 1)
    assert conformal_error(turned_and_scaled, identity).max() < 1e-3
    # stretched by 3 along x: |d| / |c| = (3 - 1) / (3 + 1), so 0.5 / sqrt(1.25)
    stretched = torch.cat([3 * x, y], 1)
    torch.testing.assert_close(conformal_error(stretched, identity), torch.full((1, 1, N - 1, N - 1), 0.2**0.5))
    mirrored = torch.cat([-x, y], 1)
    assert conformal_error(mirrored, identity).min() > 0.999
    assert coordinate_loss(identity, identity, mask) < 0.01 < coordinate_loss(stretched, identity, mask)


def test_training_learns_saves_and_goes_on(shards: list[Path], tmp_path: Path) -> None:
    """The loss falls; a run cut in two ends with the weights of one that wasn't."""
    torch.set_num_threads(1)
    device = torch.device("cpu")
    network = {"sample_size": N, "block_out_channels": (8, 16), "attention_head_dim": 8}
    whole = Trainer(shards, device, network)
    whole.run(6, tmp_path / "whole")
    half = Trainer(shards, device, network)
    half.run(6, tmp_path / "half", until=3)
    rest = Trainer(shards, device, network)
    rest.resume(tmp_path / "half")
    rest.run(6, tmp_path / "rest")
    for a, b in zip(whole.model.parameters(), rest.model.parameters(), strict=True):
        assert torch.equal(a, b)
    saved = load_file(tmp_path / "whole" / "model" / "diffusion_pytorch_model.safetensors")
    assert {weights.dtype for weights in saved.values()} == {torch.float16}
    learner = Trainer([shards[0], shards[0]], device, network)
    before = learner.validate()
    learner.run(100, tmp_path / "learner")
    assert learner.validate()[0.7] < 0.95 * before[0.7]


def test_the_command_makes_shapes_and_weights(tmp_path: Path) -> None:
    """`engine train` as its user runs it, very short."""
    folders = ["--pool", str(tmp_path / "pool"), "--output", str(tmp_path / "out")]
    command = [sys.executable, "-m", "engine", "train", "alignment", "--shapes", "4", "--steps", "1", *folders]
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    guidance = CoordinateGuidance.load(tmp_path / "out" / "model", torch.device("cpu"))
    assert guidance.model.config.sample_size == 64
    assert (tmp_path / "out" / "loss.csv").read_text().startswith("1,")
