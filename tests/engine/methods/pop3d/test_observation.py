# SPDX-License-Identifier: GPL-3.0-or-later
"""From an estimate to a surface in perspective."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.field.grid import RADIUS
from engine.field.view import View
from engine.methods.pop3d.cameras import WINDOW, WINDOW_FIELD_OF_VIEW, Place, camera_at
from engine.methods.pop3d.observation import EstimatingObserver
from engine.surface.estimate import SurfaceEstimate
from tests.engine.field.analytic_views import sphere_view


class Oracle:
    """An estimator that knows one view's surface."""

    name = "oracle"

    def __init__(self, view: View, flat: bool) -> None:
        mask = view.mask.numpy()
        height = np.where(mask, (RADIUS - view.depth.numpy()) / WINDOW, np.nan).astype(np.float32)
        normal = np.where(mask[..., None], (view.normal @ view.camera.rotation).numpy(), np.nan)
        depth = 0.5 * height if flat else 0.9 * height
        self.estimate = SurfaceEstimate(mask, depth, normal, np.full_like(height, 0.05))

    def surface(self, picture: np.ndarray, mask: np.ndarray) -> SurfaceEstimate:
        return self.estimate


@pytest.mark.parametrize("azimuth", [0, -135])
def test_normals_become_depth_in_perspective(azimuth: int) -> None:
    """Although the estimated depth has but half of the range."""
    truth = sphere_view(camera_at(Place(azimuth, 0), 96, WINDOW_FIELD_OF_VIEW), 0.6, (0.2, 0.1, -0.1))
    observer = EstimatingObserver(Oracle(truth, flat=True))  # type: ignore[arg-type]
    view = observer.observe(truth.color, truth.mask, truth.camera)
    assert view.camera is truth.camera
    assert torch.equal(view.mask, truth.mask)
    torch.testing.assert_close(view.normal, truth.normal, atol=1e-5, rtol=0)
    error = (view.depth - truth.depth)[truth.mask]
    assert float((error - error.median()).abs().mean()) < 0.02
    assert (view.depth[~view.mask] == 0).all()
