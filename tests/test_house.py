# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that give the house its shape, read off the source."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

from engine import set_up

ROOT = Path(__file__).resolve().parents[1]
ADDON = sorted((ROOT / "blender_addon").rglob("*.py"))
ENGINE = sorted((ROOT / "engine").rglob("*.py"))
EVERY = [ROOT / "build.py", *ADDON, *ENGINE, *sorted((ROOT / "tests").rglob("*.py")), *(ROOT / "docs").rglob("*.py")]

READ_BY_BLENDER = [
    *sorted((ROOT / "engine" / "contract").glob("*.py")),
    *sorted((ROOT / "engine" / "methods").glob("*/descriptor.py")),
    *(ROOT / "engine" / name for name in ("methods/__init__.py", "set_up.py", "__init__.py")),
]
BLENDERS_MODULES = {
    "addon_utils", "bl_operators", "bl_ui", "blf", "bmesh", "bpy", "bpy_extras", "gpu", "gpu_extras", "mathutils",
}  # fmt: skip
FLOORS = (
    ("contract",),
    ("errors", "progress", "checkpoint", "devices", "models", "loaded_models", "optimizer_state", "patch_unet",
     "pipelines", "networks", "streams"),
    ("geometry",), ("picture",), ("surface",), ("guidance",), ("field",), ("mesh",), ("methods",), ("job",),
    ("training",), ("set_up", "doctor", "worker", "cli", "__main__"),
)  # fmt: skip
"""The engine's rooms from the ground up: each imports from those before it, or from its own floor."""
# Distributions whose module has another name.
MODULE_NAMES = {
    "fast-simplification": "fast_simplification",
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "scikit-image": "skimage",
}

each_addon_file = pytest.mark.parametrize("path", ADDON, ids=lambda path: str(path.relative_to(ROOT)))
each_engine_file = pytest.mark.parametrize("path", ENGINE, ids=lambda path: str(path.relative_to(ROOT)))


def imports(path: Path) -> Iterator[str]:
    """Full names that the file imports; those of relative imports as seen from the root of the zip."""
    home = ROOT / "blender_addon" if path.is_relative_to(ROOT / "blender_addon") else ROOT
    package = path.relative_to(home).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else ()
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}".lstrip(".") for alias in node.names)


def foreign(path: Path) -> set[str]:
    """Top-level modules that the file imports and that are neither Python's nor ours."""
    ours = {"engine", *(p.stem for p in (ROOT / "blender_addon").iterdir())}
    return {name.partition(".")[0] for name in imports(path)} - sys.stdlib_module_names - ours


@pytest.mark.parametrize("path", EVERY, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_licence_is_named_first(path: Path) -> None:
    """Then says the docstring what the file is for."""
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# SPDX-License-Identifier: GPL-3.0-or-later\n")
    assert ast.get_docstring(ast.parse(text))


@each_addon_file
def test_the_addon_needs_blender_and_numpy_only(path: Path) -> None:
    """No torch, nothing to install into Blender."""
    assert foreign(path) <= BLENDERS_MODULES | {"numpy"}


@each_addon_file
def test_the_addon_takes_the_contract_alone(path: Path) -> None:
    """Everything else of the engine lives in another process."""
    for name in imports(path):
        if name.partition(".")[0] == "engine":
            assert name.startswith("engine.contract."), name


@each_addon_file
def test_the_addon_is_one_that_blender_may_trust(path: Path) -> None:
    """No threads, no code from text, no shell, no talk on stdout, no change of where Python looks for modules."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not {name.partition(".")[0] for name in imports(path)} & {"threading", "queue", "multiprocessing"}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & {"eval", "exec", "print", "compile", "__import__"}
    attributes = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not attributes & {"sys.path", "sys.modules", "os.system"}
    keywords = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    assert "shell" not in keywords


@each_engine_file
def test_the_engine_knows_no_blender(path: Path) -> None:
    """And imports nothing that isn't declared."""
    declared = {
        MODULE_NAMES.get(name, name)
        for name in (re.split("[=<>]", line)[0] for line in project()["dependencies"])
    }  # fmt: skip
    assert foreign(path) <= declared


@pytest.mark.parametrize("path", READ_BY_BLENDER, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_blenders_python_runs_needs_the_standard_library_only(path: Path) -> None:
    """Blender's Python has no torch. The engine has another name there, so it imports its own by dots."""
    assert not foreign(path)
    if path != ROOT / "engine" / "set_up.py":
        modules = {node.module or "" for node in ast.walk(ast.parse(path.read_text())) if is_absolute(node)}
        assert not {module for module in modules if module.partition(".")[0] == "engine"}


@each_engine_file
def test_imports_lead_down(path: Path) -> None:
    """Towards the ground floor; `engine` itself imports nothing."""
    room = room_of(path)
    for name in imports(path):
        if name.startswith("engine."):
            assert floor_of(name.split(".")[1]) <= floor_of(room), name


@pytest.mark.parametrize("path", sorted((ROOT / "engine" / "methods").glob("*/*.py")), ids=str)
def test_methods_are_guests(path: Path) -> None:
    """None leans on another."""
    for name in imports(path):
        if name.startswith("engine.methods."):
            assert name.split(".")[2] in (path.parent.name, "interface"), name


PAGES = [ROOT / "README.md", ROOT / "docs" / "architecture.md", *sorted((ROOT / "engine").glob("weights/*/README.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    """`engine/...` and the like; with a star any of that kind."""
    paths = re.findall(r"`((?:blender_addon|engine|tests|docs)/[^`\s]*)`", page.read_text(encoding="utf-8"))
    assert paths
    for path in paths:
        assert list(ROOT.glob(path.rstrip("/"))), path


def room_of(path: Path) -> str:
    """The folder or the module right below `engine` that the file `path` is in."""
    return path.relative_to(ROOT / "engine").with_suffix("").parts[0]


def floor_of(room: str) -> int:
    """The floor of FLOORS that `room` is on; under all of them that of `engine` itself."""
    return next((number for number, rooms in enumerate(FLOORS) if room in rooms), -1)


def is_absolute(node: ast.AST) -> TypeGuard[ast.ImportFrom]:
    """Whether it imports from a module by its full name."""
    return isinstance(node, ast.ImportFrom) and not node.level


def test_every_dependency_is_pinned() -> None:
    """The engine's in the list that travels with it, the tests' in their own; no build of torch is preferred."""
    engine = pinned(ROOT / "engine" / "requirements.txt")
    development = pinned(ROOT / "requirements-dev.txt")
    assert {re.split("[=<>]", line)[0].replace("_", "-") for line in project()["dependencies"]} <= set(engine)
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    assert set(groups["dev"]) <= set(development)
    assert engine["torch"] == "2.13.0"


def pinned(file: Path) -> dict[str, str]:
    """Version of each package in a requirements file, which names versions and nothing else."""
    lines = [re.fullmatch(r"([a-z0-9-]+)==([0-9.]+(?:post[0-9]+)?)", line) for line in set_up.read_requirements(file)]
    assert all(lines)
    return {line[1]: line[2] for line in lines if line}


def project() -> dict[str, list[str]]:
    """The table [project] of pyproject.toml."""
    table: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table
