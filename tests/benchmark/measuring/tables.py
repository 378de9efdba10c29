# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables in Markdown, and grids of pictures, in out-bench."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import build
from tests.benchmark.measuring import metrics
from tests.benchmark.measuring.subjects import Estimate, Subject

FOLDER = build.ROOT / "out-bench"
WORST = 60.0  # degrees that the map of the error shows in its brightest colour
TILE = 128  # pixels

Floats = NDArray[np.floating]
Bytes = NDArray[np.uint8]


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose columns line up as text, too; the first one holds words, the others figures."""
    widths = [max(len(line[k]) for line in [header, *rows]) for k in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
        return f"| {' | '.join([cells[0].ljust(widths[0]), *padded[1:]])} |"

    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]) + "|"
    return "\n".join([line(header), rule, *map(line, rows)])


def save(name: str, text: str) -> None:
    """Writes `text` to out-bench/`name`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / name).write_text(text + "\n", encoding="utf-8")


def save_grid(file: Path, rows: Sequence[tuple[Subject, Sequence[Estimate]]]) -> None:
    """A row for each subject: picture, true normals, and for each estimate its normals and the map of their error."""
    lines = []
    for subject, estimates in rows:
        tiles = [_bytes(subject.rgb), _coloured(subject.normal, subject.where)]
        for estimate in estimates:
            tiles += [_coloured(estimate.normal, subject.where), _error(estimate, subject)]
        lines.append(tiles)
    _save_tiles(file, lines)


def save_journeys(file: Path, rows: Sequence[tuple[Subject, Sequence[Floats], Estimate]]) -> None:
    """A row for each subject: the pictures that led to an estimate, its depth, the true one, its normals' error."""
    _save_tiles(
        file,
        [
            [
                _bytes(subject.rgb), *map(_bytes, shown), _heights(estimate.depth, subject),
                _heights(subject.depth, subject), _error(estimate, subject),
            ]
            for subject, shown, estimate in rows
        ],
    )  # fmt: skip


def _save_tiles(file: Path, lines: Sequence[Sequence[Bytes]]) -> None:
    rows = [
        np.hstack([cv2.resize(tile, (TILE, TILE), interpolation=cv2.INTER_AREA) for tile in line]) for line in lines
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.vstack(rows)).save(file)


def _bytes(rgb: Floats) -> Bytes:
    return np.round(np.clip(rgb, 0, 1) * 255).astype(np.uint8)


def _heights(depth: Floats, subject: Subject) -> Bytes:
    """Brighter where nearer, after matching mean and deviation to the truth's."""
    true, own = subject.depth[subject.where], depth[subject.where]
    matched = (depth - own.mean()) / max(own.std(), 1e-9) * true.std() + true.mean()
    share = np.clip((np.nan_to_num(matched) - true.min()) / np.ptp(true), 0, 1)
    colours = cv2.applyColorMap((share * 255).astype(np.uint8), cv2.COLORMAP_VIRIDIS)
    return np.where(subject.where[..., None], colours[..., ::-1], 0).astype(np.uint8)


def _coloured(normal: Floats, where: NDArray[np.bool_]) -> Bytes:
    return np.where(where[..., None], np.nan_to_num(normal) * 127.5 + 127.5, 0).astype(np.uint8)


def _error(estimate: Estimate, subject: Subject) -> Bytes:
    share = np.nan_to_num(metrics.angles(estimate.normal, subject.normal)) / WORST
    heat = cv2.applyColorMap((np.clip(share, 0, 1) * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return np.where(subject.where[..., None], heat[..., ::-1], 0).astype(np.uint8)
