# SPDX-License-Identifier: GPL-3.0-or-later
"""A perspective camera: its matrix, projection and rays.

World frame: x right, z up, the front faces -y. Camera frame: x right, y up, looking along -z. A picture has N x N
pixels, row 0 on top; places in it are (column, row) in pixels from the top left corner, so that the centre of the
pixel in row i and column j is (j + 0.5, i + 0.5). Depth is measured from the eye along the optical axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Camera:
    """Where a square picture is taken from."""

    matrix: Tensor
    """(4, 4) float32, camera to world: its columns are right, up, backwards and the eye."""
    size: int
    """N, pixels along a side."""
    fov: float
    """Degrees from the left border to the right one."""

    @property
    def rotation(self) -> Tensor:
        """(3, 3) camera to world."""
        return self.matrix[:3, :3]

    @property
    def eye(self) -> Tensor:
        """(3,) in the world."""
        return self.matrix[:3, 3]

    @property
    def focal_length(self) -> float:
        """In pixels."""
        return self.size / 2 / math.tan(math.radians(self.fov) / 2)

    def project(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Places (..., 2) in the picture, and depths (...), of world points (..., 3)."""
        x, y, z = ((points - self.eye) @ self.rotation).unbind(-1)
        scale = self.focal_length / -z
        return torch.stack([self.size / 2 + x * scale, self.size / 2 - y * scale], -1), -z

    def rays(self) -> Tensor:
        """World directions (N, N, 3) through the pixels' centres: depth t is at eye + t * ray."""
        centres = (torch.arange(self.size, device=self.matrix.device) + 0.5 - self.size / 2) / self.focal_length
        y, x = torch.meshgrid(-centres, centres, indexing="ij")
        return torch.stack([x, y, -torch.ones_like(x)], -1) @ self.rotation.T

    def resized(self, size: int) -> Camera:
        """The same view in `size` x `size` pixels."""
        return replace(self, size=size)

    def to(self, device: torch.device) -> Camera:
        """The camera with its matrix on `device`."""
        return replace(self, matrix=self.matrix.to(device))

    def record(self) -> dict[str, Any]:
        """What `camera.json` holds."""
        return {"matrix": self.matrix.tolist(), "fov": self.fov, "width": self.size, "height": self.size}
