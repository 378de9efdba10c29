# SPDX-License-Identifier: GPL-3.0-or-later
"""A plot of a training's losses, so that one sees whether it still learns."""

from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image, ImageDraw

SIZE, MARGIN = (900, 480), 48


def plot_loss(table: Path, file: Path, over: str = "step", what: str = "loss") -> None:
    """Draws the column `what` over that called `over` of the CSV file `table` to the PNG `file`; the axis of the former
    starts at its lowest value and ends at what 98 % of the rows stay below.
    """
    with table.open(encoding="utf-8") as stream:
        rows = [(int(row[over]), float(row[what])) for row in csv.DictReader(stream)]
    steps, losses = [step for step, _ in rows], [loss for _, loss in rows]
    low, high = min(losses), sorted(losses)[int(0.98 * (len(losses) - 1))]
    width, height = SIZE[0] - 2 * MARGIN, SIZE[1] - 2 * MARGIN
    span = max(high - low, 1e-9)

    def place(step: int, loss: float) -> tuple[float, float]:
        return MARGIN + width * step / steps[-1], MARGIN + height * (1 - min((loss - low) / span, 1.0))

    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    for k in range(5):
        value, step = low + span * k / 4, steps[-1] * k // 4
        y, x = place(0, value)[1], place(step, low)[0]
        draw.line([(MARGIN, y), (SIZE[0] - MARGIN, y)], fill="lightgray")
        draw.text((4, y - 6), f"{value:.3f}", fill="black")
        draw.text((x - 12, SIZE[1] - MARGIN + 8), str(step), fill="black")
    draw.text((MARGIN, 12), f"{table.parent.name}: {what} over {over}", fill="black")
    draw.line([place(step, loss) for step, loss in rows], fill="royalblue", width=2)
    image.save(file)
