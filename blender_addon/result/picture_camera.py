# SPDX-License-Identifier: GPL-3.0-or-later
"""The camera that sees a result as its picture does, with that behind it; those of its views stand likewise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import bpy
import numpy as np
from mathutils import Matrix

from ..engine_client.views import views_of
from .files import Result

CAMERA = "drape_camera"
ID = "drape_id"  # the same of a result and of its camera; a pointer would keep a deleted result in the file
DISTANCE = 2.0  # of an orthographic camera from the surface, in sides of the crop


def remember(obj: bpy.types.Object, result: Result) -> None:
    """Keeps with `obj` how the picture sees it.

    matrix: camera to object, row-major. Then either `ortho_scale`, the width in metres, or `fov`, in degrees, of the
    picture's longer side; `shift` of the picture's middle against the axis, in longer sides; `picture`, its file.
    `views`: matrix, fov and picture of each view by All Round, with the degrees that tell its place.
    """
    crop, picture = result.record["crop"], result.record["picture"]
    width, height = picture["width"], picture["height"]
    longer = max(width, height)
    zoom = longer / crop["size"]
    record: dict[str, object] = {
        "shift": [
            (width / 2 - crop["x"] - crop["size"] / 2) / longer,
            (crop["y"] + crop["size"] / 2 - height / 2) / longer,
        ],
        "size": [width, height],
        "picture": str(result.folder / picture["file"]),
    }
    views = views_of(result.folder)
    if views:
        matrix = np.array(views[0].matrix)
        record["fov"] = math.degrees(2 * math.atan(zoom * math.tan(math.radians(views[0].fov / 2))))
    else:
        matrix, side = _orthographic(result)
        record["ortho_scale"] = zoom * side
    record["views"] = [
        {
            "matrix": np.ravel(view.matrix).tolist(), "fov": view.fov, "shift": [0.0, 0.0], "picture": str(view.color),
            "place": [view.azimuth, view.elevation],
        }
        for view in views
    ]  # fmt: skip
    obj[CAMERA] = {**record, "matrix": matrix.ravel().tolist()}


def add(context: bpy.types.Context, obj: bpy.types.Object) -> bpy.types.Object:
    """Adds the camera of `obj` to the scene, or puts the one that it has back in its place, and returns it."""
    camera = put(context, obj, obj[CAMERA], f"{obj.name} Camera")
    put_behind(camera.data, Path(obj[CAMERA]["picture"]), "FIT")
    return camera


def put(
    context: bpy.types.Context, obj: bpy.types.Object, record: Mapping[str, Any], name: str, suffix: str = ""
) -> bpy.types.Object:
    """A camera of `obj` where `record` says, `name` where it is new; its ID is that of `obj` with `suffix`."""
    context.view_layer.update()
    obj[ID] = obj.get(ID) or uuid4().hex
    identity = f"{obj[ID]}{suffix}"
    cameras = [camera_object for camera_object in context.scene.objects if camera_object.type == "CAMERA"]
    camera_object = next((camera for camera in cameras if camera.get(ID) == identity), None)
    if camera_object is None:
        camera_object = bpy.data.objects.new(name, bpy.data.cameras.new(name))
        camera_object[ID] = identity
        obj.users_collection[0].objects.link(camera_object)
    matrix = obj.matrix_world @ Matrix(np.reshape(record["matrix"], (4, 4)).tolist())
    location, rotation, _ = matrix.decompose()
    camera_object.matrix_world = Matrix.LocRotScale(location, rotation, None)
    camera = camera_object.data
    camera.sensor_fit = "AUTO"
    camera.shift_x, camera.shift_y = record["shift"]
    if "fov" in record:
        camera.type, camera.angle = "PERSP", math.radians(record["fov"])
    else:
        camera.type, camera.ortho_scale = "ORTHO", record["ortho_scale"] * obj.matrix_world.median_scale
    distance = (location - obj.matrix_world.translation).length
    camera.clip_start, camera.clip_end = distance / 100, distance * 100
    return camera_object


def look_through(context: bpy.types.Context, camera: bpy.types.Object, size: tuple[int, int]) -> None:
    """Makes `camera` the scene's, and gives the render the `size` of the picture."""
    scene = context.scene
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.pixel_aspect_x = scene.render.pixel_aspect_y = 1.0


def _orthographic(result: Result) -> tuple[np.ndarray, float]:
    """Matrix of a camera on the crop's axis, and the side of the crop in metres: read off the picture's UVs, which are
    linear in x and z."""
    points = result.vertices[result.faces].reshape(-1, 3).astype(np.float64)
    u, v = result.uv_picture.reshape(-1, 2).T.astype(np.float64)
    (side, left), (_, bottom) = (np.polyfit(share, place, 1) for share, place in ((u, points[:, 0]), (v, points[:, 2])))
    matrix = np.eye(4)
    matrix[:3, :3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]  # right, up and backwards are x, z and -y
    matrix[:3, 3] = left + side / 2, points[:, 1].min() - DISTANCE * side, bottom + side / 2
    return matrix, float(side)


def put_behind(camera: bpy.types.Camera, picture: Path, frame_method: str) -> None:
    """Has `camera` show `picture` behind what it sees; nothing where that is gone."""
    if not picture.is_file():
        return
    image = bpy.data.images.load(str(picture), check_existing=True)
    if image.packed_file is None:
        image.pack()
    camera.background_images.clear()
    behind = camera.background_images.new()
    behind.image, behind.alpha, behind.display_depth, behind.frame_method = image, 1.0, "BACK", frame_method
    camera.show_background_images = True
