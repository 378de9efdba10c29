# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit Range."""

from __future__ import annotations

import bpy
import numpy as np

from ..polls import unless
from . import reading
from .metrics import values_of


class DRAPE_OT_fit_distortion_range(bpy.types.Operator):
    """Spread the colours over the numbers that the selected meshes have, leaving out the outermost 5 %"""

    bl_idname = "drape.fit_distortion_range"
    bl_label = "Fit Range"

    poll = unless(reading.why_none_chosen)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Sets both ends of the range."""
        options = context.window_manager.drape_distortion
        found = [values_of(distortion, options.metric).figures for distortion in reading.shown(context).values()]
        low = min((figures["5 %"] for figures in found), default=np.nan)
        high = max((figures["95 %"] for figures in found), default=np.nan)
        if not np.isfinite([low, high]).all():
            self.report({"WARNING"}, "There is no face whose distortion can be measured")
            return {"CANCELLED"}
        options.fit(low, high)
        return {"FINISHED"}


CLASSES = (DRAPE_OT_fit_distortion_range,)
