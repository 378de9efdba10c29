# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read back is as it was written, or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypedDict

import pytest

from engine.contract.messages import InputError
from engine.contract.records import RecordError, found_record, parse, read_record


class _Cup(TypedDict):
    name: str
    sizes: list[float]


class Cup(_Cup, total=False):
    """Anything."""

    handles: int
    maker: str | None
    more: dict[str, Any]


WHOLE = {"name": "mug", "sizes": [1, 2.5], "handles": 1, "maker": None, "more": {"a": [1]}, "unknown": True}


def test_what_fits_is_given_as_it_is() -> None:
    assert dict(parse(json.dumps(WHOLE).encode(), Cup)) == WHOLE
    assert dict(parse(b'{"name": "mug", "sizes": []}', Cup)) == {"name": "mug", "sizes": []}


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"[]", b"{}", b"null", b'{"name": "mug"', b'{"name": 3, "sizes": []}', b'{"name": "mug", "sizes": {}}'),
        *(
            b'{"name": "mug", "sizes": ["1"]}',
            b'{"name": "mug", "sizes": [true]}',
            b'{"name": "mug", "sizes": [1e999]}',
        ),
        *(b'{"name": "mug", "sizes": [NaN]}', b'{"name": "mug", "sizes": [], "handles": 1.5}', b"[" * 200_000),
        *(b'{"name": "mug", "sizes": [], "maker": 3}', b'{"name": "mug", "sizes": [], "handles": true}'),
        b'{"name": "a\\u0000b", "sizes": []}',
        b'{"name": "mug", "sizes": [], "more": {"deep": ' + b"[" * 40 + b"]" * 40 + b"}}",
        b'{"name": "mug", "sizes": [], "more": {"large": ' + b"9" * 30 + b"}}",
    ],
)
def test_what_does_not_fit_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(RecordError):
        parse(data, Cup)
    (tmp_path / "cup.json").write_bytes(data)
    with pytest.raises(InputError, match=r"cup\.json' is damaged, or another program's"):
        read_record(tmp_path / "cup.json", Cup)
    assert found_record(tmp_path / "cup.json", Cup) is None


def test_a_file_that_is_not_there_is_no_fault(tmp_path: Path) -> None:
    assert read_record(tmp_path / "cup.json", Cup) is None
    with pytest.raises(InputError, match="can't be read"):
        read_record(Path("/dev/zero"), Cup)
