# SPDX-License-Identifier: GPL-3.0-or-later
"""How each metric is shown: its name, its range, how its numbers are written, and the colours that stand for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .metrics import Floats

Color = tuple[float, float, float]  # sRGB, as shown

# From blue to yellow and from blue to orange, which all kinds of colour vision tell apart, and brighter all the way or
# darker to both ends. The third are the colours of Blender's UV editor.
SEQUENTIAL = ((0.00, 0.13, 0.33), (0.25, 0.32, 0.43), (0.48, 0.48, 0.47), (0.74, 0.67, 0.40), (1.00, 0.91, 0.27))
DIVERGING = ((0.05, 0.28, 0.62), (0.45, 0.66, 0.87), (0.95, 0.95, 0.93), (0.94, 0.65, 0.36), (0.70, 0.30, 0.00))
UV_EDITOR = ((0.0, 0.0, 0.5), (0.0, 0.625, 0.625), (0.0, 0.75, 0.0), (0.875, 0.875, 0.0), (1.0, 0.0, 0.0))
BROKEN = (1.0, 0.0, 1.0)


@dataclass(frozen=True)
class Scale:
    """How the numbers of a metric are shown; "displayed" numbers are those that the artist reads and types."""

    label: str
    description: str
    low: float
    """Displayed number at the beginning of the colours."""
    high: float
    """Displayed number at their end."""
    unit: str = ""
    both_ways: bool = False
    """The metric is the logarithm to base 2 of a factor, and the factors 1/2 and 2 are equally bad."""
    less_is_worse: bool = False

    def from_displayed(self, number: float) -> float:
        """The metric's value for a number that the artist typed."""
        return float(np.log2(max(number, 1e-6))) if self.both_ways else number

    def displayed(self, value: float) -> float:
        """The number that the artist reads for a value of the metric."""
        return float(2**value) if self.both_ways else value

    def written(self, value: float) -> str:
        """A value of the metric as text, such as "0.50x" or "12°"."""
        number = self.displayed(value)
        digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 2
        return f"{number:.{digits}f}{self.unit}"

    def severity(self, values: Floats) -> Floats:
        """How bad values are; more is worse."""
        return np.abs(values) if self.both_ways else -values if self.less_is_worse else values

    def beyond(self, values: Floats, threshold: float) -> NDArray[np.bool_]:
        """Which values are worse than `threshold`, a displayed number; none that is NaN."""
        return self.severity(values) > self.severity(np.array(self.from_displayed(threshold)))


SCALES = {
    "AREA": Scale(
        "Area",
        "How much larger a face is in the texture than its share of the surface; half and twice are equally bad",
        *(0.5, 2.0, "x"),
        both_ways=True,
    ),
    "ANGLE": Scale("Angle", "The most that an angle changes on the way into the texture; 0° is conformal", 0, 45, "°"),
    "STRETCH": Scale(
        "Stretch", "How far the texture is pulled apart on the surface (L2 stretch); 1 is ideal, more is blurred", 1, 2
    ),
    "DIRICHLET": Scale(
        "Symmetric Dirichlet", "Stretching and squeezing in one figure, as modern unwrappers count it; 1 is ideal", 1, 3
    ),
    "DENSITY": Scale(
        "Texel Density", "Pixels of the texture for each unit of the surface", 0, 1024, " px/m", less_is_worse=True
    ),
    "UV_EDITOR_AREA": Scale("UV Editor's Area", "The stretch of areas as Blender's UV editor shows it", 0, 1),
    "UV_EDITOR_ANGLE": Scale("UV Editor's Angle", "The stretch of angles as Blender's UV editor shows it", 0, 1),
}


def colors_of(metric: str, like_uv_editor: bool) -> tuple[Color, ...]:
    """Evenly spaced colours from the low to the high end of the scale; between them one goes straight."""
    if like_uv_editor:
        return UV_EDITOR
    return DIVERGING if SCALES[metric].both_ways else SEQUENTIAL


def gradient(colors: tuple[Color, ...], steps: int) -> NDArray[np.float32]:
    """(steps, 4) colours with alpha 1, evenly spaced."""
    positions = np.linspace(0, len(colors) - 1, steps)
    channels = [np.interp(positions, range(len(colors)), channel) for channel in zip(*colors, strict=True)]
    return np.stack([*channels, np.ones(steps)], 1).astype(np.float32)


def linear(colors: NDArray[np.floating]) -> NDArray[np.float32]:
    """sRGB as scene-linear colours (IEC 61966-2-1); an alpha of 0 or 1 stays what it is."""
    return np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4).astype(np.float32)
