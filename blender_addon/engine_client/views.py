# SPDX-License-Identifier: GPL-3.0-or-later
"""The views of a job of All Round, and what can be asked of single ones; see `orbit` in the engine's protocol."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ..engine.contract.messages import InputError
from ..engine.contract.records import CameraRecord, read_record
from ..engine.contract.result_folder import ORBIT, VIEWS, is_complete
from ..engine.contract.view_requests import SEED
from .folders import PICTURE_SUFFIX, request_to_resume


class OrbitView(NamedTuple):
    """One view.

    number: as in the folder's name, 0 is the picture. color, mask: picture files, squares. matrix: camera to mesh,
    4 x 4 row-major, the camera looking along its -z with y up. fov: degrees. azimuth: degrees to the right of the
    picture's camera, -180 to 180. elevation: degrees above it; from right above or below the azimuth tells nothing.
    """

    number: int
    color: Path
    mask: Path
    matrix: list[list[float]]
    fov: float
    azimuth: int
    elevation: int


def views_of(job: Path) -> tuple[OrbitView, ...]:
    """The views of the result in the folder `job`, or those so far of one that is unfinished; none by Front."""
    places = [job / VIEWS] if is_complete(job) else [job / ORBIT, job / VIEWS]
    folder = next((place for place in places if place.is_dir()), None)
    try:
        return _read(folder, folder.stat().st_mtime_ns) if folder is not None else ()
    except (OSError, InputError):  # the engine is just putting others in their place
        return ()


def stops_early(job: Path) -> bool:
    """Whether the job in this folder was asked not to go all round."""
    params = request_to_resume(job)
    return params is not None and params["orbit"]["stop_after"] > 0


def painted_again(params: dict[str, Any], view: int) -> dict[str, Any]:
    """The job with these `params`, but `view` painted with the next seed."""
    orbit = params["orbit"]
    seed = (orbit["seeds"].get(str(view), params["seed"]) + 1) % (SEED.metadata["high"] + 1)
    return _with(params, {**orbit["seeds"], str(view): seed}, _without(orbit["pictures"], view))


def replaced(params: dict[str, Any], view: int, picture: Path) -> dict[str, Any]:
    """The job with these `params`, but `picture` as `view`."""
    orbit = params["orbit"]
    return _with(params, _without(orbit["seeds"], view), {**orbit["pictures"], str(view): str(picture)})


def ended(params: dict[str, Any], views: int) -> dict[str, Any]:
    """The job with these `params`, but no more than `views` views, the picture counted; with 0 it goes round."""
    return {**params, "orbit": {**params["orbit"], "stop_after": views}}


def picture_file(job: Path, view: int) -> Path:
    """Where a picture of hers for `view` is kept."""
    return job / f"view.{view:03d}{PICTURE_SUFFIX}"


@lru_cache(maxsize=4)
def _read(folder: Path, _: int) -> tuple[OrbitView, ...]:
    return tuple(_view(place) for place in sorted(folder.iterdir()) if place.name.isdecimal())


def _view(folder: Path) -> OrbitView:
    camera = read_record(folder / "camera.json", CameraRecord)
    if camera is None or [len(row) for row in camera["matrix"]] != [4, 4, 4, 4]:
        raise FileNotFoundError(folder)
    matrix, fov = camera["matrix"], camera["fov"]
    x, y, z = (row[2] for row in matrix[:3])  # towards the camera
    azimuth, elevation = (round(math.degrees(angle)) for angle in (math.atan2(x, -y), math.asin(max(-1, min(1, z)))))
    return OrbitView(int(folder.name), folder / "color.png", folder / "mask.png", matrix, fov, azimuth, elevation)


def _with(params: dict[str, Any], seeds: dict[str, int], pictures: dict[str, str]) -> dict[str, Any]:
    return {**params, "orbit": {**params["orbit"], "seeds": seeds, "pictures": pictures}}


def _without(values: dict[str, Any], view: int) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != str(view)}
