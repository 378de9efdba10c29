# SPDX-License-Identifier: GPL-3.0-or-later
"""The one command: run, test, package, stage, bench. Standard library only; `python3 build.py --help` tells more."""

from __future__ import annotations

import argparse
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from engine import set_up
from engine.contract import protocol
from engine.contract.messages import Message

ROOT = Path(__file__).resolve().parent
DIST = ROOT / "dist"
TESTS = ROOT / "tests"
BLENDER_TESTS = TESTS / "blender"
BENCHMARKS = TESTS / "benchmark"
INDEX = "index.json"
SAMPLE = ROOT / "docs" / "sample.png"

# Blender series published as the Python module bpy, each with the Python that it needs. The first one that this
# machine has the Python for serves `run` and `package`; `test` takes those with long-term support, or what --blender
# names.
BLENDERS = {"4.5": "3.11", "4.2": "3.11", "5.2": "3.13", "5.0": "3.11"}
SUPPORTED = ("4.5", "4.2", "5.2")

TEXT_FILES = {".py", ".toml", ".txt", ".json", ".md", ""}
SHIPPED_FILES = TEXT_FILES | {".safetensors", ".png"}
NOT_SHIPPED = "engine/training/"
RUN_RESULTS = {"scene.blend", "mesh.glb", "preview.png", "job"}


class BuildError(Exception):
    """What went wrong, in one line, with the exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def main(arguments: Sequence[str]) -> int:
    """Runs the command that `arguments` name; the exit code: 0 done, 2 bad input or usage, 130 cancelled, 1 else."""
    parser = argparse.ArgumentParser(prog="build.py", description="Builds, tests and runs Drape.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("run", help="reconstruct a picture as an artist's click does it")
    command.add_argument("picture", nargs="?", type=Path, default=SAMPLE, help="default: a sample of ours")
    command.add_argument("--method", default="dreamtexture")
    command.add_argument("--output", type=Path, default=ROOT / "out", metavar="DIR")
    commands.add_parser(
        "test",
        help="all the tests that this machine can run",
        usage="build.py test [--blender SERIES|all] [pytest arguments]",
    )
    command = commands.add_parser(
        "package", help="the extension's zip and its repository's index, by Blender's own tool"
    )
    command.add_argument("--channel", choices=_manifest()["channels"], default="self-hosted")
    commands.add_parser("stage", help="the extension as a folder, laid out as in the zip")
    command = commands.add_parser("bench", help="the benchmarks, as tables")
    command.add_argument("name", nargs="?", help="one of them")
    command.add_argument("options", nargs=argparse.REMAINDER, help="its own options; --help tells them")

    if arguments[:1] == ["test"] and arguments[1:] not in (["-h"], ["--help"]):
        options = argparse.Namespace(command="test")
    else:
        options = parser.parse_args(arguments)
    try:
        match options.command:
            case "run":
                return run(options.picture, options.method, options.output)
            case "test":
                return test(arguments[1:])
            case "package":
                print(package(options.channel))
            case "stage":
                print(stage(DIST / "drape"))
            case "bench":
                return bench(options.name, options.options)
    except (BuildError, set_up.SetUpError) as error:
        print(error, file=sys.stderr)
        return getattr(error, "code", 1)
    except KeyboardInterrupt:
        print("\nCancelled.", file=sys.stderr)
        return protocol.CANCELLED
    return 0


# Environments


def engine_python() -> Path:
    """The Python of `.venv`, which has what the engine, its tests and the checks need; made where missing."""
    requirements = [*set_up.read_requirements(), *_development_requirements()]
    return set_up.make_environment(ROOT / ".venv", requirements, Bar("Engine"))


def default_blender() -> str:
    """The Blender series that serves `run` and `package`: the first one that this machine has the Python for."""
    series = next((series for series, version in BLENDERS.items() if _find_python(version)), None)
    if series is None:
        raise BuildError(f"Blender as a module needs one of Python {', '.join(sorted(set(BLENDERS.values())))}.")
    return series


def blender_python(series: str) -> Path:
    """The Python of the environment that has Blender `series` as a module, and pytest; made where missing.

    Raises BuildError where this machine lacks the Python for it, SetUpError where it can't be installed.
    """
    python = _find_python(BLENDERS[series])
    if python is None:
        raise BuildError(f"It needs Python {BLENDERS[series]}, which this machine has not.")
    folder = ROOT / (".venv-blender" if series == next(iter(BLENDERS)) else f".venv-blender-{series}")
    pytest = next(line for line in _development_requirements() if line.startswith("pytest=="))
    return set_up.make_environment(folder, [f"bpy~={series}.0", pytest], Bar(f"Blender {series}"), python=python)


def _development_requirements() -> list[str]:
    return set_up.read_requirements(ROOT / "requirements-dev.txt")


@functools.cache
def _find_python(version: str) -> str | None:
    """A Python of `version` ("3.11"): this one, one on PATH, Windows' launcher's or pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    candidates = [[sys.executable], [f"python{version}"], ["py", f"-{version}"]]
    candidates += [[str(python)] for python in sorted(pyenv.glob(f"{version}.*/bin/python"))]
    question = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
    for command in filter(lambda command: shutil.which(command[0]), candidates):
        answer = subprocess.run([*command, "-c", question], capture_output=True, text=True, check=False)
        if answer.stdout.startswith(f"{version} "):
            return answer.stdout.split(maxsplit=1)[1].strip()
    return None


