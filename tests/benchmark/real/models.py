# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of real models that nothing is trained on, with their true surfaces, made on demand and kept.

The development half is of groups of models held out for choosing, the test half of other groups and of a package that
is never trained on.
"""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

import build
from engine.training.random_numbers import RandomNumbers
from engine.training.shapes import Caster
from engine.training.things.caster import ThingCaster
from engine.training.things.model import Item, RejectedError
from engine.training.things.packages import opened
from engine.training.things.shape import TexturedShape, shaped
from engine.training.things.sources import SOURCES, split_of
from engine.training.things.views import View, thing_view
from engine.training.views import Camera, random_camera, random_lamps

CACHE = build.ROOT / "out-bench" / "things"
PACKAGES = build.ROOT / "out-train" / "packages"
HERE = Path(__file__).parent
COUNT = 52  # models in each half
ALIKE = 3  # the most of one group
SIZE = 256  # pixels of what is measured
POINTS = 12_000  # on a model, to measure distances to
SIDES = 40  # directions from which a point may be seen
AT_A_TIME = 4  # models that one Blender renders

Floats = NDArray[np.floating]
Half = Literal["development", "test"]


@dataclass(frozen=True)
class Thing:
    """A picture of a model, and what is true of it, at SIZE x SIZE."""

    name: str
    picture: Path
    """RGBA, larger."""
    mask: NDArray[np.bool_]
    depth: Floats
    """(N, N) in half crops towards the camera, NaN outside."""
    normal: Floats
    """(N, N, 3), NaN outside."""
    exit_depth: Floats
    """(N, N) where the ray leaves the object for the last time, NaN outside."""
    closed: bool
    """Whether the exit layer means something."""
    perspective: float
    """1 / distance of the camera in half crops."""
    pitch: float
    """Radians that the camera looks down."""
    points: Floats
    """(P, 3) in the camera's frame, spread over what can be seen of the model from outside."""
    unit: float
    """Half the diagonal of its box, half crops."""

    def rgb(self) -> NDArray[np.float32]:
        """(N, N, 3) sRGB 0..1, straight, 0 outside the mask."""
        rgba = np.asarray(Image.open(self.picture).resize((SIZE, SIZE), Image.Resampling.BOX), np.float32) / 255
        return np.where(self.mask[..., None], rgba[..., :3], np.float32(0))


def things(half: Half, packages: Path) -> list[Thing]:
    """The pictures of `half`, made where they are missing: the models come from the .deb files in `packages`.

    Raises build.BuildError where Blender can't be had or fails.
    """
    folder = CACHE / _version() / half
    if not (folder / "list.json").exists():
        _make(folder, half, packages)
    names: dict[str, str] = json.loads((folder / "list.json").read_text(encoding="utf-8"))
    return [_load(folder / f"{stem}.npz", name) for stem, name in names.items()]


def _version() -> str:
    """Pictures are kept as long as these scripts stay the same."""
    return hashlib.sha256(b"".join(script.read_bytes() for script in sorted(HERE.glob("*.py")))).hexdigest()[:12]


