# SPDX-License-Identifier: GPL-3.0-or-later
"""The file formats that Blender's exporters and its own file writer offer, as far as the running Blender has them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .stand_in import stand_in


@dataclass(frozen=True)
class Format:
    """How one kind of file is written."""

    label: str
    description: str
    suffix: str
    operator: tuple[str, str] | None
    """Of Blender's: the module in `bpy.ops`, and its name there."""
    write: Callable[[bpy.types.Context, bpy.types.Object, Path], object]
    """Writes an object to a file, and what goes with it into the same folder."""

    @property
    def available(self) -> bool:
        """Whether this Blender can: some are built without USD, and importers can be switched off."""
        return self.operator is None or self.operator[1] in dir(getattr(bpy.ops, self.operator[0]))


def export(context: bpy.types.Context, obj: bpy.types.Object, kind: Format, file: Path) -> list[Path]:
    """Writes `obj` to `file`, and returns all the files that this took.

    They are written elsewhere and moved when all of them are complete. Raises OSError.
    """
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".drape-") as temporary:
        folder = Path(temporary)
        kind.write(context, obj, folder / file.name)
        written = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
        for path in written:
            (file.parent / path).parent.mkdir(exist_ok=True)
            os.replace(folder / path, file.parent / path)
    return [file.parent / path for path in written]


def _write_glb(context: bpy.types.Context, obj: bpy.types.Object, file: Path) -> None:
    with stand_in(context, obj):
        bpy.ops.export_scene.gltf(filepath=str(file), export_format="GLB", use_selection=True, use_active_scene=True)


def _write_usd(context: bpy.types.Context, obj: bpy.types.Object, file: Path) -> None:
    export = bpy.ops.wm.usd_export
    # Blender 4.2 and 4.3 have a switch for textures, later ones a mode that is right from the start.
    has_switch = "export_textures_mode" not in export.get_rna_type().properties
    options: dict[str, Any] = {"export_textures": True} if has_switch else {}
    with stand_in(context, obj):
        export(filepath=str(file), selected_objects_only=True, **options)


def _write_obj(context: bpy.types.Context, obj: bpy.types.Object, file: Path) -> None:
    with stand_in(context, obj) as copy, _textures_beside(copy, file):
        bpy.ops.wm.obj_export(filepath=str(file), export_selected_objects=True, path_mode="STRIP")


def _write_fbx(context: bpy.types.Context, obj: bpy.types.Object, file: Path) -> None:
    with stand_in(context, obj) as copy, _textures_beside(copy, file):
        bpy.ops.export_scene.fbx(filepath=str(file), use_selection=True, path_mode="STRIP")


def _write_blend(_: bpy.types.Context, obj: bpy.types.Object, file: Path) -> None:
    bpy.data.libraries.write(str(file), {obj}, path_remap="RELATIVE_ALL", compress=True)


def _save_copy(image: bpy.types.Image, file: Path) -> None:
    """Writes `image` as PNG, as it looks now, without touching it (which saving alone can only since 4.3)."""
    copy = image.copy()
    if image.is_dirty:  # painted and not saved: its pixels aren't in the copy
        pixels = np.empty(len(image.pixels), np.float32)
        image.pixels.foreach_get(pixels)
        copy.pixels.foreach_set(pixels)
    copy.filepath_raw, copy.file_format = str(file), "PNG"
    copy.save()
    bpy.data.images.remove(copy)


@contextmanager
def _textures_beside(obj: bpy.types.Object, file: Path) -> Iterator[None]:
    """The images of its materials lie beside `file` as PNG, also packed ones, and meanwhile have their paths there."""
    nodes = [node for mine in obj.data.materials if mine and mine.node_tree for node in mine.node_tree.nodes]
    images = list({node.image for node in nodes if node.type == "TEX_IMAGE" and node.image and node.image.size[0]})
    before = [image.filepath_raw for image in images]
    try:
        for number, image in enumerate(images, 1):
            beside = file.with_name(f"{file.stem}_texture{number if len(images) > 1 else ''}.png")
            _save_copy(image, beside)
            image.filepath_raw = str(beside)
        yield
    finally:
        for image, path in zip(images, before, strict=True):
            image.filepath_raw = path


FORMATS = {
    "GLB": Format(
        "glTF Binary (.glb)", "One file with mesh, material and texture", ".glb", ("export_scene", "gltf"), _write_glb
    ),
    "USD": Format(
        "Universal Scene Description (.usdc)", "Mesh and material, the texture beside", ".usdc", ("wm", "usd_export"),
        _write_usd,
    ),
    "FBX": Format("FBX (.fbx)", "Mesh and material, the texture beside", ".fbx", ("export_scene", "fbx"), _write_fbx),
    "OBJ": Format(
        "Wavefront (.obj)", "Mesh, material and texture as files of their own", ".obj", ("wm", "obj_export"), _write_obj
    ),
    "BLEND": Format(
        "Blender (.blend)", "The object as it is, with its modifiers, to be appended or linked", ".blend", None,
        _write_blend,
    ),
}  # fmt: skip
