# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the virtual environment that the engine runs in: `python engine/set_up.py DIR`.

Standard library only, so that Blender's own Python can run it. Progress goes to stdout as messages of `protocol`.
Started again after an interruption it goes on: a marker, written at the very end, says that DIR is complete.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

if not __package__:  # run as a file
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from engine.contract import protocol

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
NEEDED_SPACE = 8 * 10**9  # bytes; torch with CUDA's libraries takes most of it
MARKER = "complete.txt"

Report = Callable[[str, float], None]  # phase, share of the work done 0..1


class SetUpError(Exception):
    """Why the environment can't be made, in one sentence."""


def read_requirements(file: Path = REQUIREMENTS) -> list[str]:
    """The lines of a requirements file, comments left out."""
    return [line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def python_of(folder: Path) -> Path:
    """The Python of the virtual environment in `folder`."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_environment(
    folder: Path, requirements: Sequence[str], report: Report, *, python: str = sys.executable, uv: str | None = None
) -> Path:
    """A virtual environment of `python` in `folder` that holds `requirements`; returns its Python.

    Does nothing where `folder` holds just these already. The environment's own pip installs, or `uv` where given,
    which picks the build of torch that fits the graphics card. Raises SetUpError.
    """
    inside = python_of(folder)
    marker = folder / MARKER
    fingerprint = hashlib.sha256("\n".join(requirements).encode()).hexdigest()
    if inside.exists() and marker.exists() and marker.read_text() == fingerprint:
        return inside
    if not _is_free(folder) and not (folder / "pyvenv.cfg").exists():
        raise SetUpError(f"'{folder}' holds something else already; choose an empty folder.")
    marker.unlink(missing_ok=True)
    report("Making the environment", 0.0)
    _run([python, "-m", "venv", str(folder)], "The environment could not be made")
    seen = 0

    def follow(line: str) -> None:
        nonlocal seen
        if package := re.match(r"(?:Collecting |Requirement already satisfied: |Processing .*/)(\S+)", line):
            seen += 1
            report(package[1], 0.05 + 0.75 * min(1.0, seen / len(requirements)))
        elif line.startswith("Installing collected packages"):
            report("Installing the packages", 0.8)

    pip = [str(inside), "-m", "pip", "install", "--disable-pip-version-check"]
    command = [uv, "pip", "install", "--python", str(inside), "--torch-backend=auto"] if uv else pip
    _run([*command, *requirements], "The packages could not be installed", follow)
    unfinished = marker.with_suffix(".part")
    unfinished.write_text(fingerprint)
    unfinished.replace(marker)
    report("Ready", 1.0)
    return inside


def _is_free(folder: Path) -> bool:
    """Whether nothing is there yet."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def _run(command: Sequence[str], failure: str, follow: Callable[[str], None] = lambda line: None) -> None:
    """Runs `command` and hands each line it prints to `follow`; its last complaint becomes the SetUpError."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    last = complaint = ""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
        encoding="utf-8", errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in filter(None, map(str.strip, process.stdout)):
            last = line
            if line.startswith("ERROR:"):
                complaint = line.removeprefix("ERROR:").strip()
            follow(line)
    if process.returncode:
        raise SetUpError(f"{failure}: {complaint or last}")


def check_space(folder: Path) -> None:
    """Raises SetUpError where the disk that `folder` lies or will lie on has too little room."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < NEEDED_SPACE:
        raise SetUpError(
            f"The engine needs {NEEDED_SPACE / 1e9:.0f} GB, the disk of '{folder}' has {free / 1e9:.1f} GB left."
        )


def main(arguments: Sequence[str]) -> int:
    """Sets the engine up in the folder `arguments` names; the exit code: 0 done, 1 failed, 2 usage."""
    if len(arguments) != 1:
        sys.stderr.write("Usage: set_up.py DIR\n")
        return 2
    folder = Path(arguments[0]).resolve()
    try:
        if _is_free(folder):  # one begun before has taken its room already
            check_space(folder)
        make_environment(folder, read_requirements(), _report, uv=shutil.which("uv"))
    except (SetUpError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _report(phase: str, fraction: float) -> None:
    """One message of the protocol; on a terminal one line for a human."""
    message = protocol.notification(
        "progress", {"phase": phase, "step": round(100 * fraction), "total": 100, "fraction": fraction, "eta": None}
    )
    sys.stdout.buffer.write(f"{fraction:4.0%} {phase}\n".encode() if sys.stdout.isatty() else message)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
