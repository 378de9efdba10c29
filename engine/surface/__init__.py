# SPDX-License-Identifier: GPL-3.0-or-later
"""From a picture to mask, depth and normals of its object, and how sure each of them is."""
