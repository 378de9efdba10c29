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
from tests.blender.interface_texts import all_texts, all_tooltips

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
    texts = all_texts(Path(part("setup.environment").ROOT)) | all_tooltips()
    assert len(texts) > 250
    assert sorted(texts - set(part("translations").TABLES[language])) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_places_are_filled_in(scene: Any, language: str) -> None:
    for english, text in part("translations").TABLES[language].items():
        assert re.findall(r"\{.*?\}", text) == re.findall(r"\{.*?\}", english), english
        assert text.strip() == text != "", english


@pytest.mark.parametrize("phase", ["View 3 of 8", "Learning the object for view 3", "Painting view 3", "Refining"])
def test_phases_keep_their_numbers(scene: Any, phase: str) -> None:
    assert part("widgets").phase_text(phase) == phase
    known = [set(part("translations").TABLES[language]) for language in LANGUAGES]
    assert all(re.sub(r"\d+", "{}", phase) in texts for texts in known)


@pytest.mark.skipif(
    not (bpy.app.build_options.international and bpy.app.translations.locales), reason="this Blender knows English only"
)
def test_blender_finds_them(scene: Any, in_language: Any) -> None:
    translate = bpy.app.translations.pgettext_iface
    in_language("de_DE")
    assert translate("Run Queue", "Operator") == "Warteschlange starten"
    assert translate("Good result") == "Gutes Ergebnis"
    assert part("widgets").phase_text("View 3 of 8") == "Ansicht 3 von 8"
    in_language("ja_JP")
    assert translate("Good result") == "良好な結果"
    in_language("zh_HANS")
    assert translate("Good result") == "结果良好"
