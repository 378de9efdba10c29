# SPDX-License-Identifier: GPL-3.0-or-later
"""Mathematics of cameras, grids, triangles and maps that any method may use."""
