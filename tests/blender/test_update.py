# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension is installed anew, as an update is, while its engine is in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender.conftest import ENGINE_PYTHON, part

pytestmark = pytest.mark.skipif(not ENGINE_PYTHON.exists(), reason=f"there is no engine at {ENGINE_PYTHON}")


def test_an_update_ends_the_engine(scene: Any, picture: Any, archive: Path) -> None:
    scene.drape.preset, scene.drape.device = "draft", "cpu"
    bpy.ops.drape.reconstruct()
    old = part("runner").runner
    child = old.session._child
    assert child.returncode is None
    home = Path(part("setup.environment").ROOT)
    (home / "of the old version.txt").touch()
    bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
    assert child.returncode is not None
    assert not (home / "of the old version.txt").exists()
    assert part("runner").runner is not old
    assert bpy.ops.drape.reconstruct.poll()
