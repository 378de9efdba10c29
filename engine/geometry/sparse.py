# SPDX-License-Identifier: GPL-3.0-or-later
"""Sparse linear systems: scaling of operators and factorisation."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import SuperLU, splu

Floats = NDArray[np.float64]

TETHER = 1e-7  # share of the mean diagonal; holds what a system leaves free, such as each part's constant


def scaled(operator: sp.csr_array, weights: Floats) -> sp.csr_array:
    """`operator` with each row times its weight."""
    data = operator.data * np.repeat(weights, np.diff(operator.indptr))
    return sp.csr_array((data, operator.indices, operator.indptr), shape=operator.shape)


def factorized(system: sp.sparray) -> SuperLU:
    """Factors of a Hermitian, semidefinite matrix, made definite by a tether to 0; `solve` applies its inverse."""
    tether = TETHER * np.abs(system.diagonal()).mean()
    return splu(
        (system + tether * sp.eye_array(system.shape[0])).tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
