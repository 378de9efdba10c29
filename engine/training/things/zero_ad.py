# SPDX-License-Identifier: GPL-3.0-or-later
"""0 A.D.'s art: actors put together from meshes, textures and props, posed by a frame of one of their animations.

An actor (XML) has groups of variants, one of each is drawn; a variant names a mesh (PMD), textures, animations (PSA)
and the actors that hang on its attachment points. Everything lies in one zip. The game's world is left-handed.
"""

from __future__ import annotations

import posixpath
import random
import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.training.things.model import Floats, Item, Material, Model, Piece, RejectedError, joined
from engine.training.things.textures import Texture, Textures, cached_textures
from engine.training.things.tree import Tree

ARCHIVE = "usr/share/games/0ad/mods/public/public.zip"
KINDS = {"fauna": 1000, "structures": 1000, "props": 3000, "units": 260, "geology": 60, "flora": 40}
"""The most actors of a kind: soldiers share bodies, trees are cards."""
POSES = 2
"""Of each animal."""
SKIPPED = re.compile(
    "particle|fndn|foundation|decal|blood|rubble|shoal|grass|waves|special|destruct|plot_field|field_|garrison|smoke|dust"
    "|banner|flag|projectile|water|selection|template|temp/|circle|_props"
)
DYING = re.compile("death|decay|dead|die|dying|corpse")
DEEPEST = 3
"""Props on props on props."""

Matrix = NDArray[np.float64]


def items(folder: Path) -> list[Item]:
    """Actors by kind, at most one of each mesh but for animals and units."""
    art = Art(Tree.of_zip(folder / ARCHIVE))
    found: list[Item] = []
    for kind, most in KINDS.items():
        names = [name for name in art.actors(kind) if not SKIPPED.search(name)]
        random.Random(0).shuffle(names)
        known: set[str] = set()
        chosen = []
        for name in names:
            try:
                mesh = art.choose(name, random.Random(0)).mesh
            except RejectedError:
                continue
            if mesh and (kind in ("fauna", "units") or mesh not in known):
                known.add(mesh)
                chosen.append((name, mesh))
        for name, mesh in chosen[:most]:
            for pose in range(POSES if kind == "fauna" else 1):
                load = partial(art.load, name, pose)
                found.append(Item(f"{name}#{pose}", f"{kind}/{_group(kind, name, mesh)}", load, crease=None))
    return found


def _group(kind: str, name: str, mesh: str) -> str:
    if kind in ("units", "structures"):
        return name.split("/")[1]  # one civilisation
    stem = posixpath.basename(name if kind == "fauna" else mesh)
    return re.split(r"[_.\d]", stem)[0]


@dataclass
class Variant:
    """What was drawn for an actor."""

    mesh: str = ""
    textures: dict[str, str] = field(default_factory=dict)
    props: dict[str, str] = field(default_factory=dict)
    """Actor by attachment point."""
    animations: list[tuple[str, str]] = field(default_factory=list)
    """Names and files."""
    material: str = ""

    def add(self, other: Variant) -> None:
        """`other` on top."""
        self.mesh = other.mesh or self.mesh
        self.textures |= other.textures
        self.props |= other.props
        self.animations += other.animations


@dataclass(frozen=True)
class Mesh:
    """A PMD file."""

    vertices: NDArray[np.void]
    """(V,) with p, n, uv, b (bones), w (weights)."""
    faces: NDArray[np.int64]
    rest: list[Matrix]
    """(4, 4) of each bone to the model."""
    points: dict[str, tuple[Matrix, int]]
    """Attachment points: to their bone, and its number."""


