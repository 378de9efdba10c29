# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the preview of an alignment stands; that it is drawn is tested in a window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.blender.conftest import part


def test_the_object_stands_on_its_spot(scene: Any) -> None:
    """An object of 2 x 4 pixels, one from the left and one from the bottom of a picture of 8 x 6."""
    alpha = np.zeros((6, 8), np.float32)
    alpha[1:5, 1:3] = 1
    corners = part("job.viewport_preview").quad(alpha)
    assert np.allclose(corners, [(-0.5, 0, -0.25), (1.5, 0, -0.25), (1.5, 0, 1.25), (-0.5, 0, 1.25)])


def test_nothing_is_read_without_a_window(scene: Any, tmp_path: Path) -> None:
    (tmp_path / "preview.png").write_bytes(b"no picture")
    part("runner").runner.session.preview = tmp_path / "preview.png"
    part("job.preview").update()
    assert part("job.preview").last is None
