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
from engine.training.things.packages import PackageError, opened
from engine.training.things.photographs import PICTURES, write


def main(argv: list[str]) -> int:
    """Runs the command; `argv` without `train things`. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="engine train things", description=__doc__)
    parser.add_argument(
        "--packages",
        type=Path,
        required=True,
        metavar="FOLDER",
        help=".deb files; apt-get downloads missing ones to it",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="receives the shards")
    parser.add_argument("--procedural", type=int, default=2000, metavar="N", help="procedural shapes beside them")
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    unpacked, folder = options.output / "packages", options.output / "things"
    for made in (unpacked, folder):
        made.mkdir(parents=True, exist_ok=True)
    try:
        for source in PICTURES:
            write(options.output, source, opened(source.about, options.packages, unpacked))
        todo = jobs(options.packages, unpacked, folder, options.procedural)
    except PackageError as error:
        parser.error(str(error))
    for job in tqdm(todo, desc="things", unit="shard"):
        make(job)
    return 0
