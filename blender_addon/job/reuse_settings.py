# SPDX-License-Identifier: GPL-3.0-or-later
"""Re-use Settings."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..engine_client.history import Entry
from .one_job import OneJob
from .properties import FILES, JOB_FIELDS, NAMES


class DRAPE_OT_reuse_settings(OneJob, bpy.types.Operator):
    """Choose the picture, the mask and all settings of the job in this scene"""

    bl_idname = "drape.reuse_settings"
    bl_label = "Re-use Settings"
    bl_options = {"REGISTER", "UNDO"}

    def act(self, context: bpy.types.Context, entry: Entry) -> set[str]:
        """Sets them."""
        use(context.scene, entry)
        return {"FINISHED"}


def use(scene: bpy.types.Scene, entry: Entry) -> None:
    """Has `scene` describe the job that `entry` is; a picture whose file is gone stays as it is chosen."""
    chosen, params = scene.drape, entry.params
    for name in ("method", "preset"):  # first, since they set the others
        setattr(chosen, name, params[name])
    for name in JOB_FIELDS:
        if name not in FILES and name in params:
            setattr(chosen, NAMES.get(name, name), params[name])
    for name, value in params["overrides"].items():
        setattr(getattr(chosen, chosen.method), name, value)
    if params.get("prompt"):
        chosen.picture = None
    elif Path(params["picture"]).is_file():
        chosen.picture = bpy.data.images.load(params["picture"], check_existing=True)
    chosen.mask = bpy.data.images.load(params["mask"], check_existing=True) if Path(params["mask"]).is_file() else None


CLASSES = (DRAPE_OT_reuse_settings,)
