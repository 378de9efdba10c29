# SPDX-License-Identifier: GPL-3.0-or-later
"""From the scene to files for other programs and to asset libraries."""
