# SPDX-License-Identifier: GPL-3.0-or-later
"""Reader of Wavefront OBJ with its MTL."""

from __future__ import annotations

import posixpath
from collections import defaultdict

import numpy as np

from engine.training.things.model import Floats, Material, Model, Piece, RejectedError, joined
from engine.training.things.shape import MOST_FACES
from engine.training.things.textures import Textures
from engine.training.things.tree import Tree

INVISIBLE = 0.02
"""Opacity of what isn't seen."""
GREY = (0.6, 0.6, 0.6)


def read_obj(tree: Tree, name: str, textures: Textures, rotation: Floats | None = None) -> Model:
    """The model in the file `name`, turned by `rotation` (3, 3)."""
    text = tree.read(name).decode("latin-1")
    if text.count("\nf ") > MOST_FACES:
        raise RejectedError("too many faces")
    folder = posixpath.dirname(name)
    materials: dict[str, Material | None] = {}
    places: list[list[str]] = []
    coordinates: list[list[str]] = []
    current = ""
    corners: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        match words[0]:
            case "v":
                places.append(words[1:4])
            case "vt":
                coordinates.append([*words[1:3], "0"][:2])
            case "usemtl":
                current = " ".join(words[1:])
            case "mtllib":
                materials |= _read_mtl(tree, tree.find(" ".join(words[1:]), folder), textures)
            case "f":
                ring = [_corner(word, len(places), len(coordinates)) for word in words[1:]]
                for k in range(1, len(ring) - 1):
                    corners[current] += (ring[0], ring[k], ring[k + 1])
    if not places:
        raise RejectedError("empty")
    points = np.array(places, np.float32)
    if rotation is not None:
        points = points @ rotation.T
    uv = np.array([*coordinates, ["nan", "nan"]], np.float32)  # the last one, -1, is of corners without
    pieces = []
    for title, listed in corners.items():
        material = materials.get(title, Material())
        if material is None:
            continue
        index = np.array(listed, np.int64).reshape(-1, 3, 2)
        at = points[index[..., 0]]
        pieces.append(Piece(at, np.full_like(at, np.nan), uv[index[..., 1]], material))
    return joined(pieces)


def _corner(word: str, places: int, coordinates: int) -> tuple[int, int]:
    """Rows of the place and of the texture coordinates, -1 where there are none."""
    numbers = [int(part) if part else 0 for part in word.split("/")]
    place = numbers[0] - 1 if numbers[0] > 0 else places + numbers[0]
    second = numbers[1] if len(numbers) > 1 else 0
    uv = second - 1 if second > 0 else coordinates + second if second < 0 else -1
    return place, uv


def _read_mtl(tree: Tree, name: str | None, textures: Textures) -> dict[str, Material | None]:
    """Materials by name; None for those that can't be seen."""
    materials: dict[str, Material | None] = {}
    if name is None:
        return materials
    colour, texture, opacity, title = GREY, None, 1.0, ""

    def finish() -> None:
        if not title:
            return
        shown = colour
        if texture is not None:  # authors leave the colour under a texture black or grey
            r, g, b = (max(c, 0.25) for c in colour)
            shown = (1.0, 1.0, 1.0) if max(colour) < 0.05 else (r, g, b)
        materials[title] = None if opacity < INVISIBLE else Material(shown, texture)

    for line in tree.read(name).decode("latin-1").splitlines():
        words = line.split()
        if not words:
            continue
        match words[0].lower():
            case "newmtl":
                finish()
                colour, texture, opacity, title = GREY, None, 1.0, " ".join(words[1:])
            case "kd":
                r, g, b = (min(max(float(word), 0.0), 1.0) for word in words[1:4])
                colour = (r, g, b)
            case "d":
                opacity = float(words[-1])
            case "map_kd":
                found = tree.find(words[-1], posixpath.dirname(name))
                found = found or tree.find(" ".join(words[1:]), posixpath.dirname(name))
                texture = textures(found) if found else None
    finish()
    return materials
