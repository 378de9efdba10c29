# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist asks of single views of All Round: another guess, a picture of her own, or no more views.

Views are numbered as in the folder `views`; 0 is the picture itself, which nothing replaces. A view is made again if
something else is asked of it or of one before it than when it was made.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .messages import InputError
from .settings import Job, parse

SEED, PICTURE = (next(field for field in fields(Job) if field.name == name) for name in ("seed", "picture"))


@dataclass(frozen=True)
class ViewRequests:
    """Wishes, checked as far as they can be without knowing the orbit."""

    seeds: Mapping[int, int] = field(default_factory=dict)
    """Seeds of views that are to be painted with another one than the job's."""
    pictures: Mapping[int, str] = field(default_factory=dict)
    """Files, their paths absolute, of views that aren't painted at all."""
    stop_after: int = 0
    """Number of views after which the orbit ends, the picture counted; 0: it goes round."""

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> ViewRequests:
        """The wishes in `values`, whose views may be text: {"seeds": {view: seed}, "pictures": {view: file},
        "stop_after": number}, all of them optional. Raises InputError for others.
        """
        if unknown := sorted(set(values) - {"seeds", "pictures", "stop_after"}):
            raise InputError("orbit-field-unknown", name=unknown[0])
        asked = {name: values.get(name, {}) for name in ("seeds", "pictures")}
        if not all(isinstance(wishes, dict) for wishes in asked.values()):
            raise InputError("job-no-objects")
        seeds = {_view(key): parse(SEED, seed) for key, seed in asked["seeds"].items()}
        pictures = {_view(key): os.path.abspath(parse(PICTURE, file)) for key, file in asked["pictures"].items()}
        stop_after = values.get("stop_after", 0)
        return cls(seeds, pictures, _view(stop_after) if stop_after else 0)

    def record(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "seeds": {str(view): seed for view, seed in sorted(self.seeds.items())},
            "pictures": {str(view): file for view, file in sorted(self.pictures.items())},
            "stop_after": self.stop_after,
        }


def _view(number: Any) -> int:
    """A view's number, or a number of views: from 1 on."""
    if not re.fullmatch("[0-9]{1,9}", str(number)) or int(number) < 1:
        raise InputError("view-number", given=str(number))
    return int(number)
