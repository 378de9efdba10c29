# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of how much a texture is stretched."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.geometry.distortion import distortion, stretch
from engine.geometry.triangles import Triangles
from tests.engine.geometry.analytic_shapes import hemisphere, inclined_plane, picture_plane

MASK = np.ones((16, 16), bool)
FLAT = np.zeros((16, 16))
SQUARE = Triangles(
    np.array([[-0.5, 0, -0.5], [0.5, 0, -0.5], [0.5, 0, 0.5], [-0.5, 0, 0.5]], np.float32),
    np.array([[0, 1, 2], [0, 2, 3]]),
)
CHARTS = (SQUARE.vertices[:, [0, 2]] + 0.5)[SQUARE.faces]


def test_a_similarity_distorts_nothing() -> None:
    """Turned, moved and five times as large, on an inclined plane."""
    plane = inclined_plane(24, 1.5)
    figures = distortion(plane.depth, 5 * plane.coordinates @ [[0.6, 0.8], [-0.8, 0.6]] + 1, plane.mask)
    assert figures.conformal_energy == pytest.approx(0, abs=1e-12)
    assert figures.stretch_area == pytest.approx(0, abs=1e-9)
    assert figures.stretch_angle == pytest.approx(0, abs=1e-5)
    assert figures.foldovers == 0


def test_twice_as_wide() -> None:
    """Singular values 2 and 1: energy (2 - 1)^2 per area of 2, angles off by 2 arcsin(1/3), all areas alike."""
    figures = distortion(FLAT, picture_plane(16) * [2, 1], MASK)
    assert figures.conformal_energy == pytest.approx(0.5)
    assert figures.stretch_angle == pytest.approx(2 * np.degrees(np.arcsin(1 / 3)))
    assert figures.stretch_area == pytest.approx(0, abs=1e-12)


def test_a_mirrored_texture_is_all_folds() -> None:
    """Every triangle lies turned over; angles are off by as much as they can be."""
    figures = distortion(FLAT, picture_plane(16) * [-1, 1], MASK)
    assert figures.foldovers == 4 * 15 * 15
    assert figures.stretch_angle == pytest.approx(180)
    assert figures.conformal_energy == pytest.approx(4)


def test_one_vertex_pulled_across_its_neighbours_is_counted() -> None:
    """Only the triangles round it."""
    coordinates = picture_plane(16)
    coordinates[8, 8] += [0.3, 0]
    assert 0 < distortion(FLAT, coordinates, MASK).foldovers <= 12


def test_a_sphere_can_only_be_mapped_with_areas_stretched() -> None:
    """Stereographically angles are right and areas wrong, in the picture plane areas and angles are wrong."""
    shape = hemisphere(64)
    stereographic = distortion(shape.depth, shape.coordinates, shape.mask)
    plane = distortion(shape.depth, picture_plane(64), shape.mask)
    assert stereographic.stretch_angle < 4 < 20 < plane.stretch_angle
    assert stereographic.stretch_area > 0.2
    assert stereographic.conformal_energy < 0.05 * plane.conformal_energy


def test_a_collapsed_texture_has_finite_figures() -> None:
    """All triangles lie flat."""
    figures = distortion(FLAT, picture_plane(16) * 0, MASK)
    assert figures.foldovers == 4 * 15 * 15
    assert all(np.isfinite([figures.conformal_energy, figures.stretch_area, figures.stretch_angle]))


def test_a_similar_chart_is_not_stretched() -> None:
    assert stretch(SQUARE, 0.3 * CHARTS) == pytest.approx((0, 0), abs=1e-4)


def test_a_chart_twice_as_long_in_one_direction() -> None:
    """Both triangles alike, so areas keep their proportions; angles change by 2 arcsin(1 / 3)."""
    area, angle = stretch(SQUARE, CHARTS * np.array([2, 1], np.float32))
    assert area == pytest.approx(0, abs=1e-5)
    assert angle == pytest.approx(2 * math.degrees(math.asin(1 / 3)), abs=1e-3)


def test_one_triangle_larger_than_the_other() -> None:
    charts = CHARTS.copy()
    charts[1] *= 2  # four times the area: log2 is 2 against 0, each 1 off the mean
    assert stretch(SQUARE, charts) == pytest.approx((1, 0), abs=1e-3)


def test_a_triangle_turned_over() -> None:
    charts = CHARTS.copy()
    charts[1] *= np.array([-1, 1], np.float32)
    assert stretch(SQUARE, charts) == pytest.approx((0, 90), abs=1e-3)
