# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator answers when Blender asks whether it can be used: yes, unless there is a reason for no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy


def unless(*reasons: Callable[[bpy.types.Context], str]) -> Any:
    """The `poll` of an operator that can be used unless one of `reasons` names why not; the first is told.

    Each answers with a reason in the artist's words, or with an empty text; one is asked only where those before it
    had nothing to say.
    """

    def poll(cls: Any, context: bpy.types.Context) -> bool:
        reason = next(filter(None, (why(context) for why in reasons)), "")
        cls.poll_message_set(reason)
        return not reason

    return classmethod(poll)
