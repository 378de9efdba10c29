# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be asked of single views, as it comes from the command line or from the add-on."""

from __future__ import annotations

import os
from typing import Any

import pytest

from engine.contract.messages import InputError
from engine.contract.view_requests import ViewRequests


def test_it_comes_as_text_or_as_numbers_and_goes_as_json() -> None:
    orbit = ViewRequests.check({"seeds": {"3": "17", 5: 2}, "pictures": {"4": "a.png"}, "stop_after": "6"})
    assert (orbit.seeds, orbit.pictures) == ({3: 17, 5: 2}, {4: os.path.abspath("a.png")})
    assert orbit.record() == {
        "seeds": {"3": 17, "5": 2}, "pictures": {"4": os.path.abspath("a.png")}, "stop_after": 6
    }  # fmt: skip
    assert ViewRequests.check(orbit.record()) == orbit
    assert ViewRequests.check({}) == ViewRequests()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seed": 3}, "Nothing called 'seed'"),
        ({"seeds": {"0": 1}}, "from 1 on, so '0' is none"),
        ({"seeds": {"-1": 1}}, "so '-1' is none"),
        ({"seeds": {"2": "x"}}, "'seed' needs a whole number, not 'x'"),
        ({"seeds": {"2": -5}}, "'seed' lies between"),
        ({"pictures": {"back": "a.png"}}, "so 'back' is none"),
        ({"stop_after": 2.5}, "so '2.5' is none"),
    ],
)
def test_nonsense_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ViewRequests.check(values)
