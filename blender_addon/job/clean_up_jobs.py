# SPDX-License-Identifier: GPL-3.0-or-later
"""Clean Up Jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..engine.contract.result_folder import JOB, RESULT
from ..engine_client import folders
from ..engine_client.history import Entry, Status, size_of
from ..runner import runner
from .queue import queue

MEGABYTE = 1e6
KINDS = {
    "SAVED": ("Results in Files", "Jobs whose results are in a saved .blend"),
    "UNFINISHED": ("Unfinished Jobs", "Jobs that failed, were cancelled or interrupted"),
    "UNSAVED": ("Results in No File", "Results that are in no saved .blend as far as is known"),
}


class DRAPE_OT_clean_up_jobs(bpy.types.Operator):
    """Delete job folders with their pictures, results and logs; objects in files stay as they are"""

    bl_idname = "drape.clean_up_jobs"
    bl_label = "Clean Up Jobs"
    bl_options = {"INTERNAL"}

    __annotations__ = {
        "kinds": bpy.props.EnumProperty(
            name="Jobs",
            description="Which ones are deleted",
            items=[(kind, *texts) for kind, texts in KINDS.items()],
            options={"ENUM_FLAG"},
            default={"SAVED", "UNFINISHED"},
        )
    }

    sizes: dict[str, list[int]] = {}

    def invoke(self, context: bpy.types.Context, _: bpy.types.Event) -> set[str]:
        """Asks which, and tells how large they are."""
        self.sizes = {kind: [] for kind in KINDS}
        for folder, _, kind in deletable():
            self.sizes[kind].append(size_of(folder))
        return context.window_manager.invoke_props_dialog(self, width=360)

    def draw(self, _: bpy.types.Context) -> None:
        """A line for each kind."""
        column = self.layout.column()
        for kind in KINDS:
            row = column.split(factor=0.6)
            row.prop_enum(self, "kinds", kind)
            count, total = len(self.sizes[kind]), sum(self.sizes[kind])
            row.label(text=iface_("{:d} jobs, {:.1f} MB").format(count, total / MEGABYTE), translate=False)

    def execute(self, _: bpy.types.Context) -> set[str]:
        """Deletes them."""
        count = total = 0
        for folder, entry, kind in list(deletable()):
            if kind not in self.kinds:
                continue
            size = size_of(folder)
            try:
                if entry is None:
                    folders.delete_job(queue.history.jobs, folder)
                else:
                    queue.history.remove(entry)
            except OSError as error:
                self.report({"WARNING"}, iface_("'{}' can't be deleted: {}").format(folder, error.strerror))
            else:
                count, total = count + 1, total + size
        self.report({"INFO"}, iface_("{:d} jobs deleted, {:.1f} MB").format(count, total / MEGABYTE))
        return {"FINISHED"}


def deletable() -> Iterator[tuple[Path, Entry | None, str]]:
    """Job folders that neither wait nor are this Blender's current one: folder, what is known of it, and its kind."""
    entries = {entry.folder: entry for entry in queue.history.entries}
    jobs = queue.history.jobs
    for folder in sorted(jobs.iterdir()) if jobs.is_dir() else ():
        entry = entries.get(folder)
        ours = entry is not None or (folder / JOB).is_file()
        waits = entry is not None and entry.status is Status.WAITING
        if not ours or waits or (runner.session.busy and folder == runner.session.folder):
            continue
        if not (folder / RESULT).is_file():
            yield folder, entry, "UNFINISHED"
        else:
            yield folder, entry, "SAVED" if entry is not None and entry.saved else "UNSAVED"


CLASSES = (DRAPE_OT_clean_up_jobs,)
