# SPDX-License-Identifier: GPL-3.0-or-later
"""`Scene.drape`: what the artist chooses, made from the engine's settings.

Properties stand in dictionaries of annotations, since those made from dataclasses can't be written down one by one.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import bpy
import numpy as np

from ..engine import settings

JOB_FIELDS = {field.name: field for field in dataclasses.fields(settings.Job)}
FILES = ("picture", "output", "mask", "depth", "normal")  # fields of a job that are files, made when it starts
NAMES = {"object": "object_name"}  # fields with another name here
SUGGESTIONS = {
    "guidance": ("auto", "embedded"),
    "estimator": ("embedded", "depth-anything"),
    "outpainter": ("embedded", "stable-diffusion-inpainting"),
    "captioner": ("auto", "none"),
    "device": ("auto", "cpu", "cuda", "mps"),
}
SUBTYPES = {"m": "DISTANCE", "px": "PIXEL"}


def property_of(field: dataclasses.Field[Any], **options: Any) -> Any:
    """A Blender property for a field of a settings dataclass: its doc line, range, unit and choices."""
    doc, low, high, unit, choices = (field.metadata[key] for key in ("doc", "low", "high", "unit", "choices"))
    label = field.name.replace("_", " ").title()
    options = {"name": label, "description": doc, "default": field.default, **options}
    if choices:
        return bpy.props.EnumProperty(items=[item(choice) for choice in choices], **options)
    if isinstance(field.default, str):
        suggestions = SUGGESTIONS.get(field.name, ())
        if suggestions:
            options |= {"search": lambda _group, _context, _text: suggestions, "search_options": {"SUGGESTION"}}
        return bpy.props.StringProperty(**options)
    options |= {"min": low, "max": high, "subtype": SUBTYPES.get(unit, "NONE")}
    if isinstance(field.default, int):
        return bpy.props.IntProperty(**options)
    return bpy.props.FloatProperty(precision=5, **options)


def item(choice: str) -> tuple[str, str, str]:
    """The entry of a menu for a choice; a method is told by its label, its paper's name in the tooltip."""
    method = settings.METHODS.get(choice)
    return choice, settings.LABELS.get(choice, choice.title()), f"By {method.__name__}" if method else ""


def load_preset(scene_settings: DrapeScene, _: bpy.types.Context) -> None:
    """Sets the method's settings to those of the chosen preset."""
    method, preset = scene_settings.method, scene_settings.preset
    for name, value in dataclasses.asdict(settings.resolve(method, preset)).items():
        setattr(getattr(scene_settings, method), name, value)


class MethodSettings:
    """The settings of one method; choosing a preset fills them in."""

    method: str

    def overrides(self, preset: str) -> dict[str, Any]:
        """The settings that differ from those of `preset`."""
        values = dataclasses.asdict(settings.resolve(self.method, preset))
        return {name: mine for name, value in values.items() if (mine := self._read(name, value)) != value}

    def _read(self, name: str, like: Any) -> Any:
        mine = getattr(self, name)
        if not isinstance(like, float):
            return mine
        # Blender keeps 32 bits of a number: 0.02 comes back as 0.0199999996.
        return like if np.float32(like) == np.float32(mine) else float(f"{mine:.7g}")


class DrapeDreamTexture(MethodSettings, bpy.types.PropertyGroup):
    """The settings of DreamTexture."""

    method = "dreamtexture"
    __annotations__ = {field.name: property_of(field) for field in dataclasses.fields(settings.DreamTexture)}


class DrapePOP3D(MethodSettings, bpy.types.PropertyGroup):
    """The settings of POP3D."""

    method = "pop3d"
    __annotations__ = {field.name: property_of(field) for field in dataclasses.fields(settings.POP3D)}


class DrapeScene(bpy.types.PropertyGroup):
    """What the artist chooses; saved with her file."""

    __annotations__ = {
        "picture": bpy.props.PointerProperty(
            type=bpy.types.Image, name="Picture", description="Picture of one object, all of it visible"
        ),
        "mask": bpy.props.PointerProperty(
            type=bpy.types.Image,
            name="Mask",
            description="Image that is white where the object is; empty: from the picture's transparency, else cut out",
        ),
        **{
            NAMES.get(name, name): property_of(
                field, **({"update": load_preset} if name in ("method", "preset") else {})
            )
            for name, field in JOB_FIELDS.items()
            if name not in FILES
        },
        "dreamtexture": bpy.props.PointerProperty(type=DrapeDreamTexture),
        "pop3d": bpy.props.PointerProperty(type=DrapePOP3D),
        "job": bpy.props.StringProperty(
            name="Job", description="Folder of the last job that was started from this scene", options={"HIDDEN"}
        ),
    }

    @property
    def words(self) -> str:
        """What is to be made, in words; empty where a picture is chosen."""
        return "" if self.picture else self.prompt.strip()

    def request(self) -> dict[str, Any]:
        """Params of the engine's `reconstruct`, without the files."""
        values = {name: getattr(self, NAMES.get(name, name)) for name in JOB_FIELDS if name not in FILES}
        return {**values, "overrides": getattr(self, self.method).overrides(self.preset)}


CLASSES = (DrapeDreamTexture, DrapePOP3D, DrapeScene)


def register() -> None:
    """Adds the properties."""
    bpy.types.Scene.drape = bpy.props.PointerProperty(type=DrapeScene)


def unregister() -> None:
    """Removes the properties."""
    del bpy.types.Scene.drape
