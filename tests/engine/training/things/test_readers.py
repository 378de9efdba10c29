# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of model files, on files made here."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from engine.training.things import sweet_home, zero_ad
from engine.training.things.ac3d import read_ac3d
from engine.training.things.model import RejectedError
from engine.training.things.obj import read_obj
from engine.training.things.spm import read_spm
from engine.training.things.textures import cached_textures
from tests.engine.training.things.tiny import png, tree

RED = png(np.full((4, 4, 3), (200, 0, 0), np.uint8))
QUAD = b"""mtllib Chair.mtl
v 0 0 0
v 2 0 0
v 2 1 0
v 0 1 0
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl cloth
f 1/1 2/2 3/3 4/4
usemtl glass
f -4 -3 -2
usemtl wood
f 1//1 2//1 3//1
"""
COLOURS = b"""newmtl cloth
Kd 0 0 0
map_Kd Textures\\RED.PNG
newmtl glass
Kd 1 1 1
d 0.0
newmtl wood
Kd 0.5 0.25 0
"""


def test_obj_makes_triangles_with_the_materials_of_its_library() -> None:
    files = tree({"things/chair.obj": QUAD, "things/chair.mtl": COLOURS, "things/textures/red.png": RED})
    model = read_obj(files, "things/chair.obj", cached_textures(files))
    assert len(model.corners) == 3  # the quad's two and the wooden one; what can't be seen is gone
    np.testing.assert_allclose(model.corners[1], [[0, 0, 0], [2, 1, 0], [0, 1, 0]])
    np.testing.assert_allclose(model.uv[1], [[0, 0], [1, 1], [0, 1]])
    assert np.isnan(model.uv[2]).all()
    cloth, wood = model.materials
    assert cloth.texture is not None
    assert cloth.colour == (1, 1, 1)  # black under a texture means nothing
    assert cloth.texture.levels[0][0, 0].tolist() == [200, 0, 0, 255]
    assert wood.colour == (0.5, 0.25, 0)


def test_obj_is_turned() -> None:
    files = tree({"a.obj": b"v 0 0 1\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"})
    upright = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float32)
    model = read_obj(files, "a.obj", cached_textures(files), upright)
    np.testing.assert_allclose(model.corners[0], [[0, 1, 0], [1, 0, 0], [0, 0, -1]])


def test_obj_without_faces_is_rejected() -> None:
    files = tree({"a.obj": b"v 0 0 1\n"})
    with pytest.raises(RejectedError):
        read_obj(files, "a.obj", cached_textures(files))


def test_sweet_home_lists_models_groups_and_creators(tmp_path: Path) -> None:
    catalogue = (
        "id#1=a\nmodel#1=/x/chair2/chair2.obj\ncreator#1=Ada\nmodelRotation#1=1 0 0 0 1 0 0 0 1\n"
        "model#2=/x/chair3.obj\ncreator#2=Bob\nmodel#3=/x/chair3.obj\ncreator#3=Ada\n"
    )
    with zipfile.ZipFile(tmp_path / "Lib.sh3f", "w") as archive:
        archive.writestr(sweet_home.CATALOGUE, catalogue)
        archive.writestr("x/chair2/chair2.obj", QUAD)
        archive.writestr("x/chair3.obj", QUAD)
    items = sweet_home.items(tmp_path)
    assert [(item.name, item.group) for item in items] == [("Lib/chair2", "chair"), ("Lib/chair3", "chair")]
    assert len(items[0].load().corners) == 4
    assert sweet_home.creators(tmp_path) == ["Ada", "Bob"]


AC3D = b"""AC3Db
MATERIAL "grey" rgb 0.5 0.5 0.5  amb 1 1 1  emis 0 0 0  spec 0 0 0  shi 10  trans 0
MATERIAL "blue one" rgb 0 0 1  amb 1 1 1  emis 0 0 0  spec 0 0 0  shi 10  trans 0
OBJECT world
kids 1
OBJECT group
name "arm"
data 11
kids 9
ab c
loc 0 10 0
kids 1
OBJECT poly
loc 0 0 1
texture "red.png"
numvert 4
0 0 0
1 0 0
1 1 0
0 1 0
numsurf 2
SURF 0x20
mat 1
refs 4
0 0 0
1 1 0
2 1 1
3 0 1
SURF 0x22
mat 0
refs 2
0 0 0
1 0 0
kids 0
"""


