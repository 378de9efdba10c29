# SPDX-License-Identifier: GPL-3.0-or-later
"""The visible surface as a mesh: one vertex for each pixel, and a rim of quads that ends on the object's contour.

Quads between pixel centres alone would end in stairs. So they are wrapped in one more layer of quads, whose outer
vertices slide onto the contour while the vertices behind them are smoothed: pillowing, from grid-based quadrilateral
meshing (Schneiders, "A grid-based algorithm for the generation of hexahedral element meshes", 1996; Mitchell and
Tautges, "Pillowing doublets", 1995). Each quad of the rim has then exactly one edge on the contour, none gets flat.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, correlate1d, map_coordinates
from scipy.sparse import coo_array
from scipy.spatial import cKDTree
from skimage.measure import find_contours

from engine.errors import StageError
from engine.mesh.mesh import Mesh
from engine.mesh.rim import Rim, smooth_depth
from engine.mesh.unfold import unfolded

CONTOUR_SAMPLES = 8  # points on each of the contour's segments, which are at most a pixel's diagonal long
SLIDES = 8  # rounds of spreading the outer vertices along the contour
SMOOTHINGS = 12  # rounds of smoothing behind them
MIN_CROSS = 0.03  # smallest cross product at a quad's corner, square pixels (1 in a square)
MAX_SLOPE = 4.0  # of what is extrapolated to the contour
REACH = 4  # pixels that extrapolation reaches at most

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def drape_mesh(
    depth: NDArray[np.floating], coordinates: NDArray[np.floating], coverage: NDArray[np.floating], *, size: float
) -> Mesh:
    """The mesh of a surface given on the pixels of a square crop.

    depth: (N, N), z towards the camera in half crops; NaN outside the object.
    coordinates: (N, N, 2) texture coordinates, u right, v up; the identity map covers -1..1. Read where depth is.
    coverage: (N, N) 0..1, how much of each pixel the object covers; its 0.5 contour, interpolated between the pixels'
        centres, is the mesh's outline. Depth is extrapolated to it, by about a pixel: farther than that from pixels
        with depth is outside. Along the outline depth is smooth (`rim`).
    size: longest side of the mesh's bounding box, metres.

    All parts and holes of the object are kept; depth jumps are bridged. Raises StageError where the object is too thin
    for a single quad.
    """
    known = np.isfinite(depth)
    covered = np.where(binary_dilation(known, np.ones((3, 3), bool)), coverage, 0.0).astype(np.float64)
    pixels, faces = _grid(_covered_quads(covered))
    if not len(faces):
        raise StageError("object-thin-mesh")
    positions, faces, rim = _fit_to_contour(pixels, faces, covered)

    n = len(depth)
    fields = _extrapolate(np.dstack([depth, coordinates]).astype(np.float64), known, MAX_SLOPE * 2 / n)
    z, u, v = (
        map_coordinates(field, [-positions[:, 1], positions[:, 0]], order=1) for field in np.moveaxis(fields, 2, 0)
    )
    seen = (2 * positions + [1, -1]) / n + [-1, 1]
    z = smooth_depth(z, seen, faces, rim)
    corners = np.concatenate([np.roll(faces, k, axis=1)[:, :3] for k in range(4)])
    flat = unfolded(np.stack([u, v], 1), seen, corners)

    vertices = np.stack([seen[:, 0], -z, seen[:, 1]], 1)
    low, high = vertices.min(0), vertices.max(0)
    origin = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    vertices = (vertices - origin) * (size / (high - low).max())
    per_corner = [(uv[faces] + 1) / 2 for uv in (flat, seen)]
    return Mesh(vertices.astype(np.float32), faces.astype(np.int32), *(uv.astype(np.float32) for uv in per_corner))


def _covered_quads(coverage: Floats) -> NDArray[np.bool_]:
    """Which of the (N-1, N-1) quads between pixel centres are at least half covered.

    Where two of them touch in a corner only, the better covered of the two quads between them is added.
    """
    mean = (coverage[:-1, :-1] + coverage[:-1, 1:] + coverage[1:, :-1] + coverage[1:, 1:]) / 4
    quads = np.pad(mean >= 0.5, 1)
    mean = np.pad(mean, 1)
    while True:
        a, b, c, d = quads[:-1, :-1], quads[:-1, 1:], quads[1:, :-1], quads[1:, 1:]
        down, up = a & d & ~b & ~c, b & c & ~a & ~d
        if not (down | up).any():
            return quads[1:-1, 1:-1]
        right_of_down = mean[:-1, 1:] >= mean[1:, :-1]
        right_of_up = mean[1:, 1:] >= mean[:-1, :-1]
        b |= down & right_of_down
        c |= down & ~right_of_down
        d |= up & right_of_up
        a |= up & ~right_of_up


def _grid(quads: NDArray[np.bool_]) -> tuple[Floats, Ints]:
    """Vertices (V, 2) in pixels, x right and y up from the first pixel's centre; faces (F, 4), counter-clockwise."""
    n = len(quads) + 1
    corner = np.flatnonzero(np.pad(quads, ((0, 1), (0, 1))))
    used, faces = np.unique(corner[:, None] + [n, n + 1, 1, 0], return_inverse=True)
    return np.stack([used % n, -(used // n)], 1).astype(np.float64), faces.reshape(-1, 4)


def _fit_to_contour(pixels: Floats, faces: Ints, coverage: Floats) -> tuple[Floats, Ints, Rim]:
    """The grid's vertices and faces with one more layer, whose outer vertices, the rim, lie on the contour of
    `coverage`.
    """
    count = len(pixels)
    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    open_edge = ~np.isin(start * count + end, end * count + start)
    start, end = start[open_edge], end[open_edge]
    rim, start_rank = np.unique(start, return_inverse=True)
    end_rank = np.searchsorted(rim, end)
    following, preceding = np.empty_like(rim), np.empty_like(rim)
    following[start_rank], preceding[end_rank] = end_rank, start_rank
    layer = np.stack([start, count + start_rank, count + end_rank, end], 1)
    faces = np.concatenate([faces, layer])

    # A layer that is certainly valid: outwards, so little that it meets nothing.
    inner = pixels[rim]
    edges = (inner[following] - inner, inner - inner[preceding])
    outwards = sum(np.stack([edge[:, 1], -edge[:, 0]], 1) for edge in edges)
    valid = np.concatenate([pixels, inner + 0.2 * outwards])

    # The wanted one: on the contour, evenly spread, and smooth behind it.
    contour = cKDTree(_contour(coverage))
    outer = contour.data[contour.query(inner)[1]]
    for _ in range(SLIDES):
        outer = (2 * outer + outer[following] + outer[preceding]) / 4
        outer = contour.data[contour.query(outer)[1]]
    behind = np.unique(faces[np.isin(faces, rim).any(1)])
    wanted = _smooth(np.concatenate([pixels, outer]), faces, behind[behind < count])
    return _keep_valid(valid, wanted, faces), faces, Rim(count + np.arange(len(rim)), following)


def _contour(coverage: Floats) -> Floats:
    """Points (P, 2) on the 0.5 contour of `coverage`, closely spaced; x right, y up from the first pixel's centre."""
    weight = np.arange(CONTOUR_SAMPLES)[:, None, None] / CONTOUR_SAMPLES
    lines = [line - 1 for line in find_contours(np.pad(coverage, 1), 0.5)]
    points = np.concatenate([((1 - weight) * line[:-1] + weight * line[1:]).reshape(-1, 2) for line in lines])
    return np.stack([points[:, 1], -points[:, 0]], 1)


def _smooth(positions: Floats, faces: Ints, movable: Ints) -> Floats:
    """`positions` with the `movable` vertices drawn to the mean of their neighbours, again and again."""
    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    both = np.concatenate([start, end]), np.concatenate([end, start])
    neighbours = coo_array((np.ones(len(both[0])), both), shape=(len(positions),) * 2).tocsr()[movable]
    degree = neighbours.sum(1)[:, None]
    positions = positions.copy()
    for _ in range(SMOOTHINGS):
        positions[movable] = neighbours @ positions / degree
    return positions


def _keep_valid(valid: Floats, wanted: Floats, faces: Ints) -> Floats:
    """The `wanted` positions, but drawn back to the `valid` ones where a quad would be flat, concave or turned over."""
    share = np.ones(len(valid))
    while True:
        positions = valid + share[:, None] * (wanted - valid)
        corners = positions[faces]
        ahead, back = np.roll(corners, -1, axis=1) - corners, np.roll(corners, 1, axis=1) - corners
        cross = ahead[..., 0] * back[..., 1] - ahead[..., 1] * back[..., 0]
        bad = np.unique(faces[(cross < MIN_CROSS).any(1)])
        if not share[bad].any():
            return positions
        share[bad] = np.where(share[bad] > 0.2, share[bad] / 2, 0)


def _extrapolate(fields: Floats, known: NDArray[np.bool_], max_slope: float) -> Floats:
    """`fields` (N, N, C) continued from the `known` pixels (N, N) to those within REACH; 0 beyond.

    Moving least squares of first degree (Lancaster and Salkauskas, "Surfaces generated by moving least squares
    methods", 1981) with Gaussian weights of one pixel; slopes are cut at `max_slope` a pixel, since a silhouette's
    are unbounded.
    """
    offsets = np.arange(-REACH, REACH + 1.0)
    weight = np.exp(-(offsets**2) / 2)

    def moment(values: Floats, x_power: int, y_power: int) -> Floats:
        rows = correlate1d(values, weight * offsets**y_power, axis=0, mode="constant")
        return correlate1d(rows, weight * offsets**x_power, axis=1, mode="constant")

    inside = known.astype(np.float64)
    values = np.where(known[..., None], fields, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = moment(inside, 0, 0)
        mean_x, mean_y = moment(inside, 1, 0) / total, moment(inside, 0, 1) / total
        mean = moment(values, 0, 0) / total[..., None]
        # Covariances; a trace more keeps lines one pixel wide solvable.
        xx = moment(inside, 2, 0) / total - mean_x**2 + 1e-4
        yy = moment(inside, 0, 2) / total - mean_y**2 + 1e-4
        xy = (moment(inside, 1, 1) / total - mean_x * mean_y)[..., None]
        fx = moment(values, 1, 0) / total[..., None] - mean_x[..., None] * mean
        fy = moment(values, 0, 1) / total[..., None] - mean_y[..., None] * mean
        xx, yy, mean_x, mean_y = xx[..., None], yy[..., None], mean_x[..., None], mean_y[..., None]
        determinant = xx * yy - xy**2
        slope_x, slope_y = (yy * fx - xy * fy) / determinant, (xx * fy - xy * fx) / determinant
        cut = np.minimum(1, max_slope / np.hypot(slope_x, slope_y))
        continued = mean - cut * (slope_x * mean_x + slope_y * mean_y)
    return np.where(known[..., None], fields, np.where(total[..., None] > 0, continued, 0.0))
