# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes in files: `mesh.npz` for Blender and the engine, `mesh.glb` for everybody else."""

from __future__ import annotations

import io
from contextlib import ExitStack
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image
from trimesh.exchange.gltf import export_glb
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from engine.mesh.mesh import Mesh

ROUGHNESS = 0.9


def npz(mesh: Mesh, **attributes: NDArray[np.float32]) -> bytes:
    """A file with the arrays of `mesh`, and `attributes` (V,) of its vertices, under their own names."""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **vars(mesh), **attributes)
    return file.getvalue()


def glb(mesh: Mesh, texture: bytes, normal_map: bytes | None = None) -> bytes:
    """`mesh` as binary glTF 2.0 with smooth normals and a matte material that shows `texture` and has the `normal_map`
    (picture files).

    TEXCOORD_0 is `uv_picture`, TEXCOORD_1 `uv_virtual_texture`. glTF's Y is up: (X, Y, Z) is written as (X, Z, -Y),
    which importers into a frame with Z up turn back. glTF knows triangles only: each quad becomes two.
    """
    # One vertex for each pair of position and texture coordinates.
    corners = np.column_stack(
        [mesh.faces.ravel(), mesh.uv_picture.reshape(-1, 2), mesh.uv_virtual_texture.reshape(-1, 2)]
    )
    unique, corner_ids = np.unique(corners, axis=0, return_inverse=True)
    origin = unique[:, 0].astype(np.int64)
    triangles = corner_ids.ravel()[mesh.triangles]
    with ExitStack() as opened:
        image = opened.enter_context(Image.open(io.BytesIO(texture)))
        normals = opened.enter_context(Image.open(io.BytesIO(normal_map))) if normal_map else None
        material = PBRMaterial(
            name="Picture", baseColorTexture=image, normalTexture=normals, metallicFactor=0.0,
            roughnessFactor=ROUGHNESS, doubleSided=True,
        )  # fmt: skip
        surface = trimesh.Trimesh(
            vertices=_y_up(mesh.vertices)[origin],
            faces=triangles,
            vertex_normals=_y_up(smooth_normals(mesh))[origin],
            # trimesh writes attributes of its own names with an underscore before; _second_uv_set takes it away.
            vertex_attributes={"TEXCOORD_1": unique[:, 3:] * [1, -1] + [0, 1]},
            visual=TextureVisuals(uv=unique[:, 1:3], material=material),
            process=False,
        )
        scene = trimesh.Scene()
        scene.add_geometry(surface, node_name="Drape", geom_name="Drape")
        data: bytes = export_glb(scene, include_normals=True, tree_postprocessor=_second_uv_set)
    return data


def smooth_normals(mesh: Mesh) -> NDArray[np.float32]:
    """Unit normals (V, 3) float32 of the vertices: the mean of their faces' normals weighted by area."""
    a, b, c = mesh.vertices[mesh.faces.ravel()[mesh.triangles]].astype(np.float64).transpose(1, 0, 2)
    by_area = np.cross(b - a, c - a).reshape(len(mesh.faces), -1, 3).sum(1)
    normals = np.zeros(mesh.vertices.shape)
    np.add.at(normals, mesh.faces, by_area[:, None])
    return (normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)).astype(np.float32)


def _y_up(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return vectors[:, [0, 2, 1]] * np.array([1, 1, -1], np.float32)


def _second_uv_set(tree: dict[str, Any]) -> None:
    for mesh in tree["meshes"]:
        attributes = mesh["primitives"][0]["attributes"]
        attributes["TEXCOORD_1"] = attributes.pop("_TEXCOORD_1")
