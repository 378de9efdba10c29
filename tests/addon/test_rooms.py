# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's rooms stand on one another: each imports from those before it in the list, never from one after it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.test_house import ADDON, ROOT, imports

HOME = ROOT / "blender_addon"
SHARED = "shared"  # what lies beside the rooms


def rooms() -> tuple[str, ...]:
    """As the extension registers them, from the ground up."""
    tree = ast.parse((HOME / "__init__.py").read_text(encoding="utf-8"))
    assigned = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    return ("engine", "engine_client", SHARED, *ast.literal_eval(assigned["ROOMS"]))


def room_of(name: str) -> str:
    """The room that a module, named from the extension's root, lies in."""
    first = name.partition(".")[0]
    return SHARED if (HOME / f"{first}.py").exists() else first


OURS = [path for path in ADDON if path.relative_to(HOME).parts[0] not in ("__init__.py", "translations")]


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(HOME)))
def test_no_room_needs_one_that_stands_on_it(path: Path) -> None:
    order = rooms()
    mine = order.index(room_of(".".join(path.relative_to(HOME).with_suffix("").parts)))
    needed = {room_of(name) for name in imports(path)}
    assert all(order.index(room) <= mine for room in needed & set(order)), needed


def test_every_folder_is_a_room() -> None:
    """Or is said to be none: a forgotten one would not be registered."""
    folders = {path.name for path in HOME.iterdir() if (path / "__init__.py").exists()}
    assert folders - {"translations", "engine_client"} == set(rooms()) - {"engine", "engine_client", SHARED}
