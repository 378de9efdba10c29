# SPDX-License-Identifier: GPL-3.0-or-later
"""Time and memory of All Round with a diffusion model that learns the object before each view.

The networks have the sizes of Stable Diffusion 1.5's inpainting model and random weights: what they paint is noise, but
it takes as long and as much memory as the real ones. `--networks tiny` tries the same on any machine.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

import torch
from diffusers import AutoencoderKL, StableDiffusionInpaintPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

import build
from engine import devices
from engine.job.reconstruct import reconstruct
from engine.job.request import Request
from engine.loaded_models import LoadedModels
from engine.progress import Report
from tests.benchmark.measuring import tables
from tests.engine.guidance import tiny_pipelines

PICTURE = build.ROOT / "docs" / "sample.png"
PARTS = {
    "Learning the object": "personalisation", "Painting view": "painting", "Painting other": "prior",
    "View": "field and masks", "Refining": "field and masks", "Making mesh": "mesh", "Loading": "loading",
}  # fmt: skip
"""What the phases that begin with these words belong to."""
HEADER = ("part", "seconds", "peak GiB of the device")


def table(*arguments: str) -> str:
    """A row for each part of the job: seconds, and the most memory that tensors took on the device meanwhile."""
    parser = argparse.ArgumentParser(prog="bench diffusion_orbit", description=__doc__)
    parser.add_argument("--networks", default="stable-diffusion", choices=("stable-diffusion", "tiny"))
    parser.add_argument("--picture", type=Path, default=PICTURE)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--views", type=int, default=8, help="after which the orbit ends")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="as the engine's")
    options = parser.parse_args(arguments)
    device = devices.choose(options.device)
    with tempfile.TemporaryDirectory(dir=_scratch()) as folder:
        networks = Path(folder) / "networks"
        painter = tiny_pipelines.inpainting(networks) if options.networks == "tiny" else stable_diffusion(networks)
        values = {
            "picture": str(options.picture), "output": str(Path(folder) / "job"), "method": "pop3d", "object": "jug",
            "preset": options.preset, "device": options.device, "outpainter": str(painter),
        }  # fmt: skip
        overrides = dict(text.split("=", 1) for text in options.set)
        watcher = MemoryWatcher(device)
        outcome = reconstruct(Request.check(values, overrides, {"stop_after": options.views}), LoadedModels(), watcher)
        result = json.loads((outcome.folder / "result.json").read_text())
    seconds: dict[str, float] = defaultdict(float)
    for phase, taken in result["seconds"].items():
        seconds[part_of(phase)] += taken
    rows = [(part, f"{taken:.1f}", f"{watcher.peaks[part] / 2**30:.2f}") for part, taken in seconds.items()]
    rows.append(("all", f"{sum(seconds.values()):.1f}", f"{max(watcher.peaks.values()) / 2**30:.2f}"))
    text = f"{devices.describe(device)}\n{tables.markdown(HEADER, rows)}"
    tables.save("diffusion_orbit.md", text)
    return text


def part_of(phase: str) -> str:
    """The part of the job that `phase` belongs to."""
    return next((part for words, part in PARTS.items() if phase.startswith(words)), "rest")


class MemoryWatcher:
    """A listener that asks the device at each new phase how much memory the last one took at the most."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.peaks: dict[str, int] = defaultdict(int)
        self._phase = ""

    def progress(self, report: Report) -> None:
        """See `Listener`."""
        part = part_of(self._phase or report.phase)
        self.peaks[part] = max(self.peaks[part], devices.peak_memory(self.device)["device"])
        if report.phase != self._phase:
            self._phase = report.phase
            devices.reset_peak_memory(self.device)

    def preview(self, file: str) -> None:
        """See `Listener`."""


def stable_diffusion(folder: Path) -> Path:
    """An inpainting pipeline of Stable Diffusion 1.5's sizes with random weights, saved in `folder`/pipeline; its
    tokenizer knows letters only.
    """
    torch.manual_seed(0)
    text = CLIPTextConfig(
        vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
        bos_token_id=0, eos_token_id=1,
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4, sample_size=512,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    )  # fmt: skip
    unet = UNet2DConditionModel(sample_size=64, in_channels=9, cross_attention_dim=768, attention_head_dim=8)
    words, schedule = tiny_pipelines.tokenizer(folder / "words"), tiny_pipelines.scheduler()
    pipeline = StableDiffusionInpaintPipeline(
        vae, CLIPTextModel(text), words, unet, schedule, None, None, requires_safety_checker=False
    )
    pipeline.to(torch.bfloat16).save_pretrained(folder / "pipeline")
    return folder / "pipeline"


def _scratch() -> Path:
    """Where the networks fit: they take 2 GB."""
    folder = tables.FOLDER
    folder.mkdir(exist_ok=True)
    if shutil.disk_usage(folder).free < 4 * 2**30:
        raise build.BuildError(f"4 GB of room are needed in {folder}.")
    return folder
