# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed distance fields: negative inside, positive outside."""

from __future__ import annotations

import pytest
import torch

from engine.training import signed_distance as sd


@pytest.mark.parametrize(
    ("field", "inside", "outside"),
    [
        (sd.ellipsoid([0.5, 0.3, 0.2]), [0.45, 0, 0], [0, 0.35, 0]),
        (sd.box([0.5, 0.3, 0.2], 0.1), [0.45, 0.2, 0], [0.49, 0.29, 0.19]),
        (sd.cylinder(0.5, 0.3), [0.3, 0.25, 0.3], [0, 0.35, 0]),
        (sd.cylinder(0.5, 0.5, top=0), [0, 0.4, 0], [0.2, 0.4, 0]),
        (sd.pyramid(0.5, 1.0, 4), [0.4, -0.45, 0.4], [0.2, 0.3, 0]),
        (sd.torus(0.5, 0.2), [0.5, 0.1, 0], [0, 0, 0]),
        (sd.superquadric([0.5, 0.5, 0.5], 0.3, 0.3), [0.4, 0.4, 0.4], [0.52, 0, 0]),
        (sd.lathe(torch.tensor([-0.5, 0.5]), torch.tensor([0.4, 0.2])), [0.35, -0.4, 0], [0.35, 0.4, 0]),
        (sd.tube(torch.tensor([[0.0, 0, 0], [1, 0, 0]]), torch.tensor([0.2, 0.1])), [0.5, 0.14, 0], [1, 0.15, 0]),
        (sd.difference(sd.ellipsoid([0.5] * 3), sd.ellipsoid([0.2] * 3)), [0.3, 0, 0], [0.1, 0, 0]),
        (sd.mirrored(sd.placed(sd.ellipsoid([0.2] * 3), None, (0.5, 0, 0))), [-0.5, 0, 0], [0, 0, 0]),
        (sd.bent(sd.box([0.1, 0.7, 0.1]), 1.0), [-0.1224, 0.4794, 0], [0, 0.65, 0]),
        (sd.twisted(sd.box([0.5, 0.5, 0.1]), 3.14159), [0, 0.48, 0.45], [0.45, 0.48, 0]),
    ],
)  # fmt: skip
def test_fields_are_negative_inside(field: sd.Field, inside: list[float], outside: list[float]) -> None:
    values = field(torch.tensor([inside, outside], dtype=torch.float32))
    assert values[0] < 0 < values[1]
