# SPDX-License-Identifier: GPL-3.0-or-later
"""Every name and text that the panels show, read off what is registered and off the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from engine import settings

PLACES = {"text", "placeholder"}  # arguments of a layout's functions that are shown
REASONS = {"reason", "text"}  # variables that hold what is told


def all_texts(home: Path) -> set[str]:
    """The names of what the panels of the extension show, and what its source in `home` draws or tells by itself."""
    found = {text for group in _groups() for text in _names(group)}
    for name in dir(bpy.ops.drape):
        operator = getattr(bpy.ops.drape, name).get_rna_type()
        found |= {operator.name, *_names(operator)}
    panels = {name for name in dir(bpy.types) if name.startswith("DRAPE_PT_")} - {"DRAPE_PT_presets"}  # Blender's own
    found |= {getattr(bpy.types, name).bl_label for name in panels}
    for file in home.rglob("*.py"):
        if file.relative_to(home).parts[0] != "engine":
            found |= set(_in_source(ast.parse(file.read_text(encoding="utf-8"))))
    return {text for text in found if any(letter.isalpha() for letter in text.replace("{:d}", ""))}


def _groups() -> Iterator[Any]:
    scene = bpy.context.scene
    for group in (scene.drape, *(getattr(scene.drape, method) for method in settings.METHODS), scene.drape_import):
        yield group.bl_rna
    yield bpy.context.window_manager.drape_distortion.bl_rna
    yield next(cls for cls in bpy.types.AddonPreferences.__subclasses__() if cls.__name__ == "DrapePreferences").bl_rna


def _names(group: Any) -> Iterator[str]:
    for prop in group.properties:
        if prop.is_hidden or prop.identifier in ("rna_type", "name", "bl_idname", *settings.METHODS):
            continue
        yield prop.name
        if prop.type == "ENUM":
            yield from (item.name for item in prop.enum_items_static)


def _in_source(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in ("iface_", "n_", "poll_message_set"):
                yield from _literals(node.args[:1])
            elif not any(word.arg == "translate" for word in node.keywords):
                yield from _literals([word.value for word in node.keywords if word.arg in PLACES])
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in REASONS:
            yield from _literals([node.value])
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("why_"):
            answers = [answer.value for answer in ast.walk(node) if isinstance(answer, ast.Return) and answer.value]
            yield from _literals(answers)


def _literals(nodes: list[ast.expr]) -> Iterator[str]:
    """The strings that the expressions may come to."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.IfExp):
            yield from _literals([node.body, node.orelse])
        elif isinstance(node, ast.BoolOp):
            yield from _literals(node.values)
