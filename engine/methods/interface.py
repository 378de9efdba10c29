# SPDX-License-Identifier: GPL-3.0-or-later
"""What every method is given, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from engine.checkpoint import Checkpoint
from engine.contract.settings import Job
from engine.contract.view_requests import ViewRequests
from engine.field.view import View
from engine.loaded_models import LoadedModels
from engine.mesh.mesh import Mesh
from engine.picture.picture import Crop, Floats, Picture
from engine.progress import Progress


@dataclass(frozen=True)
class Task:
    """A picture to reconstruct, and everything that is needed for it. Where the result goes is not the method's
    business.
    """

    picture: Picture
    job: Job
    """Which models, which seed, which files of depth and normals."""
    settings: Any
    """Of the class that the method's descriptor names."""
    views: ViewRequests
    device: torch.device
    models: LoadedModels
    progress: Progress
    checkpoint: Checkpoint
    object_words: Callable[[], str]
    """What the object is, in a few words; empty where nobody says it. May ask a model, so call it only if needed."""
    begin: Callable[[str], None]
    """To be called with the name of the model that decides the result, when all models are there and before anything
    is computed. Raises InputError where a resumed job was begun with another one."""


@dataclass
class Reconstruction:
    """The surface that a method found; images (N, N, ...) over the crop, row 0 on top."""

    crop: Crop
    """The square of the upright picture that was reconstructed."""
    depth: Floats
    """(N, N) towards the camera in half crops, NaN outside the object."""
    normal: Floats
    """(N, N, 3) unit: x right, y up, z towards the camera; NaN outside."""
    mask: Floats
    """(N, N) the object's coverage of each pixel, 0..1."""
    confidence: Floats
    """(N, N) as `mesh.confidence.confidence_of` defines it."""
    texture: Floats
    """(T, T, 3) sRGB 0..1, row 0 on top."""
    mesh: Mesh
    """In the scene's frame."""
    vertex_confidence: Floats
    """(V,) the confidence at the mesh's vertices."""
    picture_view: Floats
    """(N, N, 4) what the picture's camera sees of the textured mesh over the crop: sRGB and alpha, straight."""
    quality: dict[str, Any]
    """Figures of the method's own, and its verdict: "good", "doubtful" or "collapsed"."""
    models: Mapping[str, str]
    """What each model was for, and its name."""
    normal_map: Floats | None = None
    """(T, T, 3) 0..1, row 0 on top, as `mesh.normal_map` makes it; for `uv_picture`."""
    coordinates: Floats | None = None
    """(N, N, 2) texture coordinates of a virtual texture in half crops, u right, v up."""
    views: Sequence[View] = ()
    """The input view first; cameras and depths in the scene's frame and units."""
