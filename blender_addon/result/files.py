# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a result folder of the engine (format 1) and checks it before anything of it reaches Blender."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.contract.files import open_file
from ..engine.contract.messages import EngineError, InputError
from ..engine.contract.records import ImportedRecord, read_record
from ..engine.contract.result_folder import FORMAT, NORMAL_MAP, RESULT
from ..engine_client.folders import PICTURE_SUFFIX

SQUARES = 9  # of a virtual texture whose method doesn't let one choose


class ResultError(EngineError):
    """Why a result folder can't be used."""


@dataclass(frozen=True)
class Result:
    """What the engine made.

    folder: the job folder. record: the content of `result.json`.
    vertices: (V, 3) float32, metres, x right, z up, the front faces -y, the base's middle at the origin.
    faces: (F, 3) or (F, 4) int32, counter-clockwise seen from outside.
    uv_virtual_texture, uv_picture: (F, 3 or 4, 2) float32, per corner, origin bottom left.
    confidence: (V,) float32, 0..1, how sure the engine is of the surface there; None where it didn't tell.
    """

    folder: Path
    record: dict[str, Any]
    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    uv_virtual_texture: NDArray[np.float32]
    uv_picture: NDArray[np.float32]
    confidence: NDArray[np.float32] | None

    @property
    def name(self) -> str:
        """The words that it was made from, or the picture's name, without the endings that it got as a file."""
        if words := self.record.get("prompt"):
            return str(words)
        file: str = self.record["picture"]["file"]
        return file.removesuffix(PICTURE_SUFFIX) if file.endswith(PICTURE_SUFFIX) else Path(file).stem

    @property
    def answer(self) -> str:
        """The digest of the very job that it is the result of, since a job folder may get another one."""
        return str(self.record.get("job", ""))

    @property
    def texture(self) -> Path:
        """The picture file that `uv_picture` points into."""
        return self.folder / "texture.png"

    @property
    def normal_map(self) -> Path | None:
        """The picture file of normals in tangent space, for `uv_picture`, where it has one."""
        return self.folder / NORMAL_MAP if NORMAL_MAP in self.record.get("files", ()) else None

    @property
    def squares(self) -> float:
        """Squares of the virtual checkerboard across its texture coordinates from 0 to 1."""
        squares = self.record["settings"].get("squares", SQUARES)
        return float(squares) if isinstance(squares, int | float) else SQUARES

    @property
    def verdict(self) -> str:
        """The engine's own judgement: good, doubtful or collapsed."""
        return str(self.record["quality"]["verdict"])

    @property
    def reasons(self) -> dict[str, float]:
        """What is wrong, as the engine's codes, each with the figure that says so."""
        return dict(self.record["quality"].get("reasons", {}))

    @property
    def figures(self) -> dict[str, float]:
        """The numbers behind the verdict, by name."""
        return {name: value for name, value in self.record["quality"].items() if isinstance(value, int | float)}


def read(folder: Path) -> Result:
    """The result in `folder`. Raises ResultError where it isn't complete, or holds what can't be a mesh."""
    try:
        record = read_record(folder / RESULT, ImportedRecord)
    except InputError as error:
        raise ResultError("result-unreadable", folder=str(folder), cause=str(error)) from None
    if record is None:
        raise ResultError("result-incomplete", folder=str(folder), file=RESULT)
    if record["format"] != FORMAT:
        raise ResultError("result-format", folder=str(folder), format=str(record["format"]), ours=FORMAT)
    result = Result(folder, dict(record), **_arrays(folder / "mesh.npz"))
    if not result.texture.is_file():
        raise ResultError("result-incomplete", folder=str(folder), file=result.texture.name)
    if flaw := _flaw(result):
        raise ResultError("result-broken", folder=str(folder), flaw=flaw)
    return result


def _arrays(file: Path) -> dict[str, Any]:
    """What `Result` needs of the arrays in `file`. Raises ResultError."""
    try:
        with open_file(file) as opened, np.load(opened, allow_pickle=False) as arrays:
            mesh = {name: arrays[name] for name in ("vertices", "faces", "uv_virtual_texture", "uv_picture")}
            return {**mesh, "confidence": arrays.get("confidence")}
    except FileNotFoundError:
        raise ResultError("result-incomplete", folder=str(file.parent), file=file.name) from None
    except Exception as error:  # there is little that Python's zip files and numpy don't raise on broken ones
        cause = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ResultError("result-unreadable", folder=str(file.parent), cause=cause) from None


def _flaw(result: Result) -> str:
    """What is wrong with the arrays; empty where nothing is."""
    vertices, faces = result.vertices, result.faces
    if vertices.ndim != 2 or vertices.shape[1] != 3 or vertices.dtype != np.float32:
        return "its vertices are no points"
    if faces.ndim != 2 or faces.shape[1] not in (3, 4) or faces.dtype != np.int32 or not len(faces):
        return "it has no triangles or quads"
    if faces.min() < 0 or faces.max() >= len(vertices):
        return "a face names a vertex that doesn't exist"
    for uv in (result.uv_virtual_texture, result.uv_picture):
        if uv.shape != (*faces.shape, 2) or uv.dtype != np.float32:
            return "its texture coordinates don't fit its faces"
    if result.confidence is not None and (
        result.confidence.shape != vertices.shape[:1] or result.confidence.dtype != np.float32
    ):
        return "its confidence doesn't fit its vertices"
    if not all(np.isfinite(a).all() for a in (vertices, result.uv_virtual_texture, result.uv_picture)):
        return "it has numbers that are none"
    return ""
