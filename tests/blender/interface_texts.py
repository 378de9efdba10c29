# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text that the panels show, and their tooltips, read off what is registered and off the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from engine.contract.messages import TABLE
from engine.contract.method import methods

BLENDERS_OWN = "Filepath used for exporting the file"
PLACES = {"text", "placeholder"}  # arguments of a layout's functions that are shown
REASONS = {"reason", "text"}  # variables that hold what is told


def all_texts(home: Path) -> set[str]:
    """The names of what the panels of the extension show, and what its source in `home` draws or tells by itself."""
    groups = [getattr(bpy.context.scene.drape, method).bl_rna for method in methods()]
    found = {text for group in (*_groups(), *groups) for text in _names(group)}
    for name in dir(bpy.ops.drape):
        operator = getattr(bpy.ops.drape, name).get_rna_type()
        found |= {operator.name, *_names(operator)}
    panels = {name for name in dir(bpy.types) if name.startswith("DRAPE_PT_")} - {"DRAPE_PT_presets"}  # Blender's own
    found |= {getattr(bpy.types, name).bl_label for name in panels}
    for file in home.rglob("*.py"):
        if file.relative_to(home).parts[0] != "engine":
            found |= set(_in_source(ast.parse(file.read_text(encoding="utf-8"))))
    return {text for text in found if any(letter.isalpha() for letter in text.replace("{:d}", ""))}


def all_messages() -> set[str]:
    """What the engine tells: sentences with the cause, what to do about it, and phases, with the places in them."""
    return {words for told in TABLE.values() for words in told if any(map(str.isalpha, re.sub(r"\{.*?\}", "", words)))}


def all_tooltips() -> set[str]:
    """Of the operators, of their options, and of what is chosen in the panels; not of the methods' own settings."""
    operators = [getattr(bpy.ops.drape, name).get_rna_type() for name in dir(bpy.ops.drape)]
    found = {operator.description for operator in operators}
    for group in (*operators, *_groups()):
        found |= set(_descriptions(group))
    return found - {"", BLENDERS_OWN}


def _groups() -> Iterator[Any]:
    """What is chosen in the panels and in the preferences, apart from the methods' own settings."""
    yield from (bpy.context.scene.drape.bl_rna, bpy.context.scene.drape_import.bl_rna)
    yield bpy.context.window_manager.drape_distortion.bl_rna
    yield next(cls for cls in bpy.types.AddonPreferences.__subclasses__() if cls.__name__ == "DrapePreferences").bl_rna


def _shown(group: Any) -> Iterator[Any]:
    """Properties and choices."""
    for prop in group.properties:
        if not prop.is_hidden and prop.identifier not in ("rna_type", "name", "bl_idname", *methods()):
            yield prop
            yield from prop.enum_items_static if prop.type == "ENUM" else ()


def _names(group: Any) -> Iterator[str]:
    return (thing.name for thing in _shown(group))


def _descriptions(group: Any) -> Iterator[str]:
    return (thing.description for thing in _shown(group))


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
