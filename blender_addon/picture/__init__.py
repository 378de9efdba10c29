# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture that a mesh is made of, and its mask: how they reach the engine, and what is taken for the object."""
