# SPDX-License-Identifier: GPL-3.0-or-later
"""Cut an object out of its picture: two guesses, each refined by GrabCut, and the better one.

1. First guess: how far is each pixel from the picture's border, when only colour edges count as distance? That geodesic
   distance (Wei et al., "Geodesic saliency using background priors", 2012) separates objects from plain, shaded and
   blurred backgrounds alike, as it needs edges but no single background colour; on backgrounds too textured for it, all
   but the frame round the picture. Second guess: a network's, which knows what objects look like.
2. GrabCut (Rother et al. 2004) goes on from each. Lines that run off the picture are dropped, and holes that don't look
   like background are filled.
3. The second is kept if it has clearly more merit: the colours of object and background differ much, and the contour is
   short.
4. A guided filter (He et al. 2013; its coefficients computed at low resolution: He and Sun, "Fast guided filter",
   2015) puts the edge where the picture has it, antialiased, at full resolution.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import rel_entr
from skimage.filters import threshold_otsu
from skimage.graph import MCP_Geometric

from engine.geometry.parts import keep_parts, labelled_parts

WORKING_SIZE = 400  # longest side all but the last step runs at, pixels
FRAME = 1 / 40  # width of the frame that shows the background, as a share of the longest side
MAX_TEXTURE = 6.0  # colour change a pixel (Lab) in the frame above which edges don't tell the object
MIN_CONTRAST = 5.0  # geodesic distance (Lab) under which there is no object
SURE = 0.05  # pixels nearer to the border than this share of the threshold are background for certain
CERTAIN = 0.995  # probability above which, or below its complement, the network's guess stands
OBJECT = (cv2.GC_FGD, cv2.GC_PR_FGD)
ITERATIONS = 4
CONTOUR = 0.02  # cost of the contour; this and the margin were chosen on pictures of `build.py bench cutouts`
MARGIN = 0.02  # by which the network's guess must be better: of two right ones the first has the finer edges
PART = 0.02  # parts of the cut-out under this share of its largest part are dropped
SMALL_HOLE = 0.003  # holes under this share of the object are filled
BACKGROUND_COLOUR = 6.0  # larger holes too, if they differ more than this (Lab) from all of the background
EDGE_RADIUS, EDGE_SMOOTHNESS = 3, 1e-5  # of the guided filter: pixels at the working size, squared sRGB
EDGE_WEIGHT = 0.05  # of the mixed pixels along the edge in the guided filter

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def cut_out(rgb: Floats, look: Callable[[Floats], Floats]) -> Floats:
    """The coverage (H, W) float32 0..1 of the object in `rgb` (H, W, 3) float32 sRGB 0..1; all 0 if none is found.

    `look` gives the probability (h, w) 0..1 of being object in a picture (h, w, 3) of at most WORKING_SIZE.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, WORKING_SIZE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.float32)
    geodesic = _geodesic_guess(small)
    if not _undecided(geodesic):
        return np.zeros((height, width), np.float32)
    best = _refined(small, geodesic)
    seen = _labels(look(small))
    if _undecided(seen):
        other = _refined(small, seen)
        if _merit(other, small) > _merit(best, small) + MARGIN:
            best = other
    return fit_to_edges(keep_parts(best.astype(np.float32), PART), small, rgb)


def fit_to_edges(mask: Floats, small: Floats, rgb: Floats) -> Floats:
    """The `mask` of `small` at the resolution of `rgb`, the same picture, with its edge fitted to the picture's.

    Near the edge the coverage is a linear function of the colour, fitted in the window round each pixel. The pixels
    along the edge, which mix object and background, hardly count in the fit: it is made on those beside them.
    """
    kernel, window = np.ones((3, 3), np.uint8), (2 * EDGE_RADIUS + 1,) * 2
    edge = cv2.dilate(mask, kernel) - cv2.erode(mask, kernel)
    weight = np.where(edge > 0, EDGE_WEIGHT, 1.0)[..., None]
    products = [small * small[..., [channel]] for channel in range(3)]
    sums = cv2.blur(np.dstack([weight, weight * np.dstack([small, mask, small * mask[..., None], *products])]), window)
    means = sums[..., 1:] / sums[..., :1]
    mean_rgb, mean_mask = means[..., :3], means[..., 3]
    with_mask = means[..., 4:7] - mean_rgb * mean_mask[..., None]
    covariance = means[..., 7:].reshape(*mask.shape, 3, 3) - mean_rgb[..., :, None] * mean_rgb[..., None, :]
    slope = np.linalg.solve(covariance + EDGE_SMOOTHNESS * np.eye(3), with_mask[..., None])[..., 0]
    offset = mean_mask - (slope * mean_rgb).sum(2)

    def enlarge(values: NDArray[np.floating]) -> Floats:
        return np.asarray(cv2.resize(values.astype(np.float32), rgb.shape[1::-1]), np.float32)

    fitted = enlarge(cv2.blur(offset, window))
    for channel in range(3):  # one at a time: these have the picture's full size
        fitted += enlarge(cv2.blur(slope[..., channel], window)) * rgb[..., channel]
    # Only at the edge: elsewhere the window holds one label, and the fit is that label but for rounding.
    return np.where(enlarge(edge) > 0, np.clip(fitted, 0, 1), np.round(enlarge(mask))).astype(np.float32)


