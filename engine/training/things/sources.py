# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the things come from: one table of packages, and how they are got."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.training.things import sweet_home, zero_ad
from engine.training.things.model import Item
from engine.training.things.shards import Split

HELD_OUT = 16
"""One group in so many is held out to choose on, another one to report on."""


@dataclass(frozen=True)
class Source:
    """A Debian package of models."""

    package: str
    version: str
    sha256: str
    licence: str
    authors: str
    left_out: str
    items: Callable[[Path], list[Item]]
    """From the folder that the package was unpacked to."""
    trained_on: bool = True


SOURCES = (
    Source(
        "sweethome3d-furniture",
        "1.8-1",
        "",
        "CC-BY-3.0 (Scopia, Kator Legaz, Reallusion, Blend Swap CC-BY), CC0 (Blend Swap CC-0)",
        "creators in each library's PluginFurnitureCatalog.properties",
        "nothing",
        sweet_home.items,
    ),
    Source(
        "0ad-data",
        "0.0.26-1",
        "",
        "CC-BY-SA-3.0",
        "Wildfire Games, see the package's copyright file",
        "terrain, effects, decals, flags, foundations, rubble; soldiers but 260",
        zero_ad.items,
    ),
)


def split_of(source: Source, item: Item) -> Split:
    """What `item` is for: its group decides."""
    if not source.trained_on:
        return "test"
    number = int(hashlib.sha256(f"{source.package}/{item.group}".encode()).hexdigest()[:8], 16) % HELD_OUT
    return "development" if number == 0 else "test" if number == 1 else "train"


def unpacked(source: Source, packages: Path, folder: Path) -> Path:
    """The folder below `folder` with the files of the package, which is looked for in `packages`."""
    target = folder / source.package
    if not target.exists():
        file = next(packages.glob(f"{source.package}_*.deb"))
        part = target.with_suffix(".part")
        subprocess.run(["dpkg-deb", "-x", str(file), str(part)], check=True)
        part.rename(target)
    return target
