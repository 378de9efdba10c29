# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pictures the benchmark has: the four of PrimitiveShapesX in the conditions of its paper, and more of the kind.

The original (arXiv 2503.16412, section 4) was never released and tells no camera, light or size; those are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Condition = Literal["silhouette", "shading", "regular", "natural"]

CONDITIONS: tuple[Condition, ...] = ("silhouette", "shading", "regular", "natural")
PRIMITIVES = ("cube", "pyramid", "cylinder", "sphere")
OTHERS = ("suzanne", "compound", "figure", "cup", "cone", "torus", "rounded-box", "capsule")
CAMERA = 2.83  # distance of the perspective camera in half crops

# Azimuth, elevation and roll of the camera round the object in degrees.
THREE_QUARTER = (35.0, 30.0, 0.0)
POSES = ((35.0, 25.0, 0.0), (-40.0, 12.0, 20.0), (10.0, 50.0, -30.0))
FROM_ABOVE = ((20.0, 55.0, 0.0), (-60.0, 42.0, 10.0), (110.0, 66.0, -15.0))  # for the cup: its inside shows


@dataclass(frozen=True)
class Case:
    """One picture: what is seen, from where and how."""

    shape: str
    condition: Condition
    pose: int = 0
    light: int = 0
    """0: sun from the left, grey, dots, wood; 1: low warm sun from the right, clay, checker, marble."""
    perspective: float = 0.0
    """1 / distance of the camera in half crops; 0 is orthographic."""

    @property
    def name(self) -> str:
        """Unique, fit for a folder."""
        ending = "-perspective" if self.perspective else ""
        return f"{self.shape}-{self.condition}-pose{self.pose}-light{self.light}{ending}"

    @property
    def view(self) -> tuple[float, float, float]:
        """Azimuth, elevation and roll of the camera in degrees."""
        if self.shape in PRIMITIVES:
            return THREE_QUARTER
        return (FROM_ABOVE if self.shape == "cup" else POSES)[self.pose]

    @property
    def group(self) -> str:
        """The line of a table that it counts in."""
        if self.condition == "silhouette":
            return "silhouettes"
        if self.shape not in PRIMITIVES:
            return "the rest"
        if self.perspective:
            return "primitives in perspective"
        return "shaded primitives" if self.condition == "shading" else "textured primitives"


CASES = (
    *(Case(shape, condition) for condition in CONDITIONS for shape in PRIMITIVES),
    *(Case(shape, "shading", perspective=1 / CAMERA) for shape in PRIMITIVES),
    *(
        Case(shape, condition, pose, light)
        for shape in OTHERS
        for pose in range(len(POSES))
        for condition in CONDITIONS
        for light in ((0,) if condition == "silhouette" else (0, 1))
    ),
)
