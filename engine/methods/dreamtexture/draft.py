# SPDX-License-Identifier: GPL-3.0-or-later
"""The preset `draft`: the estimated surface, conformally flattened; no score distillation."""

from __future__ import annotations

from engine.contract.messages import Message
from engine.geometry.conformal_map import flatten_near_identity
from engine.geometry.image_map import continued
from engine.methods.dreamtexture.descriptor import DreamTexture
from engine.methods.dreamtexture.fine import mesh_surface
from engine.methods.dreamtexture.output import DreamTextureOutput, surface_output
from engine.picture.picture import Picture
from engine.progress import Progress
from engine.surface.estimator import Estimator
from engine.surface.relief import estimate, relief

ESTIMATING, FLATTENING, MESHING = Message("estimating"), Message("flattening"), Message("meshing")


class DraftPipeline:
    """One look of the `estimator` at the picture, and what follows from its surface in closed form."""

    def __init__(self, estimator: Estimator, settings: DreamTexture) -> None:
        self.estimator, self.settings = estimator, settings

    def __call__(self, picture: Picture, *, progress: Progress) -> DreamTextureOutput:
        """Reconstructs `picture`. Raises Cancelled when cancelled, StageError where the object is too thin."""
        progress.plan([(ESTIMATING, 2.0), (FLATTENING, 2.0), (MESHING, 1.0)])
        progress.step(ESTIMATING, 0, 1)
        _, coverage = picture.square(self.settings.resolution)
        look = estimate(picture, self.estimator)
        seen = look.at(coverage > 0.5)
        depth = relief(seen)
        progress.step(FLATTENING, 0, 1)
        coordinates = continued(flatten_near_identity(depth, coverage > 0.5))
        progress.step(MESHING, 0, 1)
        fine = mesh_surface(picture, look, self.settings.resolution)
        return surface_output(coordinates, depth, coverage, seen, fine, self.settings, sds_steps=0)
