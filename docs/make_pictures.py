# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes README's pictures in the window of the Blender that BLENDER or PATH names, and leaves them in docs/:
`.venv/bin/python docs/make_pictures.py`. With other options it is for looking at the interface.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from PIL import Image

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from tests.window import running  # noqa: E402

PHOTOGRAPHER = Path(running.__file__).with_name("photographer.py")
QUALITY = 70  # of the JPEGs


def main() -> None:
    """Takes them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=DOCS, metavar="DIR")
    parser.add_argument("--scale", type=float, default=1.0, help="of the interface")
    parser.add_argument("--theme", default="", help="file name of one of Blender's themes, such as Blender_Light")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        variables = {"PICTURES": home, "SCALE": str(options.scale), "THEME": options.theme}
        running.perform(running.find(), PHOTOGRAPHER, Path(home), **variables)
        for picture in sorted(Path(home).glob("*.png")):
            with Image.open(picture) as image:
                image.convert("RGB").save(options.output / f"{picture.stem}.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
