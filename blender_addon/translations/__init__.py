# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface in the artist's language; English is what the source says."""

from __future__ import annotations

import bpy

from . import chinese, german, japanese

TABLES = {"de_DE": german.TABLE, "ja_JP": japanese.TABLE, "zh_HANS": chinese.TABLE}
CONTEXTS = ("*", "Operator")  # Blender looks texts of buttons up in the second


def register() -> None:
    """Adds the tables."""
    entries = {
        language: {(context, english): text for english, text in table.items() for context in CONTEXTS}
        for language, table in TABLES.items()
    }
    bpy.app.translations.register(__package__, entries)


def unregister() -> None:
    """Removes them."""
    bpy.app.translations.unregister(__package__)
