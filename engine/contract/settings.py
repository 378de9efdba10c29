# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be set, written once: the panel, the command line and the job file are all made from these fields.

Standard library only, since the add-on imports this file inside Blender.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from .messages import InputError


def setting(
    default: Any,
    doc: str,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
    option: bool = False,
    label: str = "",
) -> Any:
    """A dataclass field with its doc line, closed range, unit and (for words) its choices; `option`: whether a
    method's setting is important enough for an option of its own on the command line; `label`: what an artist calls it,
    empty for what only a researcher would set."""
    told = {"doc": doc, "low": low, "high": high, "unit": unit, "choices": choices, "option": option, "label": label}
    return field(default=default, metadata=told)


@dataclass(frozen=True)
class Job:
    """One reconstruction as the artist asks for it: the arguments of `engine reconstruct`."""

    picture: str = setting("", "Picture file of one object")
    prompt: str = setting("", "What is to be made, in words, in place of a picture; Stable Diffusion makes one of it")
    output: str = setting("", "Job folder that receives the result")
    method: str = setting("dreamtexture", "How the mesh is made")
    preset: str = setting(
        "standard",
        "How much work goes into it; with the embedded model standard is hardly better than draft",
        choices=("draft", "standard", "high", "paper"),
    )
    object: str = setting("", "What the object is, in a word or two; helps Stable Diffusion, may be empty")
    mask: str = setting("", "Picture that is white where the object is; empty: from transparency, else cut out")
    depth: str = setting("", "Depth of the picture, or its inverse, as PNG or npy, for All Round; empty: estimated")
    normal: str = setting("", "Normals of the picture as PNG or npy, for All Round; empty: estimated")
    guidance: str = setting(
        "auto",
        "Model that aligns the texture, and makes pictures of words: auto, embedded, a diffusers folder or a hub id",
    )
    points: str = setting("", "Clicks for an estimator like SAM 2: x,y in pixels, with ! before those off the object")
    estimator: str = setting(
        "embedded", "Models that see mask, depth and normals: embedded, or folders and hub ids with commas between"
    )
    outpainter: str = setting("embedded", "Model that paints new views, for All Round: embedded, a folder or a hub id")
    captioner: str = setting(
        "auto", "Model that names the object for Stable Diffusion where you don't: auto, none, a folder or a hub id"
    )
    seed: int = setting(0, "Same seed, same result", low=0, high=2**31 - 1)
    device: str = setting("auto", "Where the engine computes: auto, cpu, cuda, cuda:N or mps")


def parse(field_: dataclasses.Field[Any], value: Any) -> Any:
    """`value` (or its text) as the type of `field_`, checked against the field's range and choices."""
    kind: type[Any] = type(field_.default)
    if kind is str and not (isinstance(value, str) and "\0" not in value):
        raise InputError("setting-text", name=field_.name, given=str(value))
    try:
        if isinstance(value, bool):
            raise ValueError(value)
        number = kind(value)
        if kind is int and float(value) != number:
            raise ValueError(value)
    except (TypeError, ValueError, OverflowError):
        if kind is int:
            raise InputError("setting-whole-number", name=field_.name, given=str(value)) from None
        raise InputError("setting-number", name=field_.name, given=str(value)) from None
    low, high, choices = (field_.metadata[key] for key in ("low", "high", "choices"))
    if choices and number not in choices:
        raise InputError("setting-choice", name=field_.name, choices=", ".join(choices), given=str(value))
    if (low is not None and not number >= low) or (high is not None and not number <= high):
        raise InputError("setting-range", name=field_.name, low=low, high=high, given=str(value))
    return number
