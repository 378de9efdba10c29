# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes written and read back."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image

from engine.mesh.files import glb, npz, smooth_normals
from engine.mesh.mesh import Mesh


@pytest.fixture
def mesh() -> Mesh:
    """Two quads folded along an edge, with a seam between them in one set of texture coordinates."""
    vertices = [[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1], [2, 1, 0], [2, 1, 1]]
    faces = [[0, 1, 2, 3], [1, 4, 5, 2]]
    square = np.array([[0, 0], [0.5, 0], [0.5, 1], [0, 1]], np.float32)
    continuous = np.stack([square, square + np.array([0.5, 0], np.float32)])
    return Mesh(np.array(vertices, np.float32), np.array(faces, np.int32), np.stack([square, square]), continuous)


@pytest.fixture
def texture(tmp_path: Path) -> Path:
    path = tmp_path / "texture.png"
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3) * 5).save(path)
    return path


def gltf(path: Path) -> tuple[dict[str, Any], bytes]:
    """The JSON and the binary chunk of a binary glTF file."""
    data = path.read_bytes()
    length = struct.unpack_from("<I", data, 12)[0]
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def accessor(tree: dict[str, Any], binary: bytes, index: int) -> np.ndarray:
    entry = tree["accessors"][index]
    view = tree["bufferViews"][entry["bufferView"]]
    dtype = {5126: "<f4", 5125: "<u4"}[entry["componentType"]]
    columns = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}[entry["type"]]
    offset = view.get("byteOffset", 0) + entry.get("byteOffset", 0)
    return np.frombuffer(binary, dtype, entry["count"] * columns, offset).reshape(-1, columns)


def test_npz(mesh: Mesh, tmp_path: Path) -> None:
    path = tmp_path / "mesh.npz"
    path.write_text("what was there before")
    path.write_bytes(npz(mesh))
    with np.load(path, allow_pickle=False) as arrays:
        assert sorted(arrays) == ["faces", "uv_picture", "uv_virtual_texture", "vertices"]
        for name, array in arrays.items():
            assert array.dtype == getattr(mesh, name).dtype
            np.testing.assert_array_equal(array, getattr(mesh, name))
    assert [entry.name for entry in tmp_path.iterdir()] == ["mesh.npz"]


def test_glb_is_read_by_trimesh(mesh: Mesh, texture: Path, tmp_path: Path) -> None:
    path = tmp_path / "mesh.glb"
    path.write_bytes(glb(mesh, texture.read_bytes()))
    read = trimesh.load_scene(path).to_geometry()
    assert len(read.faces) == 4
    assert read.area == pytest.approx(1 + np.sqrt(2))
    np.testing.assert_allclose(read.bounds, [[0, 0, -1], [2, 1, 0]])
    # Our position is (X, Z, -Y) there, and the picture's coordinates come back as they were.
    ours = np.stack([read.vertices[:, 0], -read.vertices[:, 2], read.vertices[:, 1]], 1)
    np.testing.assert_allclose(read.visual.uv, np.stack([ours[:, 0] / 2, ours[:, 2]], 1), atol=1e-6)
    material = read.visual.material
    assert (material.metallicFactor, material.doubleSided) == (0, True)
    assert 0.8 <= material.roughnessFactor <= 1
    with Image.open(texture) as image:
        np.testing.assert_array_equal(np.asarray(material.baseColorTexture), np.asarray(image))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["mesh.glb", "texture.png"]


def test_glb_has_both_texture_coordinates_and_smooth_normals(mesh: Mesh, texture: Path, tmp_path: Path) -> None:
    (tmp_path / "mesh.glb").write_bytes(glb(mesh, texture.read_bytes()))
    tree, binary = gltf(tmp_path / "mesh.glb")
    attributes = tree["meshes"][0]["primitives"][0]["attributes"]
    assert sorted(attributes) == ["NORMAL", "POSITION", "TEXCOORD_0", "TEXCOORD_1"]
    read = {name: accessor(tree, binary, index) for name, index in attributes.items()}
    assert len(read["POSITION"]) == 8  # six, and two twice for the seam
    for x, y, z, u, v in np.column_stack([read["POSITION"], read["TEXCOORD_1"]]):
        corners = np.argwhere(np.all(mesh.vertices[mesh.faces] == [x, -z, y], axis=2))
        assert [u, 1 - v] in [mesh.uv_virtual_texture[face, corner].tolist() for face, corner in corners]
    expected = smooth_normals(mesh)
    for position, normal in zip(read["POSITION"], read["NORMAL"], strict=True):
        vertex = np.flatnonzero(np.all(mesh.vertices == [position[0], -position[2], position[1]], axis=1))[0]
        np.testing.assert_allclose([normal[0], -normal[2], normal[1]], expected[vertex], atol=1e-6)


def test_smooth_normals(mesh: Mesh) -> None:
    normals = smooth_normals(mesh)
    np.testing.assert_allclose(normals[[0, 3]], [[0, -1, 0]] * 2, atol=1e-6)
    np.testing.assert_allclose(normals[[4, 5]], [[np.sqrt(0.5), -np.sqrt(0.5), 0]] * 2, atol=1e-6)
    both = np.array([1.0, -2.0, 0.0]) / np.sqrt(5)  # areas 1 and sqrt(2)
    np.testing.assert_allclose(normals[[1, 2]], [both, both], atol=1e-6)


def test_triangles_are_written_as_they_are(texture: Path, tmp_path: Path) -> None:
    """A tetrahedron, each of its faces with a corner of the texture of its own."""
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
    charts = np.random.default_rng(0).random((4, 3, 2), np.float32)
    mesh = Mesh(vertices, faces, 2 * charts, charts)
    (tmp_path / "mesh.npz").write_bytes(npz(mesh))
    with np.load(tmp_path / "mesh.npz") as arrays:
        np.testing.assert_array_equal(arrays["faces"], faces)
    (tmp_path / "mesh.glb").write_bytes(glb(mesh, texture.read_bytes()))
    read = trimesh.load_scene(tmp_path / "mesh.glb").to_geometry()
    assert (len(read.faces), len(read.vertices)) == (4, 12)
    read.merge_vertices(merge_tex=True)
    assert read.is_watertight
    assert read.volume == pytest.approx(1 / 6)
    np.testing.assert_allclose(smooth_normals(mesh)[0], -np.ones(3) / np.sqrt(3), atol=1e-6)
