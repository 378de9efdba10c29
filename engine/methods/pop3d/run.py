# SPDX-License-Identifier: GPL-3.0-or-later
"""POP3D from its task to its reconstruction: what is known of the picture's surface, who paints, who observes."""

from __future__ import annotations

from pathlib import Path

from engine.mesh.confidence import at_seen_vertices, confidence_of
from engine.mesh.picture_view import VIEW, seen_by
from engine.methods.interface import Reconstruction, Task
from engine.methods.pop3d import requested_views
from engine.methods.pop3d.cameras import orbit
from engine.methods.pop3d.descriptor import POP3D
from engine.methods.pop3d.diffusion_outpainter import DiffusionOutpainter
from engine.methods.pop3d.first_view import framed, on_white
from engine.methods.pop3d.inpainting import InpaintingModel
from engine.methods.pop3d.observation import EstimatingObserver, SeenObserver
from engine.methods.pop3d.outpaint import Outpainter, load_outpainter
from engine.methods.pop3d.pipeline import POP3DPipeline
from engine.methods.pop3d.registration import anchored
from engine.surface import given
from engine.surface.estimator import cutting_out, load_estimator


def run(task: Task) -> Reconstruction:
    """Raises InputError where a model isn't there or what the artist gave doesn't fit, Cancelled when cancelled,
    StageError where a view shows no object.
    """
    job, settings, device = task.job, task.settings, task.device
    assert isinstance(settings, POP3D)
    depth, normal = (Path(name) if name else None for name in (job.depth, job.normal))
    known = given.load_given(depth, normal, task.picture.mask, task.picture.scale)
    picture = framed(task.picture)
    cut_out = cutting_out(task.models, job.estimator, device)
    wishes = requested_views.prepared(task.views, len(orbit(settings.views)), settings.view_size, cut_out)
    estimator = task.models.get(load_estimator, job.estimator, device)
    painter = task.models.get(load_outpainter, job.outpainter, device)
    outpainter: Outpainter
    if isinstance(painter, InpaintingModel):
        learned = task.checkpoint.of_part("personalization")
        outpainter = DiffusionOutpainter(painter, task.object_words(), settings, cut_out, task.progress, learned)
    else:
        outpainter = painter
    task.begin(outpainter.name)
    color, mask = on_white(picture, settings.view_size)
    seen = known.over(estimator.surface(color.numpy(), mask.numpy()), picture.crop)
    observer, first = EstimatingObserver(estimator), SeenObserver(seen, estimator.name)
    pipeline = POP3DPipeline(outpainter, observer, anchored, settings, device, first)
    output = pipeline(picture, seed=job.seed, progress=task.progress, checkpoint=task.checkpoint, requested=wishes)
    confidence = confidence_of(seen)
    camera = output.views[0].camera.resized(min(output.crop.size, VIEW))
    uv = output.mesh.uv_picture.reshape(-1, 2)[output.mesh.triangles]
    return Reconstruction(
        crop=output.crop,
        depth=output.depth,
        normal=output.normal,
        mask=output.mask,
        confidence=confidence,
        texture=output.texture,
        mesh=output.mesh,
        normal_map=output.normal_map,
        vertex_confidence=at_seen_vertices(output.mesh, confidence, output.views[0].camera),
        picture_view=seen_by(camera, output.mesh.surface, uv, output.texture),
        quality=output.quality,
        models={"guidance": "none", "estimator": observer.name, "outpainter": outpainter.name},
        views=output.views,
    )
