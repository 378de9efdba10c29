# SPDX-License-Identifier: GPL-3.0-or-later
"""Drape in Blender. Importing this needs no Blender; `register` does, and `unregister` takes all of it back."""

from __future__ import annotations

import importlib

PARTS = (
    "translations",
    *("properties", "placement", "preferences", "watch", "job_queue", "status_line", "operators", "preview_icon"),
    *("preview", "viewport_preview", "mask_overlay", "presets_panel"),
    *("drop", "turntable", "panels", "views_panel", "jobs_panel", "result_panel"),
    *("uv_distortion.options", "uv_distortion.probe", "uv_distortion.legend", "uv_distortion.overlay"),
    "distortion_panel",
)


def register() -> None:
    """Adds properties, preferences, operators and panels to Blender."""
    for part in PARTS:
        importlib.import_module(f".{part}", __package__).register()


def unregister() -> None:
    """Ends the engine and removes everything that `register` added."""
    for part in reversed(PARTS):
        importlib.import_module(f".{part}", __package__).unregister()
