# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs of single things with alpha, and photographs to lay them on, as shards: a tensor a picture."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from engine.training.things.packages import Package
from engine.training.things.tree import Tree
from engine.training.things.zero_ad import ARCHIVE as ZERO_AD

LARGEST, SMALLEST = 384, 150
"""Pixels of a subject's longer side."""
BACKGROUND = 512
"""Pixels of a background's shorter side."""
MARGIN = 0.04
"""Of the longer side, left round a subject."""
FAINT = 40
"""Alpha (of 255) up to which a pixel says nothing of where the subject is."""
SHARD = 100
HELD_OUT = 8
"""One photograph in so many is kept to report on."""


@dataclass(frozen=True)
class Pictures:
    """A package of pictures."""

    about: Package
    kind: Literal["photographs", "backgrounds"]
    """Photographs of single things with alpha, or something to lay them on."""
    files: str
    """Regular expression that finds names to take."""
    skipped: str = "^$"
    """Of names to leave out all the same."""
    archive: str = ""
    """Zip that the files are in."""


PICTURES = (
    Pictures(
        Package(
            "tuxpaint-stamps-default",
            "2022.06.04-1",
            "6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34",
            "GPL-2+",
            "Bill Kendrick and those named in the stamps' texts",
            "what is drawn, made of letters, flat, or seen through",
        ),
        "photographs",
        r"stamps/.*\.png$",
        "cartoon|symbols|flags|roadsigns|mirror|clothes/(t_|button|clothespin)|hats/(?!tophat)|hedgehog|pizza|Cherry_"
        "|Strawberry|body_parts|tooth|lightningbolt|explosion|naturalforces/fire|easter|[Cc]andy_cane|Santa|christmas/tree"
        "|jackolantern|fireworks|planets/0_sun|inukshuk-outline|dishes/glass|hanukkah|newyears|paratrooper",
    ),
    Pictures(
        Package(
            "mate-backgrounds",
            "1.26.0-1",
            "7bf4c2209f34b4f61ba6d24c8b58c28b361e82e4b943aae6d42c030169af9e04",
            "GPL-2+",
            "MATE's artists, see the copyright file",
            "what is drawn",
        ),
        "backgrounds",
        r"/nature/.*\.jpg$",
    ),
    Pictures(
        Package(
            "gnome-backgrounds",
            "43.1-1",
            "a670dea21572652127d6e55f9cdb3a226d0037854fdbfd037003c7d00ee0dc4e",
            "CC-BY-SA-3.0",
            "GNOME's artists, see the copyright file",
            "all but a few patterns",
        ),
        "backgrounds",
        r"(wood|adwaita|truchet|licorice)-[ld]\.webp$",
    ),
    Pictures(
        Package(
            "plasma-workspace-wallpapers",
            "4:5.27.5-2",
            "32cd18b71c8c938a18b3b351f217c02ac590e323caa3cf322fbb875ce8892f8b",
            "GPL-2+",
            "KDE Visual Design Group, see each metadata file",
            "drawn ones",
        ),
        "backgrounds",
        r"/images/2560x1600\.jpg$",
    ),
    Pictures(
        Package(
            "lomiri-wallpapers-20.04",
            "20.04.0-2",
            "d44e89b8473aafe64a5b678f014862dc31335aaaf18665c544d985d854f1a709",
            "CC-BY-SA-3.0",
            "names in the files' names",
            "nothing",
        ),
        "backgrounds",
        r"backgrounds/.*\.jpg$",
    ),
    Pictures(
        Package(
            "0ad-data",
            "0.0.26-1",
            "53745ae74d05bccf6783400fa98f3932b21729ab9d2e86151aa2c331c3455178",
            "CC-BY-SA-3.0",
            "Wildfire Games, see the copyright file",
            "terrain blends",
        ),
        "backgrounds",
        r"art/textures/terrain/types/.*[02468][^0-9]*\.dds$|art/textures/skies/.*/(front|left|back|right)",
        "norm|spec|neon|alpha",
        ZERO_AD,
    ),
)


def pictures(source: Pictures, folder: Path) -> Iterator[tuple[str, Tensor]]:
    """Names and pictures of `source`, whose package is unpacked in `folder`: uint8 (4, H, W) with straight alpha, or
    (3, H, W) of backgrounds.
    """
    tree = Tree.of_zip(folder / source.archive) if source.archive else Tree.of_folder(folder)
    for name in tree.names:
        if not re.search(source.files, name) or re.search(source.skipped, name):
            continue
        image = Image.open(io.BytesIO(tree.read(name)))
        shown = _cut_out(image) if source.kind == "photographs" else _background(image)
        if shown is not None:
            yield f"{source.about.name}/{name}", _tensor(shown)


def _cut_out(image: Image.Image) -> Image.Image | None:
    """The subject with a small margin; None where it is too small."""
    whole = image.convert("RGBA")
    box = whole.getchannel("A").point(lambda value: 255 * (value > FAINT)).getbbox()
    if box is None or max(box[2] - box[0], box[3] - box[1]) < SMALLEST:
        return None
    margin = round(MARGIN * max(box[2] - box[0], box[3] - box[1]))
    subject = whole.crop((box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin))
    subject.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)  # weighs colours by their alpha
    return subject


def _background(image: Image.Image) -> Image.Image:
    scale = BACKGROUND / min(image.size)
    size = round(image.width * scale), round(image.height * scale)
    return image.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def write(output: Path, source: Pictures, folder: Path) -> None:
    """Writes the pictures of `source` to files of SHARD of them in a folder of their kind, unless they are there; one
    photograph in HELD_OUT is kept to report on.
    """
    target = output / source.kind
    if list(target.glob(f"train_{source.about.name}_*.safetensors")):
        return
    target.mkdir(parents=True, exist_ok=True)
    found = dict(pictures(source, folder))
    kept = {n for n in found if source.kind == "photographs" and zlib.crc32(n.encode()) % HELD_OUT == 0}
    files = []
    for split, names in (("test", sorted(kept)), ("train", sorted(found.keys() - kept))):
        for k in range(0, len(names), SHARD):
            files.append(target / f"{split}_{source.about.name}_{k // SHARD:04d}.safetensors")
            save_file({name: found[name] for name in names[k : k + SHARD]}, files[-1].with_suffix(".part"))
    for file in files:  # all or none
        file.with_suffix(".part").replace(file)


def _tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.asarray(image).transpose(2, 0, 1).copy())
