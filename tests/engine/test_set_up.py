# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's environment: made with the real venv and pip, from a package that the test writes itself."""

from __future__ import annotations

import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from engine import set_up
from engine.contract import protocol
from engine.contract.messages import Message

SCRIPT = Path(set_up.__file__)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only place pip looks at; it holds `leaf` 1.0."""
    folder = tmp_path / "shelf with spaces"
    folder.mkdir()
    about = "leaf-1.0.dist-info"
    with zipfile.ZipFile(folder / "leaf-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("leaf.py", "COLOUR = 'green'\n")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: leaf\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", folder.as_uri())
    return folder


@pytest.mark.usefixtures("shelf")
def test_it_installs_and_tells_how_far_it_is(tmp_path: Path) -> None:
    """The share grows to 1; a second time there is nothing to do; other requirements are installed on top."""
    reports: list[tuple[Message, float]] = []
    folder = tmp_path / "environment"
    python = set_up.make_environment(folder, ["leaf==1.0"], lambda *report: reports.append(report))
    answer = subprocess.run(
        [python, "-c", "import leaf; print(leaf.COLOUR)"], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "green"
    shares = [share for _, share in reports]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert "leaf-1.0-py3-none-any.whl" in [phase.text for phase, _ in reports]

    set_up.make_environment(folder, ["leaf==1.0"], lambda *report: pytest.fail("there was nothing to do"))
    with pytest.raises(set_up.SetUpError, match=r"leaf==2\.0"):
        set_up.make_environment(folder, ["leaf==2.0"], lambda *report: None)
    reports.clear()
    set_up.make_environment(folder, ["leaf==1.0"], lambda *report: reports.append(report))
    assert (reports[-1][0].text, reports[-1][1]) == ("Ready", 1.0)


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    """Whatever the artist keeps there stays."""
    (tmp_path / "thesis.txt").write_text("chapter one")
    with pytest.raises(set_up.SetUpError, match="empty folder"):
        set_up.make_environment(tmp_path, [], lambda *report: None)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_full_disk_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the room it needs and the room there is."""
    monkeypatch.setattr(set_up, "NEEDED_SPACE", 10**18)
    assert set_up.main([str(tmp_path / "environment")]) == 1
    assert "1000000000 GB" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    (tmp_path / "thesis.txt").write_text("chapter one")
    assert set_up.main([str(tmp_path)]) == 1
    assert "empty folder" in capsys.readouterr().err


@pytest.mark.usefixtures("shelf")
def test_run_as_a_file_it_speaks_the_protocol_and_fails_in_one_line(tmp_path: Path) -> None:
    """As Blender's Python runs it, from any folder; the shelf lacks the engine's packages.

    In a folder where it was interrupted before: there it goes on, however little room the disk has left.
    """
    folder = tmp_path / "environment"
    folder.mkdir()
    (folder / "pyvenv.cfg").touch()
    answer = subprocess.run([sys.executable, "-I", SCRIPT, folder], cwd=tmp_path, capture_output=True, check=False)
    *messages, failure = protocol.Decoder().feed(answer.stdout)
    assert failure["error"]["data"]["code"] == "packages-failed"
    assert {message["method"] for message in messages} == {"progress"}
    assert set(messages[0]["params"]) == {"phase", "phase_code", "phase_params", "step", "total", "fraction", "eta"}
    assert answer.returncode == 1
    assert answer.stderr.decode().count("\n") == 1
    assert "could not be installed" in answer.stderr.decode()


@pytest.mark.parametrize("line", ["--index-url=elsewhere", "-r other.txt", "  -e ."])
def test_an_option_is_no_requirement(tmp_path: Path, line: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"# what is needed\nleaf==1.0\n{line}\n")
    with pytest.raises(set_up.SetUpError, match="is no package"):
        set_up.read_requirements(tmp_path / "requirements.txt")
    with pytest.raises(set_up.SetUpError, match="is no package"):
        set_up.make_environment(tmp_path / "environment", [line.strip()], lambda *report: None)
    assert not (tmp_path / "environment").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere pip ends with its next word")
def test_what_it_has_started_ends_with_it() -> None:
    """However it ends; here pip is one that goes on for ever."""
    code = (
        "from engine import set_up; import sys\n"
        "set_up._complaint_of([sys.executable, '-c', 'import os, time; print(os.getpid()); time.sleep(1000)'],"
        " lambda line: print(line, flush=True))"
    )
    root = SCRIPT.parents[1]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    give_up = time.monotonic() + 60
    while Path(f"/proc/{child}").exists() and "zombie" not in Path(f"/proc/{child}/status").read_text():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and how it is meant."""
    assert set_up.main([]) == 2
    assert capsys.readouterr().err.startswith("Usage")
