# SPDX-License-Identifier: GPL-3.0-or-later
"""`engine train`: makes the shapes, trains the alignment prior on them, saves its weights."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from diffusers.optimization import get_cosine_schedule_with_warmup
from diffusers.training_utils import EMAModel
from safetensors.torch import load_file, save_file
from tqdm import tqdm

from engine.guidance.coordinate_prior import CoordinatePrior
from engine.optimizer_state import restore_state, state_tensors
from engine.training.alignment_prior import Pool, training_loss, validation_loss
from engine.training.geometry import make_pool

BATCH = 32
LEARNING_RATE = 1.5e-3
WARM_UP = 150
SHARD = 200
VALIDATION_SHARDS = 1


def main(argv: list[str]) -> int:
    """Runs the command; `argv` without the program's name. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="engine train", description=__doc__)
    parser.add_argument("name", choices=["alignment"], help="the model: alignment, the embedded guidance of stage I")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, help="optimiser steps in all")
    length.add_argument("--minutes", type=float, help="choose the steps so that they take about so long here")
    parser.add_argument("--resume", type=Path, metavar="DIR", help="go on from the state in this folder")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--shapes", type=int, default=6000, help="shapes in the pool, validation included")
    parser.add_argument("--pool", type=Path, default=Path("out/pool"), help="folder that keeps the shapes")
    parser.add_argument("--output", type=Path, default=Path("out/alignment"), help="folder for weights and state")
    parser.add_argument("--processes", type=int, default=2, help="processes that make shapes")
    options = parser.parse_args(argv)
    from ..devices import choose

    shard = min(SHARD, max(1, options.shapes // 2))
    files = make_pool(options.pool, options.shapes, size=64, processes=options.processes, shard=shard)
    trainer = Trainer(files, choose(options.device))
    if options.resume:
        trainer.resume(options.resume)
    steps = options.steps or trainer.steps_within(60 * (options.minutes or 20))
    trainer.run(steps, options.output)
    return 0


class Trainer:
    """AdamW with warm-up and a cosine to the end, exponential moving average of the weights."""

    def __init__(self, files: list[Path], device: torch.device, network: dict[str, Any] | None = None) -> None:
        """`files`: the pool's shards, the first for validation. `network`: arguments of CoordinatePrior."""
        self.device = device
        self.validation = Pool.load(files[:VALIDATION_SHARDS])
        self.pool = Pool.load(files[VALIDATION_SHARDS:])
        torch.manual_seed(0)  # the network's initial weights
        self.model = CoordinatePrior(**(network or {})).to(device, memory_format=torch.channels_last)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=1e-3
        )
        self.average = EMAModel(self.model.parameters(), decay=0.999, use_ema_warmup=True, power=0.75)
        self.generator = torch.Generator(device).manual_seed(1)
        self.step = 0

    def steps_within(self, seconds: float) -> int:
        """Steps that fit into `seconds` here, from the time of a few; the state is left as it was."""
        times = []
        for _ in range(4):
            start = time.monotonic()
            training_loss(self.model, self.pool, BATCH, torch.Generator(self.device)).backward()
            times.append(time.monotonic() - start)
        self.optimizer.zero_grad()
        return self.step + max(1, int(seconds / min(times)))

    def run(self, steps: int, output: Path, until: int | None = None) -> None:
        """Trains up to `steps` in all (or stops at step `until` on the way there), saving the state every few minutes
        and the averaged weights at the end.
        """
        end = steps if until is None else until
        for group in self.optimizer.param_groups:
            group["initial_lr"] = LEARNING_RATE  # what the schedule multiplies, also after a resume
        schedule = get_cosine_schedule_with_warmup(
            self.optimizer, min(WARM_UP, steps // 10), steps, last_epoch=self.step - 1
        )
        output.mkdir(parents=True, exist_ok=True)
        saved, mean = time.monotonic(), 1.0
        log = (output / "loss.csv").open("a")
        bar = tqdm(total=steps, initial=self.step, desc="alignment", unit="step", file=sys.stderr)
        while self.step < end:
            loss = training_loss(self.model, self.pool, BATCH, self.generator)
            self.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            schedule.step()
            self.average.step(self.model.parameters())
            self.step += 1
            mean += (loss.item() - mean) * max(0.01, 1 / self.step)
            bar.update()
            bar.set_postfix(loss=f"{mean:.4f}")
            if self.step % 500 == 0 or self.step == end:
                log.write(f"{self.step},{mean:.5f},{json.dumps(self.validate())}\n")
                log.flush()
            if time.monotonic() - saved > 180 or self.step == end:
                self.save(output)
                saved = time.monotonic()
        bar.close()
        log.close()

    def validate(self) -> dict[float, float]:
        """Validation losses of the averaged weights."""
        self.average.store(self.model.parameters())
        self.average.copy_to(self.model.parameters())
        losses = validation_loss(self.model, self.validation, self.device)
        self.average.restore(self.model.parameters())
        return losses

    def save(self, output: Path) -> None:
        """Writes the averaged weights as a half precision model to `output`/model, and the state to go on from."""
        self.average.store(self.model.parameters())
        self.average.copy_to(self.model.parameters())
        model = CoordinatePrior.from_config(self.model.config)
        model.load_state_dict(self.model.state_dict())
        model.half().save_pretrained(output / "model")
        self.average.restore(self.model.parameters())
        tensors = {f"model.{k}": v.contiguous() for k, v in self.model.state_dict().items()}
        tensors |= {name: value.contiguous() for name, value in state_tensors(self.optimizer).items()}
        tensors |= {f"average.{k}": v.contiguous() for k, v in enumerate(self.average.shadow_params)}
        tensors |= {"generator": self.generator.get_state(), "step": torch.tensor(self.step)}
        save_file(tensors, output / "state.part")
        (output / "state.part").replace(output / "state.safetensors")

    def resume(self, folder: Path) -> None:
        """Takes up the state that `save` wrote to `folder`."""
        tensors = load_file(folder / "state.safetensors")
        self.model.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model.")})
        restore_state(self.optimizer, tensors)
        for k, shadow in enumerate(self.average.shadow_params):
            shadow.copy_(tensors[f"average.{k}"])
        self.generator.set_state(tensors["generator"])
        self.step = int(tensors["step"])
        self.average.optimization_step = self.step
