# SPDX-License-Identifier: GPL-3.0-or-later
"""The one reader of everything that an artist gives as a picture: pictures and masks, depth and normals.

Sizes are known from the header before anything is decoded. What is larger than WORKING_PIXELS is reduced by a whole
number while it is decoded, or right after, so that no picture takes the machine's memory.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin, UnidentifiedImageError

from engine.contract.files import open_file
from engine.errors import InputError

MAX_PIXELS = 100_000_000
WORKING_PIXELS = MAX_PIXELS // 4
MAX_SIDE = 1 << 15  # OpenCV counts pixels of a side in 16 bits
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = 1 << 26  # or a long comment counts as damage

# A closed list: some of Pillow's other formats run programs or fetch files.
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP")
NUMBERS = ".npy"
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
"""What turns a picture upright, by its EXIF orientation."""

Floats = NDArray[np.float32]


class Colours(NamedTuple):
    """A picture, upright."""

    rgb: Floats
    """(H, W, 3), sRGB 0..1, never multiplied by alpha."""
    alpha: Floats | None
    """(H, W) 0..1 where it has one."""
    scale: int
    """Pixels of the file along a side of one of these."""


def read_colours(path: Path) -> Colours:
    """The picture in `path`: PNG, JPEG, WebP, TIFF, GIF or BMP, grey, palette, RGB or CMYK, of any colour profile, 8
    or 16 bits, with or without alpha; of an animation the first frame.

    Raises InputError if the file is missing, not a picture, damaged or over 100 megapixels.
    """
    with _opened(path) as image:
        scale = _scale(image.width, image.height)
        if image.mode in ("I", "F"):
            raise InputError("picture-deep", file=path.name)
        if image.mode.startswith("I;16"):
            grey, alpha = _deep_grey(image, scale)
            turn = _turn(image)
            rgb = np.repeat(_turned(grey, turn)[..., None], 3, -1)
            return Colours(rgb, None if alpha is None else _turned(alpha, turn), scale)
        profile = image.info.get("icc_profile")
        small = _reduced(image, scale)
        turn = _turn(image)
        rgb = _turned(_shares(_srgb(small, profile)), turn)
        alpha = _turned(_shares(small.getchannel("A")), turn) if small.mode == "RGBA" else None
        return Colours(rgb, alpha, scale)


def read_numbers(path: Path, channels: int) -> Floats:
    """The numbers in `path`, as its maker wrote them: (H, W) where `channels` is 1, else (H, W, channels).

    From a picture of 1 channel with 8, 16 or 32 bits, whole or floating, or of 3 channels with 8; or from an npy file.
    Of very large ones every second or third. Raises InputError for what can't be read or has another shape.
    """
    if path.suffix.lower() == NUMBERS:
        return _read_npy(path, channels)
    with _opened(path) as image:
        scale = _scale(image.width, image.height)
        image.load()
        turn = _turn(image)
        if channels > 1:
            image = image.convert("RGB")
        elif image.mode not in ("I", "F") and not image.mode.startswith("I;16"):
            image = image.convert("L")
        return _turned(_thinned(np.asarray(image), scale), turn)


def scale_of(path: Path) -> int:
    """Pixels of the file `path` along a side of one that `read_colours` gives. Raises InputError as that does."""
    with _opened(path) as image:
        return _scale(image.width, image.height)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The picture in `path`, its header read; whatever goes wrong with it becomes an InputError."""
    try:
        file = open_file(path)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise InputError("picture-unopened", file=str(path), cause=cause) from None
    with file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's advice about large or odd files; the limit here is MAX_PIXELS
        try:
            image: Image.Image = Image.open(file, formats=FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise _too_large(path)
            yield image
        except (InputError, MemoryError):
            raise
        except Image.DecompressionBombError:
            raise _too_large(path) from None
        except UnidentifiedImageError:
            raise InputError("picture-unknown", file=path.name) from None
        except Exception:  # there is little that Pillow's decoders don't raise on broken files
            raise InputError("picture-damaged", file=path.name) from None


def _too_large(path: Path) -> InputError:
    return InputError("picture-large", file=path.name, megapixels=MAX_PIXELS // 1_000_000)


def _scale(width: int, height: int) -> int:
    """By how much a picture is reduced along its sides."""
    return max(math.ceil(math.sqrt(width * height / WORKING_PIXELS)), math.ceil(max(width, height) / MAX_SIDE))


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What turns `image`, which has been decoded, upright; None where it is, or where that can't be read."""
    try:
        return UPRIGHT.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # EXIF is read by chance; a broken one is no damage to the picture
        return None


def _reduced(image: Image.Image, scale: int) -> Image.Image:
    """`image` decoded, as L, RGB, CMYK or RGBA, `scale` times smaller."""
    whole = image.size
    if scale in (2, 4, 8):
        image.draft(image.mode, (image.width // scale, image.height // scale))  # a JPEG is decoded smaller
    image.load()
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return image.reduce(scale) if image.size == whole and scale > 1 else image


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours of `image`, whose numbers are meant as the ICC `profile` says, as RGB in sRGB."""
    straight = image.convert("RGB") if image.mode == "RGBA" else image
    if profile:
        try:
            meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "srgb" not in ImageCms.getProfileDescription(meant).lower():
                converted = ImageCms.profileToProfile(straight, meant, ImageCms.createProfile("sRGB"), outputMode="RGB")
                return converted or straight
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a broken profile, or one for another kind of picture, says nothing
    return straight.convert("RGB")


def _deep_grey(image: Image.Image, scale: int) -> tuple[Floats, Floats | None]:
    """Grey and alpha (H, W), 0..1, of an `image` with 16 bits, whose alpha is one value that stands for nothing."""
    values = np.asarray(image)  # decodes it
    transparent = image.info.get("transparency")
    alpha = None if transparent is None else _smaller((values != transparent).astype(np.float32), scale)
    return _smaller(values, scale).astype(np.float32) / np.float32(65535), alpha


def _smaller(values: NDArray[Any], scale: int) -> NDArray[Any]:
    """The means of `values` (H, W) over squares of `scale` pixels."""
    if scale == 1:
        return values
    size = (math.ceil(values.shape[1] / scale), math.ceil(values.shape[0] / scale))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA))


def _thinned(values: NDArray[Any], scale: int) -> Floats:
    """Of `values` (H, W, ...) one of each square of `scale` pixels, since the mean of two depths is none."""
    with np.errstate(over="ignore", invalid="ignore"):
        return values[scale // 2 :: scale, scale // 2 :: scale].astype(np.float32)


def _shares(image: Image.Image) -> Floats:
    return np.asarray(image).astype(np.float32) / np.float32(255)


def _turned(values: Floats, turn: Image.Transpose | None) -> Floats:
    """`values` (H, W, ...) as `turn` says."""
    match turn:
        case Image.Transpose.FLIP_LEFT_RIGHT:
            turned = values[:, ::-1]
        case Image.Transpose.FLIP_TOP_BOTTOM:
            turned = values[::-1]
        case Image.Transpose.TRANSPOSE:
            turned = values.swapaxes(0, 1)
        case Image.Transpose.TRANSVERSE:
            turned = values[::-1, ::-1].swapaxes(0, 1)
        case None:
            return values
        case _:
            quarters = {Image.Transpose.ROTATE_90: 1, Image.Transpose.ROTATE_180: 2, Image.Transpose.ROTATE_270: 3}
            turned = np.rot90(values, quarters[turn])
    return np.ascontiguousarray(turned)


def _read_npy(path: Path, channels: int) -> Floats:
    """The array in `path`. Its header is believed no more than the file is long, and nothing in it is run."""
    try:
        with open_file(path) as file:
            length = path.stat().st_size
            major, _ = np.lib.format.read_magic(file)
            read = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}[major]
            shape, columns_first, kind = read(file)
            if kind.kind not in "fiu" or len(shape) < 2 or shape[2:] != ((channels,) if channels > 1 else ()):
                raise InputError("map-shape", file=path.name, shape=str(shape)[:80])
            if shape[0] * shape[1] > MAX_PIXELS:
                raise _too_large(path)
            count = math.prod(shape)
            if not count or file.tell() + count * kind.itemsize > length:
                raise ValueError(shape)
            values = np.fromfile(file, kind, count).reshape(shape, order="F" if columns_first else "C")
    except (OSError, ValueError, KeyError, EOFError, SyntaxError, RecursionError, OverflowError):
        raise InputError("map-unreadable", file=path.name) from None
    return _thinned(values, _scale(shape[1], shape[0]))
