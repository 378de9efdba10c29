# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the distortion of the chosen objects up to date while it is looked at, and only then.

What changes is noted when Blender says so; a timer measures it a moment later, and rests as long as there is nothing
new. Drawing never measures.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray

from .. import redraw
from . import reading
from .metrics import Distortion, Values, values_of

SOON = 0.02  # seconds
SHARE = 4.0  # so many times as long as it took to measure is waited before it is done again
SAME_SCALE = 1e-5


@dataclass
class Measured:
    """One object as it is looked at."""

    values: Values
    hidden: NDArray[np.bool_]
    """(F,) faces that edit mode hides."""
    world: NDArray[np.float64]
    texture: tuple[int, int]
    version: int
    """A new number for new values: what was made of the old ones can go."""


class Tracker:
    """What is measured at the moment, by the objects' session_uid."""

    def __init__(self) -> None:
        self.measured: dict[int, Measured] = {}
        self._changed: set[int] = set()
        self._took = 0.0
        self._version = 0

    def schedule(self) -> None:
        """Has `update` called in a moment."""
        if not bpy.app.timers.is_registered(_update):
            bpy.app.timers.register(_update, first_interval=max(SOON, SHARE * self._took))

    def note(self, depsgraph: bpy.types.Depsgraph) -> None:
        """Notes whose mesh has changed."""
        self._changed |= {
            update.id.original.session_uid
            for update in depsgraph.updates
            if update.is_updated_geometry and isinstance(update.id, bpy.types.Object)
        }
        self.schedule()

    def metric_changed(self) -> None:
        """Takes the values of another metric from what is measured already."""
        metric = bpy.context.window_manager.drape_distortion.metric
        for one in self.measured.values():
            one.values, one.version = values_of(one.values.distortion, metric), self._next()
        redraw.viewports()

    def update(self) -> None:
        """Measures what is new or has changed, and forgets what is no longer chosen."""
        start = time.perf_counter()
        options = bpy.context.window_manager.drape_distortion
        before, self.measured = self.measured, {}
        for obj, depsgraph in _chosen_anywhere():
            key = obj.session_uid
            one = self.measured.get(key) or before.get(key)
            if one is None or key in self._changed or self._is_seen_otherwise(obj, one, options.texture_size):
                distortion, hidden = reading.as_shown(obj, depsgraph, options.texture_size)
                one = self._measured(obj, distortion, hidden, options.metric) if distortion else None
                self._changed.discard(key)
            if one is not None:
                self.measured[key] = one
        self._changed.clear()
        self._took = time.perf_counter() - start

    def forget(self) -> None:
        """Ends it."""
        self.measured.clear()
        self._changed.clear()
        if bpy.app.timers.is_registered(_update):
            bpy.app.timers.unregister(_update)

    def _measured(
        self, obj: bpy.types.Object, distortion: Distortion, hidden: NDArray[np.bool_], metric: str
    ) -> Measured:
        world = reading.world_of(obj)
        return Measured(values_of(distortion, metric), hidden, world, distortion.texture, self._next())

    def _is_seen_otherwise(self, obj: bpy.types.Object, one: Measured, texture_size: int) -> bool:
        """Whether it was scaled since, or got another texture; moving and turning it changes no figure."""
        now = reading.world_of(obj)
        gram = one.world.T @ one.world
        scaled = np.abs(now.T @ now - gram).max() > SAME_SCALE * np.abs(gram).max()
        return bool(scaled) or reading.texture_of(obj, texture_size) != one.texture

    def _next(self) -> int:
        self._version += 1
        return self._version


tracker = Tracker()


def _chosen_anywhere() -> Iterator[tuple[bpy.types.Object, bpy.types.Depsgraph]]:
    """The chosen objects of all windows, with the state of the scene that each window shows."""
    for window in bpy.context.window_manager.windows:
        with bpy.context.temp_override(window=window):
            depsgraph = bpy.context.evaluated_depsgraph_get()
            yield from ((obj, depsgraph) for obj in reading.chosen(bpy.context))


def _update() -> None:
    tracker.update()
    redraw.viewports()
