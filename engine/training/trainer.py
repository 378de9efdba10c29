# SPDX-License-Identifier: GPL-3.0-or-later
"""One way to train a model: AdamW with warm-up, a cosine to the end, averaged weights, a state to go on from."""

from __future__ import annotations

import csv
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from diffusers import ModelMixin
from diffusers.optimization import get_cosine_schedule_with_warmup
from diffusers.training_utils import EMAModel
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset
from tqdm import tqdm

from engine.optimizer_state import restore_state, state_tensors

WARM_UP = 150
SAVE_SECONDS = 180.0
VALIDATE_STEPS = 500
SHARD_BYTES = 16 * 2**20
MEASURED_STEPS = 8
SEED = 1
AHEAD = 4
"""Batches that are drawn before they are needed, on CPUs."""

Batch = TypeVar("Batch")


class Task(Protocol[Batch]):
    """What is trained: a model, its loss on random batches, and how well it does on fixed ones."""

    name: str
    learning_rate: float
    model: ModelMixin

    def batch(self, generator: torch.Generator) -> Batch:
        """A random batch, on the generator's device."""
        ...

    def loss(self, batch: Batch) -> Tensor:
        """The model's loss on `batch`."""
        ...

    def validate(self) -> dict[str, float]:
        """Figures on fixed examples, by name."""
        ...


class _Batches(IterableDataset[Any]):
    """A task's batches for some `steps`, each drawn with a seed of its own: so a run may be taken up anywhere."""

    def __init__(self, task: Task[Any], device: torch.device, steps: range) -> None:
        self.task, self.device, self.steps = task, device, steps

    def __iter__(self) -> Iterator[Any]:
        for step in self.steps:
            generator = torch.Generator(self.device).manual_seed(SEED + step)
            with torch.no_grad():
                yield self.task.batch(generator)


class Trainer:
    """Trains a task; `step` counts what is done."""

    def __init__(self, task: Task[Any], device: torch.device) -> None:
        self.task, self.device = task, device
        self.model = task.model
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(parameters, lr=task.learning_rate, betas=(0.9, 0.98), weight_decay=1e-3)
        self.average = EMAModel(parameters, decay=0.999, use_ema_warmup=True, power=0.75)
        self.step = 0

    def steps_within(self, seconds: float) -> int:
        """Steps in all if training goes on for `seconds`, from the time of a few; the state is left as it was."""
        times = []
        start = time.monotonic()
        for batch in self._batches(self.step + MEASURED_STEPS):
            self.task.loss(batch).backward()
            times.append(time.monotonic() - start)
            start = time.monotonic()
        self.optimizer.zero_grad()
        return self.step + max(1, int(seconds / sorted(times)[len(times) // 2]))

    def run(self, steps: int, output: Path, until: int | None = None) -> None:
        """Trains up to `steps` in all (or stops at step `until` on the way there). In `output`: the state every few
        minutes, the averaged weights (`model`), the losses (`loss.csv`) and validation figures (`validation.csv`).
        """
        end = steps if until is None else until
        for group in self.optimizer.param_groups:
            group["initial_lr"] = self.task.learning_rate  # what the schedule multiplies, also after a resume
        schedule = get_cosine_schedule_with_warmup(
            self.optimizer, min(WARM_UP, steps // 10), steps, last_epoch=self.step - 1
        )
        output.mkdir(parents=True, exist_ok=True)
        saved, mean = time.monotonic(), math.nan
        bar = tqdm(total=steps, initial=self.step, desc=self.task.name, unit="step", file=sys.stderr)
        for batch in self._batches(end):
            loss = self.task.loss(batch)
            self.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            schedule.step()
            self.average.step(self.model.parameters())
            self.step += 1
            mean = loss.item() if math.isnan(mean) else mean + 0.01 * (loss.item() - mean)
            bar.update()
            bar.set_postfix(loss=f"{mean:.4f}")
            if self.step % 50 == 0 or self.step == end:
                append_row(output / "loss.csv", {"step": self.step, "loss": round(mean, 5)})
            if self.step % VALIDATE_STEPS == 0 or self.step == end:
                append_row(output / "validation.csv", {"step": self.step} | self.validate())
            if time.monotonic() - saved > SAVE_SECONDS or self.step == end:
                self.save(output)
                saved = time.monotonic()
        bar.close()

    def _batches(self, end: int) -> Iterator[Any]:
        """The batches of the steps before `end`; on CPUs another process draws them meanwhile."""
        steps = _Batches(self.task, self.device, range(self.step, end))
        if self.device.type != "cpu":
            return iter(steps)
        return iter(DataLoader(steps, batch_size=None, num_workers=1, prefetch_factor=AHEAD))

    def validate(self) -> dict[str, float]:
        """The task's figures with the averaged weights."""
        self.average.store(self.model.parameters())
        self.average.copy_to(self.model.parameters())
        figures = self.task.validate()
        self.average.restore(self.model.parameters())
        return {name: round(value, 4) for name, value in figures.items()}

    def save(self, output: Path) -> None:
        """Writes the averaged weights as a half precision model to `output`/model, and the state to go on from to
        `output`/state: files of at most SHARD_BYTES.
        """
        self.average.store(self.model.parameters())
        self.average.copy_to(self.model.parameters())
        model = type(self.model).from_config(self.model.config)
        model.load_state_dict(self.model.state_dict())
        model.half().save_pretrained(output / "model")
        self.average.restore(self.model.parameters())
        tensors = {f"model.{k}": v.contiguous() for k, v in self.model.state_dict().items()}
        tensors |= {name: value.contiguous() for name, value in state_tensors(self.optimizer).items()}
        tensors |= {f"average.{k}": v.contiguous() for k, v in enumerate(self.average.shadow_params)}
        tensors["step"] = torch.tensor(self.step)
        new, state = output / "state.part", output / "state"
        new.mkdir(exist_ok=True)
        for k, shard in enumerate(sharded(tensors)):
            save_file(shard, new / f"state_{k}.safetensors")
        old = output / "state.old"
        if state.exists():
            state.rename(old)
        new.rename(state)
        for file in old.glob("*"):
            file.unlink()
        if old.exists():
            old.rmdir()

    def resume(self, folder: Path) -> None:
        """Takes up the state that `save` wrote to `folder`."""
        tensors: dict[str, Tensor] = {}
        for file in sorted((folder / "state").glob("*.safetensors")):
            tensors |= load_file(file)
        self.model.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model.")})
        restore_state(self.optimizer, tensors)
        for k, shadow in enumerate(self.average.shadow_params):
            shadow.copy_(tensors[f"average.{k}"])
        self.step = int(tensors["step"])
        self.average.optimization_step = self.step


def sharded(tensors: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """`tensors` in as few groups of at most SHARD_BYTES as come out in their order."""
    shards: list[dict[str, Tensor]] = [{}]
    room = SHARD_BYTES - 2**16  # the file's header
    for name, tensor in tensors.items():
        if tensor.nbytes > room and shards[-1]:
            shards.append({})
            room = SHARD_BYTES - 2**16
        shards[-1][name] = tensor
        room -= tensor.nbytes
    return shards


def append_row(file: Path, row: dict[str, float]) -> None:
    """Adds `row` to the CSV file `file`, with a header where it is new."""
    new = not file.exists()
    with file.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, row.keys())
        if new:
            writer.writeheader()
        writer.writerow(row)
