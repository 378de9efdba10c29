# SPDX-License-Identifier: GPL-3.0-or-later
"""From a picture to mask, depth, normals, exit layer, each with its confidence."""
