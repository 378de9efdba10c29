# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panels say: drawn into a layout that takes notes, as there is no window here."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import pytest

from tests.blender.conftest import part

CODES = {"mask-lost": 0.23, "parts": 3, "colours-off": 17.4, "of-next-year": 0.12345}


class Notes:
    """A layout: knows which operators and properties were drawn into it, in their order, and which texts."""

    def __init__(self, drawn: list[str] | None = None) -> None:
        self.drawn: list[str] = [] if drawn is None else drawn

    def operator(self, name: str, **_: Any) -> Any:
        self.drawn.append(name)
        return SimpleNamespace()

    def prop(self, _: Any, name: str, **__: Any) -> None:
        self.drawn.append(name)

    def label(self, text: str, **_: Any) -> None:
        self.drawn.append(text)

    def progress(self, text: str, **_: Any) -> None:
        self.drawn.append(text)

    def icon(self, _: Any) -> int:
        return 1

    def panel(self, name: str, **_: Any) -> Any:
        self.drawn.append(name)
        return Notes([]), Notes(self.drawn)

    def template_icon(self, *_: Any, **__: Any) -> None:
        self.drawn.append("icon")

    def __getattr__(self, _: str) -> Any:
        return lambda *_, **__: Notes(self.drawn)


@pytest.fixture
def notes(scene: Any, monkeypatch: pytest.MonkeyPatch) -> Notes:
    """An empty layout."""
    for name in ("job.panel", "setup.status", "result.reasons", "result.panel"):
        monkeypatch.setattr(part(name), "draw_text", lambda layout, text, *_: layout.label(text))
    return Notes()


def drawn(notes: Notes, panel: Any) -> list[str]:
    """What `panel` draws, from here on."""
    notes.drawn.clear()
    panel.draw(SimpleNamespace(layout=notes), bpy.context)
    return list(notes.drawn)


def test_each_reason_is_told_with_its_figure_and_what_helps(notes: Notes, result: Path) -> None:
    record = json.loads((result / "result.json").read_text())
    record["quality"] |= {"verdict": "doubtful", "reasons": CODES}
    (result / "result.json").write_text(json.dumps(record))
    bpy.ops.drape.import_result(directory=str(result))
    part("result.reasons").draw(notes, bpy.context.object)
    assert notes.drawn == [
        "Part of the object is missing: 23%", "Choose a higher preset",
        "It falls apart into 3 pieces", "Paint the mask",
        "The colours are not the picture's: 17 dB", "Choose a higher preset",
        "of-next-year: 0.1235",
    ]  # fmt: skip


def test_green_ticks_belong_to_the_engine_that_was_checked(
    notes: Notes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runner, status = part("runner").runner, part("setup.status")
    runner.checks = [{"name": "Python", "ok": True, "found": "3.11", "hint": ""}]
    runner.checked = part("setup.environment").engine_python()
    status.draw_checks(notes)
    assert notes.drawn == ["Python: 3.11"]
    notes.drawn.clear()
    monkeypatch.setenv("DRAPE_ENGINE_PYTHON", str(tmp_path / "another"))
    status.draw_checks(notes)
    assert notes.drawn == []


def test_that_blender_may_not_go_online_is_told_with_the_way_to_allow_it(
    notes: Notes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DRAPE_ENGINE_PYTHON", str(tmp_path / "none"))
    status = part("setup.status")
    app = SimpleNamespace(online_access=False, online_access_override=False)
    monkeypatch.setattr(status, "bpy", SimpleNamespace(app=app, types=bpy.types, context=bpy.context))
    monkeypatch.setattr(part("setup.environment"), "bpy", SimpleNamespace(app=app, path=bpy.path, context=bpy.context))
    status.draw_set_up(notes)
    told = "Allow Online Access in the System section of the preferences first"
    assert notes.drawn[1:4] == [told, "screen.userpref_show", "drape.set_up_engine"]
    app.online_access = True
    notes.drawn.clear()
    status.draw_set_up(notes)
    assert "screen.userpref_show" not in notes.drawn


def test_the_panel_keeps_still_and_cancel_is_not_where_the_button_is(
    notes: Notes, picture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job's bar stands in the button's place, and *Cancel* where there is only a line without it."""
    panel, runner = part("job.panel").Reconstruct, part("runner").runner
    idle = drawn(notes, panel)
    button = idle.index("drape.reconstruct")
    assert idle[button + 1] == "No job like it was done here yet"
    runner.session.state = part("engine_client.session").State.RUNNING
    runner.session.phase = part("engine.contract.messages").Message("starting-engine")
    runner.since = time.monotonic() - 65
    running = drawn(notes, panel)
    assert len(running) == len(idle)
    assert running[button].endswith("1:05")
    assert running[button + 1] == "drape.cancel"
    runner.session.state = part("engine_client.session").State.CANCELLED
    assert drawn(notes, panel) == idle


@pytest.mark.parametrize(
    ("method", "artist"),
    [("dreamtexture", ["resolution", "start", "depth_smoothness"]), ("pop3d", ["views"])],
)
def test_an_artists_words_come_first(notes: Notes, scene: Any, method: str, artist: list[str]) -> None:
    scene.drape.method = method
    told = drawn(notes, part("job.panel").Advanced)
    first, rest = told[: told.index("drape_models")], told[told.index("drape_research") :]
    assert first[0] == "seed"
    assert set(artist) <= set(first)
    assert "guidance_scale" in rest
