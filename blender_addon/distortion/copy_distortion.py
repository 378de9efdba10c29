# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy Figures."""

from __future__ import annotations

import bpy

from . import reading
from .metrics import METRICS, Distortion, values_of
from .scales import SCALES


class DRAPE_OT_copy_distortion(bpy.types.Operator):
    """Copy the figures of the selected meshes' UV distortion as a table, to paste into a sheet or a report"""

    bl_idname = "drape.copy_distortion"
    bl_label = "Copy Figures"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A mesh with UVs is selected."""
        cls.poll_message_set("Select a mesh with UVs first")
        return bool(reading.chosen(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fills the clipboard."""
        context.window_manager.clipboard = table(reading.shown(context))
        self.report({"INFO"}, "The figures are in the clipboard")
        return {"FINISHED"}


def table(measured: dict[bpy.types.Object, Distortion]) -> str:
    """One line for each object and metric, tabs between the columns, numbers as the legend tells them."""
    lines = [["Object", "Faces", "Flipped", "Degenerate", "Metric", "Mean", "Median", "5 %", "95 %", "Max"]]
    for thing, distortion in measured.items():
        counts = [len(distortion.area), int(distortion.flipped.sum()), int(distortion.degenerate.sum())]
        for metric in METRICS:
            figures = values_of(distortion, metric).figures
            numbers = [f"{SCALES[metric].told(value):.6g}" for value in figures.values()]
            lines.append([thing.name, *map(str, counts), SCALES[metric].label, *numbers])
    return "\n".join("\t".join(line) for line in lines) + "\n"


CLASSES = (DRAPE_OT_copy_distortion,)
