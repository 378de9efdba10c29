# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy Figures."""

from __future__ import annotations

import bpy

from ..polls import unless
from . import reading
from .metrics import METRICS, Distortion, values_of
from .scales import SCALES


class DRAPE_OT_copy_distortion(bpy.types.Operator):
    """Copy the figures of the selected meshes' UV distortion as a table, to paste into a sheet or a report"""

    bl_idname = "drape.copy_distortion"
    bl_label = "Copy Figures"

    poll = unless(reading.why_none_chosen)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fills the clipboard."""
        context.window_manager.clipboard = table(reading.shown(context))
        self.report({"INFO"}, "The figures are in the clipboard")
        return {"FINISHED"}


def table(measured: dict[bpy.types.Object, Distortion]) -> str:
    """One line for each object and metric, tabs between the columns, numbers as the legend tells them."""
    lines = [["Object", "Faces", "Flipped", "Degenerate", "Metric", "Mean", "Median", "5 %", "95 %", "Max"]]
    for obj, distortion in measured.items():
        counts = [len(distortion.area), int(distortion.flipped.sum()), int(distortion.degenerate.sum())]
        for metric in METRICS:
            figures = values_of(distortion, metric).figures
            numbers = [f"{SCALES[metric].displayed(value):.6g}" for value in figures.values()]
            lines.append([obj.name, *map(str, counts), SCALES[metric].label, *numbers])
    return "\n".join("\t".join(line) for line in lines) + "\n"


CLASSES = (DRAPE_OT_copy_distortion,)
