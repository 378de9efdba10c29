# SPDX-License-Identifier: GPL-3.0-or-later
"""How the add-on runs the engine in its own process. Nothing here needs Blender."""
