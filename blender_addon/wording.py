# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of the engine in the artist's language."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_

from .engine.contract.messages import EngineError, Message


def worded(message: Message) -> str:
    """What went wrong, or what is being done; empty for no message."""
    return message.worded(iface_)[0]


def worded_hint(message: Message) -> str:
    """What to do about it; may be empty."""
    return message.worded(iface_)[1]


def told(error: Exception) -> str:
    """What `error` says: one of ours in the artist's language, Blender's and the system's as it is."""
    return worded(error.message) if isinstance(error, EngineError) else str(error).strip()
