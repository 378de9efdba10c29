# SPDX-License-Identifier: GPL-3.0-or-later
"""`Scene.drape`: what the artist chooses, made from the engine's settings.

Properties stand in dictionaries of annotations, since those made from dataclasses can't be written down one by one.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import bpy
import numpy as np

from ..engine.contract import settings
from ..engine.contract.method import Method, choices_of, methods

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
EFFORT = {
    "draft": "The surface as it is seen at first glance: the quickest",
    "standard": "With the work that most pictures need",
    "high": "Finer, and with more work in each step",
    "paper": "As the method's paper says, literally; it takes very long",
}
SUBTYPES = {"m": "DISTANCE", "px": "PIXEL"}


def property_of(field: dataclasses.Field[Any], **options: Any) -> Any:
    """A Blender property for a field of a settings dataclass: its doc line, range, unit and choices."""
    doc, low, high, unit = (field.metadata[key] for key in ("doc", "low", "high", "unit"))
    label = field.metadata["label"] or field.name.replace("_", " ").title()
    options = {"name": label, "description": doc, "default": field.default, **options}
    if choices := choices_of(field):
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
    method = methods().get(choice)
    return (choice, method.label, f"By {method.paper}") if method else (choice, choice.title(), EFFORT.get(choice, ""))


def load_preset(scene_settings: DrapeScene, _: bpy.types.Context) -> None:
    """Sets the method's settings to those of the chosen preset."""
    method, preset = scene_settings.method, scene_settings.preset
    for name, value in dataclasses.asdict(methods()[method].resolve(preset)).items():
        setattr(getattr(scene_settings, method), name, value)


class MethodSettings:
    """The settings of one method; choosing a preset fills them in."""

    method: str

    def overrides(self, preset: str) -> dict[str, Any]:
        """The settings that differ from those of `preset`."""
        values = dataclasses.asdict(methods()[self.method].resolve(preset))
        return {name: mine for name, value in values.items() if (mine := self._read(name, value)) != value}

    def _read(self, name: str, like: Any) -> Any:
        mine = getattr(self, name)
        if not isinstance(like, float):
            return mine
        # Blender keeps 32 bits of a number: 0.02 comes back as 0.0199999996.
        return like if np.float32(like) == np.float32(mine) else float(f"{mine:.7g}")


def group_of(method: Method) -> type[bpy.types.PropertyGroup]:
    """The class of the settings of `method`."""
    properties = {field.name: property_of(field) for field in dataclasses.fields(method.settings)}
    members = {"__doc__": f"The settings of {method.paper}.", "__annotations__": properties, "method": method.name}
    return type(f"Drape{method.paper}", (MethodSettings, bpy.types.PropertyGroup), members)


GROUPS = {name: group_of(method) for name, method in methods().items()}


class DrapeScene(bpy.types.PropertyGroup):
    """What the artist chooses; saved with her file."""

    # By `dict`, which refuses a name that stands twice: fields of a job, methods and the rest share one group.
    __annotations__ = dict(
        picture=bpy.props.PointerProperty(
            type=bpy.types.Image, name="Picture", description="Picture of one object, all of it visible"
        ),
        mask=bpy.props.PointerProperty(
            type=bpy.types.Image,
            name="Mask",
            description="Image that is white where the object is; empty: from the picture's transparency, else cut out",
        ),
        job=bpy.props.StringProperty(
            name="Job", description="Folder of the last job that was started from this scene", options={"HIDDEN"}
        ),
        **{
            NAMES.get(name, name): property_of(
                field, **({"update": load_preset} if name in ("method", "preset") else {})
            )
            for name, field in JOB_FIELDS.items()
            if name not in FILES
        },
        **{name: bpy.props.PointerProperty(type=group) for name, group in GROUPS.items()},
    )

    @property
    def words(self) -> str:
        """What is to be made, in words; empty where a picture is chosen."""
        return "" if self.picture else self.prompt.strip()

    def request(self) -> dict[str, Any]:
        """Params of the engine's `reconstruct`, without the files."""
        values = {name: getattr(self, NAMES.get(name, name)) for name in JOB_FIELDS if name not in FILES}
        return dict(**values, overrides=getattr(self, self.method).overrides(self.preset))


CLASSES = (*GROUPS.values(), DrapeScene)


def register() -> None:
    """Adds the properties."""
    bpy.types.Scene.drape = bpy.props.PointerProperty(type=DrapeScene)


def unregister() -> None:
    """Removes the properties."""
    del bpy.types.Scene.drape
