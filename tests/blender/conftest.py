# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs the extension's zip into the bpy module, isolated from the user's own Blender."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HOME = Path(tempfile.mkdtemp(prefix="drape-blender-"))
os.environ["BLENDER_USER_RESOURCES"] = str(HOME)  # before bpy is imported

import bpy  # noqa: E402
import numpy as np  # noqa: E402

import build  # noqa: E402
from tests.blender.results import write_result  # noqa: E402

MODULE = "bl_ext.user_default.drape"
EXIT_STATUS = pytest.StashKey[int]()
ENGINE_PYTHON = Path(os.environ.get("DRAPE_ENGINE_PYTHON") or build.ROOT / ".venv" / "bin" / "python")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keeps the exit status for the end."""
    session.config.stash[EXIT_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the process here: bpy 4.2 now and then crashes while Python is taken down, after all the tests."""
    shutil.rmtree(HOME, ignore_errors=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(config.stash.get(EXIT_STATUS, 1))


@pytest.fixture(scope="session")
def archive() -> Path:
    """The extension's zip, fresh from the tree."""
    return build.package(folder=HOME / "package")


@pytest.fixture(scope="session")
def installed(archive: Path) -> Iterator[str]:
    """The extension, installed and enabled; the name of its module."""
    bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
    yield MODULE
    bpy.ops.preferences.addon_disable(module=MODULE)


@pytest.fixture
def scene(installed: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """The scene of an empty file, with the extension enabled, and an engine to run."""
    monkeypatch.setenv("DRAPE_ENGINE_PYTHON", str(ENGINE_PYTHON))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    yield bpy.context.scene
    forget_the_session()


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """A result folder as the engine would leave it."""
    return write_result(tmp_path / "job")


@pytest.fixture
def picture(scene: Any) -> Any:
    """A packed image of a bright disc on a dark ground, chosen in the scene."""
    y, x = np.mgrid[:96, :96] / 47.5 - 1
    disc = (np.hypot(x, y) < 0.7)[..., None]
    pixels = np.where(disc, (0.9, 0.6, 0.3, 1.0), (0.1, 0.2, 0.3, 1.0)).astype(np.float32)
    image = bpy.data.images.new("disc.png", 96, 96)
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    image.pack()
    scene.drape.picture = image
    return image


def part(name: str) -> Any:
    """A module of the installed extension."""
    return sys.modules[f"{MODULE}.{name}"]


def forget_the_session() -> None:
    """As if Blender had just been started."""
    runner = part("runner").runner
    runner.close()
    if bpy.app.timers.is_registered(part("runner").rest):
        bpy.app.timers.unregister(part("runner").rest)
    vars(runner).update(vars(part("runner").Runner()))
    part("result.imported")._answers.clear()
    vars(part("job.queue").queue).update(vars(part("job.queue").JobQueue()))
