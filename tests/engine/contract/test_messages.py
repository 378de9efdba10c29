# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of messages, and the places that use it, read off the source."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract import protocol
from engine.contract.messages import FAILURES, PHASES, TABLE, InputError, Message

ROOT = Path(__file__).resolve().parents[3]
RAISED = {"InputError", "StageError", "SetUpError", "HandOverError", "ResultError", "NotSetUpError"}


def places(words: str) -> set[str]:
    """The names that stand in `words`."""
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}


def brings_its_words(call: ast.Call) -> bool:
    """Whether a message says its English itself, as a method's own phases may: those the table needn't know."""
    return len(call.args) > 2 or any(word.arg == "english" for word in call.keywords)


def uses() -> Iterator[tuple[str, str, set[str]]]:
    """Where a message is made, its code, and the names of its parameters; what only passes one on is left out."""
    for folder in ("engine", "blender_addon"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name, code = ast.unparse(node.func).rpartition(".")[2], node.args[0]
                where = f"{file.relative_to(ROOT)}:{node.lineno}"
                if name in RAISED:
                    if not (isinstance(code, ast.Attribute) and code.attr == "code"):
                        assert isinstance(code, ast.Constant), where
                        yield where, str(code.value), {word.arg or "" for word in node.keywords}
                elif name == "Message" and isinstance(code, ast.Constant) and not brings_its_words(node):
                    params = node.args[1] if len(node.args) == 2 else ast.Dict([], [])
                    assert isinstance(params, ast.Dict), where
                    if code.value:
                        yield where, str(code.value), {ast.literal_eval(key) for key in params.keys if key is not None}


def test_every_message_is_in_the_table_with_all_that_its_words_need() -> None:
    found = list(uses())
    assert len(found) > 100
    for where, code, params in found:
        assert code in TABLE, where
        assert params == places("".join(TABLE[code])), where


def test_every_message_of_the_table_is_told_somewhere() -> None:
    assert set(TABLE) - {code for _, code, _ in uses()} == set()


def test_a_code_means_one_thing() -> None:
    assert not set(FAILURES) & set(PHASES)
    assert len({words for words in FAILURES.values()}) == len(FAILURES)


def test_words_are_whole() -> None:
    """A sentence for the cause unless that comes from elsewhere, and nothing but sentences for what to do."""
    for sentence, hint in FAILURES.values():
        assert sentence.endswith((".", "}")), sentence
        assert not hint or hint.endswith("."), hint
        assert "\n" not in sentence + hint


def test_a_message_is_worded_in_the_language_of_the_reader() -> None:
    german = {"'{file}' is damaged or incomplete.": "„{file}“ ist beschädigt.", "{file}": "?"}
    message = Message("picture-damaged", {"file": "a {b}.png"})
    assert message.text == "'a {b}.png' is damaged or incomplete."
    assert message.worded(lambda words: german.get(words, words))[0] == "„a {b}.png“ ist beschädigt."
    assert Message("view", {"number": 3, "count": 8}).text == "View 3 of 8"


@pytest.mark.parametrize(
    "message",
    [
        Message("picture-too-blue", {"file": "a.png"}, "'a.png' is {too} blue.", "Make it red."),
        Message("picture-damaged", {"picture": "a.png"}, "'a.png' is {too} blue.", "Make it red."),
    ],
)
def test_what_a_newer_engine_says_is_told_in_its_own_words(message: Message) -> None:
    assert (message.text, message.hint) == ("'a.png' is {too} blue.", "Make it red.")


def test_failures_and_phases_travel_whole() -> None:
    error = InputError("view-unknown", view=9, last=7)
    (line,) = protocol.Decoder().feed(protocol.error(1, protocol.BAD_INPUT, error.message, "job.log"))
    assert line["error"]["message"] == str(error)
    assert line["error"]["data"] == {
        "code": "view-unknown", "params": {"view": 9, "last": 7}, "hint": error.hint, "log": "job.log"
    }  # fmt: skip
    told = protocol.failure_in(line["error"])
    assert (told.code, told.params, told.text) == ("view-unknown", {"view": 9, "last": 7}, str(error))
    phase = Message("view", {"number": 3, "count": 8})
    (line,) = protocol.Decoder().feed(protocol.progress(phase, 1, 4, 0.25, None))
    assert line["params"]["phase"] == "View 3 of 8"  # for who reads nothing else
    told = protocol.phase_in(line["params"])
    assert (told.code, told.params, told.text) == ("view", phase.params, "View 3 of 8")
    bare = {"phase": "Aligning", "step": 1, "total": 4, "fraction": 0.25, "eta": None}
    assert protocol.phase_in(bare).text == "Aligning"
