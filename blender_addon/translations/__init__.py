# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface in the artist's language; English is what the source says.

What the engine says, and the tooltips of the methods' own settings, which are in the words of their papers, stay English.
"""

from __future__ import annotations

import bpy

from . import chinese, german, japanese

TABLES = {
    language: {**module.TEXTS, **module.TOOLTIPS}
    for language, module in (("de_DE", german), ("ja_JP", japanese), ("zh_HANS", chinese))
}
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
