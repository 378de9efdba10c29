# SPDX-License-Identifier: GPL-3.0-or-later
"""Sparse systems."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from engine.geometry.sparse import factorized, scaled


def test_rows_are_scaled() -> None:
    operator = sp.csr_array(np.array([[1.0, 0, 2], [0, 0, 0], [0, 3, 4]]))
    assert scaled(operator, np.array([2.0, 9, -1])).toarray().tolist() == [[2, 0, 4], [0, 0, 0], [0, -3, -4]]


def test_a_chain_without_an_anchor_is_solved_round_zero() -> None:
    """Its constant is free, and the right side sums to 0."""
    steps = sp.diags_array([np.full(5, -1.0), np.ones(5)], offsets=[0, 1], shape=(5, 6)).tocsr()
    found = factorized(steps.T @ steps).solve(steps.T @ np.array([1.0, 2, 0, -1, 3]))
    np.testing.assert_allclose(np.diff(found), [1, 2, 0, -1, 3], atol=1e-5)
    assert abs(found.mean()) < 1e-5
