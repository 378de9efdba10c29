# SPDX-License-Identifier: GPL-3.0-or-later
"""Drape's engine: pictures in, surfaces out, in a process of its own. Importing it loads nothing."""
