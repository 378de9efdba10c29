# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages: what is known of them, and how they are got and opened."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


class PackageError(Exception):
    """A package can't be had, or is another one than the table says; told to who trains, in one sentence."""


@dataclass(frozen=True)
class Package:
    """A package that things or pictures are taken from."""

    name: str
    version: str
    sha256: str
    licence: str
    """As its copyright file says."""
    authors: str
    """Who they are, or where they are listed."""
    left_out: str
    """What of it isn't used."""


def opened(package: Package, packages: Path, folder: Path) -> Path:
    """The folder below `folder` with the package's files. It is looked for as a .deb in `packages`; where it is missing
    the system's package client downloads it to there. Raises PackageError where it isn't the known one.
    """
    target = folder / package.name
    if target.exists():
        return target
    file = _find(package, packages)
    if file is None:
        packages.mkdir(parents=True, exist_ok=True)
        client = shutil.which("apt-get")
        if client is None:
            raise PackageError(
                f"{package.name} {package.version} isn't in {packages}, and there is no apt-get to get it."
            )
        subprocess.run([client, "download", f"{package.name}={package.version}"], cwd=packages, check=True)
        file = _find(package, packages)
    if file is None or _checksum(file) != package.sha256:
        raise PackageError(f"{package.name} in {packages} isn't version {package.version}: its checksum differs.")
    part = target.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-x", str(file), str(part)], check=True)
    part.rename(target)
    return target


def _find(package: Package, packages: Path) -> Path | None:
    return next(iter(sorted(packages.glob(f"{package.name}_*.deb"))), None)


def _checksum(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
