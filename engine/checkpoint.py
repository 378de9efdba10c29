# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a job stopped, in files that a pipeline doesn't know the places of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.files import replacing, replacing_folder
from engine.contract.result_folder import ORBIT

if TYPE_CHECKING:
    import torch

CHECKPOINT = "checkpoint.safetensors"
PART_CHECKPOINT = "checkpoint-{part}.safetensors"
CHECKPOINT_EVERY = 10.0


class Checkpoint:
    """Named tensors in one file of the job folder, and beside it what the artist is shown of the parts so far."""

    def __init__(self, folder: Path, name: str = CHECKPOINT) -> None:
        self._folder = folder
        self._file = folder / name
        self._waits_since: float | None = None

    def of_part(self, part: str) -> Checkpoint:
        """Where a part of the job that can be interrupted itself stopped: in a file of its own."""
        return Checkpoint(self._folder, PART_CHECKPOINT.format(part=part))

    def load(self) -> dict[str, torch.Tensor] | None:
        """The tensors last saved, on the CPU; None when the job starts from the beginning."""
        if not self._file.exists():
            return None
        from safetensors.torch import load

        return load(self._file.read_bytes())

    def due(self, now: float) -> bool:
        """Whether it is time to save at `now` (seconds of a clock that never goes back); a yes restarts the waiting."""
        if self._waits_since is None:
            self._waits_since = now
        due = now - self._waits_since >= CHECKPOINT_EVERY
        if due:
            self._waits_since = now
        return due

    def save(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Replaces the checkpoint by `tensors`, which may lie on any device."""
        from safetensors.torch import save

        with replacing(self._file) as part:
            part.write_bytes(save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}))

    def remove(self) -> None:
        """Forgets where the job stopped, and where its parts did."""
        for file in (self._file, *self._folder.glob(PART_CHECKPOINT.format(part="*"))):
            file.unlink(missing_ok=True)

    @contextmanager
    def showing(self, part: str) -> Iterator[Path]:
        """Gives an empty folder for what is shown of a finished `part`; it appears when all of it is there."""
        with replacing_folder(self._folder / ORBIT / part) as folder:
            yield folder

    def shown(self) -> set[str]:
        """The parts that are shown."""
        return {folder.name for folder in (self._folder / ORBIT).glob("[!.]*")}

    def hide(self, part: str) -> None:
        """Shows `part` no longer."""
        shutil.rmtree(self._folder / ORBIT / part)
