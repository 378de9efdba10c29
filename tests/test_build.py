# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension's zip: the same bytes each time, taken by Blender's validators, with what it needs and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

import build
from engine import set_up
from engine.contract import protocol
from engine.contract.version import version

ENVIRONMENTS = sorted(path.name for path in build.ROOT.glob(".venv-blender*"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension's zip, fresh from the tree."""
    return build.package(folder=tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension as a folder."""
    return build.stage(tmp_path_factory.mktemp("stage") / "drape")


def contents(archive: Path) -> dict[str, bytes]:
    """Each file in the zip by its path."""
    with zipfile.ZipFile(archive) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_same_files_make_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    """Also when the files were touched meanwhile."""
    os.utime(build.ROOT / "LICENSE")
    assert build.package(folder=tmp_path).read_bytes() == archive.read_bytes()
    assert (tmp_path / build.INDEX).read_bytes() == (archive.parent / build.INDEX).read_bytes()


def test_the_index_is_of_the_zip_beside_it(archive: Path) -> None:
    """As Blender reads it: a relative address, the size and the digest; and the whole manifest."""
    index = json.loads((archive.parent / build.INDEX).read_text())
    (package,) = index["data"]
    content = archive.read_bytes()
    assert (archive.parent / package.pop("archive_url")) == archive
    assert package.pop("archive_size") == len(content)
    assert package.pop("archive_hash") == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert package == tomllib.loads(contents(archive)["blender_manifest.toml"].decode())


def test_the_index_of_another_zip_does_not_stay(tmp_path: Path) -> None:
    build.package(folder=tmp_path)
    build.package("store", tmp_path)
    assert [file.suffix for file in tmp_path.iterdir()] == [".zip"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_blender_here_takes_the_zip(archive: Path, environment: str) -> None:
    """The checks differ between Blender's versions."""
    build.validate(archive, set_up.python_of(build.ROOT / environment))


def test_a_bad_manifest_is_refused(staged: Path, tmp_path: Path) -> None:
    """So the validator does look."""
    manifest = (staged / "blender_manifest.toml").read_text()
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as file:
        file.writestr("blender_manifest.toml", manifest.replace('version = "', 'version = "first '))
        file.writestr("__init__.py", "")
    with pytest.raises(build.BuildError, match="version"):
        build.validate(tmp_path / "bad.zip", build.blender_python(build.default_blender()))


def test_folder_and_zip_are_the_same(archive: Path, staged: Path) -> None:
    """What is tested on the folder holds for the zip."""
    files = {path.relative_to(staged).as_posix(): path.read_bytes() for path in staged.rglob("*") if path.is_file()}
    assert files == contents(archive)


def test_the_zip_holds_what_it_must_and_nothing_else(archive: Path) -> None:
    """Add-on and engine as they are tracked but for training, licence and manifest."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "blender_addon", "engine"],
        cwd=build.ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    sources = {name.removeprefix("blender_addon/") for name in listing.stdout.splitlines()}
    training = {name for name in sources if name.startswith("engine/training/")}
    assert training
    assert set(contents(archive)) == (sources - training) | {"blender_manifest.toml", "LICENSE"}


def test_blenders_manifest_has_blenders_keys_only(archive: Path) -> None:
    """The tables [engine] and [channels] stay at home; everything else is taken over as it is."""
    ours = tomllib.loads((build.ROOT / "addon_manifest.toml").read_text())
    theirs = tomllib.loads(contents(archive)["blender_manifest.toml"].decode())
    assert theirs == {key: value for key, value in ours.items() if key not in ("engine", "channels")}


def test_the_store_gets_no_installer(tmp_path: Path) -> None:
    """Nor the permission that only the installer needs."""
    files = contents(build.package("store", tmp_path))
    assert "setup/set_up_engine.py" not in files
    assert set(tomllib.loads(files["blender_manifest.toml"].decode())["permissions"]) == {"files", "clipboard"}


def test_the_version_is_the_manifests(staged: Path) -> None:
    """In the repository and in the extension; the protocol's too."""
    manifest = tomllib.loads((build.ROOT / "addon_manifest.toml").read_text())
    assert version() == manifest["version"]
    assert manifest["engine"]["protocol"] == protocol.VERSION
    command = [str(build.engine_python()), "-c", "from engine.contract.version import version; print(version())"]
    answer = subprocess.run(command, cwd=staged, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == manifest["version"]


def test_the_engine_runs_from_the_extension(staged: Path) -> None:
    """With nothing of the repository on its path."""
    command = [str(build.engine_python()), "-m", "engine", "--help"]
    answer = subprocess.run(command, cwd=staged, capture_output=True, text=True, check=True)
    assert "reconstruct" in answer.stdout


def test_the_extension_says_that_it_does_not_train(staged: Path) -> None:
    """In one line, and exit code 2."""
    command = [str(build.engine_python()), "-m", "engine", "train", "all"]
    answer = subprocess.run(command, cwd=staged, capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert len(answer.stderr.splitlines()) == 1
    assert "repository" in answer.stderr


def test_run_refuses_what_is_no_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line and exit code 2."""
    assert build.main(["run", str(tmp_path / "no.png")]) == 2
    assert "no.png" in capsys.readouterr().err


def test_run_replaces_only_a_run_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder with anything else in it is left alone."""
    (tmp_path / "scene.blend").write_text("hers")
    assert build.main(["run", str(build.SAMPLE), "--output", str(tmp_path)]) == 2
    assert "choose another folder" in capsys.readouterr().err
    assert (tmp_path / "scene.blend").read_text() == "hers"


def test_run_leaves_what_the_next_run_may_replace(tmp_path: Path) -> None:
    """The main job whole: add-on, engine, import, export, preview; and nothing else in the folder."""
    assert build.main(["run", str(build.SAMPLE), "--output", str(tmp_path / "out")]) == 0
    assert {file.name for file in (tmp_path / "out").iterdir()} == build.RUN_RESULTS
    assert (tmp_path / "out" / "job" / "result.json").is_file()


def test_a_blender_that_is_not_published_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build.main(["test", "--blender", "2.79"])
    assert ended.value.code == 2
    assert "2.79" in capsys.readouterr().err


def test_only_files_that_git_knows_are_packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what lies about in the working tree nor what a link leads to."""
    (tmp_path / "engine").mkdir()
    for name in ("ours.py", "secret.txt"):
        (tmp_path / "engine" / name).write_text("x = 1")
    (tmp_path / "elsewhere.txt").write_text("not ours")
    (tmp_path / "engine" / "link.txt").symlink_to(tmp_path / "elsewhere.txt")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "engine/ours.py", "engine/link.txt"], cwd=tmp_path, check=True)
    monkeypatch.setattr(build, "ROOT", tmp_path)
    assert [path.name for path in build._tracked(tmp_path / "engine")] == ["ours.py"]
