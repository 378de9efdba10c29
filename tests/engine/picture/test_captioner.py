# SPDX-License-Identifier: GPL-3.0-or-later
"""Words for the object: out of captions, out of a tiny BLIP, and on their way into a job."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from engine.errors import InputError
from engine.job.reconstruct import reconstruct
from engine.job.request import Request
from engine.loaded_models import LoadedModels
from engine.models import CAPTIONER
from engine.picture.captioner import load_captioner, named
from engine.picture.picture import load_picture
from tests.engine.picture.tiny_captioner import WORDS, saved_captioner
from tests.engine.watcher import Watcher

CPU = torch.device("cpu")
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_captioner(tmp_path_factory.mktemp("model") / "blip")


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("a teapot", "teapot"),
        ("there is a blue teapot that is sitting on a table", "blue teapot"),
        ("a close up of a cup of coffee on a white background", "cup of coffee"),
        ("arafed image of a small wooden chair with four legs", "small wooden chair"),
        ("3d rendering of an old, rusty iron anvil", "rusty iron anvil"),
        ("The Eiffel Tower.", "eiffel tower"),
        ("a t-shirt", "t-shirt"),
        ("on a table", ""),
        ("", ""),
    ],
)
def test_a_caption_names_the_object(caption: str, words: str) -> None:
    assert named(caption) == words


def test_a_model_from_a_folder_names_the_object(model: Path, ball: Path) -> None:
    first, again = (load_captioner(str(model), CPU).object_words(load_picture(ball)) for _ in range(2))
    assert first == again
    assert first
    assert set(first.split()) <= set(WORDS)


@pytest.mark.parametrize(("chosen", "given"), [("model", ""), ("model", "pumpkin"), ("auto", ""), ("none", "")])
def test_the_words_reach_the_job_unless_there_are_others(
    model: Path, ball: Path, tmp_path: Path, chosen: str, given: str
) -> None:
    """ "auto" asks no model where none is here."""
    values = {
        "picture": str(ball), "output": str(tmp_path / "job"), "preset": "draft", "device": "cpu", "object": given,
        "captioner": str(model) if chosen == "model" else chosen,
    }  # fmt: skip
    folder = reconstruct(
        Request.check(values, {"resolution": "32", "texture_size": "64"}), LoadedModels(), Watcher()
    ).folder
    found = json.loads((folder / "result.json").read_text())["object"]
    expected = given
    if chosen == "model" and not given:
        expected = load_captioner(str(model), CPU).object_words(load_picture(ball))
    assert found == expected


def test_the_command_line_says_the_words(model: Path, ball: Path) -> None:
    command = [sys.executable, "-m", "engine", "name-object", str(ball), "--device", "cpu", "--captioner", str(model)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == load_captioner(str(model), CPU).object_words(load_picture(ball)) + "\n"


def test_without_a_model_it_says_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(InputError, match="Naming the object needs an image-to-text model") as refused:
        load_captioner("auto", CPU)
    assert CAPTIONER.source in refused.value.hint


def test_what_is_no_such_model_is_refused(tmp_path: Path, model: Path) -> None:
    with pytest.raises(InputError, match="No usable image-to-text model"):
        load_captioner(str(tmp_path), CPU)
    with pytest.raises(InputError, match="No usable image-to-text model"):
        load_captioner(str(tmp_path / "missing"), CPU)


def test_code_in_a_model_s_folder_is_not_run_whatever_is_typed(ball: Path, tmp_path: Path) -> None:
    """transformers would ask, and take a yes on stdin for one."""
    evil, ran = tmp_path / "evil", tmp_path / "ran"
    evil.mkdir()
    (evil / "evil.py").write_text(f"open({str(ran)!r}, 'w')\nclass Config: pass\nclass Processor: pass\n")
    about = {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Config", "AutoProcessor": "evil.Processor"}}
    for name in ("config.json", "processor_config.json", "preprocessor_config.json"):
        (evil / name).write_text(json.dumps(about))
    base = [sys.executable, "-m", "engine"]
    for command in (
        [*base, "name-object", str(ball), "--captioner", str(evil)],
        [*base, "reconstruct", str(ball), "--output", str(tmp_path / "job"), "--estimator", str(evil)],
    ):
        done = subprocess.run(command, cwd=ROOT, input=b"y\n" * 9, capture_output=True, check=False)
        assert done.returncode == 2, done.stderr
        assert not ran.exists()
