# SPDX-License-Identifier: GPL-3.0-or-later
"""What the paper tells of its own results (arXiv 2503.16412, Tables 3 and 4); its pictures were never released."""

from __future__ import annotations

Row = tuple[float, float, float, float]
"""Cube, pyramid, cylinder, sphere."""

DEPTH_MSE: dict[str, Row] = {
    "silhouette": (0.0080, 0.0240, 0.0175, 0.0067),
    "shading": (0.0070, 0.0079, 0.0162, 0.0046),
    "regular": (0.0092, 0.0107, 0.0136, 0.0053),
    "natural": (0.0071, 0.0088, 0.0255, 0.0062),
}
NORMAL_MSE: dict[str, Row] = {
    "silhouette": (0.0996, 0.2122, 0.1230, 0.0334),
    "shading": (0.0629, 0.0858, 0.0905, 0.0177),
    "regular": (0.1545, 0.1074, 0.0655, 0.0195),
    "natural": (0.0673, 0.0675, 0.1097, 0.0291),
}
ABLATION: dict[str, tuple[float, float]] = {
    "paper": (0.0089, 0.0642),
    "lambda 1 = 0": (0.0116, 0.0886),
    "lambda 2 = 0": (0.0112, 0.0854),
    "lambda 3 = 0": (0.0208, 0.1770),
    "alpha = 0.3": (0.0120, 0.0871),
    "alpha = 0.7": (0.0130, 0.0829),
    "no pyramid": (0.0110, 0.0670),
}
"""Depth and normal MSE, means of the four with shading."""
