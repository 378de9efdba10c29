# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of transformers that cut objects out of pictures: SAM 2, matting, semantic segmentation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from torch import Tensor

from engine.surface.cutout import fit_to_edges
from engine.surface.estimate import Floats
from engine.surface.points import Point
from engine.surface.preparation import eight_bit, prepared

LONGEST = 1024  # side of what a matting model looks at, pixels; it needs memory for the square of it
UNSURE = 0.02  # width of the band round a guessed outline that is left to the matting model, of the longest side


class Segmenter(Protocol):
    """What cuts an object out."""

    def coverage(self, rgb: Floats, guess: Floats, points: Sequence[Point]) -> Floats:
        """The coverage (H, W) 0..1 of the object in `rgb` (H, W, 3), sRGB 0..1, of which `guess` (H, W) is a first
        one, and which has `points` on it or off it.
        """


class Sam2:
    """SAM 2 (Ravi et al., "SAM 2: Segment anything in images and videos", 2024): the object at the points, or in the
    box round the guess where there are none.
    """

    def __init__(self, model: Any, processor: Any) -> None:
        self.model, self.processor = model, processor

    @torch.no_grad()
    def coverage(self, rgb: Floats, guess: Floats, points: Sequence[Point]) -> Floats:
        """See `Segmenter`. Of the masks that it offers the one of which it is the surest."""
        if not points and not (guess > 0.5).any():
            return guess
        pictures = prepared(self.processor, rgb, self.model.device)
        scale = np.array(pictures.shape[:1:-1]) / rgb.shape[1::-1]
        if points:
            places = np.array([[point.x, point.y] for point in points]) * scale
            labels = torch.tensor([[[int(point.on) for point in points]]], device=pictures.device)
            prompt = {"input_points": _batch(places).to(pictures.device), "input_labels": labels}
        else:
            rows, columns = (np.flatnonzero((guess > 0.5).any(axis)) for axis in (1, 0))
            corners = np.array([[columns[0], rows[0]], [columns[-1] + 1, rows[-1] + 1]]) * scale
            prompt = {"input_boxes": _batch(corners).flatten(2).to(pictures.device)}
        found = self.model(pixel_values=pictures, **prompt)
        best = int(found.iou_scores[0, 0].argmax())
        mask = (found.pred_masks[0, 0, best] > 0).float().cpu().numpy()
        small = cv2.resize(rgb, mask.shape[::-1], interpolation=cv2.INTER_AREA)
        return fit_to_edges(mask, small, rgb)


class VitMatte:
    """ViTMatte (Yao et al., "ViTMatte: Boosting image matting with pre-trained plain vision transformers", 2024): the
    guess, its outline looked at again.
    """

    def __init__(self, model: Any, processor: Any) -> None:
        self.model, self.processor = model, processor

    @torch.no_grad()
    def coverage(self, rgb: Floats, guess: Floats, points: Sequence[Point]) -> Floats:
        """See `Segmenter`. Points don't count."""
        height, width = guess.shape
        scale = min(1.0, LONGEST / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        trimap = trimap_of(cv2.resize(guess, size, interpolation=cv2.INTER_AREA))
        inputs = prepared(self.processor, small, self.model.device, trimaps=eight_bit(trimap))
        alphas: Tensor = self.model(pixel_values=inputs).alphas  # padded to the right and below
        settled = np.where(trimap == 0.5, alphas[0, 0, : size[1], : size[0]].cpu().numpy(), trimap)
        return np.asarray(cv2.resize(settled, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


class Semantic:
    """Semantic segmentation whose first class is the background: all others are the object."""

    def __init__(self, model: Any, processor: Any) -> None:
        self.model, self.processor = model, processor

    @torch.no_grad()
    def coverage(self, rgb: Floats, guess: Floats, points: Sequence[Point]) -> Floats:
        """See `Segmenter`. Neither the guess nor points count."""
        logits: Tensor = self.model(pixel_values=prepared(self.processor, rgb, self.model.device)).logits
        mask = (logits[0].argmax(0) > 0).float().cpu().numpy()
        small = cv2.resize(rgb, mask.shape[::-1], interpolation=cv2.INTER_AREA)
        return fit_to_edges(mask, small, rgb)


def trimap_of(guess: Floats) -> Floats:
    """1 where `guess` (H, W) is object for sure, 0 where it surely isn't, 0.5 in a band round its outline."""
    width = max(1, round(UNSURE * max(guess.shape)))
    kernel = np.ones((2 * width + 1,) * 2, np.uint8)
    inside = (guess > 0.5).astype(np.uint8)
    return (cv2.erode(inside, kernel) + cv2.dilate(inside, kernel)).astype(np.float32) / np.float32(2)


def _batch(places: np.ndarray) -> Tensor:
    """`places` (P, 2) as SAM's points (1, 1, P, 2)."""
    return torch.from_numpy(places.astype(np.float32))[None, None]