def test_ac3d_places_kids_and_leaves_out_lines() -> None:
    files = tree({"m/a.ac": AC3D, "m/red.png": RED})
    model = read_ac3d(files, "m/a.ac", cached_textures(files))
    assert len(model.corners) == 2
    np.testing.assert_allclose(model.corners[0], [[0, 10, 1], [1, 10, 1], [1, 11, 1]])
    np.testing.assert_allclose(model.uv[1], [[0, 0], [1, 1], [0, 1]])
    assert model.materials[0].colour == (0, 0, 1)
    assert model.materials[0].texture is not None


@pytest.mark.parametrize("coloured", [False, True])
def test_spm_is_read_into_a_right_handed_world(coloured: bool) -> None:
    places, uv = [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 5.0)], [(0.0, 0.0), (1.0, 0.0), (0.0, 0.25)]
    data = b"SP" + bytes([0, 1 | 2 * coloured]) + bytes(24) + struct.pack("<H", 1) + b"\x07red.png\x00"
    data += struct.pack("<HHIIH", 1, 1, 3, 3, 0)
    for place, at in zip(places, uv, strict=True):
        data += struct.pack("<3fI", *place, 0) + (b"\x80" if coloured else b"") + struct.pack("<2e", *at)
    data += bytes([0, 1, 2])
    files = tree({"library/a/a.spm": data, "textures/red.png": RED})
    model = read_spm(files, "library/a/a.spm", cached_textures(files))
    np.testing.assert_allclose(model.corners[0], [[0, 1, -5], [1, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(model.uv[0], np.array([[0, 0.75], [1, 1], [0, 1]]))
    assert model.materials[0].texture is not None


def _pmd(places: list[tuple[float, float, float]], bone: int, points: dict[str, tuple[float, float, float]]) -> bytes:
    """One triangle hung on a bone, with attachment points on it."""
    data = struct.pack("<4sIII", b"PSMD", 3, 0, 3)
    for place in places:
        data += struct.pack("<3f3f2f4B4f", *place, 0, 0, 1, 0.5, 0.5, bone, 255, 255, 255, 1, 0, 0, 0)
    data += struct.pack("<I3H", 1, 0, 1, 2) + struct.pack("<I7f", 1, 0, 0, 0, 0, 0, 0, 1)
    data += struct.pack("<I", len(points))
    for name, place in points.items():
        data += struct.pack("<I", len(name)) + name.encode() + struct.pack("<7fB", *place, 0, 0, 0, 1, 0)
    return data


def test_actors_are_posed_and_carry_their_props(tmp_path: Path) -> None:
    triangle = [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)]
    horse = """<actor><group><variant frequency="1" file="base.xml"><props><prop actor="rider.xml" attachpoint="back"/>
    </props></variant></group><material>basic_trans.xml</material></actor>"""
    base = """<variant><mesh>horse.dae</mesh><textures><texture file="red.png" name="baseTex"/></textures><animations>
    <animation file="die.dae" name="Idle"/><animation file="walk.dae" name="Walk"/></animations></variant>"""
    rider = "<actor><group><variant><mesh>rider.dae</mesh></variant></group></actor>"
    walk = struct.pack("<4sII", b"PSSA", 1, 0) + struct.pack("<I", 1) + b"w" + struct.pack("<fII", 1, 1, 1)
    walk += struct.pack("<7f", 0, 0, 4, 0, 0, 0, 1)  # the bone goes 4 along z
    archive = tmp_path / zero_ad.ARCHIVE
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("art/actors/fauna/horse.xml", horse)
        files.writestr("art/actors/rider.xml", rider)
        files.writestr("art/variants/base.xml", base)
        files.writestr("art/meshes/horse.dae.cached.pmd", _pmd(triangle, 0, {"prop-back": (0, 2, 0)}))
        files.writestr("art/meshes/rider.dae.cached.pmd", _pmd(triangle, 255, {}))
        files.writestr("art/animation/walk.dae.cached.psa", walk)
        files.writestr("art/textures/skins/red.png.cached.dds", RED)
    items = zero_ad.items(tmp_path)
    assert [(item.name, item.group) for item in items] == [
        ("fauna/horse.xml#0", "fauna/horse"),
        ("fauna/horse.xml#1", "fauna/horse"),
    ]
    model = items[0].load()
    np.testing.assert_allclose(model.corners[0, ::-1], [[0, 0, -4], [1, 0, -4], [0, 1, -4]], atol=1e-6)
    np.testing.assert_allclose(model.corners[1, ::-1], [[0, 2, -4], [1, 2, -4], [0, 3, -4]], atol=1e-6)
    assert model.materials[0].texture is not None
    assert model.materials[1].texture is None
