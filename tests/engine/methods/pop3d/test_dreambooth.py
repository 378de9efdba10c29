# SPDX-License-Identifier: GPL-3.0-or-later
"""Personalisation of tiny inpainting models: what is learned, what is forgotten again, and going on after a stop."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.methods.pop3d.adapters import Learner, learning, rare_word
from engine.methods.pop3d.dreambooth import DreamBooth, Lesson, hidden, random_hole
from engine.methods.pop3d.inpainting import InpaintingModel, load_inpainting_model
from tests.engine.guidance import tiny_pipelines

CPU = torch.device("cpu")
KINDS = ("lora", "full")


@pytest.fixture(scope="module", params=["inpainting", "inpainting_xl"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> InpaintingModel:
    """Stable Diffusion's kind, and SDXL's."""
    folder = getattr(tiny_pipelines, request.param)(tmp_path_factory.mktemp(request.param))
    return load_inpainting_model(str(folder), CPU)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def lessons(count: int) -> list[Lesson]:
    pictures = torch.rand(count, 3, 32, 32, generator=generator(count))
    return [Lesson(picture, "A photo of z cup") for picture in pictures]


def answer(model: InpaintingModel, prompt: str) -> Tensor:
    inputs = torch.randn(1, 9, 16, 16, generator=generator())
    with torch.no_grad():
        return torch.as_tensor(model.unet(inputs, torch.tensor(500), **model.conditions(prompt)).sample)


def run_of(model: InpaintingModel, learner: Learner, prior: int = 0, rate: float = 1e-2) -> DreamBooth:
    return DreamBooth(model, learner, lessons(2), lessons(prior), rate, 5)


def test_the_rarest_word_is_one_token(model: InpaintingModel) -> None:
    assert rare_word(model.encoders[0][0]) == "z"


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_has_changed_before_the_first_step_and_after_the_last(model: InpaintingModel, kind: str) -> None:
    before = answer(model, "A photo of a cup")
    with learning(model, kind, "cup", generator()) as learner:
        assert torch.equal(answer(model, "A photo of a cup"), before)
        run_of(model, learner).step()
        assert not torch.equal(answer(model, "A photo of a cup"), before)
    assert torch.equal(answer(model, "A photo of a cup"), before)
    assert not any(parameter.requires_grad for parameter in model.unet.parameters())


def test_the_word_starts_as_its_kind_and_is_learned_alone(model: InpaintingModel) -> None:
    _, encoder = model.encoders[0]
    embedding = encoder.get_input_embeddings()
    with learning(model, "lora", "x", generator()) as learner:
        assert learner.token == "z"
        tokenizer = model.encoders[0][0]
        x, z = (torch.tensor(tokenizer(word).input_ids[1]) for word in "xz")
        torch.testing.assert_close(embedding(z), embedding(x))
        others = embedding(x).clone()
        run_of(model, learner).step()
        assert not torch.equal(embedding(z), others)
        assert torch.equal(embedding(x), others)
    assert not torch.equal(embedding(z), embedding(x))


@pytest.mark.parametrize("kind", KINDS)
def test_training_lowers_the_loss(model: InpaintingModel, kind: str) -> None:
    """The second run draws the same lessons, noises and holes as the first."""
    with learning(model, kind, "cup", generator()) as learner:
        runs = [run_of(model, learner, rate=1e-2 if kind == "lora" else 1e-3) for _ in range(2)]
        first, second = ([run.step() for _ in range(12)] for run in runs)
    assert sum(second) < 0.99 * sum(first)


def test_the_prior_is_trained_beside(model: InpaintingModel) -> None:
    """The first steps draw alike; with the prior, its loss is added."""
    with learning(model, "lora", "cup", generator()) as learner:
        assert run_of(model, learner, prior=3).step() > 1.5 * run_of(model, learner).step()


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_goes_on_to_the_same_bits(model: InpaintingModel, kind: str) -> None:
    with learning(model, kind, "cup", generator()) as learner:
        run = run_of(model, learner, prior=2)
        for _ in range(2):
            run.step()
        state = {name: tensor.clone() for name, tensor in run.state().items()}
        expected = [run.step() for _ in range(2)]
        weights = [parameter.detach().clone() for parameter in learner.parameters.values()]
    with learning(model, kind, "cup", generator(8)) as learner:
        run = run_of(model, learner, prior=2)
        run.restore(state)
        assert run.steps_done == 2
        assert [run.step() for _ in range(2)] == expected
        for found, wanted in zip(learner.parameters.values(), weights, strict=True):
            assert torch.equal(found, wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_learned_is_in_single_precision(tmp_path: Path, kind: str) -> None:
    """Also where the model isn't, as on CUDA."""
    pipeline = load_inpainting_model(str(tiny_pipelines.inpainting(tmp_path)), CPU).pipeline.to(torch.bfloat16)
    model = InpaintingModel(pipeline, CPU, "half")
    with learning(model, kind, "cup", generator()) as learner:
        assert {parameter.dtype for parameter in learner.parameters.values()} == {torch.float32}
        before = [parameter.detach().clone() for parameter in learner.parameters.values()]
        run_of(model, learner).step()
        changed = [not torch.equal(a, b) for a, b in zip(before, learner.parameters.values(), strict=True)]
        assert sum(changed) > len(changed) / 3  # of the adapters one half begins at 0, and so do the others' gradients
    assert {parameter.dtype for parameter in model.unet.parameters()} == {torch.bfloat16}


def test_the_state_of_other_lessons_is_passed_over(model: InpaintingModel) -> None:
    with learning(model, "lora", "cup", generator()) as learner:
        run = run_of(model, learner)
        run.step()
        other = DreamBooth(model, learner, lessons(3), [], 1e-2, 5)
        other.restore(run.state())
        assert other.steps_done == 0


def test_holes_are_of_all_sizes_and_hide_what_is_in_them() -> None:
    random = generator()
    holes = [random_hole(32, random) for _ in range(200)]
    shares = torch.stack(holes).mean((1, 2, 3, 4))
    assert shares.min() < 0.03
    assert shares.max() > 0.6
    assert all(set(hole.unique().tolist()) <= {0.0, 1.0} for hole in holes)
    picture = torch.rand(1, 3, 32, 32)
    shown = hidden(picture, holes[0])
    assert torch.equal(shown == picture, (holes[0] == 0).expand_as(picture))
