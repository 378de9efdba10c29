# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the guest in: its folder under `methods`, and a line in the list of methods."""

from __future__ import annotations

import shutil
from pathlib import Path

HERE = Path(__file__).parent


def take_in(engine: Path) -> None:
    """Adds the guest to the `engine` folder of a staged tree."""
    methods = engine / "methods"
    (methods / "balloon").mkdir()
    (methods / "balloon" / "__init__.py").touch()
    for name in ("descriptor.py", "run.py"):
        shutil.copy(HERE / name, methods / "balloon")
    listed = methods / "__init__.py"
    text = listed.read_text(encoding="utf-8")
    text = text.replace("\nfrom .dreamtexture", "\nfrom .balloon import descriptor as balloon\nfrom .dreamtexture")
    listed.write_text(text.replace("pop3d.METHOD)", "pop3d.METHOD, balloon.METHOD)"), encoding="utf-8")
