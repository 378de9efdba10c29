# SPDX-License-Identifier: GPL-3.0-or-later
"""How a texture is stretched where it lies on a mesh: `metrics` and `scales` need no Blender, the rest shows them."""
