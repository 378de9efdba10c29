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
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

if not __package__:  # run as a file
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from engine.contract import protocol
from engine.contract.messages import EngineError, Message
from engine.contract.surroundings import end_with_parent

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
NEEDED_SPACE = 8 * 10**9  # bytes; torch with CUDA's libraries takes most of it
MARKER = "complete.txt"

Report = Callable[[Message, float], None]  # phase, share of the work done 0..1


class SetUpError(EngineError):
    """Why the environment can't be made."""


def read_requirements(file: Path = REQUIREMENTS) -> list[str]:
    """The lines of a requirements file, comments left out. Raises SetUpError where one is an option of pip's, which may
    name any other place to load code from.
    """
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    requirements = [line for line in lines if line and not line.startswith("#")]
    _refuse_options(requirements)
    return requirements


def _refuse_options(requirements: Sequence[str]) -> None:
    for line in requirements:
        if line.startswith("-"):
            raise SetUpError("requirement-option", line=line)


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
    _refuse_options(requirements)
    inside = python_of(folder)
    marker = folder / MARKER
    fingerprint = hashlib.sha256("\n".join(requirements).encode()).hexdigest()
    if inside.exists() and marker.exists() and marker.read_text() == fingerprint:
        return inside
    if not _is_free(folder) and not (folder / "pyvenv.cfg").exists():
        raise SetUpError("environment-of-others", folder=str(folder))
    marker.unlink(missing_ok=True)
    report(Message("environment"), 0.0)
    if cause := _complaint_of([python, "-m", "venv", str(folder)]):
        raise SetUpError("environment-failed", cause=cause)
    seen = 0

    def follow(line: str) -> None:
        nonlocal seen
        if package := re.match(r"(?:Collecting |Requirement already satisfied: |Processing .*/)(\S+)", line):
            seen += 1
            report(Message("package", {"name": package[1]}), 0.05 + 0.75 * min(1.0, seen / len(requirements)))
        elif line.startswith("Installing collected packages"):
            report(Message("packages"), 0.8)

    pip = [str(inside), "-m", "pip", "install", "--disable-pip-version-check"]
    command = [uv, "pip", "install", "--python", str(inside), "--torch-backend=auto"] if uv else pip
    if cause := _complaint_of([*command, *requirements], follow):
        raise SetUpError("packages-failed", cause=cause)
    unfinished = marker.with_suffix(".part")
    unfinished.write_text(fingerprint)
    unfinished.replace(marker)
    report(Message("ready"), 1.0)
    return inside


def _is_free(folder: Path) -> bool:
    """Whether nothing is there yet."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def _complaint_of(command: Sequence[str], follow: Callable[[str], None] = lambda line: None) -> str:
    """Runs `command` and hands each line it prints to `follow`; the last complaint of one that fails, else empty."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    last = complaint = ""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
        encoding="utf-8", errors="replace", preexec_fn=end_with_parent if sys.platform == "linux" else None,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in filter(None, map(str.strip, process.stdout)):
            last = line
            if line.startswith("ERROR:"):
                complaint = line.removeprefix("ERROR:").strip()
            follow(line)
    return (complaint or last or f"exit code {process.returncode}") if process.returncode else ""


def check_space(folder: Path) -> None:
    """Raises SetUpError where the disk that `folder` lies or will lie on has too little room."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < NEEDED_SPACE:
        raise SetUpError("environment-space", needed=NEEDED_SPACE / 1e9, folder=str(folder), free=free / 1e9)


def main(arguments: Sequence[str]) -> int:
    """Sets the engine up in the folder `arguments` names; the exit code: 0 done, 1 failed, 2 usage."""
    if len(arguments) != 1:
        sys.stderr.write("Usage: set_up.py DIR\n")
        return 2
    folder = Path(arguments[0]).resolve()
    if stat.S_ISFIFO(os.fstat(0).st_mode):  # Blender's; who types the command may leave it alone
        end_with_parent()
    try:
        if _is_free(folder):  # one begun before has taken its room already
            check_space(folder)
        make_environment(folder, read_requirements(), _report, uv=shutil.which("uv"))
    except (SetUpError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        if isinstance(error, SetUpError) and not sys.stdout.isatty():
            sys.stdout.buffer.write(protocol.error(None, protocol.FAILED, error.message))
        return 1
    return 0


def _report(phase: Message, fraction: float) -> None:
    """One message of the protocol; on a terminal one line for a human."""
    message = protocol.progress(phase, round(100 * fraction), 100, fraction, None)
    sys.stdout.buffer.write(f"{fraction:4.0%} {phase.text}\n".encode() if sys.stdout.isatty() else message)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
