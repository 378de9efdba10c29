# SPDX-License-Identifier: GPL-3.0-or-later
"""`engine doctor`: whether this environment can do the work, and what to do where it can't."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from engine.contract.version import version
from engine.errors import EngineError, explain

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
ENOUGH_DISK = 2 * 10**9  # bytes, for job folders
AGAIN = "Set the engine up again."


@dataclass(frozen=True)
class Check:
    """One thing looked at: whether it is fine, what was found, and what to do if it isn't."""

    name: str
    ok: bool
    found: str
    hint: str = ""


def examine() -> list[Check]:
    """All checks, in the order in which one rests on the other."""
    checks: list[tuple[str, Callable[[], Check]]] = [
        ("Drape", lambda: Check("Drape", True, version())),
        ("Python", _python),
        ("Packages", _packages),
        ("Device", _device),
        ("Embedded guidance", _embedded_guidance),
        ("Estimator", _estimator),
        ("Disk", _disk),
    ]
    return [_carefully(name, check) for name, check in checks]


def _carefully(name: str, check: Callable[[], Check]) -> Check:
    """A check that fails is itself a finding: the doctor must not fall ill."""
    try:
        return check()
    except Exception as error:
        _, message = explain(error)
        return Check(name, False, message.text, message.hint if isinstance(error, EngineError) else AGAIN)


def _python() -> Check:
    ok = sys.version_info >= (3, 11)
    return Check("Python", ok, f"{platform.python_version()} ({sys.executable})", "Python 3.11 or newer is needed.")


def _packages() -> Check:
    pins = [line.split("==") for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if "==" in line]
    wrong = []
    for name, wanted in pins:
        try:
            found = metadata.version(name).partition("+")[0]  # torch's builds are told apart after the plus
        except metadata.PackageNotFoundError:
            found = "missing"
        if found != wanted:
            wrong.append(f"{name} {found} instead of {wanted}")
    return Check("Packages", not wrong, "; ".join(wrong) or f"{len(pins)} as they should be", AGAIN)


def _device() -> Check:
    import torch

    from engine import devices

    device = devices.choose("auto")
    found = f"{device}, {devices.describe(device)}"
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return Check("Device", True, f"{found}, {free / 2**30:.1f} of {total / 2**30:.1f} GiB free")
    why_not = devices.cuda_problem(0)
    return Check("Device", True, f"{found}. {why_not.text if why_not else ''}".strip())


def _embedded_guidance() -> Check:
    import torch

    from engine.guidance import load_guidance

    guidance = load_guidance("embedded", device=torch.device("cpu"), object_words="")
    return Check("Embedded guidance", True, f"{guidance.name} is there")


def _estimator() -> Check:
    import torch

    from engine.surface.embedded import EmbeddedEstimator

    estimator = EmbeddedEstimator.load(torch.device("cpu"))
    return Check("Estimator", True, f"{estimator.name} is there")


def _disk() -> Check:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    return Check("Disk", free >= ENOUGH_DISK, f"{free / 1e9:.1f} GB free in {folder}", "Make room on the disk.")
