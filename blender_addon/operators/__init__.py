# SPDX-License-Identifier: GPL-3.0-or-later
"""The operators, one file a verb; a build of the extension may leave some out."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import bpy


def _classes() -> Iterator[type[bpy.types.Operator]]:
    for module in pkgutil.iter_modules(__path__):
        yield importlib.import_module(f".{module.name}", __package__).OPERATOR


def register() -> None:
    """Adds the operators."""
    for cls in _classes():
        bpy.utils.register_class(cls)


def unregister() -> None:
    """Removes the operators."""
    for cls in _classes():
        bpy.utils.unregister_class(cls)
