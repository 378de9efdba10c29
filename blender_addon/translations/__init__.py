# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface, and what the engine tells, in the artist's language; English is what the source says.

The tooltips of the methods' own settings, which are in the words of their papers, stay English.
"""

from __future__ import annotations

import bpy

from . import chinese, chinese_messages, german, german_messages, japanese, japanese_messages

TABLES = {
    language: {**interface.TEXTS, **interface.TOOLTIPS, **engine.MESSAGES}
    for language, interface, engine in (
        ("de_DE", german, german_messages),
        ("ja_JP", japanese, japanese_messages),
        ("zh_HANS", chinese, chinese_messages),
    )
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
