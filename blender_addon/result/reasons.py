# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a result, in the artist's words, each with its figure and what helps. It only draws."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_n as n_

from ..widgets import draw_text
from . import origin

PAINT = n_("Paint the mask")
HIGHER = n_("Choose a higher preset")
ROUND = n_("Choose All Round")
SEED = n_("Try another seed")
WHOLE = n_("Take a picture that shows all of it")
VIEWS = n_("Add pictures of its other sides")

REASONS = {
    "mask-lost": (n_("Part of the object is missing: {:.0%}"), HIGHER),
    "outline-off": (n_("The outline fits by {:.0%} only"), PAINT),
    "colours-off": (n_("The colours are not the picture's: {:.0f} dB"), HIGHER),
    "parts": (n_("It falls apart into {:.0f} pieces"), PAINT),
    "cut-by-frame": (n_("The picture's border cuts the object off: {:.0%} of its outline"), WHOLE),
    "unsure": (n_("The engine is sure of its shape by {:.0%} only"), ROUND),
    "self-intersecting": (n_("Faces go through each other: {:.3g}"), SEED),
    "thin-lost": (n_("Thin parts are missing: {:.0%}"), HIGHER),
    "unseen": (n_("Nobody has seen {:.0%} of its surface"), VIEWS),
    "folded": (n_("Faces are folded over: {:.0f}"), SEED),
}
"""By the engine's code, with a place for its figure; then what helps."""


def draw(layout: bpy.types.UILayout, obj: bpy.types.Object) -> None:
    """A line for each reason that the engine gives for its verdict on `obj`, and one for what helps."""
    for code, figure in obj.get(origin.REASONS, {}).items():
        said, help_ = worded(code, figure)
        draw_text(layout, said, "ERROR")
        if help_:
            draw_text(layout, help_, "BLANK1")


def worded(code: str, figure: float) -> tuple[str, str]:
    """What is wrong, and what helps; a code that isn't known is told as it is, without help."""
    if code not in REASONS:
        return f"{code}: {figure:.4g}", ""
    text, help_ = REASONS[code]
    return iface_(text).format(figure), iface_(help_)
