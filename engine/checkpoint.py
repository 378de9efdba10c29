# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a job stopped, in files that a pipeline doesn't know the places of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from engine.contract.files import open_file, remove_folder, replacing_folder, write_file
from engine.contract.records import RecordError, parse
from engine.contract.result_folder import ORBIT

if TYPE_CHECKING:
    import torch

CHECKPOINT = "checkpoint.safetensors"
PART_CHECKPOINT = "checkpoint-{part}.safetensors"
PICTURE = "checkpoint-prompt.png"
CHECKPOINT_EVERY = 10.0


class _Header(TypedDict):
    """Of a file of tensors: what was said of them when they were saved."""

    __metadata__: dict[str, str]


class Checkpoint:
    """Named tensors in one file of the job folder, and beside it what the artist is shown of the parts so far.

    `identity` tells jobs apart: what another one saved is not loaded.
    """

    def __init__(self, folder: Path, identity: str = "", name: str = CHECKPOINT) -> None:
        self._folder = folder
        self._identity = identity
        self._file = folder / name
        self._waits_since: float | None = None

    def of_part(self, part: str) -> Checkpoint:
        """Where a part of the job that can be interrupted itself stopped: in a file of its own."""
        return Checkpoint(self._folder, self._identity, PART_CHECKPOINT.format(part=part))

    @property
    def picture(self) -> Path:
        """The file that the picture is kept in, where a job makes one from words."""
        return self._folder / PICTURE

    def load(self) -> dict[str, torch.Tensor] | None:
        """The tensors last saved, on the CPU; None when the job starts from the beginning, as it does where the file
        is damaged or another job's.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load

        try:
            with open_file(self._file) as file:
                data = file.read()
            length = int.from_bytes(data[:8], "little")
            if parse(data[8 : 8 + length], _Header)["__metadata__"] != {"job": self._identity}:
                return None
            return load(data)
        except (OSError, RecordError, SafetensorError):
            return None

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

        on_cpu = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        write_file(self._file, save(on_cpu, {"job": self._identity}))

    def remove(self) -> None:
        """Forgets where the job stopped, and where its parts did."""
        for file in (self._file, self.picture, *self._folder.glob(PART_CHECKPOINT.format(part="*"))):
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
        remove_folder(self._folder / ORBIT / part)
