# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of single views, ready for the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from torch import Tensor

from engine.contract.files import sha256
from engine.contract.view_requests import ViewRequests
from engine.errors import InputError
from engine.methods.pop3d.first_view import on_white
from engine.picture.picture import Crop, CutOut, load_picture


@dataclass(frozen=True)
class ArtistsPicture:
    """What the artist shows in place of what would be painted."""

    color: Tensor
    """(N, N, 3) 0..1, on white."""
    mask: Tensor
    """(N, N) bool."""
    digest: str
    """Of its file."""


@dataclass(frozen=True)
class RequestedViews:
    """By the number of the view: seeds other than the job's, and her pictures. `stop_after` so many views, or None."""

    seeds: Mapping[int, int] = field(default_factory=dict)
    pictures: Mapping[int, ArtistsPicture] = field(default_factory=dict)
    stop_after: int | None = None

    def recipes(self, count: int, seed: int) -> list[str]:
        """For each of `count` views what it is made from, where the job has this `seed`: views with the same recipe,
        as all before them, are the same.
        """
        return [
            self.pictures[view].digest if view in self.pictures else str(self.seeds.get(view, seed))
            for view in range(count)
        ]


def prepared(wishes: ViewRequests, count: int, size: int, cut_out: CutOut) -> RequestedViews:
    """`wishes` for an orbit of `count` views of `size` x `size` pixels, with their pictures read.

    Her pictures show all that the view's camera sees: squares, the object by their transparency, else by `cut_out`.
    Raises InputError for what can't be read, is no square or shows no object, and for wishes of another orbit.
    """
    if beyond := sorted(view for view in (*wishes.seeds, *wishes.pictures) if view >= count):
        raise InputError("view-unknown", view=beyond[0], last=count - 1)
    if wishes.stop_after > count:
        raise InputError("view-stop", count=count, stop=wishes.stop_after)
    pictures = {}
    for view, file in wishes.pictures.items():
        picture = load_picture(Path(file), None, cut_out)
        height, width = picture.mask.shape
        if height != width:
            raise InputError("view-no-square", file=Path(file).name, view=view, width=width, height=height)
        pictures[view] = ArtistsPicture(*on_white(replace(picture, crop=Crop(0, 0, width)), size), sha256(Path(file)))
    return RequestedViews(wishes.seeds, pictures, wishes.stop_after or None)
