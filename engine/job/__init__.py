# SPDX-License-Identifier: GPL-3.0-or-later
"""A job from its request to its result folder."""