class Bar:
    """A progress bar on a terminal; elsewhere a line every tenth of the way."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.tenths = -1

    def __call__(self, phase: Message, fraction: float, eta: float | None = None) -> None:
        """Shows `fraction` (0..1) of the whole, what is being done and the seconds left."""
        left = f", {eta:.0f} s left" if eta else ""
        if sys.stderr.isatty():
            full = round(30 * fraction)
            line = f"{self.title} [{'#' * full}{'.' * (30 - full)}] {fraction:4.0%} {phase.text}{left}"
            line = line[: shutil.get_terminal_size().columns - 1]
            print(f"\r{line}\x1b[K", end="\n" if fraction >= 1 else "", file=sys.stderr, flush=True)
        elif int(10 * fraction) > self.tenths:
            print(f"{self.title}: {fraction:4.0%} {phase.text}{left}", file=sys.stderr, flush=True)
        self.tenths = int(10 * fraction)


# The extension


def extension_files(channel: str) -> dict[str, bytes]:
    """What the extension consists of for `channel`: path in the zip and content, sorted by path."""
    manifest = _manifest()
    rules = manifest.pop("channels")[channel]
    del manifest["engine"]
    manifest["permissions"] = {name: manifest["permissions"][name] for name in rules["permissions"]}
    files = {"blender_manifest.toml": _toml(manifest), "LICENSE": (ROOT / "LICENSE").read_bytes()}
    for folder, prefix in (ROOT / "blender_addon", ""), (ROOT / "engine", "engine/"):
        for path in _tracked(folder):
            name = prefix + path.relative_to(folder).as_posix()
            excluded = name in rules["exclude"] or name.startswith(NOT_SHIPPED)
            if path.suffix in SHIPPED_FILES and not excluded:
                content = path.read_bytes()
                files[name] = content.replace(b"\r\n", b"\n") if path.suffix in TEXT_FILES else content
    return dict(sorted(files.items()))


def _tracked(folder: Path) -> list[Path]:
    """The files in `folder` that belong to the source: those that git knows, where this is its working tree. A link is
    none, wherever it leads.
    """
    command = ["git", "ls-files", "-z", "--", "."]
    answer = subprocess.run(command, cwd=folder, capture_output=True, check=False) if (ROOT / ".git").exists() else None
    if answer is None:
        paths = list(folder.rglob("*"))
    elif answer.returncode:
        raise BuildError(f"git can't tell which files are ours: {answer.stderr.decode(errors='replace').strip()}")
    else:
        paths = [folder / name for name in answer.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file() and path.resolve() == path]


def stage(target: Path, channel: str = "self-hosted") -> Path:
    """Lays the extension out in `target`, as it is in the zip; what was there before goes. Returns `target`."""
    shutil.rmtree(target, ignore_errors=True)
    for name, content in extension_files(channel).items():
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return target


def package(channel: str = "self-hosted", folder: Path = DIST) -> Path:
    """The extension's zip in `folder`, the same bytes from the same files; checked by Blender's own validator.

    Where the channel is a repository of our own, `index.json` beside it makes `folder` one that Blender can install
    and update from, on any web server; of another channel's zip there is no index.
    """
    folder.mkdir(parents=True, exist_ok=True)
    blender = blender_python(default_blender())
    archive, index = folder / f"drape-{_manifest()['version']}.zip", folder / INDEX
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        unfinished = Path(temporary, archive.name)
        # Stored, not compressed: what deflate makes of a file depends on the version of zlib.
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as file:
            for name, content in extension_files(channel).items():
                entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
                entry.create_system = 3  # Unix, also when packaged on Windows
                entry.external_attr = 0o100644 << 16
                file.writestr(entry, content)
        validate(unfinished, blender)
        _extension_tool(blender, "server-generate", "--repo-dir", temporary)
        index.unlink(missing_ok=True)
        unfinished.replace(archive)
        if _manifest()["channels"][channel]["index"]:
            generated = Path(temporary, INDEX)
            generated.write_bytes(generated.read_bytes().replace(b"\r\n", b"\n"))  # on Windows it has its line ends
            generated.replace(index)
    return archive


def validate(archive: Path, blender: Path) -> None:
    """Raises BuildError where the validator of the Blender that `blender` is the Python of refuses `archive`."""
    try:
        _extension_tool(blender, "validate", str(archive))
    except BuildError as error:
        raise BuildError(f"Blender refuses {archive.name}: {error}") from None


def _extension_tool(blender: Path, *arguments: str) -> None:
    """Runs what `blender --command extension` runs, which the Blender has that `blender` is the Python of.

    Raises BuildError with what it says where it fails.
    """
    tool = next(blender.parents[1].glob("**/bl_pkg/cli/blender_ext.py"))
    command = [str(blender), "-I", str(tool), *arguments]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if answer.returncode:
        raise BuildError(" ".join(answer.stdout.split()))


def _manifest() -> dict[str, Any]:
    return tomllib.loads((ROOT / "addon_manifest.toml").read_text(encoding="utf-8"))


def _toml(table: dict[str, Any]) -> bytes:
    """`table` of strings, lists of strings and tables of strings as TOML, which JSON's strings and lists are too."""
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in table.items() if not isinstance(value, dict)]
    for name, inner in table.items():
        if isinstance(inner, dict):
            lines += [f"\n[{name}]\n", *(f"{key} = {json.dumps(value)}\n" for key, value in inner.items())]
    return "".join(lines).encode()


