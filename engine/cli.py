# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m engine`: the engine on the command line.

Exit codes: 0 done, 2 bad input or usage (one line on stderr), 130 cancelled, 1 everything else. torch is imported by
the commands that need it only, so that help and refusals come at once.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import importlib.util
import json
import logging
import math
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from engine.contract import protocol, settings
from engine.contract.method import choices_of, methods
from engine.contract.result_folder import LOG
from engine.errors import InputError, StageError, explain

if TYPE_CHECKING:
    from tqdm import tqdm

    from engine.progress import Report

JOB_FIELDS = {field.name: field for field in dataclasses.fields(settings.Job)}
METHODS = methods()
OPTIONS: dict[str, list[tuple[dataclasses.Field[Any], str]]] = {}
"""Settings with an option of their own, by name: as each method that has it knows it, and that method's label."""
for _method in METHODS.values():
    for _field in dataclasses.fields(_method.settings):
        if _field.metadata["option"]:
            OPTIONS.setdefault(_field.name, []).append((_field, _method.label))


def main(argv: Sequence[str]) -> int:
    """Runs the command in `argv` (without the program's name); returns the exit code."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.command != "train":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        return int(arguments.run(arguments, rest))
    except KeyboardInterrupt:
        _complain("Cancelled.")
        return protocol.CANCELLED
    except Exception as error:
        code, message = explain(error)
        file = Path(arguments.output, LOG) if code == protocol.FAILED and arguments.command == "reconstruct" else None
        log = f" Log: {file}" if file is not None and file.is_file() else ""
        _complain(f"{message.text} {message.hint}{log}")
        if arguments.messages:
            with contextlib.suppress(OSError, AttributeError):  # a reader that is gone, or has never been
                sys.stdout.buffer.write(protocol.error(None, code, message))
                sys.stdout.buffer.flush()
        return code


class _Parser(argparse.ArgumentParser):
    """Refuses in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(protocol.BAD_INPUT, f"{self.prog}: {message} (--help tells more)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser("engine", description="One picture in, a mesh with texture coordinates out.", allow_abbrev=False)
    parser.add_argument("--messages", action="store_true", help="tell failures on stdout too, as messages to a program")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, run: Any, text: str, **options: Any) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text, allow_abbrev=False, **options)
        made.set_defaults(run=run)
        return made

    _add_job(
        command(
            "reconstruct",
            _reconstruct,
            "Make a mesh from a picture.",
            epilog=_settings_help(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    cut_out = command("cut-out", _cut_out, "Show what is taken for the object: its mask as a picture.")
    cut_out.add_argument("picture", type=Path, metavar="PICTURE", help="picture file of one object")
    cut_out.add_argument("--mask", type=Path, metavar="FILE", help=JOB_FIELDS["mask"].metadata["doc"])
    cut_out.add_argument("--output", type=Path, metavar="FILE.png", required=True, help="receives the mask")
    name_object = command("name-object", _name_object, "Say what the object in a picture is, in a word or a few.")
    name_object.add_argument("picture", metavar="PICTURE", help="picture file of one object")
    for name, metavar in (("mask", "FILE"), ("captioner", "MODEL"), ("device", "DEVICE")):
        field = JOB_FIELDS[name]
        name_object.add_argument(f"--{name}", metavar=metavar, default=field.default, help=field.metadata["doc"])
    command("worker", _worker, "Take jobs as messages on stdin, as the Blender extension sends them.")
    doctor = command("doctor", _doctor, "Check whether this environment can do the work.")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    command("models", _models, "List the models: what each is for, whether it is on this machine, size and licence.")
    command("train", _train, "Train an embedded model (train --help tells more).", add_help=False)
    set_up = command("set-up", _set_up, "Make the Python environment that the engine runs in.")
    set_up.add_argument("--target", metavar="DIR", required=True, help="folder that receives it")
    return parser


def _add_job(parser: argparse.ArgumentParser) -> None:
    """The fields of a job as arguments; their values are checked together with those that the add-on sends."""
    words = {
        "output": "DIR", "prompt": "TEXT", "object": "WORDS", "mask": "FILE", "depth": "FILE", "normal": "FILE",
        "guidance": "MODEL", "captioner": "MODEL", "points": "X,Y ...", "estimator": "NAME|FOLDER",
        "outpainter": "NAME|FOLDER", "seed": "N", "device": "DEVICE",
    }  # fmt: skip
    for name, field in JOB_FIELDS.items():
        text = field.metadata["doc"].replace("%", "%%")
        if name == "picture":
            parser.add_argument(name, metavar="PICTURE", nargs="?", default=argparse.SUPPRESS, help=text)
            continue
        choices = choices_of(field)
        parser.add_argument(
            f"--{name}",
            metavar="|".join(choices) if choices else words[name],
            default=argparse.SUPPRESS,
            required=name == "output",
            help=text if field.default == "" else f"{text} (default: {field.default})",
        )
    parser.add_argument("--resume", action="store_true", help="go on with an unfinished job in DIR")
    parser.add_argument("--overwrite", action="store_true", help="replace the result in DIR")
    for option, value, text in (
        ("seed", "SEED", "paint view N of All Round with another seed"),
        ("picture", "FILE", "a square picture of yours as view N"),
    ):
        parser.add_argument(f"--view-{option}", action="append", default=[], metavar=f"N={value}", help=text)
    parser.add_argument("--stop-after", metavar="N", default=0, help="make a result of the first N views of All Round")
    for name, known in OPTIONS.items():
        parser.add_argument(
            f"--{name}",
            metavar="|".join(known[0][0].metadata["choices"]) or "N",
            help="; ".join(
                f"{field.metadata['doc']}, for {label} (default: {field.default})" for field, label in known
            ),
        )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="change a setting; may be given many times"
    )


def _settings_help() -> str:
    lines = []
    for name, method in METHODS.items():
        lines += [f"settings of {name} for --set (with the values of the preset 'standard'):"]
        for field in dataclasses.fields(method.settings):
            unit = f" {field.metadata['unit']}" if field.metadata["unit"] else ""
            lines.append(f"  {field.name}={field.default}{unit}: {field.metadata['doc']}")
    return "\n".join(lines)


def _reconstruct(arguments: argparse.Namespace, _: list[str]) -> int:
    from engine.job.reconstruct import reconstruct
    from engine.job.request import Request
    from engine.loaded_models import LoadedModels

    values = {name: value for name, value in vars(arguments).items() if name in JOB_FIELDS}
    views = {
        "seeds": _pairs("--view-seed", "N=SEED", arguments.view_seed),
        "pictures": _pairs("--view-picture", "N=FILE", arguments.view_picture),
        "stop_after": arguments.stop_after,
    }
    overrides = _pairs("--set", "NAME=VALUE", arguments.set)
    overrides |= {name: value for name in OPTIONS if (value := getattr(arguments, name)) is not None}
    request = Request.check(values, overrides, views)
    with _cancel_on_interrupt() as cancel, _Bar() as bar:
        outcome = reconstruct(
            request, LoadedModels(), bar, resume=arguments.resume, overwrite=arguments.overwrite, cancel=cancel
        )
    if outcome.was_complete:
        print(f"{outcome.folder}: already complete ({outcome.verdict}), nothing to do")
    else:
        print(f"{outcome.folder}: {outcome.verdict}, {outcome.seconds:.1f} s")
    return 0


def _pairs(option: str, form: str, texts: Sequence[str]) -> dict[str, str]:
    """What `option`, given several times, says in the `form` NAME=VALUE."""
    if wrong := [text for text in texts if "=" not in text]:
        raise InputError("option-form", option=option, form=form, given=wrong[0])
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


def _cut_out(arguments: argparse.Namespace, _: list[str]) -> int:
    from engine.contract.files import write_file
    from engine.job.reconstruct import read_picture
    from engine.loaded_models import LoadedModels
    from engine.picture.picture import png

    output = arguments.output.resolve()
    if output in (arguments.picture.resolve(), arguments.mask and arguments.mask.resolve()):
        raise InputError("output-is-input", file=str(arguments.output))
    if not output.parent.is_dir():
        raise InputError("folder-missing", folder=str(output.parent))
    job = settings.Job(picture=str(arguments.picture), mask=str(arguments.mask or ""))
    picture = read_picture(job, LoadedModels())
    write_file(output, png(picture.mask))
    return 0


def _name_object(arguments: argparse.Namespace, _: list[str]) -> int:
    from engine import devices
    from engine.job.reconstruct import read_picture
    from engine.loaded_models import LoadedModels
    from engine.picture.captioner import load_captioner

    captioner = load_captioner(arguments.captioner, devices.choose(arguments.device))
    job = settings.Job(picture=arguments.picture, mask=arguments.mask, device=arguments.device)
    picture = read_picture(job, LoadedModels())
    words = captioner.object_words(picture)
    if not words:
        raise StageError("object-unnamed", model=captioner.name)
    print(words)
    return 0


def _worker(_: argparse.Namespace, __: list[str]) -> int:
    from engine import worker

    return worker.main()


def _doctor(arguments: argparse.Namespace, _: list[str]) -> int:
    from engine.doctor import examine

    checks = examine()
    if arguments.json:
        print(json.dumps([dataclasses.asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            print(f"{'ok' if check.ok else 'NO':4}{check.name}: {check.found}" + ("" if check.ok else f" {check.hint}"))
    return 0 if all(check.ok for check in checks) else 1


def _models(_: argparse.Namespace, __: list[str]) -> int:
    from engine.models import MODELS

    for model in MODELS:
        where = model.location() or f"not here, comes from {model.source}"
        print(f"{model.name}: {model.purpose}, {model.megabytes} MB, {model.licence}; {where}")
    return 0


def _train(_: argparse.Namespace, rest: list[str]) -> int:
    if importlib.util.find_spec("engine.training") is None:
        _complain("Training needs Drape's repository; the extension comes without it.")
        return protocol.BAD_INPUT
    from engine.training import train

    return train.main(rest)


def _set_up(arguments: argparse.Namespace, _: list[str]) -> int:
    from engine import set_up

    return set_up.main([arguments.target])


class _Bar(logging.Handler):
    """The listener of the command line: a bar on stderr, and the engine's log above it, without tracebacks.

    Where stderr is no terminal the bar starts with the first phase that has steps: what is refused before stays one
    line.
    """

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._bar: tqdm[NoReturn] | None = None

    def __enter__(self) -> _Bar:
        logging.getLogger("engine").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("engine").removeHandler(self)
        if self._bar is not None:
            self._bar.close()

    def progress(self, report: Report) -> None:
        if self._bar is None:
            if report.total <= 1 and not sys.stderr.isatty():
                return
            from tqdm import tqdm  # half of what help would take to import

            layout = "{desc} |{bar}| {percentage:3.0f}%{postfix}"
            self._bar = tqdm(total=1.0, bar_format=layout, leave=False, file=sys.stderr, dynamic_ncols=True)
        steps = f" {report.step}/{report.total}" if report.total > 1 else ""
        self._bar.n = report.fraction
        self._bar.set_description_str(f"{report.phase}{steps}", refresh=False)
        self._bar.set_postfix_str(_time_left(report.eta), refresh=True)

    def preview(self, file: str) -> None:
        pass

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        tqdm.write(record.getMessage(), file=sys.stderr)


def _time_left(seconds: float | None) -> str:
    """Such as '1:05 left'; empty while it isn't known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes}:{rest:02} left"


@contextmanager
def _cancel_on_interrupt() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, so that the job stops in good order; a second Ctrl-C stops it at once."""
    cancel = threading.Event()

    def interrupt(_: int, __: FrameType | None) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()
        os.write(2, b"\nCancelling at the next step; Ctrl-C again stops at once.\n")

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)


def _complain(text: str) -> None:
    """One line on stderr."""
    print(f"engine: {' '.join(text.split())}", file=sys.stderr)
