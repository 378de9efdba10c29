# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine has made, in the scene: the object, its material, its place, and where it came from."""