class Art:
    """Reader of the archive."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._textures: Textures = cached_textures(tree)
        self._mesh = lru_cache(300)(self._read_mesh)
        self._frames = lru_cache(60)(self._read_frames)

    def actors(self, kind: str) -> list[str]:
        """Names of the actors of a kind, as other actors name them."""
        start = f"art/actors/{kind}/"
        names = (name for name in self._tree.names if name.startswith(start) and name.endswith(".xml"))
        return [name.removeprefix("art/actors/") for name in names]

    def choose(self, actor: str, dice: random.Random) -> Variant:
        """Draws variants of `actor`. Raises RejectedError."""
        name = f"art/actors/{actor}"
        if name not in self._tree:
            raise RejectedError("no such actor")
        root = ET.fromstring(self._tree.read(name))
        if root.tag == "qualitylevels":
            inner = root.find("actor")
            if inner is None:
                raise RejectedError("no actor inside")
            if inner.get("file"):
                return self.choose(inner.get("file", ""), dice)
            root = inner
        drawn = Variant(material=root.findtext("material") or "")
        for group in root.findall("group"):
            variants = group.findall("variant")
            frequent = [v for v in variants if float(v.get("frequency") or 0) > 0] or variants[:1]
            if frequent:
                drawn.add(self._variant(dice.choice(frequent)))
        return drawn

    def _variant(self, node: ET.Element, depth: int = 0) -> Variant:
        """What a <variant> says, on top of the file that it builds on."""
        drawn = Variant()
        file = f"art/variants/{node.get('file')}"
        if file in self._tree and depth < DEEPEST:
            drawn = self._variant(ET.fromstring(self._tree.read(file)), depth + 1)
        said = Variant()
        for one in node.iter("mesh"):
            said.mesh = (one.text or "").strip()
        said.textures = {one.get("name", ""): one.get("file", "") for one in node.iter("texture")}
        said.props = {one.get("attachpoint", ""): one.get("actor", "") for one in node.iter("prop")}
        said.animations = [
            ((one.get("name") or "").lower(), one.get("file", "")) for one in node.iter("animation") if one.get("file")
        ]
        drawn.add(said)
        return drawn

    def load(self, actor: str, seed: int) -> Model:
        """The model of `actor` with all that hangs on it; `seed` draws variants, pose and the player's colour."""
        dice = random.Random(f"{actor}{seed}")
        player = np.array([dice.random() for _ in range(3)], np.float32)
        pieces: list[Piece] = []
        self._build(actor, dice, pieces, np.eye(4), player, 0)
        return joined(pieces)

    def _build(
        self, actor: str, dice: random.Random, pieces: list[Piece], place: Matrix, player: Floats, depth: int
    ) -> None:
        drawn = self.choose(actor, dice)
        file = self._compiled(f"art/meshes/{drawn.mesh}", "pmd")
        if not drawn.mesh or file is None:
            raise RejectedError("no mesh")
        mesh = self._mesh(file)
        world = self._pose(mesh, drawn, dice)
        points, normals = _skinned(mesh, world)
        points = points @ place[:3, :3].T + place[:3, 3]
        normals = normals @ place[:3, :3].T
        flip = np.array([1, 1, -1])
        uv = mesh.vertices["uv"][:, 0]
        corners, corner_normals, corner_uv = ((points * flip)[mesh.faces], (normals * flip)[mesh.faces], uv[mesh.faces])
        material = self._material(drawn, player)
        pieces.append(Piece(corners[:, ::-1], corner_normals[:, ::-1], corner_uv[:, ::-1], material))
        if depth == DEEPEST:
            return
        for point, prop in drawn.props.items():
            at = _attachment(mesh, world, point)
            if at is None or not prop or SKIPPED.search(prop) or "garrison" in point:
                continue
            try:
                self._build(prop, dice, pieces, place @ at, player, depth + 1)
            except RejectedError:  # things without it are things too
                continue

    def _compiled(self, source: str, ending: str) -> str | None:
        """The file that was made of `source`, which may be one of that kind already."""
        stem = posixpath.splitext(source)[0]
        names = (f"{stem}.dae.cached.{ending}", f"{stem}.{ending}", f"{stem}.{ending}.cached.{ending}")
        return next((name for name in names if name in self._tree), None)

    def _pose(self, mesh: Mesh, drawn: Variant, dice: random.Random) -> list[Matrix]:
        """Where the bones are (4, 4) in a frame of one of the animations; where none fits, as they rest."""
        files = [file for name, file in drawn.animations if not DYING.search(name + file)]
        dice.shuffle(files)
        for file in files if mesh.rest else []:
            name = self._compiled(f"art/animation/{file}", "psa")
            frames = self._frames(name) if name else None
            if frames is not None and frames.shape[1] >= len(mesh.rest):
                frame = frames[dice.randrange(len(frames))]
                return [_matrix(row[:3], row[3:]) for row in frame[: len(mesh.rest)].tolist()]
        return mesh.rest

    def _material(self, drawn: Variant, player: Floats) -> Material:
        file = drawn.textures.get("baseTex")
        found = self._tree.find(f"{file}.cached.dds", "art/textures/skins") if file else None
        texture = self._textures(found) if found else None
        if texture is None:
            return Material()
        top = texture.levels[0]
        if "player" in drawn.material:  # where the texture is clear, the player's colour shows
            share = top[..., 3:].astype(np.float32) / 255
            mixed = 255 * player * (1 - share) + top[..., :3] * share
            painted = np.concatenate([mixed, np.full_like(share, 255)], 2)
            texture = Texture.of_pixels(np.round(painted).astype(np.uint8))
        elif texture.holes and not re.search("trans|foliage|alpha", drawn.material):
            texture = Texture.of_pixels(top, solid=True)
        return Material((1.0, 1.0, 1.0), texture)

    def _read_mesh(self, name: str) -> Mesh:
        """A PMD file: vertices, faces, bones at rest and attachment points."""
        data = self._tree.read(name)
        _, version, _, count = struct.unpack_from("<4sIII", data)
        at, sets = 16, 1
        if version >= 4:
            (sets,) = struct.unpack_from("<I", data, at)
            at += 4
        kind = np.dtype([("p", "<f4", 3), ("n", "<f4", 3), ("uv", "<f4", (sets, 2)), ("b", "u1", 4), ("w", "<f4", 4)])
        vertices = np.frombuffer(data, kind, count, at)
        at += kind.itemsize * count
        (faces,) = struct.unpack_from("<I", data, at)
        corners = np.frombuffer(data, "<u2", 3 * faces, at + 4).reshape(-1, 3).astype(np.int64)
        at += 4 + 6 * faces
        (bones,) = struct.unpack_from("<I", data, at)
        at += 4
        rest = [_placed(data, at + 28 * k) for k in range(bones)]
        at += 28 * bones
        points = {}
        if version >= 2:
            (count,) = struct.unpack_from("<I", data, at)
            at += 4
            for _ in range(count):
                (length,) = struct.unpack_from("<I", data, at)
                title = data[at + 4 : at + 4 + length].decode("latin-1")
                at += 4 + length
                points[title] = _placed(data, at), data[at + 28]
                at += 29
        return Mesh(vertices, corners, rest, points)

    def _read_frames(self, name: str) -> NDArray[np.float32]:
        """A PSA file: (frames, bones, 7) translation and quaternion."""
        data = self._tree.read(name)
        (length,) = struct.unpack_from("<I", data, 12)
        _, bones, frames = struct.unpack_from("<fII", data, 16 + length)
        return np.frombuffer(data, "<f4", 7 * bones * frames, 28 + length).reshape(frames, bones, 7)


