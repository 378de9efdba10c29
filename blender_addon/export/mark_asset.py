# SPDX-License-Identifier: GPL-3.0-or-later
"""A result as an asset: its preview is the picture it was made from, cut out; its description tells its job."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from ..engine.contract.method import methods
from ..engine.contract.records import ResultRecord, found_record
from ..engine.contract.result_folder import RESULT
from ..picture.image_editor import read_pixels
from ..polls import unless
from ..result import origin

SIDE = 256  # px
SAMPLES = 4  # along a pixel's side
TAG = "Drape"


def why_marked(context: bpy.types.Context) -> str:
    """Why it can't be marked, for the artist; empty where it is no asset yet."""
    return "" if context.object.asset_data is None else "It is an asset already"


class DRAPE_OT_mark_asset(bpy.types.Operator):
    """Make the active result an asset, with a preview, tags and what it was made from"""

    bl_idname = "drape.mark_asset"
    bl_label = "Mark as Asset"
    bl_options = {"REGISTER", "UNDO"}

    poll = unless(origin.why_no_result, why_marked)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Marks it."""
        mark(context.object)
        return {"FINISHED"}


def mark(obj: bpy.types.Object) -> None:
    """Makes `obj`, a result, an asset with preview, tags and description."""
    source = origin.of(obj)
    obj.asset_mark()
    obj.asset_data.description = origin.description(obj)
    for tag in (TAG, methods()[source["method"]].label, source["picture"]):
        obj.asset_data.tags.new(tag, skip_if_exists=True)
    picture = cut_out_picture(Path(obj[origin.JOB]))
    if picture is not None:
        preview = obj.preview_ensure()
        preview.image_size = SIDE, SIDE
        preview.image_pixels_float.foreach_set(picture.ravel())
    elif not bpy.app.background:
        obj.asset_generate_preview()


def cut_out_picture(folder: Path) -> NDArray[np.float32] | None:
    """The crop of a job's picture, transparent where its mask is black: (SIDE, SIDE, 4), bottom row first.

    None where the job folder is gone.
    """
    record = found_record(folder / RESULT, ResultRecord)
    if record is None or "crop" not in record:
        return None
    crop = record["crop"]
    picture = read_pixels(folder / record["picture"]["file"])[::-1]
    mask = read_pixels(folder / "mask.png")[::-1, :, 0]
    share = (np.arange(SIDE * SAMPLES) + 0.5) / (SIDE * SAMPLES)
    rows, columns = (
        np.clip((crop[start] + share * crop["size"]).astype(int), 0, count - 1)
        for start, count in zip("yx", picture.shape[:2], strict=True)
    )
    at = (share * len(mask)).astype(int)
    alpha = mask[np.ix_(at, at)][..., None]
    colour = np.concatenate([picture[np.ix_(rows, columns)][..., :3] * alpha, alpha], 2)
    mean = colour.reshape(SIDE, SAMPLES, SIDE, SAMPLES, 4).mean((1, 3), dtype=np.float32)
    mean[..., :3] /= np.maximum(mean[..., 3:], 1e-6)
    return np.ascontiguousarray(mean[::-1])


CLASSES = (DRAPE_OT_mark_asset,)
