# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes of quads with their texture coordinates, and their files."""
