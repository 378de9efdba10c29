# SPDX-License-Identifier: GPL-3.0-or-later
"""A contact sheet of what the models learn from: would a person believe these are pictures of objects?"""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image

from engine.training.pool import random_views
from engine.training.random_numbers import RandomNumbers
from engine.training.render import render
from engine.training.views import gathered, unpack

COLUMNS, SHAPES, SIZE = 8, 12, 256


def contact_sheet(file: Path, seed: int) -> None:
    """Writes the PNG `file`: pictures of SHAPES random objects, each above its normals."""
    rng = RandomNumbers(torch.Generator().manual_seed(seed))
    packed = [view for _ in range(SHAPES) for view in random_views(rng, "single", SIZE)]
    views = unpack(gathered(packed), torch.device("cpu"))
    pictures = render(views, torch.Generator().manual_seed(seed))
    tiles = torch.cat([pictures, (views.normal / 2 + 0.5) * views.mask], 2)
    blank = torch.ones(-len(tiles) % COLUMNS, *tiles.shape[1:])
    rows = torch.cat([tiles, blank]).split(COLUMNS)
    sheet = torch.cat([torch.cat(list(row), 2) for row in rows], 1)
    pixels = (255 * sheet.clamp(0, 1)).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(file)
