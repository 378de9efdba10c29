# SPDX-License-Identifier: GPL-3.0-or-later
"""DreamTexture (arXiv 2503.16412): the visible surface from how a virtual texture stretches over the picture."""
