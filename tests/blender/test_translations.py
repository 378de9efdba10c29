# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface in other languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender.conftest import part
from tests.blender.interface_texts import all_messages, all_texts, all_tooltips

LANGUAGES = ["de_DE", "ja_JP", "zh_HANS"]


@pytest.fixture
def in_language() -> Iterator[Any]:
    """Sets Blender's language until the test is over."""
    view = bpy.context.preferences.view
    before = view.language

    def choose(language: str) -> None:
        view.language, view.use_translate_interface = language, True

    yield choose
    view.language = before


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_the_panels_is_missing(scene: Any, language: str) -> None:
    texts = all_texts(Path(part("setup.environment").ROOT)) | all_tooltips() | all_messages()
    assert len(texts) > 400
    assert sorted(texts - set(part("translations").TABLES[language])) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_places_are_filled_in(scene: Any, language: str) -> None:
    for english, text in part("translations").TABLES[language].items():
        theirs, ours = (re.findall(r"\{.*?\}", words) for words in (text, english))
        assert sorted(theirs) == sorted(ours), english
        named = all(place[1].isalpha() for place in ours)
        assert named or theirs == ours, english  # what has no name is filled in by its order
        assert text.strip() == text != "", english


def test_the_state_is_told_in_the_artists_language(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a table, since this Blender may know English only."""
    monkeypatch.setattr(part("wording"), "iface_", lambda words: part("translations").TABLES["de_DE"].get(words, words))
    session, message = part("engine_client.session"), part("engine.contract.messages").Message
    running = session.Session()
    monkeypatch.setattr(part("runner").runner, "session", running)
    running.phase = message("view", {"number": 3, "count": 8})
    running.fail(session.Failure(message("resume-other-model", {"before": "a", "now": "b"})))
    state = bpy.context.window_manager.drape
    assert state.phase == "Ansicht 3 von 8"
    assert state.error == "Der unfertige Auftrag wurde mit „a“ gerechnet, jetzt wäre es „b“."
    assert state.hint.startswith("Dieses Modell als Führung angeben")
    assert part("setup.copy_report").report().startswith("The unfinished job was computed with 'a'")


@pytest.mark.skipif(
    not (bpy.app.build_options.international and bpy.app.translations.locales), reason="this Blender knows English only"
)
def test_blender_finds_them(scene: Any, in_language: Any) -> None:
    translate = bpy.app.translations.pgettext_iface
    in_language("de_DE")
    assert translate("Run Queue", "Operator") == "Warteschlange starten"
    assert translate("Good result") == "Gutes Ergebnis"
    worded, told = part("wording").worded, part("engine.contract.messages").Message
    assert worded(told("view", {"number": 3, "count": 8})) == "Ansicht 3 von 8"
    assert worded(told("picture-damaged", {"file": "a {b}.png"})) == "„a {b}.png“ ist beschädigt oder unvollständig."
    assert part("wording").worded_hint(told("disk-full")) == "Platz schaffen und den Auftrag fortsetzen."
    assert worded(told("of-next-year", {}, "The moon is full.")) == "The moon is full."
    in_language("ja_JP")
    assert translate("Good result") == "良好な結果"
    in_language("zh_HANS")
    assert translate("Good result") == "结果良好"
