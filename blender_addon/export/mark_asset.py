# SPDX-License-Identifier: GPL-3.0-or-later
"""Mark as Asset."""

from __future__ import annotations

import bpy

from ..result import origin
from . import asset


class DRAPE_OT_mark_asset(bpy.types.Operator):
    """Make the active result an asset, with a preview, tags and what it was made from"""

    bl_idname = "drape.mark_asset"
    bl_label = "Mark as Asset"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A result is active that is no asset yet."""
        reason = origin.why_no_result(context)
        if not reason and context.object.asset_data is not None:
            reason = "It is an asset already"
        cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Marks it."""
        asset.mark(context.object)
        return {"FINISHED"}


CLASSES = (DRAPE_OT_mark_asset,)
