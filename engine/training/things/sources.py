# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the models come from: one table, and what of it is held out.

Looked at and left out: freedroidrpg-data, extremetuxracer-data (pictures, no models), warzone2100-data (4 of 753 models
have FEWEST_FACES), openarena-data (one body in parts, the rest effects and items), kicad-packages3d (thousands of parts
that hardly differ). megaglest-data and ufoai-data are kept for judging by others: never to be added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.training.things import ac3d, spm, sweet_home, zero_ad
from engine.training.things.model import Item
from engine.training.things.packages import Package
from engine.training.things.shards import Split

HELD_OUT = 16
"""One group in so many is held out to choose on, another one to report on."""


@dataclass(frozen=True)
class Source:
    """A package of models."""

    about: Package
    items: Callable[[Path], list[Item]]
    """From the folder that the package was unpacked to."""
    trained_on: bool = True


SOURCES = (
    Source(
        Package(
            "sweethome3d-furniture",
            "1.8-1",
            "3ccb90c63f9525e887a767b9cd5c8b6933b8b6b2973a615a5359ee68a2118668",
            "CC-BY-3.0 (Scopia, Kator Legaz, Reallusion, Blend Swap CC-BY), CC0-1.0 (Blend Swap CC-0)",
            "creators in each library's PluginFurnitureCatalog.properties: sweet_home.creators() lists them",
            "nothing",
        ),
        sweet_home.items,
    ),
    Source(
        Package(
            "0ad-data",
            "0.0.26-1",
            "53745ae74d05bccf6783400fa98f3932b21729ab9d2e86151aa2c331c3455178",
            "CC-BY-SA-3.0",
            "Wildfire Games and contributors, see the copyright file",
            "terrain, effects, decals, flags, rubble; units but 260 (they share bodies), trees but 40 (cards)",
        ),
        zero_ad.items,
    ),
    Source(
        Package(
            "flightgear-data-models",
            "1:2020.3.16+dfsg-1",
            "e3f24a2e1b5fb34168aed4440e7cbfa41f8ce1196e42351abc5012f6e4263b4c",
            "GPL-2+",
            "the FlightGear developers and contributors, see the copyright file",
            "clouds, lights, effects, fragments of larger models",
        ),
        ac3d.items,
    ),
    Source(
        Package(
            "flightgear-data-ai",
            "1:2020.3.16+dfsg-1",
            "a86b2acbf99ff2d49698abd2a2f4bc28ab0cf5a744218b4ca4d8aede8a67dc2f",
            "GPL-2+",
            "the FlightGear developers and contributors, see the copyright file",
            "lights, propellers, rotors, shadows",
        ),
        ac3d.items,
    ),
    Source(
        Package(
            "supertuxkart-data",
            "1.4+dfsg-2",
            "568d69cda50dc8ad1facb89514bd14953dfca736fdb83c49ae330b0aa7dd2364",
            "GPL-3+ as a whole, others file by file; nothing of it goes into weights",
            "names in the licence files beside the models",
            "tracks and their ground, skies, effects, flags, lights",
        ),
        spm.items,
        trained_on=False,
    ),
)


def split_of(source: Source, item: Item) -> Split:
    """What `item` is for: its group decides."""
    if not source.trained_on:
        return "test"
    number = int(hashlib.sha256(f"{source.about.name}/{item.group}".encode()).hexdigest()[:8], 16) % HELD_OUT
    return "development" if number == 0 else "test" if number == 1 else "train"
