# SPDX-License-Identifier: GPL-3.0-or-later
"""Surfaces as signed distance fields: fused from views, refined by volume rendering."""
