# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed distance fields: fusion, hull, refinement, rendering."""
