# SPDX-License-Identifier: GPL-3.0-or-later
"""A method as everybody else sees it: what it is called, what can be set, what it takes.

Methods are guests: the contract names none of them. It asks the folder `methods` which there are; their descriptors
need no more than the standard library, since Blender's Python reads them as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from .messages import InputError
from .settings import parse


@dataclass(frozen=True)
class Method:
    """One way from a picture to a mesh."""

    name: str
    """On the command line, in job files and results; also the folder under `methods`, whose module `run` does it."""
    label: str
    """What the artist reads."""
    paper: str
    """What its authors call it."""
    settings: type[Any]
    """A frozen dataclass of `setting` fields; its defaults are the preset `standard`."""
    presets: Mapping[str, Mapping[str, Any]]
    """What each preset changes of the defaults, by its name, in the order of effort."""
    inputs: tuple[str, ...] = ()
    """Fields of a job that it takes and that not every method does."""
    models: tuple[str, ...] = ()
    """Fields of a job that name models which it asks and not every method does."""
    phases: tuple[str, ...] = ()
    """Of its work, those whose length `work` tells."""
    work: Callable[[str, Mapping[str, Any]], float] | None = None
    """How much work a phase is under settings (by name), in any unit; None where nobody knows."""
    views: bool = False
    """Whether it paints views that single wishes can be made for (`ViewRequests`)."""
    closed: bool = False
    """Whether its mesh has a back."""
    upright_previews: bool = False
    """Whether its previews show the object as the picture does, so that they can stand where the mesh will."""

    def resolve(self, preset: str, overrides: Mapping[str, Any] | None = None) -> Any:
        """The settings under `preset` with `overrides` (values or their text) on top.

        Raises InputError for an unknown name, a value of the wrong type or one outside the field's range.
        """
        if preset not in self.presets:
            raise InputError("preset-unknown", method=self.label, presets=", ".join(self.presets), given=preset)
        fields = {field.name: field for field in dataclasses.fields(self.settings)}
        values = dict(self.presets[preset])
        for name, value in (overrides or {}).items():
            if name not in fields:
                raise InputError("setting-unknown", name=name, names=", ".join(fields))
            values[name] = parse(fields[name], value)
        return self.settings(**values)


def methods() -> dict[str, Method]:
    """The methods by name, in the order in which they are offered: those that the folder `methods` lists."""
    listed: dict[str, Method] = import_module(f"{__package__.rpartition('.')[0]}.methods").METHODS
    return listed


def method_called(name: str) -> Method:
    """The method with this name. Raises InputError where there is none."""
    found = methods()
    if name not in found:
        raise InputError("setting-choice", name="method", choices=", ".join(found), given=name)
    return found[name]


def choices_of(field: dataclasses.Field[Any]) -> tuple[str, ...]:
    """The words that a field of a job or of a method's settings is one of; none where it takes any."""
    return tuple(methods()) if field.name == "method" else field.metadata["choices"]


def optional_inputs() -> set[str]:
    """Fields of a job that some method takes and another doesn't."""
    return {name for method in methods().values() for name in method.inputs}
