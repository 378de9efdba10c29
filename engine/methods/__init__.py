# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways from a picture to a mesh, each in a folder of its own."""