# Run


def run(picture: Path, method: str, output: Path) -> int:
    """The main job as an artist's click does it, from the zip to the files in `output`."""
    if not picture.is_file():
        raise BuildError(f"There is no picture '{picture}'.", 2)
    output = output.resolve()
    if output.exists() and not _is_earlier_run(output):
        raise BuildError(f"'{output}' holds something else than an earlier run; choose another folder.", 2)
    engine, blender, archive = engine_python(), blender_python(default_blender()), package()
    output.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=".drape-", dir=output.parent) as temporary:
        results = Path(temporary, "results")
        results.mkdir()
        environment = os.environ | {
            "BLENDER_USER_RESOURCES": str(Path(temporary, "blender")),
            "DRAPE_ENGINE_PYTHON": str(engine),
        }
        script = BLENDER_TESTS / "main_job.py"
        command = list(map(str, [blender, script, archive, picture.resolve(), method, results, output]))
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
            complaint = _follow(child)
        if child.returncode:
            raise BuildError(complaint, child.returncode)
        if output.exists():
            output.replace(Path(temporary, "earlier"))
        results.replace(output)
    print(f"{picture.name} took {time.monotonic() - start:.0f} s. In {output}: {', '.join(sorted(RUN_RESULTS))}")
    return 0


def _is_earlier_run(folder: Path) -> bool:
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {""}
    return not names or (names <= RUN_RESULTS and (folder / "job" / "result.json").exists())


