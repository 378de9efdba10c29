# SPDX-License-Identifier: GPL-3.0-or-later
"""Outlines drawn by hand become masks."""

from __future__ import annotations

import io
import json

import numpy as np
from PIL import Image

from tests.benchmark.judged import outlines


def test_an_outline_within_another_is_a_hole() -> None:
    mask = outlines.filled(["10,10 90,10 90,40 10,40", "20,15 50,15 50,35 20,35"], (200, 100))
    assert mask.shape == (100, 200)
    assert mask[25, 30]
    assert not mask[50, 60]
    assert abs(int(mask.sum()) - (160 * 60 - 60 * 40)) < 300


def test_pictures_are_found_between_other_bytes() -> None:
    stream = io.BytesIO()
    Image.fromarray(np.full((4, 6, 3), 9, np.uint8)).save(stream, "WEBP")
    data = b"qres" + stream.getvalue() + b"RIFFnot a picture" + stream.getvalue() + b"end"
    assert outlines.pictures_within(data) == [stream.getvalue()] * 2


def test_at_least_twenty_are_outlined_within_their_pictures() -> None:
    told = json.loads(outlines.OUTLINES.read_text(encoding="utf-8"))
    assert len(told) >= 20
    for one in told.values():
        numbers = [float(n) for line in one["outlines"] for corner in line.split() for n in corner.split(",")]
        assert min(numbers) >= 0
        assert max(numbers) <= 100
