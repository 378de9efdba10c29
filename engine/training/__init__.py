# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of the embedded models, on shapes and pictures that the project makes itself."""
