# SPDX-License-Identifier: GPL-3.0-or-later
"""Reader of SPM files, and SuperTuxKart's things in them."""

from __future__ import annotations

import posixpath
import re
import struct
from functools import partial
from pathlib import Path

import numpy as np

from engine.training.things.model import Item, Material, Model, Piece, joined
from engine.training.things.textures import Textures, cached_textures
from engine.training.things.tree import Tree

FOLDER = "usr/share/games/supertuxkart/data"
SKIPPED = re.compile(
    "track|sky|gfx_|cutscene|water|terrain|editor|checkline|ground|road|wall|cliff|grass|cave|vegetation|navmesh|border"
    "|wheel|flag|lod|light|neon|beam|_low|arrow|ribbon|map",
    re.IGNORECASE,
)
UNIT = (1.0, 1.0, 1.0)


def items(folder: Path) -> list[Item]:
    """SuperTuxKart's models below `folder`, copies left out."""
    tree = Tree.of_folder(folder / FOLDER)
    textures = cached_textures(tree)
    found: dict[int, Item] = {}
    for name in tree.names:
        if name.endswith(".spm") and re.match("library|karts|models", name) and not SKIPPED.search(name):
            group = re.sub(r"^(stklib|hd|stk)_|_[a-z]$", "", posixpath.splitext(posixpath.basename(name))[0])
            item = Item(name.removesuffix(".spm"), group, partial(read_spm, tree, name, textures))
            found.setdefault(hash(tree.read(name)), item)
    return list(found.values())


def read_spm(tree: Tree, name: str, textures: Textures) -> Model:
    """The model in the file `name`, as it rests; its world is left-handed."""
    reader = _Reader(tree.read(name))
    kind, flags = reader.data[2] & 7, reader.data[3]
    reader.at = 28
    (count,) = reader.take("<H")
    files = [(reader.text(), reader.text()) for _ in range(count)]
    pieces = []
    for _ in range(reader.take("<H")[0]):
        for _ in range(reader.take("<H")[0]):
            vertices, indices, number = reader.take("<IIH")
            first, second = files[number] if number < len(files) else ("", "")
            points, uv = _vertices(reader, vertices, kind, flags, bool(first), bool(second))
            width = "u1" if vertices <= 255 else "<u2" if vertices <= 65535 else "<u4"
            faces = np.frombuffer(reader.data, width, indices, reader.at).astype(np.int64).reshape(-1, 3)[:, ::-1]
            reader.at += indices * np.dtype(width).itemsize
            file = tree.find(first, posixpath.dirname(name), "textures") if first else None
            texture = textures(file) if file else None
            corners = (points * [1, 1, -1])[faces].astype(np.float32)
            pieces.append(
                Piece(
                    corners,
                    np.full_like(corners, np.nan),
                    (uv * [1, -1] + [0, 1])[faces].astype(np.float32),
                    Material() if texture is None else Material(UNIT, texture),
                )
            )
    return joined(pieces)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, format: str) -> tuple[int, ...]:
        got = struct.unpack_from(format, self.data, self.at)
        self.at += struct.calcsize(format)
        return got

    def text(self) -> str:
        length = self.data[self.at]
        self.at += 1 + length
        return self.data[self.at - length : self.at].decode("latin-1")


def _vertices(
    reader: _Reader, count: int, kind: int, flags: int, first: bool, second: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Places (V, 3) and texture coordinates (V, 2), v downwards, NaN where there are none."""
    head: list[tuple[str, str, int]] = [("place", "<f4", 3)] + [("normal", "<u4", 1)] * (flags & 1)
    tail: list[tuple[str, str, int]] = []
    if first:
        tail += [("uv", "<f2", 2)] + [("uv2", "<f2", 2)] * second + [("tangent", "<u4", 1)] * (flags >> 2 & 1)
    if kind == 1:
        tail += [("joints", "<i2", 4), ("weights", "<f2", 4)]
    if not flags >> 1 & 1:
        layout = np.dtype(head + tail)
        table = np.frombuffer(reader.data, layout, count, reader.at)
        reader.at += layout.itemsize * count
        return table["place"], table["uv"].astype(np.float32) if first else np.full((count, 2), np.nan, np.float32)
    places, uv = np.zeros((count, 3), np.float32), np.full((count, 2), np.nan, np.float32)
    before, after = np.dtype(head).itemsize, np.dtype(tail).itemsize
    for k in range(count):  # a colour between has one byte if it is white, else four
        places[k] = np.frombuffer(reader.data, "<f4", 3, reader.at)
        reader.at += before
        reader.at += 1 if reader.data[reader.at] == 128 else 4
        if first:
            uv[k] = np.frombuffer(reader.data, "<f2", 2, reader.at)
        reader.at += after
    return places, uv
