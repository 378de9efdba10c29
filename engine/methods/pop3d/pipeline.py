# SPDX-License-Identifier: GPL-3.0-or-later
"""POP3D (Ryu et al., SIGGRAPH Asia 2023): from one picture to the whole object, in the order of the paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch

from engine.checkpoint import Checkpoint
from engine.contract.messages import Message
from engine.field.field import Field
from engine.field.refine import Schedule
from engine.field.view import View
from engine.geometry.triangles import RayCaster
from engine.methods.pop3d import saved_views
from engine.methods.pop3d.cameras import WINDOW_FIELD_OF_VIEW, Place, camera_at, orbit
from engine.methods.pop3d.descriptor import POP3D
from engine.methods.pop3d.first_view import first_view
from engine.methods.pop3d.new_view import NewView, new_view
from engine.methods.pop3d.observation import Observer
from engine.methods.pop3d.outpaint import Outpainter
from engine.methods.pop3d.output import POP3DOutput, finished
from engine.methods.pop3d.registration import Register
from engine.methods.pop3d.requested_views import RequestedViews
from engine.methods.pop3d.surface import learn, learn_by_network, shown_by, surface_of
from engine.picture.picture import Picture
from engine.progress import Progress

NOTHING = RequestedViews()
REFINING, MESHING = Message("refining"), Message("meshing")
SHARE_OF_A_STEP = 0.05  # of the work on a view without training


class POP3DPipeline:
    """The orbit: each new view is painted by the `outpainter` where no earlier one has seen the object, its surface
    seen by the `observer`, put in its place by `register`, and a signed distance field learns it.

    The field is trained on `device`; everything else is computed on the CPU, but for the models, wherever they are.
    """

    def __init__(
        self,
        outpainter: Outpainter,
        observer: Observer,
        register: Register,
        settings: POP3D,
        device: torch.device,
        first_observer: Observer | None = None,
    ) -> None:
        """`first_observer`: for the picture itself, where more is known of it than of the views that are painted."""
        self.outpainter, self.observer, self.register = outpainter, observer, register
        self.first_observer = first_observer or observer
        self.settings, self.device = settings, device

    def __call__(
        self,
        picture: Picture,
        *,
        seed: int,
        progress: Progress,
        checkpoint: Checkpoint,
        requested: RequestedViews = NOTHING,
    ) -> POP3DOutput:
        """Reconstructs the framed `picture`, with what is `requested` of single views.

        Goes on from the last view in `checkpoint` that was made as is asked now, and like all before it; raises
        Cancelled when cancelled, and StageError where a view shows no object.
        """
        settings = self.settings
        places = orbit(settings.views)[: requested.stop_after]
        recipes = requested.recipes(len(places), seed)
        self._plan(progress, len(places))

        progress.step(_phase(0, len(places)), 0, 1)
        views = saved_views.load(checkpoint, recipes)
        if not views:
            views = [first_view(picture, self.first_observer, settings.view_size)]
            saved_views.save(checkpoint, views, recipes)
        for number in range(len(views), len(places)):
            phase = _phase(number, len(places))
            field = self._learn(views, settings.view_steps, seed, progress, phase)
            new = self._new_view(places[number], views, field)
            hers = requested.pictures.get(number)
            color, mask = (
                (hers.color, hers.mask) if hers else self.outpainter.paint(new, requested.seeds.get(number, seed))
            )
            views = self.register(new, self.observer.observe(color, mask, new.camera))
            saved_views.save(checkpoint, views, recipes)
            progress.preview(views[-1].color.numpy())

        field = self._learn(views, settings.last_steps, seed, progress, REFINING)
        progress.step(MESHING, 0, 1)
        steps = (len(places) - 1) * settings.view_steps + settings.last_steps
        return finished(picture, views, surface_of(field), settings, sdf_steps=steps)

    def _new_view(self, place: Place, views: Sequence[View], field: Field) -> NewView:
        """What is known of the view from `place`."""
        camera = camera_at(place, self.settings.view_size, WINDOW_FIELD_OF_VIEW)
        render = partial(shown_by, field, camera)
        warped = self.settings.seen == "warped"
        return new_view(place, camera, views, RayCaster(surface_of(field)), render, warped=warped)

    def _learn(self, views: Sequence[View], steps: int, seed: int, progress: Progress, phase: Message) -> Field:
        """The field after `steps` of training on `views`."""
        progress.step(phase, 0, steps + 1)
        generator = torch.Generator(self.device).manual_seed(seed + len(views))
        settings = self.settings

        def on_step(done: int) -> None:
            progress.step(phase, done, steps + 1)

        if settings.representation == "voxels":
            schedule = replace(Schedule(steps), rays=settings.rays)
            return learn(views, settings.volume, schedule, generator, on_step)
        return learn_by_network(views, settings, steps, generator, on_step)

    def _plan(self, progress: Progress, count: int) -> None:
        step, view = SHARE_OF_A_STEP, 1 + SHARE_OF_A_STEP * self.settings.view_steps
        phases = [(_phase(0, count), 1.0)]
        for number in range(1, count):
            phases += [(_phase(number, count), view), *self.outpainter.phases(number)]
        progress.plan([*phases, (REFINING, 1 + step * self.settings.last_steps), (MESHING, 3.0)])


def _phase(number: int, count: int) -> Message:
    return Message("view", {"number": number + 1, "count": count})
