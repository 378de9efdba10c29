# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded guidance: its network, and its distillation in the space of coordinates."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.geometry.conformal_map import flatten_near_identity
from engine.geometry.image_map import coordinates_everywhere, identity_map
from engine.geometry.inflation import inflate
from engine.guidance import Blend, Distillation, load_guidance
from engine.guidance.coordinate import CoordinateGuidance
from engine.guidance.coordinate_prior import CoordinatePrior
from engine.guidance.noise import noise_level
from engine.models import EMBEDDED
from engine.networks import load_network

SIZE = 32


@pytest.fixture
def model() -> CoordinatePrior:
    """A small network with random weights whose answer isn't zero."""
    torch.manual_seed(0)
    network = CoordinatePrior(sample_size=SIZE, block_out_channels=(8, 16), attention_head_dim=8)
    torch.nn.init.normal_(network.unet.conv_out.weight, std=0.1)
    return network


def disc(size: int) -> Tensor:
    """A round mask (1, 1, size, size)."""
    identity = identity_map(size, torch.empty(0))
    return (identity.norm(dim=1, keepdim=True) < 0.8).float()


def blend(coordinates: Tensor) -> Blend:
    size = coordinates.shape[-1]
    grey = torch.full((1, 3, size, size), 0.4)
    return Blend(grey, disc(size), known(size), coordinates, grey * disc(size))


def known(size: int) -> Tensor:
    """Coordinates to start from that aren't the identity: those of the inflated disc."""
    mask = disc(size)[0, 0].numpy() > 0.5
    inflated = coordinates_everywhere(flatten_near_identity(inflate(mask), mask))
    return torch.from_numpy(inflated).float().permute(2, 0, 1)[None]


def test_an_untrained_network_answers_with_the_start() -> None:
    network = CoordinatePrior(sample_size=SIZE, block_out_channels=(8, 16), attention_head_dim=8)
    start, noisy = known(SIZE), torch.randn(1, 3, SIZE, SIZE)
    answer = network(torch.rand(1, 3, SIZE, SIZE), disc(SIZE), start, noisy, torch.ones(1))
    torch.testing.assert_close(answer, start)


def test_loss_is_the_distance_from_halfway_between_start_and_answer(model: CoordinatePrior) -> None:
    guidance = CoordinateGuidance(model)
    distillation = Distillation(0.6, 3, 1.0, "sds")
    coordinates = (1.2 * identity_map(SIZE, torch.empty(0))).requires_grad_()
    shown = blend(coordinates)
    loss = guidance.loss(shown, distillation, torch.Generator().manual_seed(0))

    mask = disc(SIZE)
    alpha, sigma = noise_level(torch.full((3,), 0.6))
    noises = torch.randn(3, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    noisy = alpha * (shown.composite * 2 - 1) + sigma * noises
    with torch.no_grad():
        answer = model(
            (shown.picture * mask).expand(3, -1, -1, -1), mask.expand(3, -1, -1, -1),
            known(SIZE).expand(3, -1, -1, -1), noisy, torch.full((3,), 0.6),
        ).mean(0, keepdim=True)  # fmt: skip
    target = (known(SIZE) + answer) / 2
    per_square = (9 / 2) ** 2
    torch.testing.assert_close(loss, per_square * 0.5 * ((coordinates - target) ** 2 * mask).sum() / mask.sum())

    loss.backward()
    assert coordinates.grad is not None
    expected = per_square * (coordinates.detach() - target) * mask / mask.sum()
    torch.testing.assert_close(coordinates.grad, expected)


def test_finer_coordinates_than_the_networks_are_averaged(model: CoordinatePrior) -> None:
    coordinates = identity_map(2 * SIZE, torch.empty(0)).requires_grad_()
    CoordinateGuidance(model).loss(
        blend(coordinates), Distillation(0.5, 1, 1.0, "sds"), torch.Generator().manual_seed(0)
    ).backward()
    assert coordinates.grad is not None
    assert coordinates.grad.shape == (1, 2, 2 * SIZE, 2 * SIZE)
    assert coordinates.grad.abs().max() > 0


def test_weights_survive_the_way_through_a_folder(model: CoordinatePrior, tmp_path: Path) -> None:
    model.save_pretrained(tmp_path)
    assert [f.suffix for f in sorted(tmp_path.iterdir())] == [".json", ".safetensors"]
    again = load_network(CoordinatePrior, EMBEDDED, tmp_path, torch.device("cpu"))
    assert again.config.squares == model.config.squares
    for a, b in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_shipped_network_is_chosen_without_a_gpu_and_says_why() -> None:
    guidance = load_guidance("auto", device=torch.device("cpu"), object_words="")
    assert guidance.name == "embedded"
    assert "processor" in guidance.reason
    assert load_guidance("embedded", device=torch.device("cpu"), object_words="").reason == "as asked for"


def test_a_network_that_answers_with_the_start_leaves_it_alone() -> None:
    """Also at the contour, where the pixels of the network's size are covered in part."""
    network = CoordinatePrior(sample_size=SIZE, block_out_channels=(8, 16), attention_head_dim=8)
    start = known(2 * SIZE)
    radius = identity_map(2 * SIZE, torch.empty(0)).norm(dim=1, keepdim=True)
    mask = ((0.8 - radius) * SIZE + 0.5).clamp(0, 1)
    grey = torch.full((1, 3, 2 * SIZE, 2 * SIZE), 0.4) * mask
    shown = Blend(grey, mask, start, start, grey)
    loss = CoordinateGuidance(network).loss(shown, Distillation(0.5, 1, 1.0, "sds"), torch.Generator().manual_seed(0))
    assert float(loss) < 1e-10
