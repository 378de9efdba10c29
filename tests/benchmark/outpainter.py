# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded outpainter's completions of procedural objects that it never saw, against learning nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.metrics import structural_similarity
from skimage.restoration import inpaint_biharmonic

from engine.methods.pop3d.outpainter_unet import OutpainterUNet
from engine.models import OUTPAINTER
from engine.networks import load_network
from engine.training.outpainting_steps import ORDER, Carving, Steps, draw_steps
from engine.training.pool import make_shard
from engine.training.views import Pool

Picture = NDArray[np.float32]
SEED = 90_000  # the shards of the training pool have smaller ones
OBJECTS = 24
LEAST_PIXELS = 30
METHODS = ("network", "biharmonic", "mirrored")
HEADER = "yaw   pictures  hole  hull/object  IoU   " + "   ".join(
    f"{figure}: {'  '.join(METHODS)}" for figure in ("PSNR", "SSIM", "gradient")
)


def table() -> str:
    """A row for each step of the orbit: the view's yaw in degrees; over so many pictures the mean share of the hole,
    area of the hull by that of the object, IoU of the network's mask in the whole view; then for each method in the
    hole the mean of PSNR in dB, structural similarity, and absolute error of the differences between neighbours.
    """
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orbit.safetensors"
        make_shard(file, "orbit", OBJECTS, 128, SEED)
        pool = Pool([file])
    network = load_network(OutpainterUNet, OUTPAINTER, None, torch.device("cpu"))
    return "\n".join([HEADER, *rows(network.eval(), pool)])


def rows(network: OutpainterUNet, pool: Pool) -> list[str]:
    """The table's rows, and one for all steps."""
    device = torch.device("cpu")
    carving = Carving(network.sample_size, device)
    generator = torch.Generator().manual_seed(SEED)
    lines, every = [], []
    for step in range(1, len(ORDER)):
        figures = []
        for one in range(len(pool) // 8):
            steps = draw_steps(pool, torch.tensor([one]), carving, generator, count=1, steps=(step,))
            if float(steps.hole().sum()) >= LEAST_PIXELS:
                figures.append(measured(network, steps))
        every += figures
        lines.append(_row(f"{45 * ORDER[step]:+d}", figures))
    return [*lines, _row("all", every)]


@torch.no_grad()
def measured(network: OutpainterUNet, steps: Steps) -> list[float]:
    """The row's figures for one step."""
    completion = network(*steps.known())
    picture, mask = completion.pasted(steps.shown, steps.seen, steps.hull)
    hole = steps.hole()[0, 0].numpy() > 0
    truth = _image(steps.on_white())
    known = np.where(hole[..., None], 1, _image(torch.lerp(torch.ones_like(picture), steps.shown, steps.seen)))
    methods: dict[str, Callable[[], Picture]] = {
        "network": lambda: _image(picture),
        "biharmonic": lambda: inpaint_biharmonic(known, hole, channel_axis=-1).clip(0, 1),
        "mirrored": lambda: _image(1 - steps.references[:, 0, 3:] + steps.references[:, 0, :3])[:, ::-1],
    }
    figures = np.array([_figures(methods[name](), truth, hole) for name in METHODS])
    guess, true = mask > 0.5, steps.mask > 0.5
    overlap = float((guess & true).sum() / (guess | true).sum())
    return [float(hole.mean()), float(steps.hull.sum() / steps.mask.sum()), overlap, *figures.T.ravel().tolist()]


def _figures(picture: Picture, truth: Picture, hole: NDArray[np.bool_]) -> list[float]:
    """PSNR, structural similarity and error of the gradient of `picture` in the `hole`, the truth round it."""
    pasted = np.where(hole[..., None], picture, truth).astype(np.float32)
    error = pasted - truth
    similar = structural_similarity(pasted, truth, data_range=1.0, channel_axis=-1, full=True)[1]
    gradient = sum(float(np.abs(np.diff(error, axis=axis)).sum()) for axis in (0, 1)) / hole.sum() / 3
    psnr = -10 * np.log10(max(float((error[hole] ** 2).mean()), 1e-6))
    return [psnr, float(similar[hole].mean()), gradient]


def _image(tensor: torch.Tensor) -> Picture:
    return tensor[0].permute(1, 2, 0).clamp(0, 1).numpy()


def _row(name: str, figures: list[list[float]]) -> str:
    hole, hull, overlap, *rest = np.mean(figures, 0)
    psnr, similar, gradient = np.reshape(rest, (3, len(METHODS)))
    return (
        f"{name:>4} {len(figures):9d} {hole:5.2f} {hull:12.2f} {overlap:6.3f}"
        + "      "
        + "  ".join(f"{value:8.2f}" for value in psnr)
        + "    "
        + "  ".join(f"{value:8.3f}" for value in similar)
        + "    "
        + "  ".join(f"{value:8.4f}" for value in gradient)
    )
