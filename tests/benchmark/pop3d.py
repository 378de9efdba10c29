# SPDX-License-Identifier: GPL-3.0-or-later
"""All Round on objects whose whole surface is known.

"truth": the true views in place of the outpainter, their depth up to scale and shift, normals 8 degrees off: the loop
alone. "estimator": the true views, their surface as the embedded estimator sees it. "given": the picture, and depth and
normals of what it shows, such as an artist may have, with the same errors. "embedded": the picture alone.
"inflated": the front's outline blown up to both sides of the object's middle, which is given: what is to be had without
any of this. How far away the object is no picture tells: results are moved along the line of sight until half of the
front lies before the true one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from engine.checkpoint import Checkpoint
from engine.contract.method import methods
from engine.field.view import View
from engine.geometry.triangles import RayCaster, Triangles
from engine.methods.pop3d.cameras import orbit
from engine.methods.pop3d.descriptor import POP3D
from engine.methods.pop3d.first_view import on_white
from engine.methods.pop3d.observation import EstimatingObserver, SeenObserver
from engine.methods.pop3d.outpaint import EmbeddedOutpainter
from engine.methods.pop3d.output import POP3DOutput
from engine.methods.pop3d.pipeline import POP3DPipeline
from engine.methods.pop3d.registration import anchored
from engine.progress import Progress, Report
from engine.surface.embedded import EmbeddedEstimator
from tests.benchmark.measuring import tables
from tests.benchmark.orbit.baselines import inflated
from tests.benchmark.orbit.measures import distances
from tests.benchmark.orbit.oracles import TrueObserver, TruePainter, free, given
from tests.benchmark.orbit.truth import Truth, framed_truth

CPU = torch.device("cpu")
OBJECTS = ("suzanne", "cup", "chair")
AZIMUTHS = (0, 45)
METHODS = ("truth", "estimator", "given", "embedded", "inflated")
HEADER = ("object", "method", "chamfer seen", "F seen", "chamfer", "F", "least IoU", "IoU", "PSNR", "seconds")


def table(*arguments: str) -> str:
    """A row for each object and method: chamfer distance in half-diagonals and F-score at 0.05, over the part of the
    surface that the true views see and over the whole; least silhouette IoU of the views that the mesh was made
    from, and that of the front; PSNR of the front in dB, inside the mask; processor seconds.
    """
    parser = argparse.ArgumentParser(prog="bench pop3d", description=__doc__)
    parser.add_argument("--objects", nargs="+", default=OBJECTS, help="also: cube, figure")
    parser.add_argument("--azimuths", nargs="+", type=int, default=AZIMUTHS, metavar="DEGREES")
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS)
    parser.add_argument("--preset", default="standard", choices=methods()["pop3d"].presets)
    parser.add_argument("--views", default="ring", choices=("ring", "ring+caps"))
    options = parser.parse_args(arguments)
    chosen = methods()["pop3d"].resolve(options.preset, {"views": options.views})
    torch.set_num_threads(1)
    rows = [
        _row(framed_truth(name, azimuth), f"{name} {azimuth}", method, chosen)
        for name in options.objects
        for azimuth in options.azimuths
        for method in options.methods
    ]
    text = tables.markdown(HEADER, rows)
    tables.save("pop3d.md", text)
    return text


def _row(truth: Truth, name: str, method: str, chosen: POP3D) -> tuple[str, ...]:
    views = [truth.view(place, chosen.view_size) for place in orbit(chosen.views)]
    began = time.process_time()
    if method == "inflated":
        surface, figures = inflated(views[0]), ["", "", ""]
    else:
        output = _reconstructed(truth, views, method, chosen)
        surface, quality = _in_world(output, views), output.quality
        figures = [f"{quality[key]:.3f}" for key in ("lowest_silhouette_iou", "silhouette_iou")]
        figures.append(f"{quality['picture_psnr']:.1f}")
    seconds = time.process_time() - began
    if method in ("estimator", "given", "embedded"):
        surface = _at_true_distance(surface, views[0])
    seen, whole = distances(surface, truth.mesh, views, truth.half_diagonal)
    measured = (f"{seen.chamfer:.4f}", f"{seen.f_score:.3f}", f"{whole.chamfer:.4f}", f"{whole.f_score:.3f}")
    return (name, method, *measured, *figures, f"{seconds:.0f}")


def _reconstructed(truth: Truth, views: Sequence[View], method: str, chosen: POP3D) -> POP3DOutput:
    estimator = EmbeddedEstimator.load(CPU)
    estimating, picture = EstimatingObserver(estimator), truth.picture()
    if method == "truth":
        pipeline = POP3DPipeline(
            TruePainter(views), TrueObserver(views), free(torch.Generator().manual_seed(0)), chosen, CPU
        )
    else:
        painter = TruePainter(views) if method == "estimator" else EmbeddedOutpainter.load(CPU)
        first = None
        if method == "given":
            color, mask = on_white(picture, chosen.view_size)
            seen = estimator.surface(color.numpy(), mask.numpy())
            first = SeenObserver(given(truth).over(seen, picture.crop), "given")
        pipeline = POP3DPipeline(painter, estimating, anchored, chosen, CPU, first)
    with tempfile.TemporaryDirectory() as folder:
        progress = Progress(_Silent(), Path(folder))
        return pipeline(picture, seed=0, progress=progress, checkpoint=Checkpoint(Path(folder)))


def _in_world(output: POP3DOutput, views: Sequence[View]) -> Triangles:
    """The output's mesh back in world units, by its first and last cameras, which are those of the true `views`."""
    ours, theirs = ([each[k].camera.eye for k in (0, -1)] for each in (output.views, views))
    scale = float((ours[0] - ours[1]).norm() / (theirs[0] - theirs[1]).norm())
    origin = (theirs[0] - ours[0] / scale).numpy()
    return Triangles(output.mesh.vertices / scale + origin, output.mesh.faces.astype(np.int64))


def _at_true_distance(surface: Triangles, front: View) -> Triangles:
    """`surface` moved along the line of sight until half of what one sees lies before the true `front`."""
    depth = torch.from_numpy(RayCaster(surface).view(front.camera)[1])
    both = front.mask & depth.isfinite()
    shift = float((front.depth - depth)[both].median())
    return Triangles(surface.vertices + np.array([0, shift, 0], np.float32), surface.faces)


class _Silent:
    """Listens to the progress and says nothing."""

    def progress(self, report: Report) -> None:
        pass

    def preview(self, file: str) -> None:
        pass
