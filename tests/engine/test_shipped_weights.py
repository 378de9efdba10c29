# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped weights are read, never mapped into memory: on Windows no update could replace a file that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffusers.models.model_loading_utils as loading
import pytest
import torch

from engine.guidance import load_guidance
from engine.methods.pop3d.outpaint import load_outpainter
from engine.surface.estimator import load_estimator

CPU = torch.device("cpu")
LOADERS: list[Callable[[], Any]] = [
    lambda: load_guidance("embedded", device=CPU, object_words=""),
    lambda: load_estimator("embedded", CPU),
    lambda: load_outpainter("embedded", CPU),
]


@pytest.mark.parametrize("load", LOADERS, ids=["guidance", "estimator", "outpainter"])
def test_no_weights_are_mapped(monkeypatch: pytest.MonkeyPatch, load: Callable[[], Any]) -> None:
    def mapped(*_: Any, **__: Any) -> None:
        raise AssertionError("this maps the file")

    monkeypatch.setattr(loading.safetensors.torch, "load_file", mapped)
    monkeypatch.setattr(loading.safetensors, "safe_open", mapped)
    assert load() is not None
