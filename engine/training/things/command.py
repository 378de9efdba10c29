# SPDX-License-Identifier: GPL-3.0-or-later
"""`engine train things`: views of real things from packages, and of procedural shapes, as shards to learn from.

What was made is kept, so that a run can be broken off and taken up again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from tqdm import tqdm

from engine.training.things.make import jobs, make


def main(argv: list[str]) -> int:
    """Runs the command; `argv` without `train things`. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="engine train things", description=__doc__)
    parser.add_argument("--packages", type=Path, required=True, metavar="FOLDER", help="folder of .deb files")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="receives the shards")
    parser.add_argument("--opened", type=Path, metavar="FOLDER", help="for the packages' files (default: in the output)")
    parser.add_argument("--procedural", type=int, default=2000, metavar="N", help="procedural shapes beside them")
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    opened = options.opened or options.output / "opened"
    folder = options.output / "things"
    for made in (opened, folder):
        made.mkdir(parents=True, exist_ok=True)
    for job in tqdm(jobs(options.packages, opened, folder, options.procedural), desc="things", unit="shard"):
        make(job)
    return 0
