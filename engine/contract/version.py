# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's version: the manifest's, which lies beside the engine in the repository and in the extension alike."""

from __future__ import annotations

import tomllib
from pathlib import Path


def version() -> str:
    """Version of the engine and of the add-on it came with, such as "0.1.0"."""
    manifest = next(Path(__file__).resolve().parents[2].glob("*_manifest.toml"))
    found: str = tomllib.loads(manifest.read_text(encoding="utf-8"))["version"]
    return found
