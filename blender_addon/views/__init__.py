# SPDX-License-Identifier: GPL-3.0-or-later
"""How All Round sees the object from each side, and what the artist can change about it."""
