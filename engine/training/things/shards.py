# SPDX-License-Identifier: GPL-3.0-or-later
"""Views of things on disk: files of up to SHARD objects, each with a list of them beside it.

The arrays are those of `views.thing_view`, stacked (V, ...), and `object` int32 (V,): the row in the list.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import torch
from safetensors import safe_open
from torch import Tensor

from engine.training.things.views import View
from engine.training.views import gathered, save_shard

FORMAT = 1
SHARD = 50

Split = Literal["train", "development", "test"]


@dataclass(frozen=True)
class Record:
    """An object in a shard."""

    id: str
    source: str
    group: str
    split: Split
    faces: int
    textured: bool


class Shard:
    """A shard; what isn't asked for isn't read."""

    def __init__(self, file: Path) -> None:
        """Raises FileNotFoundError for one that isn't finished."""
        self.objects = [Record(**one) for one in json.loads(file.with_suffix(".json").read_text())["objects"]]
        self._tensors = safe_open(file, "pt")
        self._names = list(self._tensors.keys())

    def __len__(self) -> int:
        return int(self._tensors.get_slice("object").get_shape()[0])

    def packed(self, index: Tensor) -> dict[str, Tensor]:
        """The views at `index` (B,): what `engine.training.views.unpack` takes, and the other arrays."""
        found = {}
        for name in self._names:
            rows = self._tensors.get_slice(name)
            found[name] = torch.cat([rows[int(i) : int(i) + 1] for i in index])
        return found | {"seen": torch.zeros_like(found["light"])}


def write(file: Path, records: list[Record], views: list[list[View]], rejected: list[dict[str, str]]) -> None:
    """Writes the `views` of each object in `records` to `file`, then the list of them and of those `rejected`."""
    if records:
        packed = gathered([one for some in views for one in some])
        counts = torch.tensor([len(some) for some in views])
        packed["object"] = torch.arange(len(views), dtype=torch.int32).repeat_interleave(counts)
        save_shard(file, packed)
    told = {"format": FORMAT, "objects": [asdict(record) for record in records], "rejected": rejected}
    part = file.with_suffix(".json.part")
    part.write_text(json.dumps(told, indent=0))
    part.replace(file.with_suffix(".json"))


def finished(folder: Path, split: Split) -> list[Path]:
    """The finished shards of `split` in `folder`, empty ones left out."""
    files = (listed.with_suffix(".safetensors") for listed in sorted(folder.glob(f"{split}_*.json")))
    return [file for file in files if file.exists()]
