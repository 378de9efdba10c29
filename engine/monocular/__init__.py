# SPDX-License-Identifier: GPL-3.0-or-later
"""Mask, depth and normals from one picture."""
