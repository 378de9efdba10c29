# SPDX-License-Identifier: GPL-3.0-or-later
"""Guidance by diffusers pipelines: the gradient against closed forms, loading, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.errors import InputError
from engine.guidance import Blend, Distillation, load_guidance
from engine.guidance.diffusion import DiffusionGuidance
from tests.engine.guidance.tiny_pipelines import known_diffusion, pixel_diffusion, stable_diffusion

CPU = torch.device("cpu")
SIZE = 16


def blend(composite: Tensor) -> Blend:
    """A blend of which only the composite matters."""
    return Blend(composite, composite[:, :1], composite[:, :2], composite[:, :2], composite)


def known_guidance(mean: Tensor, deviation: float) -> DiffusionGuidance:
    """Guidance whose images are normally distributed round `mean`."""
    return DiffusionGuidance(known_diffusion(mean, deviation), "", CPU, "known", "")


def random_image(seed: int) -> Tensor:
    return torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(seed))


def gradient(guidance: DiffusionGuidance, composite: Tensor, distillation: Distillation, seed: int = 0) -> Tensor:
    """The loss's gradient in the model's space, per pixel value of -1..1."""
    image = composite.clone().requires_grad_()
    guidance.loss(blend(image), distillation, torch.Generator().manual_seed(seed)).backward()
    assert image.grad is not None
    return image.grad / 2 * image.numel()  # composite 0..1 is the model's -1..1; the loss is a mean


@pytest.mark.parametrize("weighting", ["sds", "uniform"])
def test_gradient_is_score_distillation_in_closed_form(weighting: str) -> None:
    """For x ~ N(m, d^2), eps_hat - eps = s (a (x - m) + s eps) / (a^2 d^2 + s^2) - eps."""
    mean, deviation = random_image(1)[0] * 2 - 1, 0.4
    guidance = known_guidance(mean, deviation)
    composite = random_image(2)
    found = gradient(guidance, composite, Distillation(0.5, 3, 1.0, weighting))

    alpha_bar = guidance.alpha_bar[round(0.5 * 999)]
    a, s = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
    eps = torch.randn(3, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    x = composite * 2 - 1
    eps_hat = s * (a * (x - mean) + s * eps) / (alpha_bar * deviation**2 + s**2)
    weight = s**2 if weighting == "sds" else 1.0
    torch.testing.assert_close(found, weight * (eps_hat - eps).mean(0, keepdim=True), atol=1e-5, rtol=1e-4)


def test_the_mean_of_the_gradient_vanishes_at_the_data() -> None:
    """At x = m the expectation is 0; at the wrong place it points away from m."""
    mean = random_image(1) * 2 - 1
    guidance = known_guidance(mean[0], 0.5)
    distillation = Distillation(0.4, 4000, 1.0, "uniform")
    at_data = gradient(guidance, mean / 2 + 0.5, distillation)
    assert at_data.abs().mean() < 0.02
    off = gradient(guidance, mean / 2 + 0.6, distillation)
    assert (off > 0.05).float().mean() > 0.95


def test_guidance_scale_is_the_documented_one(tmp_path: Path) -> None:
    """uncond + scale (cond - uncond): 0 and 1 are the two predictions, the rest lies on the line through them."""
    guidance = load_guidance(str(stable_diffusion(tmp_path)), device=CPU, object_words="cube")
    assert isinstance(guidance, DiffusionGuidance)
    noisy = torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    uncond, cond, guided = (guidance.predict_noise(noisy, 500, scale) for scale in (0.0, 1.0, 7.5))
    assert (cond - uncond).abs().max() > 1e-5
    torch.testing.assert_close(guided, uncond + 7.5 * (cond - uncond))


def test_conditional_closed_form_with_guidance(tmp_path: Path) -> None:
    """Two Gaussians, one for each side: the guided prediction is their combination."""
    mean = random_image(3)[0]
    guidance = known_guidance(mean, 0.0)
    one = torch.ones(1, 1, 1)
    guidance.conditions = [{"encoder_hidden_states": 0 * one}, {"encoder_hidden_states": one}]
    x = random_image(4)
    alpha_bar = guidance.alpha_bar[300]
    a, s = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
    expected = x / s + 5.0 * (-a * mean / s)
    torch.testing.assert_close(guidance.predict_noise(x, 300, 5.0), expected, atol=1e-4, rtol=1e-4)


def test_all_three_kinds_of_prediction_mean_the_same_noise() -> None:
    guidance = known_guidance(torch.zeros(3, SIZE, SIZE), 0.0)
    clean, noise = random_image(5), random_image(6)
    t = 400
    a, s = guidance.alpha_bar[t].sqrt(), (1 - guidance.alpha_bar[t]).sqrt()
    noisy = a * clean + s * noise
    for kind, output in {"epsilon": noise, "v_prediction": a * noise - s * clean, "sample": clean}.items():
        guidance.prediction = kind
        torch.testing.assert_close(guidance._as_noise(output, noisy, t), noise, atol=1e-4, rtol=1e-4)


def test_the_gradient_runs_through_the_vae(tmp_path: Path) -> None:
    """Finite differences of the loss with its target frozen agree with the gradient that reaches the image."""
    guidance = load_guidance(str(stable_diffusion(tmp_path)), device=CPU, object_words="")
    assert isinstance(guidance, DiffusionGuidance)
    image = random_image(7).requires_grad_()
    loss = guidance.loss(blend(image), Distillation(0.5, 1, 7.5, "sds"), torch.Generator().manual_seed(0))
    loss.backward()
    assert image.grad is not None
    assert image.grad.isfinite().all()
    assert image.grad.abs().max() > 0

    x = guidance._to_model_space(random_image(7))
    step = 1e-2 * torch.randn(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    moved = guidance._to_model_space(random_image(7) + step)
    residual = torch.autograd.grad(guidance._to_model_space(image), image, (moved - x).detach())[0]
    assert (residual * step).sum() > 0  # the encoder's Jacobian, transposed, brings a move back to where it came from


def test_a_pipeline_on_pixels_loads_and_guides(tmp_path: Path) -> None:
    guidance = load_guidance(str(pixel_diffusion(tmp_path / "pixels")), device=CPU, object_words="")
    image = random_image(8).requires_grad_()
    guidance.loss(blend(image), Distillation(0.5, 2, 1.0, "sds"), torch.Generator().manual_seed(0)).backward()
    assert image.grad is not None
    assert image.grad.abs().max() > 0


def test_same_generator_same_loss(tmp_path: Path) -> None:
    guidance = load_guidance(str(pixel_diffusion(tmp_path / "pixels")), device=CPU, object_words="")
    distillation = Distillation(0.3, 2, 1.0, "sds")
    first, again, other = (
        float(guidance.loss(blend(random_image(9)), distillation, torch.Generator().manual_seed(seed)))
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_refusals_say_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "model_index.json").write_text(json.dumps({"_class_name": "X", "unet": ["my_code", "Net"]}))
    cases = {
        str(tmp_path / "missing"): "There is no folder",
        str(tmp_path / "empty"): "holds no diffusers pipeline",
        str(foreign): "brings code of its own",
    }
    for source, words in cases.items():
        with pytest.raises(InputError, match=words):
            load_guidance(source, device=CPU, object_words="")


def test_weights_that_are_not_safetensors_are_refused(tmp_path: Path) -> None:
    folder = pixel_diffusion(tmp_path / "pixels")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(InputError, match="No usable diffusion model"):
        load_guidance(str(folder), device=CPU, object_words="")
