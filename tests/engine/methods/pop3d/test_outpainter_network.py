# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded outpainter's network: what it copies, what it leaves alone, its size."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from engine.methods.pop3d.outpainter_network import OutpainterNetwork
from engine.methods.pop3d.outpainter_unet import REFERENCES, SOURCES, Completion, blend, fetched

N = 32


def small() -> OutpainterNetwork:
    torch.manual_seed(0)
    return OutpainterNetwork(channels=(16, 16, 24), blocks=(1, 1, 1)).eval()


def inputs(generator: torch.Generator) -> tuple[Tensor, ...]:
    """A random new view of which the left half is seen and all but the bottom rows may be object."""
    shown = torch.rand(1, 3, N, N, generator=generator)
    seen, hull = torch.zeros(1, 1, N, N), torch.ones(1, 1, N, N)
    seen[..., : N // 2] = 1
    hull[..., -4:, :] = seen[..., -4:, :] = 0
    references = torch.rand(1, REFERENCES, 4, N, N, generator=generator)
    return shown, seen, hull, references, torch.tensor([0.8])


def test_without_a_flow_copies_are_the_sources() -> None:
    sources = torch.rand(2, 3, 4, N, N, generator=torch.Generator().manual_seed(0))
    copies = fetched(sources, torch.zeros(2, 6, N, N))
    assert torch.allclose(copies, sources, atol=1e-5)


def test_a_flow_says_where_to_fetch_from() -> None:
    sources = torch.rand(1, 2, 4, N, N, generator=torch.Generator().manual_seed(0))
    flow = torch.zeros(1, 4, N, N)
    flow[:, 2] = 3 * 2 / N  # the second source: three pixels to the right ...
    flow[:, 3] = 2 * 2 / N  # ... and two down
    copies = fetched(sources, flow)
    assert torch.allclose(copies[:, 0], sources[:, 0], atol=1e-5)
    assert torch.allclose(copies[:, 1, :, :-2, :-3], sources[:, 1, :, 2:, 3:], atol=1e-4)
    assert float(copies[:, 1, :, :, -2:].abs().max()) == 0  # nothing lies outside


def test_the_blend_is_a_mean_weighted_by_choice_and_masks() -> None:
    red, green = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0])
    own = torch.tensor([0.0, 0.0, 1.0]).reshape(1, 3, 1, 1)
    copies = torch.zeros(1, 2, 4, 1, 1)
    copies[0, 0, :, 0, 0] = torch.cat([0.5 * red, torch.tensor([0.5])])  # half covered
    copies[0, 1, :, 0, 0] = torch.cat([green, torch.tensor([1.0])])
    even = blend(copies, torch.zeros(1, 2, 1, 1), own, torch.zeros(1, 1, 1, 1))
    assert torch.allclose(even.flatten(), torch.tensor([0.2, 0.4, 0.4]))
    choice = torch.tensor([20.0, 0.0]).reshape(1, 2, 1, 1)
    assert torch.allclose(blend(copies, choice, own, torch.zeros(1, 1, 1, 1)).flatten(), red, atol=1e-4)
    nothing = blend(0 * copies, choice, own, torch.zeros(1, 1, 1, 1))
    assert torch.allclose(nothing, own)


def test_pasting_keeps_what_was_seen_and_leaves_white_outside() -> None:
    shown, seen, hull, *_ = inputs(torch.Generator().manual_seed(0))
    mask = torch.full((1, 1, N, N), 30.0)
    mask[..., : N // 2, :] = -30
    picture, covered = Completion(torch.full((1, 3, N, N), 0.25), mask).pasted(shown, seen, hull)
    assert torch.equal(picture[..., :-4, : N // 2], shown[..., :-4, : N // 2])
    assert torch.equal(picture[..., -4:, :], torch.ones(1, 3, 4, N))
    assert torch.allclose(picture[..., N // 2 : -4, N // 2 :], torch.tensor(0.25))
    assert torch.allclose(picture[..., : N // 2, N // 2 :], torch.tensor(1.0))  # asked, but no object there
    assert torch.allclose(covered[..., : N // 2, N // 2 :], torch.tensor(0.0))
    assert torch.equal(covered[..., :-4, : N // 2], torch.ones(1, 1, N - 4, N // 2))


def test_only_what_was_seen_of_the_new_view_counts() -> None:
    network, (shown, seen, *rest) = small(), inputs(torch.Generator().manual_seed(0))
    other = torch.where(seen > 0, shown, 1 - shown)
    first, second = network(shown, seen, *rest), network(other, seen, *rest)
    assert torch.equal(first.color, second.color)
    assert torch.equal(first.mask, second.mask)


def test_every_input_counts() -> None:
    network, given = small(), inputs(torch.Generator().manual_seed(0))
    for parameter in network.parameters():  # the last layers of residuals start at 0
        torch.nn.init.normal_(parameter, std=0.1)
    for k in range(len(given)):
        changed = [1 - value if i == k else value for i, value in enumerate(given)]
        assert not torch.equal(network(*given).mask, network(*changed).mask), k


def test_the_default_network_is_small_and_survives_half_precision(tmp_path: Path) -> None:
    network = OutpainterNetwork()
    assert sum(parameter.numel() for parameter in network.parameters()) < 4.2e6
    network.half().save_pretrained(tmp_path)
    weights = tmp_path / "diffusion_pytorch_model.safetensors"
    assert weights.stat().st_size < 10e6
    again = OutpainterNetwork.from_pretrained(tmp_path, use_safetensors=True, local_files_only=True).float()
    completion = again(*(torch.cat([value, value]) for value in inputs(torch.Generator().manual_seed(0))))
    assert completion.color.shape == (2, 3, N, N)
    assert completion.mask.shape == (2, 1, N, N)
    assert SOURCES == 2 * REFERENCES + 1
