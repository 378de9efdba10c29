# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes: their making from volumes and depth maps, texture coordinates, textures and files."""
