# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to the artist: from an extension repository of ours, and from Blender's extension platform."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import pytest

import build
from tests.blender.conftest import ENGINE_PYTHON, MODULE, part


def in_blender(code: str, tmp_path: Path, **variables: str) -> str:
    """What `code` prints in a Blender of its own, with nothing installed and no engine named."""
    environment = {name: value for name, value in os.environ.items() if name != "DRAPE_ENGINE_PYTHON"}
    environment |= {"BLENDER_USER_RESOURCES": str(tmp_path / "user"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment | variables, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_blender_installs_it_from_our_repository(archive: Path, tmp_path: Path) -> None:
    """Given the address of the index alone, which here is one on the disk."""
    code = f"""
import bpy
preferences = bpy.context.preferences
preferences.system.use_online_access = True
repositories = preferences.extensions.repos
repositories.new(name="Ours", module="ours", remote_url={(archive.parent / build.INDEX).as_uri()!r})
ours = len(repositories) - 1
bpy.ops.extensions.repo_sync(repo_index=ours)
bpy.ops.extensions.package_install(repo_index=ours, pkg_id="drape", enable_on_install=True)
assert "bl_ext.ours.drape" in preferences.addons
assert "reconstruct" in dir(bpy.ops.drape)
bpy.ops.preferences.addon_disable(module="bl_ext.ours.drape")
"""
    in_blender(code, tmp_path)


STORE = f"""
import sys
import bpy
import numpy as np
archive, folder = sys.argv[1:]
bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True)
def part(name):
    return sys.modules["{MODULE}." + name]
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip for Blender's extension platform."""
    return build.package("store", tmp_path_factory.mktemp("store"))


def in_store_build(store: Path, tmp_path: Path, code: str, **variables: str) -> str:
    """What `code` prints where that zip is installed."""
    arguments = f"import sys; sys.argv[1:] = {[str(store), str(tmp_path)]!r}\n"
    end = f"\nbpy.ops.preferences.addon_disable(module={MODULE!r})"
    return in_blender(arguments + STORE + code + end, tmp_path, **variables)


def test_the_store_s_build_works_without_an_engine(store: Path, tmp_path: Path) -> None:
    """Distortion, bake and export do; for the engine there is a command to copy, and no way to the network."""
    code = """
assert "set_up_engine" not in dir(bpy.ops.drape)
assert not bpy.ops.drape.reconstruct.poll()
bpy.context.preferences.system.use_online_access = True
from pathlib import Path
assert part("setup.environment").surroundings(Path(sys.executable), "log").offline
words = part("setup.environment").set_up_command()
assert Path(words[0]).is_file() and Path(words[-2]).is_file()
assert words[-1] == str(Path(folder, "data", "drape", "engine"))
assert bpy.ops.drape.copy_set_up_command() == {"FINISHED"}

bpy.ops.mesh.primitive_grid_add(x_subdivisions=4, y_subdivisions=4)
assert bpy.ops.drape.bake_distortion() == {"FINISHED"}
assert bpy.ops.drape.copy_distortion() == {"FINISHED"}
assert any("Distortion" in attribute.name for attribute in bpy.context.object.data.attributes)
assert bpy.ops.drape.export(filepath=str(Path(folder, "grid")), file_format="OBJ") == {"FINISHED"}
assert Path(folder, "grid.obj").stat().st_size
"""
    in_store_build(store, tmp_path, code, XDG_DATA_HOME=str(tmp_path / "data"))


@pytest.mark.skipif(not ENGINE_PYTHON.exists() or sys.platform == "win32", reason="there is no engine to link to")
def test_the_store_s_build_takes_an_engine_set_up_from_a_terminal(store: Path, tmp_path: Path) -> None:
    """It lies where the command that it gave has put it."""
    (tmp_path / "data" / "drape").mkdir(parents=True)
    (tmp_path / "data" / "drape" / "engine").symlink_to(ENGINE_PYTHON.parents[1])
    code = """
y, x = np.mgrid[:96, :96] / 47.5 - 1
pixels = np.zeros((96, 96, 4), np.float32)
pixels[np.hypot(x, y) < 0.7] = (0.9, 0.6, 0.3, 1)
drape = bpy.context.scene.drape
drape.picture = bpy.data.images.new("disc", 96, 96, alpha=True)
drape.picture.pixels.foreach_set(pixels.ravel())
drape.picture.pack()
drape.preset, drape.device, drape.guidance = "draft", "cpu", "embedded"
assert bpy.ops.drape.reconstruct() == {"FINISHED"}
assert bpy.context.object["drape_method"] == "dreamtexture"
"""
    in_store_build(store, tmp_path, code, XDG_DATA_HOME=str(tmp_path / "data"))


def test_the_command_is_one_line_for_a_terminal(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part("setup.copy_set_up_command"), "set_up_command", lambda: ["/my python", "-B", "a"])
    line = part("setup.copy_set_up_command").command()
    assert line == ('& "/my python" -B a' if sys.platform == "win32" else "'/my python' -B a")


def test_our_own_build_may_use_the_network(scene: Any) -> None:
    """Where Blender may."""
    preferences = part("setup.environment")
    assert preferences.may_use_network()
    assert preferences.surroundings(Path(sys.executable), "log").offline != bpy.app.online_access
