# SPDX-License-Identifier: GPL-3.0-or-later
"""`WindowManager.drape_distortion`: what of the distortion is looked at, and how. Neither saved nor undone."""

from __future__ import annotations

import bpy

from .. import redraw
from . import tracking
from .scales import SCALES, Scale


def metric_changed(options: DrapeDistortion, _: bpy.types.Context) -> None:
    """Sets the range to the metric's own, and looks at its values."""
    scale = SCALES[options.metric]
    options.low, options.high = scale.low, scale.high
    options.threshold = scale.high
    tracking.tracker.metric_changed()


def texture_changed(_: DrapeDistortion, __: bpy.types.Context) -> None:
    """Measures again where the texture's size counts."""
    tracking.tracker.schedule()


def draw_again(_: DrapeDistortion, __: bpy.types.Context) -> None:
    """Draws again; no array changes."""
    redraw.viewports()


class DrapeDistortion(bpy.types.PropertyGroup):
    """How the distortion is shown."""

    __annotations__ = {
        "metric": bpy.props.EnumProperty(
            name="Metric",
            description="What is measured",
            items=[(name, scale.label, scale.description) for name, scale in SCALES.items()],
            default="ANGLE",
            update=metric_changed,
        ),
        "low": bpy.props.FloatProperty(
            name="From", description="Number at the beginning of the colours", default=0.0, update=draw_again
        ),
        "high": bpy.props.FloatProperty(
            name="To", description="Number at the end of the colours", default=45.0, update=draw_again
        ),
        "colors": bpy.props.EnumProperty(
            name="Colors",
            description="Colors that stand for the numbers",
            items=[
                ("SAFE", "Colour-Blind Safe", "Told apart with any kind of colour vision"),
                ("UV_EDITOR", "As in the UV Editor", "Blue, green, yellow, red"),
            ],
            update=draw_again,
        ),
        "opacity": bpy.props.FloatProperty(
            name="Opacity",
            description="How much the colours cover the surface",
            default=0.85,
            min=0.05,
            max=1.0,
            subtype="FACTOR",
            update=draw_again,
        ),
        "texture_size": bpy.props.IntProperty(
            name="Texture Size",
            description="Side of the texture, for objects whose material shows no image",
            default=1024,
            min=1,
            subtype="PIXEL",
            update=texture_changed,
        ),
        "threshold": bpy.props.FloatProperty(
            name="Threshold", description="Faces that are worse than this number are selected", default=45.0
        ),
    }

    @property
    def scale(self) -> Scale:
        """How the metric is shown."""
        return SCALES[self.metric]

    @property
    def range(self) -> tuple[float, float]:
        """Values of the metric at both ends of the colours."""
        return self.scale.from_displayed(self.low), self.scale.from_displayed(self.high)

    def fit(self, low: float, high: float) -> None:
        """Has the colours reach to these values of the metric; its ideal stays where it is."""
        scale = self.scale
        if scale.both_ways:
            high = max(abs(low), abs(high))
            self.low, self.high = scale.displayed(-high), scale.displayed(high)
        else:
            self.low, self.high = low if scale.less_is_worse else scale.low, high


CLASSES = (DrapeDistortion,)


def register() -> None:
    """Adds the options."""
    bpy.types.WindowManager.drape_distortion = bpy.props.PointerProperty(type=DrapeDistortion)


def unregister() -> None:
    """Removes them."""
    del bpy.types.WindowManager.drape_distortion