def _placed(data: bytes, at: int) -> Matrix:
    row = struct.unpack_from("<7f", data, at)
    return _matrix(row[:3], row[3:])


def _matrix(translation: Sequence[float], quaternion: Sequence[float]) -> Matrix:
    """(4, 4) of a quaternion x, y, z, w and a translation."""
    x, y, z, w = (float(value) for value in quaternion)
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, 3] = translation
    return matrix


def _skinned(mesh: Mesh, world: list[Matrix]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places and normals (V, 3) with the bones at `world`: linear blend skinning."""
    points, normals = mesh.vertices["p"].astype(np.float64), mesh.vertices["n"].astype(np.float64)
    if world is mesh.rest:
        return points, normals
    moved = [here @ np.linalg.inv(rest) for here, rest in zip(world, mesh.rest, strict=True)]
    table = np.stack([*moved, np.eye(4)])
    none = mesh.vertices["b"] == 255
    bone = np.where(none, len(mesh.rest), np.minimum(mesh.vertices["b"], len(mesh.rest))).astype(np.int64)
    weight = np.where(none, 0, mesh.vertices["w"]).astype(np.float64)
    loose = weight.sum(1) < 1e-3
    weight[loose, 0], bone[loose, 0] = 1, len(mesh.rest)
    weight /= weight.sum(1, keepdims=True)
    matrices = (weight[:, :, None, None] * table[bone]).sum(1)
    points = np.einsum("vij,vj->vi", matrices[:, :3, :3], points) + matrices[:, :3, 3]
    return points, np.einsum("vij,vj->vi", matrices[:, :3, :3], normals)


def _attachment(mesh: Mesh, world: list[Matrix], point: str) -> Matrix | None:
    """Where the attachment point is (4, 4) in the model; None where it has none of that name."""
    if point == "root":
        return np.eye(4)
    found = next((mesh.points[p] for p in (point, f"prop-{point}", f"prop_{point}") if p in mesh.points), None)
    if found is None:
        return None
    local, bone = found
    return world[bone] @ local if bone < len(world) else local
