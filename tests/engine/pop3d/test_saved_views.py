# SPDX-License-Identifier: GPL-3.0-or-later
"""Views kept in a checkpoint."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.jobs import Checkpoint
from engine.pop3d import saved_views
from engine.pop3d.cameras import RING, WINDOW_FIELD_OF_VIEW, camera_at
from tests.engine.sdf.analytic_views import sphere_view


def test_views_come_back_bit_for_bit(tmp_path: Path) -> None:
    views = [sphere_view(camera_at(place, 24, WINDOW_FIELD_OF_VIEW)) for place in RING[:3]]
    checkpoint = Checkpoint(tmp_path)
    assert saved_views.load(checkpoint) == []
    saved_views.save(checkpoint, views)
    again = saved_views.load(checkpoint)
    assert len(again) == 3
    for view, other in zip(views, again, strict=True):
        assert (other.camera.size, other.camera.fov) == (24, WINDOW_FIELD_OF_VIEW)
        assert torch.equal(other.camera.matrix, view.camera.matrix)
        for name in saved_views.IMAGES:
            assert torch.equal(getattr(other, name), getattr(view, name))
            assert getattr(other, name).dtype == getattr(view, name).dtype
