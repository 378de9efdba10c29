# SPDX-License-Identifier: GPL-3.0-or-later
"""DreamTexture from its task to its reconstruction: which models, which of the two pipelines."""

from __future__ import annotations

from engine.mesh.confidence import at_projected_vertices
from engine.mesh.picture_view import VIEW, seen_in_crop
from engine.methods.dreamtexture.descriptor import DreamTexture
from engine.methods.dreamtexture.draft import DraftPipeline
from engine.methods.interface import Reconstruction, Task
from engine.surface.estimator import load_estimator

NO_GUIDANCE = "none"
"""What a result made without score distillation names as its guidance."""


def run(task: Task) -> Reconstruction:
    """Raises InputError where a model isn't there, Cancelled when cancelled, StageError where no surface is found."""
    settings = task.settings
    assert isinstance(settings, DreamTexture)
    estimator = task.models.get(load_estimator, task.job.estimator, task.device)
    name = NO_GUIDANCE
    if settings.distils:
        # A second of imports, which a draft can do without.
        from engine.guidance import load_guidance, takes_words
        from engine.methods.dreamtexture.pipeline import DreamTexturePipeline

        words = task.object_words() if takes_words(task.job.guidance, task.device) else task.job.object
        guidance = task.models.get(load_guidance, task.job.guidance, device=task.device, object_words=words)
        name = guidance.name
        task.begin(name)
        task.progress.log(f"Guidance: {name}, {guidance.reason}.")
        pipeline = DreamTexturePipeline(guidance, estimator, settings, task.device)
        output = pipeline(task.picture, seed=task.job.seed, progress=task.progress, checkpoint=task.checkpoint)
    else:
        task.begin(name)
        output = DraftPipeline(estimator, settings)(task.picture, progress=task.progress)
    texture = task.picture.texture(settings.texture_size)
    return Reconstruction(
        crop=task.picture.crop,
        depth=output.depth,
        normal=output.normal,
        mask=output.mask,
        confidence=output.confidence,
        texture=texture,
        mesh=output.mesh,
        normal_map=output.normal_map,
        vertex_confidence=at_projected_vertices(output.mesh, output.confidence),
        picture_view=seen_in_crop(output.mesh, texture, min(task.picture.crop.size, VIEW)),
        quality=output.quality,
        models={"guidance": name, "estimator": estimator.name},
        coordinates=output.coordinates,
    )
