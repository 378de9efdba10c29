# SPDX-License-Identifier: GPL-3.0-or-later
"""From a file to an upright picture with the mask of its object; words to a picture, words for the object."""