def _labels(probability: Floats) -> NDArray[np.uint8]:
    """GrabCut's labels (H, W) for a probability (H, W) of being object."""
    likely = np.where(probability > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    sure = np.where(probability > 0.5, cv2.GC_FGD, cv2.GC_BGD)
    return np.where(np.abs(probability - 0.5) > CERTAIN - 0.5, sure, likely).astype(np.uint8)


def _undecided(labels: NDArray[np.uint8]) -> bool:
    """Whether `labels` hold some of either kind, object and background, so that there is something to refine."""
    return bool(np.isin(labels, OBJECT).any() and (labels == cv2.GC_BGD).any())


def _refined(rgb: Floats, labels: NDArray[np.uint8]) -> Mask:
    """The mask (H, W) that GrabCut makes of `labels`."""
    cv2.setRNGSeed(0)  # its k-means draws from OpenCV's generator
    pixels, models = np.round(rgb * 255).astype(np.uint8), (np.zeros((1, 65)), np.zeros((1, 65)))
    labels = labels.copy()
    cv2.grabCut(pixels, labels, (0, 0, 0, 0), *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    return _fill_holes(_drop_lines_to_border(np.isin(labels, OBJECT)), rgb)


def _merit(mask: Mask, rgb: Floats) -> float:
    """How good a cut-out `mask` (H, W) is: the Jensen-Shannon divergence (nats) between the colours of object and
    background, less what the contour costs by its length, in roots of the object's area.
    """
    if mask.all() or not mask.any():
        return -np.inf
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
    bins = (lab / [12.5, 16, 16] + np.array([0, 8, 8])).astype(int) @ [256, 16, 1]
    inside, outside = (np.bincount(bins[part], minlength=2304) / part.sum() for part in (mask, ~mask))
    mean = (inside + outside) / 2
    divergence = (rel_entr(inside, mean) + rel_entr(outside, mean)).sum() / 2
    contour = sum(np.count_nonzero(np.diff(mask, axis=axis)) for axis in (0, 1)) / np.sqrt(mask.sum())
    return float(divergence - CONTOUR * contour)


def _geodesic_guess(rgb: Floats) -> NDArray[np.uint8]:
    """GrabCut's labels (H, W) by the distance from the border."""
    lab = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), (0, 0), 1.0)
    slopes = [cv2.Sobel(lab, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1))]
    change = np.sqrt(np.sum(np.square(slopes), axis=(0, 3)))

    width = max(1, round(max(change.shape) * FRAME))
    frame = np.ones(change.shape, bool)
    frame[width:-width, width:-width] = False
    texture = float(np.percentile(change[frame], 90))
    if texture > MAX_TEXTURE:
        return np.where(frame, cv2.GC_BGD, cv2.GC_PR_FGD).astype(np.uint8)

    # Start from those pixels of the border whose colour is frequent there: the object may reach it, too.
    border = np.ones(change.shape, bool)
    border[1:-1, 1:-1] = False
    colours = lab[border]
    frequency = (np.linalg.norm(colours[:, None] - colours, axis=2) < 12).mean(1)
    starts = np.argwhere(border)[frequency >= min(0.08, float(np.median(frequency)))]
    distance, _ = MCP_Geometric(np.maximum(change - texture, 0) + 1e-3).find_costs(starts)
    if distance.max() < MIN_CONTRAST:
        return np.full(change.shape, cv2.GC_BGD, np.uint8)
    threshold = threshold_otsu(np.sqrt(distance)) ** 2
    labels = np.where(distance > threshold, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    return np.ascontiguousarray(np.where(distance < SURE * threshold, cv2.GC_BGD, labels), np.uint8)


def _drop_lines_to_border(mask: Mask) -> Mask:
    """`mask` without the lines, up to two pixels wide, that reach the picture's border: horizons, a table's edge."""
    kernel = np.ones((3, 3), np.uint8)
    thick = cv2.dilate(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel), kernel) > 0
    lines = labelled_parts(mask & ~thick)
    at_border = np.unique(np.concatenate([lines[[0, -1]].ravel(), lines[:, [0, -1]].ravel()]))
    return mask & ~np.isin(lines, at_border[at_border > 0])


def _fill_holes(mask: Mask, rgb: Floats) -> Mask:
    """`mask` with its small holes filled, and those larger ones whose colours don't occur in the background."""
    outside = labelled_parts(~mask, connectivity=4)
    areas = np.bincount(outside.ravel())
    at_border = np.unique(np.concatenate([outside[[0, -1]].ravel(), outside[:, [0, -1]].ravel()]))
    holes = np.setdiff1d(np.arange(1, len(areas)), at_border)
    small = areas[holes] < SMALL_HOLE * mask.sum()
    filled = mask | np.isin(outside, holes[small])
    if small.all():
        return filled
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
    colours = np.unique(lab[np.isin(outside, at_border[at_border > 0])], axis=0)  # trees of equal points are slow
    background = cKDTree(colours)
    for hole in holes[~small]:
        inside = outside == hole
        if np.median(background.query(lab[inside])[0]) > BACKGROUND_COLOUR:
            filled |= inside
    return filled
