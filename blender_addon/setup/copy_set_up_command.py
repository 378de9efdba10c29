# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy Set-up Command."""

from __future__ import annotations

import shlex
import subprocess
import sys

import bpy

from .environment import set_up_command


class DRAPE_OT_copy_set_up_command(bpy.types.Operator):
    """Copy the command that sets the engine up, to run it in a terminal. It downloads about 3 GB"""

    bl_idname = "drape.copy_set_up_command"
    bl_label = "Copy Set-up Command"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fills the clipboard."""
        context.window_manager.clipboard = command()
        self.report({"INFO"}, "The command is in the clipboard")
        return {"FINISHED"}


def command() -> str:
    """The command as a line for this system's terminal; on Windows that is PowerShell."""
    words = set_up_command()
    return f"& {subprocess.list2cmdline(words)}" if sys.platform == "win32" else shlex.join(words)


CLASSES = (DRAPE_OT_copy_set_up_command,)
