# SPDX-License-Identifier: GPL-3.0-or-later
"""Real things to learn from: free models and photographs from packages, their views as packed shards."""
