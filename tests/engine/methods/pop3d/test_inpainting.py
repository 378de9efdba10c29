# SPDX-License-Identifier: GPL-3.0-or-later
"""Diffusion models that fill holes: loading, refusals, and what they paint."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.errors import InputError
from engine.methods.pop3d.inpainting import InpaintingModel, Sampling, load_inpainting_model
from engine.methods.pop3d.outpaint import load_outpainter
from tests.engine.guidance import tiny_pipelines

CPU = torch.device("cpu")
SAMPLING = Sampling(4, 0.75, 7.5)


@pytest.fixture(scope="module", params=["inpainting", "inpainting_xl"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> InpaintingModel:
    """Stable Diffusion's kind, and SDXL's."""
    folder = tmp_path_factory.mktemp(request.param)
    found = load_outpainter(str(getattr(tiny_pipelines, request.param)(folder)), CPU)
    assert isinstance(found, InpaintingModel)
    return found


def test_a_hole_is_painted_step_by_step_and_by_its_seed(model: InpaintingModel) -> None:
    assert model.size == 32
    picture, hole = torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    hole[..., 8:24, 8:24] = 1
    steps: list[int] = []
    one, again, other, elsewhere = (
        model.paint(picture, hole, prompt, SAMPLING, seed, lambda: steps.append(1))
        for prompt, seed in (("a cup", 1), ("a cup", 1), ("a cup", 2), ("a dog", 1))
    )
    assert len(steps) == 4 * SAMPLING.steps_made == 4 * 3
    assert (one.shape, one.dtype) == ((1, 3, 32, 32), torch.float32)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert not torch.equal(one, elsewhere)


def test_it_starts_from_what_is_in_the_hole(model: InpaintingModel) -> None:
    """The less noise, the more of it is left; the model is shown the rest of the picture alone."""
    hole = torch.ones(1, 1, 32, 32)
    white, black = torch.ones(1, 3, 32, 32), torch.zeros(1, 3, 32, 32)

    def difference(strength: float) -> float:
        sampling = Sampling(20, strength, 1.0)
        one, other = (model.paint(picture, hole, "", sampling, 0, lambda: None) for picture in (white, black))
        return float((one - other).abs().mean())

    assert difference(0.1) > 2 * difference(0.95)
    assert difference(1.0) == 0


def test_text_conditions_carry_gradients_to_the_words(model: InpaintingModel) -> None:
    embeddings = [encoder.get_input_embeddings().weight.requires_grad_() for _, encoder in model.encoders]
    states = model.conditions("a cup")["encoder_hidden_states"]
    gradients = torch.autograd.grad(states.square().sum(), embeddings)
    assert all((gradient != 0).any() for gradient in gradients)
    for embedding in embeddings:
        embedding.requires_grad_(False)


def test_other_pipelines_are_refused_in_one_sentence(tmp_path: Path) -> None:
    cases = {
        tiny_pipelines.stable_diffusion(tmp_path / "text"): "StableDiffusionPipeline of 4 channels, which can't paint",
        tiny_pipelines.inpainting(tmp_path / "plain", channels=4): "InpaintPipeline of 4 channels, which can't paint",
        tiny_pipelines.pixel_diffusion(tmp_path / "pixels"): "DDPMPipeline of 3 channels, which can't paint",
        tmp_path / "missing": "There is no folder",
    }
    for folder, words in cases.items():
        with pytest.raises(InputError, match=words):
            load_outpainter(str(folder), CPU)


def test_half_precision_beside_single_precision(tmp_path: Path) -> None:
    """As on CUDA, where the models are in half precision and what is trained isn't."""
    pipeline = load_inpainting_model(str(tiny_pipelines.inpainting(tmp_path)), CPU).pipeline
    model = InpaintingModel(pipeline.to(torch.bfloat16), CPU, "half")
    picture, hole = torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32)
    assert model.latents(picture).dtype == torch.float32
    painted = model.paint(picture, hole, "a cup", SAMPLING, 0, lambda: None)
    assert painted.dtype == torch.float32
    assert painted.isfinite().all()
    model.unet.float()
    assert model.paint(picture, hole, "a cup", SAMPLING, 0, lambda: None).isfinite().all()
