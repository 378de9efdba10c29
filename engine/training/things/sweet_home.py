# SPDX-License-Identifier: GPL-3.0-or-later
"""Sweet Home 3D's furniture: libraries (.sh3f) are zips of OBJ files with a catalogue."""

from __future__ import annotations

import posixpath
import re
from functools import partial
from pathlib import Path

import numpy as np

from engine.training.things.model import Item
from engine.training.things.obj import read_obj
from engine.training.things.textures import cached_textures
from engine.training.things.tree import Tree

CATALOGUE = "PluginFurnitureCatalog.properties"


def items(folder: Path) -> list[Item]:
    """The models of all libraries below `folder`."""
    return [item for file in sorted(folder.rglob("*.sh3f")) for item in _library(file)]


def creators(folder: Path) -> list[str]:
    """Who made the models, as the catalogues say."""
    texts = [_catalogue(Tree.of_zip(file)) for file in sorted(folder.rglob("*.sh3f"))]
    return sorted({name.strip() for text in texts for name in re.findall(r"^creator#\d+=(.+)$", text, re.M)})


def _catalogue(tree: Tree) -> str:
    return tree.read(CATALOGUE).decode("latin-1")


def _library(file: Path) -> list[Item]:
    tree = Tree.of_zip(file)
    textures = cached_textures(tree)
    text = _catalogue(tree)
    rotations = dict(re.findall(r"^modelRotation#(\d+)=(.*)$", text, re.M))
    found = {}
    for number, model in re.findall(r"^model#(\d+)=(.*)$", text, re.M):
        name, turned = model.strip().lstrip("/"), rotations.get(number)
        rotation = np.array(turned.split(), np.float32).reshape(3, 3) if turned else None
        stem = posixpath.splitext(posixpath.basename(name))[0]
        group = re.sub(r"\d+|-?(left|right|open|closed)$", "", stem.lower()).strip("-_")
        load = partial(read_obj, tree, name, textures, rotation)
        found[name] = Item(f"{file.stem}/{stem}", group, load)
    return list(found.values())
