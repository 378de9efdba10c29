# SPDX-License-Identifier: GPL-3.0-or-later
"""Reader of AC3D files, and FlightGear's models in them."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.training.things.model import Item, Material, Model, Piece, joined
from engine.training.things.textures import Textures, cached_textures
from engine.training.things.tree import Tree

SKIPPED = re.compile(
    "weather|light|effects|geometry/ani|glide|datum|flols|wave-off|cut|beacon|wake|rotor|prop|shadow|blur|disc|smoke|"
    "contrail|flame|interior|panel|jetway/|pilot",
    re.IGNORECASE,
)
"""Lights, effects, and parts that are nothing by themselves."""


def items(folder: Path) -> list[Item]:
    """FlightGear's models below `folder`."""
    tree = Tree.of_folder(folder)
    textures = cached_textures(tree)
    names = [name for name in tree.names if name.endswith(".ac") and not SKIPPED.search(name.split("flightgear/")[-1])]
    return [
        Item(name.split("flightgear/")[-1].removesuffix(".ac"), _group(name), partial(read_ac3d, tree, name, textures))
        for name in names
    ]


def _group(name: str) -> str:
    """An aircraft's folder; of other things what their names begin with."""
    if "/Aircraft/" in name:
        return name.split("/Aircraft/")[1].split("/")[0]
    return re.split(r"[-_.\d]", posixpath.basename(name))[0]


RGB = re.compile(r"\srgb\s+(\S+)\s+(\S+)\s+(\S+)")


@dataclass
class _Node:
    """An object of the file, as far as read."""

    place: NDArray[np.float64]
    """(4, 4) to the file's frame."""
    texture: str = ""
    points: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))


Corner = tuple[int, float, float]
"""Row of the point, u, v."""


def read_ac3d(tree: Tree, name: str, textures: Textures) -> Model:
    """The model in the file `name`."""
    text = tree.read(name).decode("latin-1")
    lines = (line for line in text.splitlines() if line.strip())
    colours: list[tuple[float, float, float]] = []
    pieces: list[Piece] = []

    def node(parent: NDArray[np.float64]) -> None:
        """Reads an object to its kids' end."""
        here = _Node(parent.copy())
        surfaces: dict[int, list[Corner]] = defaultdict(list)
        for line in lines:
            words = line.split()
            match words[0]:
                case "texture":
                    here.texture = shlex.split(line)[1]
                case "loc":
                    here.place[:3, 3] = parent[:3, :3] @ np.array(words[1:4], float) + parent[:3, 3]
                case "rot":
                    here.place[:3, :3] = parent[:3, :3] @ np.array(words[1:10], float).reshape(3, 3).T
                case "data":
                    left = int(words[1])
                    while left > 0:
                        left -= len(next(lines)) + 1
                case "numvert":
                    rows = [next(lines).split()[:3] for _ in range(int(words[1]))]
                    here.points = np.array(rows, float).reshape(-1, 3)
                case "numsurf":
                    for _ in range(int(words[1])):
                        material, ring = _surface(lines)
                        for k in range(1, len(ring) - 1):
                            surfaces[material] += (ring[0], ring[k], ring[k + 1])
                case "kids":
                    pieces.extend(finished(here, surfaces))
                    for _ in range(int(words[1])):
                        if next(lines, None):  # OBJECT; some files promise more than there are
                            node(here.place)
                    return

    def finished(here: _Node, surfaces: dict[int, list[Corner]]) -> list[Piece]:
        points = here.points @ here.place[:3, :3].T + here.place[:3, 3]
        file = tree.find(here.texture, posixpath.dirname(name)) if here.texture else None
        texture = textures(file) if file else None
        made = []
        for material, ring in surfaces.items():
            table = np.array(ring, np.float32).reshape(-1, 3, 3)
            at = points[table[..., 0].astype(np.int64)].astype(np.float32)
            colour = colours[material] if material < len(colours) else (0.6, 0.6, 0.6)
            made.append(Piece(at, np.full_like(at, np.nan), table[..., 1:], Material(colour, texture)))
        return made

    for line in lines:
        words = line.split()
        if words[0] == "MATERIAL":
            found = RGB.search(line)
            colours.append((float(found[1]), float(found[2]), float(found[3])) if found else Material().colour)
        elif words[0] == "OBJECT":
            node(np.eye(4))
    return joined(pieces)


def _surface(lines: Iterator[str]) -> tuple[int, list[Corner]]:
    """Material and corners of a surface; no corners of lines."""
    material, kind = 0, 0
    for line in lines:
        words = line.split()
        match words[0]:
            case "SURF":
                kind = int(words[1], 16) & 15
            case "mat":
                material = int(words[1])
            case "refs":
                rows = [next(lines).split() for _ in range(int(words[1]))]
                return material, [(int(a), float(u), float(v)) for a, u, v in rows] if kind == 0 else []
    return material, []
