# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine's tests share: a drawn picture, and settings that make a job quick."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SIZE = 96


def draw_ball(path: Path) -> Path:
    """Writes a picture of a shaded ball on a transparent ground to `path`, and returns that."""
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5) / SIZE * 2.5 - 1.25
    depth = np.sqrt(np.clip(1 - x**2 - y**2, 0, 1))
    light = np.clip(0.4 * -x + 0.5 * -y + 0.75 * depth, 0.05, 1)
    rgb = light[..., None] * [0.8, 0.5, 0.3] * 255
    alpha = np.clip((1 - np.hypot(x, y)) * SIZE / 2.5 + 0.5, 0, 1) * 255
    Image.fromarray(np.dstack([rgb, alpha]).round().astype(np.uint8)).save(path)
    return path


@pytest.fixture
def ball(tmp_path: Path) -> Path:
    """A picture of a shaded ball on a transparent ground."""
    return draw_ball(tmp_path / "ball.png")


@pytest.fixture
def quick() -> dict[str, str]:
    """Settings of a job that takes a second or two."""
    return {"resolution": "32", "steps": "4", "texture_size": "64"}


@pytest.fixture
def long(quick: dict[str, str]) -> dict[str, str]:
    """Settings of a job that is still at work when a test interrupts it, and done soon after it goes on."""
    return {**quick, "steps": "30", "noises": "1", "patience": "0"}
