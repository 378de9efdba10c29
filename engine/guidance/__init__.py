# SPDX-License-Identifier: GPL-3.0-or-later
"""Guidance: what a model says about how the virtual texture should lie on the picture."""

from engine.guidance.base import Distillation, Guidance, View
from engine.guidance.choice import load, takes_words

__all__ = ["Distillation", "Guidance", "View", "load", "takes_words"]
