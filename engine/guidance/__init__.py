# SPDX-License-Identifier: GPL-3.0-or-later
"""Guidance: what a model says about how the virtual texture should lie on the picture."""

from engine.guidance.base import Blend, Distillation, Guidance
from engine.guidance.choice import load_guidance, takes_words

__all__ = ["Blend", "Distillation", "Guidance", "load_guidance", "takes_words"]