def _follow(child: subprocess.Popen[bytes]) -> str:
    """Shows the progress that `child` reports as messages between whatever else Blender prints.

    Returns what it says went wrong, or the last that it printed.
    """
    assert child.stdout is not None
    bar, decoder, complaint = Bar("Drape"), protocol.Decoder(), ""
    for line in child.stdout:
        for message in decoder.feed(line):
            values = message["params"]
            if message["method"] == "log":
                complaint = values["text"]
            else:
                bar(protocol.phase_in(values), values["fraction"], values["eta"])
    return complaint or "\n".join(decoder.garbage[-20:])


# Tests


def test(arguments: Sequence[str]) -> int:
    """All the tests that this machine can run, one pytest session for each environment, and their sum at the end."""
    parser = argparse.ArgumentParser(prog="build.py test", add_help=False, allow_abbrev=False)
    parser.add_argument("--blender", choices=[*BLENDERS, "all"])
    asked, arguments = parser.parse_known_args(arguments)
    blenders = BLENDERS if asked.blender == "all" else [asked.blender] if asked.blender else SUPPORTED
    chosen = {a: path for a in arguments if TESTS in ((path := Path(a.partition("::")[0]).resolve()), *path.parents)}
    in_blender = [a for a, path in chosen.items() if path.is_relative_to(BLENDER_TESTS)]
    elsewhere = [a for a in chosen if a not in in_blender]
    if not chosen or TESTS in chosen.values():
        in_blender, elsewhere = [str(BLENDER_TESTS)], [str(TESTS)]
    options = [a for a in arguments if a not in chosen]

    engine = engine_python()
    sessions: dict[str, list[str]] = {}
    if elsewhere:
        workers = min(os.cpu_count() or 1, 4)
        sessions["Engine"] = [str(engine), *elsewhere, f"--ignore={BLENDER_TESTS}", f"--numprocesses={workers}"]
    if in_blender:
        package()
        for series in blenders:
            try:
                sessions[f"Blender {series}"] = [str(blender_python(series)), *in_blender]
            except (BuildError, set_up.SetUpError) as error:
                print(f"Not tested: Blender {series}. {error}", flush=True)

    start = time.monotonic()
    counts: Counter[str] = Counter()
    failures: list[str] = []
    environment = os.environ | {"DRAPE_ENGINE_PYTHON": str(engine), "OMP_NUM_THREADS": "1"}
    for name, (python, *targets) in sessions.items():
        print(f"\n{name}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.xml")
            command = [python, "-m", "pytest", *targets, f"--junitxml={report}", *options]
            code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
            outcomes = _outcomes(report) if report.exists() else {}
        counts.update(outcomes.values())
        if code not in (0, 5):  # 5: nothing was collected
            failed = [test for test, outcome in outcomes.items() if outcome in ("failed", "errors")]
            failures += [f"FAILED {name}: {what}" for what in failed or [f"pytest ended with exit code {code}"]]
    summary = ", ".join(f"{counts[kind]} {kind}" for kind in ("failed", "passed", "skipped", "errors") if counts[kind])
    print("", *failures, f" {summary or 'no tests ran'} in {time.monotonic() - start:.2f}s ".center(100, "="), sep="\n")
    return 1 if failures else 0 if counts["passed"] else 5


def _outcomes(report: Path) -> dict[str, str]:
    """For each test in a JUnit report of pytest's, how it went, in pytest's words."""
    words = {"failure": "failed", "error": "errors", "skipped": "skipped"}
    return {
        f"{case.get('classname')}::{case.get('name')}": next((words[c.tag] for c in case if c.tag in words), "passed")
        for case in ElementTree.parse(report).iter("testcase")
    }


# Benchmarks


def bench(name: str | None, options: Sequence[str] = ()) -> int:
    """Prints the table of benchmark `name` with its `options`, or of all of them, each in its own process."""
    names = sorted(path.stem for path in BENCHMARKS.glob("[!_]*.py"))
    if name not in [None, *names]:
        raise BuildError(f"There is no benchmark '{name}'; there are: {', '.join(names)}.", 2)
    for one in [name] if name else names:
        print(f"\n{one}", flush=True)
        code = f"import sys; from tests.benchmark import {one}; print({one}.table(*sys.argv[1:]))"
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # as in the engine's own process
        if subprocess.run([engine_python(), "-c", code, *options], cwd=ROOT, env=environment, check=False).returncode:
            raise BuildError(f"The benchmark '{one}' failed.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