def _make(folder: Path, half: Half, packages: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, str] = {}
    for source, item in _mixed(half, packages):
        stem = f"{len(names):03d}"
        described = _described(f"{source}/{item.name}", item)
        if described is None:
            continue
        np.savez(folder / f"{stem}.npz", **described)
        names[stem] = f"{source}/{item.name}"
        if len(names) == COUNT:
            break
    files = [folder / f"{stem}.npz" for stem in names if not (folder / f"{stem}.png").exists()]
    python = str(build.blender_python(build.default_blender()))
    for k in range(0, len(files), AT_A_TIME):
        command = [python, "-m", "tests.benchmark.real.render", *map(str, files[k : k + AT_A_TIME])]
        answer = subprocess.run(command, cwd=build.ROOT, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise build.BuildError(f"The models can't be rendered: {answer.stderr.strip()}")
    (folder / "list.json").write_text(json.dumps(names, indent=0), encoding="utf-8")


def _mixed(half: Half, packages: Path) -> Iterator[tuple[str, Item]]:
    """Models of `half`, from all packages in turn, not too many alike."""
    rows = []
    for source in SOURCES:
        items = [
            item for item in source.items(opened(source.about, packages, packages)) if split_of(source, item) == half
        ]
        random.Random(0).shuffle(items)
        seen: Counter[str] = Counter()
        row = []
        for item in items:
            seen[item.group] += 1
            if seen[item.group] <= ALIKE:
                row.append((source.about.name, item))
        rows.append(row)
    return (pair for pair in chain.from_iterable(zip_longest(*rows)) if pair is not None)


def _described(name: str, item: Item) -> dict[str, Any] | None:
    """What there is to know of a model, its view and its light; None where it is rejected."""
    seed = zlib.crc32(name.encode())
    dice, numbers = RandomNumbers(torch.Generator().manual_seed(seed)), np.random.default_rng(seed)
    try:
        shape = shaped(item.load(), item.crease)
    except RejectedError:
        return None
    caster = ThingCaster(shape)
    camera, lamps = random_camera(dice, shape, upright=True), random_lamps(dice)
    views = thing_view(caster, camera, lamps, SIZE, upright=True, floor=False)
    if not views:
        return None
    return _truth(caster, camera, views[0], numbers) | _model(shape, camera) | _light(lamps, numbers)


def _truth(caster: ThingCaster, camera: Camera, view: View, numbers: np.random.Generator) -> dict[str, Any]:
    outside = _outside(caster.shape, caster, numbers)
    return {
        "mask": (view["part"][0] > 0).numpy(),
        "depth": view["depth"][0].float().numpy(),
        "normal": view["normal"].permute(1, 2, 0).float().numpy() / 127,
        "exit_depth": view["exit_depth"][0].float().numpy(),
        "closed": bool(view["closed"]),
        "perspective": camera.perspective,
        "pitch": float(view["pitch"]),
        "points": camera.to_camera(outside),
        "unit": camera.scale * float(np.linalg.norm(np.ptp(caster.shape.vertices, axis=0))) / 2,
    }


def _outside(shape: TexturedShape, caster: Caster, numbers: np.random.Generator) -> NDArray[np.float32]:
    """Points spread over `shape` that are seen from at least one of SIDES directions."""
    corners = shape.vertices.reshape(-1, 3, 3)
    area = np.linalg.norm(shape.face_normals, axis=1)
    face = numbers.choice(len(corners), POINTS, p=area / area.sum())
    points = np.einsum("pk,pkc->pc", numbers.dirichlet([1, 1, 1], POINTS), corners[face]).astype(np.float32)
    k = np.arange(SIDES)
    height, angle = 1 - (2 * k + 1) / SIDES, k * np.pi * (3 - 5**0.5)
    ring = np.sqrt(1 - height**2)
    seen = np.zeros(len(points), bool)
    for side in np.stack([ring * np.cos(angle), height, ring * np.sin(angle)], 1).astype(np.float32):
        left = np.flatnonzero(~seen)
        seen[left] = ~caster.blocked(points[left] + 2e-3 * side, np.broadcast_to(side, (len(left), 3)))
    return points[seen]


def _model(shape: TexturedShape, camera: Camera) -> dict[str, Any]:
    """The mesh in the camera's frame, and its materials."""
    described: dict[str, Any] = {
        "corners": camera.to_camera(shape.vertices).reshape(-1, 3, 3),
        "normals": (shape.front @ camera.rotation.T).reshape(-1, 3, 3),
        "uv": shape.uv,
        "material": shape.material,
        "colours": np.array([material.colour for material in shape.materials], np.float32),
    }
    for k, material in enumerate(shape.materials):
        if material.texture is not None:
            pixels = material.texture.levels[0].copy()
            pixels[..., :3] = np.round(pixels[..., :3] * np.array(material.colour))
            if not material.texture.holes:
                pixels[..., 3] = 255
            described[f"texture_{k}"] = pixels
    return described


def _light(lamps: Floats, numbers: np.random.Generator) -> dict[str, Any]:
    """A sky and one to three suns, of random strength, colour and size; materials' roughness and gloss."""
    count = numbers.integers(1, 4)
    tint = numbers.uniform(0.8, 1.0, (count, 3))
    strength = numbers.uniform(1.5, 5.0, (count, 1)) / (1 + np.arange(count)[:, None])
    return {
        "sky": numbers.uniform(0.2, 1.0) * numbers.uniform(0.85, 1.0, 3),
        "suns": lamps[:count],
        "lights": strength * tint,
        "angles": numbers.uniform(0.01, 0.6, count),
        "finishes": np.stack([numbers.uniform(0.25, 0.9, 200), numbers.uniform(0.1, 0.6, 200)], 1),
    }


def _load(file: Path, name: str) -> Thing:
    with np.load(file) as told:
        mask = told["mask"]
        gone = np.where(mask, 0.0, np.nan)
        return Thing(
            name=name,
            picture=file.with_suffix(".png"),
            mask=mask,
            depth=told["depth"] + gone,
            normal=told["normal"] + gone[..., None],
            exit_depth=told["exit_depth"] + gone,
            closed=bool(told["closed"]),
            perspective=float(told["perspective"]),
            pitch=float(told["pitch"]),
            points=told["points"],
            unit=float(told["unit"]),
        )
