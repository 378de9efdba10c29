# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line as a process of its own: exit codes, one-line refusals, cancelling and going on."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.contract import settings
from engine.contract.method import methods

ROOT = Path(__file__).resolve().parents[2]


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "engine", *map(str, arguments)]


def engine(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs the command line to its end."""
    return subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


def job(picture: Path, output: Path, changes: dict[str, str], *options: object) -> list[object]:
    """Arguments of a job on the CPU with the embedded guidance."""
    fixed = ["reconstruct", picture, "--output", output, "--guidance", "embedded", "--device", "cpu"]
    return [*fixed, *(word for name, value in changes.items() for word in ("--set", f"{name}={value}")), *options]


def assert_refused(done: subprocess.CompletedProcess[str], message: str) -> None:
    """Exit code 2 and one line on stderr."""
    assert done.returncode == 2, done.stderr
    assert re.fullmatch(rf"engine.*{message}.*\n", done.stderr), done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMAND"),
        (["draw"], "invalid choice: 'draw'"),
        (["reconstruct"], "required: --output"),
        (["reconstruct", "--output", "b"], "either a picture, or a prompt"),
        (["reconstruct", "a.png", "--output", "b", "--prompt", "a cup"], "either a picture, or a prompt"),
        (
            ["reconstruct", "--output", "b", "--prompt", "a cup", "--object", "cup"],
            "The prompt says what the object is already",
        ),
        (["reconstruct", "a.png", "--output", "b", "--name", "a cup"], "unrecognized arguments: --name a cup"),
        (
            ["reconstruct", "a.png", "--output", "b", "--method", "orbit"],
            "'method' is one of dreamtexture, pop3d, not 'orbit'",
        ),
        (["reconstruct", "a.png", "--output", "b", "--preset", "best"], "'preset' is one of draft, standard,"),
        (["reconstruct", "a.png", "--output", "b", "--seed", "x"], "'seed' needs a whole number, not 'x'"),
        (["reconstruct", "a.png", "--output", "b", "--set", "steps"], "--set needs NAME=VALUE, not 'steps'"),
        (["reconstruct", "a.png", "--output", "b", "--set", "steps=-1"], "'steps' lies between 0 and"),
        (["reconstruct", "a.png", "--output", "b", "--set", "speed=9"], "There is no setting 'speed'"),
        (["reconstruct", "no-such.png", "--output", "b"], "no-such.png"),
        (["reconstruct", "a.png", "--output", "b", "--view-seed", "3"], "--view-seed needs N=SEED, not '3'"),
        (["reconstruct", "a.png", "--output", "b", "--stop-after", "3"], "Front paints no views. Say --method pop3d"),
        (
            ["reconstruct", "a.png", "--output", "b", "--method", "pop3d", "--views", "caps"],
            "'views' is one of ring, ring.caps, not 'caps'",
        ),
        (["set-up"], "required: --target"),
        (["cut-out", "a.png"], "required: --output"),
    ],
)
def test_bad_usage_is_refused_in_one_line(arguments: list[str], message: str) -> None:
    assert_refused(engine(*arguments), message)
    assert not (ROOT / "b").exists()


def test_a_device_that_is_not_there_is_refused(ball: Path, quick: dict[str, str], tmp_path: Path) -> None:
    assert_refused(engine(*job(ball, tmp_path / "job", quick, "--device", "cuda:99")), "Device 'cuda:99' can't be used")


def test_refusals_do_not_wait_for_torch(ball: Path, tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "thesis.txt").touch()
    script = (
        "import sys; from engine import cli; code = cli.main(sys.argv[1:]); sys.exit(code + ('torch' in sys.modules))"
    )
    arguments = [sys.executable, "-c", script, "reconstruct", str(ball), "--output", str(tmp_path / "job")]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert_refused(done, "holds other files and no job of ours")


def test_help_tells_every_setting() -> None:
    done = engine("reconstruct", "--help")
    assert done.returncode == 0
    for method in methods().values():
        for field in dataclasses.fields(method.settings):
            assert f"{field.name}={field.default}" in done.stdout
    for field in dataclasses.fields(settings.Job):
        assert field.name in done.stdout


def test_help_of_train_is_its_own() -> None:
    done = engine("train", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: engine train")


def test_a_job_tells_what_it_uses_and_where_the_result_is(ball: Path, quick: dict[str, str], tmp_path: Path) -> None:
    done = engine(*job(ball, tmp_path / "job", quick))
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(rf"{re.escape(str(tmp_path / 'job'))}: (good|doubtful|collapsed), [\d.]+ s\n", done.stdout)
    assert "Computing on cpu: CPU" in done.stderr
    assert "Guidance: embedded, as asked for." in done.stderr
    assert "4/4" in done.stderr  # the bar
    assert "Traceback" not in done.stderr
    assert (tmp_path / "job" / "result.json").exists()


def test_a_draft_needs_no_guidance_and_does_not_wait_for_diffusers(ball: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from engine import cli; code = cli.main(sys.argv[1:]);"
        "sys.exit(code + len({'diffusers', 'transformers', 'peft'} & sys.modules.keys()))"
    )
    arguments = ["reconstruct", str(ball), "--output", str(tmp_path / "job"), "--preset", "draft", "--device", "cpu"]
    arguments = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Guidance" not in done.stderr
    result = json.loads((tmp_path / "job" / "result.json").read_text())
    assert (result["guidance"], result["estimator"], result["quality"]["sds_steps"]) == ("none", "embedded", 0)
    assert result["quality"]["verdict"] == "good"


@pytest.mark.parametrize("preset", ["draft", "standard"])
def test_an_estimator_that_is_none_is_refused(ball: Path, tmp_path: Path, preset: str) -> None:
    done = engine(*job(ball, tmp_path / "job", {}, "--preset", preset, "--estimator", tmp_path))
    assert_refused(done, f"'{re.escape(str(tmp_path))}' holds no estimator that Drape can use")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for a single process")
def test_ctrl_c_leaves_a_job_that_goes_on(ball: Path, long: dict[str, str], tmp_path: Path) -> None:
    arguments = job(ball, tmp_path / "job", long)
    with subprocess.Popen(command(*arguments), cwd=ROOT, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        seen = b""
        while b"/30 " not in seen:  # the bar of stage I
            chunk = os.read(process.stderr.fileno(), 1 << 16)
            assert chunk, seen
            seen += chunk
        process.send_signal(signal.SIGINT)
        seen += process.stderr.read()
    assert process.returncode == 130
    assert b"cancelled" in seen
    assert b"Traceback" not in seen
    assert not (tmp_path / "job" / "result.json").exists()

    other = engine(*arguments, "--resume", "--seed", 9)
    assert_refused(other, "started with another seed, so it can't go on")
    assert engine(*arguments, "--resume").returncode == 0
    again = engine(*arguments, "--resume")
    assert again.returncode == 0
    assert "already complete" in again.stdout
    assert_refused(engine(*arguments), "already holds a result")


def test_a_failing_stage_is_one_message(quick: dict[str, str], tmp_path: Path) -> None:
    pixels = np.zeros((400, 400, 4), np.uint8)
    pixels[10:390, 200] = 255
    Image.fromarray(pixels).save(tmp_path / "hair.png")
    done = engine(*job(tmp_path / "hair.png", tmp_path / "job", quick))
    assert done.returncode == 1
    assert "too thin" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.rstrip().endswith(f"Log: {tmp_path / 'job' / 'engine.log'}")


def test_cut_out_writes_the_mask(ball: Path, tmp_path: Path) -> None:
    done = engine("cut-out", ball, "--output", tmp_path / "mask.png")
    assert done.returncode == 0, done.stderr
    mask = np.asarray(Image.open(tmp_path / "mask.png"))
    assert mask.tolist() == np.asarray(Image.open(ball))[..., 3].tolist()


def test_cut_out_never_replaces_the_picture(ball: Path) -> None:
    before = ball.read_bytes()
    assert_refused(engine("cut-out", ball, "--output", ball), "is the picture or the mask itself")
    assert ball.read_bytes() == before


def test_models_are_listed_with_licence_and_size() -> None:
    done = engine("models")
    assert done.returncode == 0
    assert re.search(r"^embedded: guidance of stage I, \d+ MB, CC0-1.0; .*alignment$", done.stdout, re.MULTILINE)
    assert re.search(
        r"^estimator: mask, depth and normals of a picture, \d+ MB, CC0-1.0; .*monocular$", done.stdout, re.M
    )
    assert "stable-diffusion" in done.stdout


def test_the_doctor_finds_this_environment_fit() -> None:
    done = engine("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert {"Python", "Packages", "Device", "Embedded guidance", "Estimator", "Disk"} <= set(checks)
    for name in ("Embedded guidance", "Estimator"):
        assert checks[name]["ok"], checks[name]
    assert done.returncode == (0 if all(check["ok"] for check in checks.values()) else 1)
    assert engine("doctor").stdout.count("\n") == len(checks)
