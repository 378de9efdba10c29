# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface that the views tell of, as a signed distance field (POP3D, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from engine.field.bending import bent
from engine.field.field import Field
from engine.field.fusion import fuse, projected_colors, redistanced
from engine.field.grid import voxel_size
from engine.field.hull import confined
from engine.field.neural_field import neural_field
from engine.field.neural_training import NeuralSchedule, NeuralTraining
from engine.field.refine import Refinement, Schedule
from engine.field.render import render_picture
from engine.field.silhouettes import drawn_out
from engine.field.view import View
from engine.geometry.camera import Camera
from engine.geometry.triangles import Triangles
from engine.mesh.iso_surface import iso_surface, without_crumbs
from engine.methods.pop3d.descriptor import POP3D


def learn(
    views: Sequence[View],
    resolution: int,
    schedule: Schedule,
    generator: torch.Generator,
    on_step: Callable[[int], None],
) -> Field:
    """A field of `resolution` voxels along an edge that shows `views`, whose depths are in world units.

    The views' depths, confined to the visual hull, bent so that they agree with the outlines, fused within the cones
    through these and drawn out to them, only start it; `schedule` trains it on all their pixels, on the generator's
    device. `on_step` is called with the number of steps done.
    """
    device = generator.device
    views = bent(confined(views, resolution), resolution)
    distance = redistanced(drawn_out(fuse(views, resolution), views))
    field = Field(distance, projected_colors(views, distance)).to(device)
    refinement = Refinement(field, [view.to(device) for view in views], schedule, generator)
    while refinement.steps_done < schedule.steps:
        on_step(refinement.steps_done)
        refinement.step()
    return field.cpu()


def learn_by_network(
    views: Sequence[View],
    settings: POP3D,
    steps: int,
    generator: torch.Generator,
    on_step: Callable[[int], None],
) -> Field:
    """The same by networks, as the paper does: they start from a sphere and learn all `views`, of whose depths only the
    shape counts; then the voxels are read off them.

    Each time anew: the paper may go on from the networks that know the views before, but then a view that is painted
    again would leave its traces.
    """
    device = generator.device
    finest = settings.volume if settings.representation == "features" else None
    field = neural_field(finest, settings.layers, settings.width, generator.initial_seed()).to(device)
    schedule = NeuralSchedule(steps, settings.rays, settings.samples)
    training = NeuralTraining(field, [view.to(device) for view in views], schedule, generator)
    while training.steps_done < steps:
        on_step(training.steps_done)
        training.step()
    return field.on_voxels(settings.volume)


def shown_by(field: Field, camera: Camera) -> Tensor:
    """What `camera` shows of `field`, (N, N, 3) on white."""
    voxel = voxel_size(field.resolution)
    shown = render_picture(field, camera, beta=Schedule(0).beta[1], step=voxel)
    return shown.color.reshape(camera.size, camera.size, 3).clamp(0, 1)


def surface_of(field: Field) -> Triangles:
    """The closed surface of `field`, without parts of less than a hundredth of its volume.

    Raises StageError where there is none.
    """
    return without_crumbs(iso_surface(field.distance.detach().numpy()))
