# SPDX-License-Identifier: GPL-3.0-or-later
"""sRGB."""

from __future__ import annotations

import numpy as np
import pytest

from engine.picture.srgb import to_linear, to_srgb


def test_middle_grey_and_the_dark_part() -> None:
    assert to_linear(np.array([0.0, 0.02, 0.5, 1.0])) == pytest.approx([0, 0.02 / 12.92, 0.214041, 1], abs=1e-6)


def test_there_and_back() -> None:
    values = np.linspace(0, 1, 1001)
    np.testing.assert_allclose(to_srgb(to_linear(values)), values, atol=1e-5)
