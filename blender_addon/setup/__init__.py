# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the engine runs, and whether it can: preferences, its environment, checks and reports."""
