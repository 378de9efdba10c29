# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of every kind that is read, their masks and crops, and every refusal."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.contract.files import write_file
from engine.errors import InputError
from engine.picture import picture
from engine.picture.picture import MARGIN, Picture, load_picture, png

RED, BLUE = (200, 40, 30), (60, 90, 220)
WIDTH, HEIGHT = 120, 80
CENTRE, RADIUS = (50, 45), 25


def disc(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A disc's mask (H, W), scaled with the picture."""
    y, x = np.mgrid[:height, :width] + 0.5
    return np.hypot(x * WIDTH / width - CENTRE[0], y * HEIGHT / height - CENTRE[1]) < RADIUS


def drawing() -> Image.Image:
    """A red disc on blue."""
    return Image.fromarray(np.where(disc()[..., None], RED, BLUE).astype(np.uint8))


def with_alpha() -> Image.Image:
    return Image.merge("RGBA", (*drawing().split(), Image.fromarray(disc().astype(np.uint8) * 255)))


@pytest.fixture
def mask_file(tmp_path: Path) -> Path:
    path = tmp_path / "mask.png"
    Image.fromarray(disc().astype(np.uint8) * 255).save(path)
    return path


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    return float(((mask >= 0.5) & truth).sum() / ((mask >= 0.5) | truth).sum())


def assert_drawing(read: Picture, tolerance: float = 0.01) -> None:
    assert read.rgb.dtype == read.mask.dtype == np.float32
    assert read.rgb.shape == (HEIGHT, WIDTH, 3)
    np.testing.assert_allclose(read.rgb[45, 50] * 255, RED, atol=255 * tolerance)
    np.testing.assert_allclose(read.rgb[5, 5] * 255, BLUE, atol=255 * tolerance)
    np.testing.assert_array_equal(read.mask >= 0.5, disc())


@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [
        ("a.png", {}, 0.01),
        ("a.jpg", {"quality": 95}, 0.05),
        ("a.webp", {"lossless": True}, 0.01),
        ("a.tif", {"compression": "tiff_lzw"}, 0.01),
        ("a.gif", {}, 0.02),
        ("a.bmp", {}, 0.01),
        ("jpeg in a file called.png", {"format": "JPEG", "quality": 95}, 0.05),
    ],
)
def test_formats(tmp_path: Path, mask_file: Path, name: str, options: dict[str, Any], tolerance: float) -> None:
    drawing().save(tmp_path / name, **options)
    read = load_picture(tmp_path / name, mask_file)
    assert_drawing(read, tolerance)
    assert read.mask_source == "file"


@pytest.mark.parametrize("mode", ["P", "CMYK", "RGBA", "YCbCr"])
def test_colour_modes(tmp_path: Path, mask_file: Path, mode: str) -> None:
    path = tmp_path / "a.tif"
    drawing().convert(mode, palette=Image.Palette.ADAPTIVE).save(path)
    assert_drawing(load_picture(path, mask_file), 0.03)


@pytest.mark.parametrize("mode", ["L", "LA", "1", "I;16", "I;16B"])
def test_grey(tmp_path: Path, mask_file: Path, mode: str) -> None:
    if mode.startswith("I;16"):
        order = ">u2" if mode.endswith("B") else "<u2"
        image = Image.frombytes(mode, (WIDTH, HEIGHT), np.where(disc(), 65535, 0).astype(order).tobytes())
    else:
        image = Image.fromarray(disc().astype(np.uint8) * 255).convert(mode)
    path = tmp_path / "a.tif"
    image.save(path)
    read = load_picture(path, mask_file)
    np.testing.assert_array_equal(read.rgb, np.repeat(disc()[..., None], 3, axis=2).astype(np.float32))


def test_16_bit_grey_keeps_its_levels(tmp_path: Path, mask_file: Path) -> None:
    values = (20_000 + np.arange(WIDTH * HEIGHT) % 300).astype(np.uint16).reshape(HEIGHT, WIDTH)
    Image.fromarray(values).save(tmp_path / "a.png")
    np.testing.assert_allclose(load_picture(tmp_path / "a.png", mask_file).rgb[..., 1] * 65535, values, atol=0.1)


def test_16_bit_colour(tmp_path: Path, mask_file: Path) -> None:
    values = np.where(disc()[..., None], RED, BLUE).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks))
    assert_drawing(load_picture(tmp_path / "a.png", mask_file))


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.gif"])
def test_first_frame_of_an_animation(tmp_path: Path, mask_file: Path, name: str) -> None:
    later = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("green", "yellow")]
    drawing().save(tmp_path / name, save_all=True, append_images=later, lossless=True)
    assert_drawing(load_picture(tmp_path / name, mask_file), 0.02)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path: Path, mask_file: Path, name: str, orientation: int) -> None:
    # How to store the upright picture so that this orientation turns it upright again (EXIF 2.32, 4.6.4 A).
    stored_as = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    stored = drawing() if stored_as is None else drawing().transpose(stored_as)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / name, exif=exif, quality=95)
    assert_drawing(load_picture(tmp_path / name, mask_file), 0.06)


def test_alpha_is_the_mask(tmp_path: Path) -> None:
    with_alpha().save(tmp_path / "a.png")
    read = load_picture(tmp_path / "a.png")
    assert_drawing(read)
    assert read.mask_source == "alpha"


def test_transparent_palette_is_the_mask(tmp_path: Path) -> None:
    image = drawing().quantize(4)
    image.save(tmp_path / "a.png", transparency=image.getpixel((0, 0)))
    read = load_picture(tmp_path / "a.png")
    np.testing.assert_array_equal(read.mask, disc().astype(np.float32))
    assert read.mask_source == "alpha"


def test_opaque_alpha_is_not_a_mask(tmp_path: Path) -> None:
    drawing().convert("RGBA").save(tmp_path / "a.png")
    read = load_picture(tmp_path / "a.png", cut_out=lambda rgb: (rgb[..., 0] > rgb[..., 2]).astype(np.float32))
    assert_drawing(read)
    assert read.mask_source == "cut-out"


def test_mask_file_overrides_alpha_and_is_resized(tmp_path: Path) -> None:
    with_alpha().save(tmp_path / "a.png")
    Image.fromarray(~disc(WIDTH * 2, HEIGHT * 2)).save(tmp_path / "mask.png")
    read = load_picture(tmp_path / "a.png", tmp_path / "mask.png")
    assert read.mask_source == "file"
    assert overlap(read.mask, ~disc()) > 0.97


def test_specks_are_dropped_and_parts_are_kept(tmp_path: Path) -> None:
    mask = np.zeros((200, 300), np.uint8)
    mask[50:150, 30:120] = mask[60:100, 150:200] = 255
    speckled = mask.copy()
    speckled[10:12, 290:292] = 255
    Image.merge("LA", (Image.fromarray(mask), Image.fromarray(speckled))).save(tmp_path / "a.png")
    read = load_picture(tmp_path / "a.png")
    np.testing.assert_array_equal(read.mask * 255, mask)


def test_crop_is_a_square_round_the_object_and_may_pass_the_border(tmp_path: Path, mask_file: Path) -> None:
    drawing().save(tmp_path / "a.png")
    crop = load_picture(tmp_path / "a.png", mask_file).crop
    assert crop.size == pytest.approx(2 * RADIUS / (1 - 2 * MARGIN), abs=1)
    assert (crop.x + crop.size / 2, crop.y + crop.size / 2) == pytest.approx(CENTRE, abs=1)
    Image.new("L", (WIDTH, HEIGHT), 255).save(mask_file)
    crop = load_picture(tmp_path / "a.png", mask_file).crop
    assert crop.x < 0
    assert crop.y < 0
    assert crop.x + crop.size > WIDTH


@pytest.mark.parametrize("n", [16, 32, 200])
def test_square_holds_the_object_without_background_in_its_rim(tmp_path: Path, mask_file: Path, n: int) -> None:
    drawing().save(tmp_path / "a.png")
    read = load_picture(tmp_path / "a.png", mask_file)
    rgb, mask = read.square(n)
    assert rgb.shape == (n, n, 3)
    assert mask.shape == (n, n)
    assert rgb.dtype == mask.dtype == np.float32
    np.testing.assert_allclose(rgb[mask > 0.01] * 255, np.broadcast_to(RED, rgb[mask > 0.01].shape), atol=1)
    assert mask.sum() * (read.crop.size / n) ** 2 == pytest.approx(disc().sum(), rel=0.01)
    covered = np.argwhere(mask >= 0.5)
    np.testing.assert_allclose((covered.min(0), n - 1 - covered.max(0)), n * MARGIN, atol=1 + n * 0.02)


def test_texture_has_the_objects_colours_everywhere(tmp_path: Path, mask_file: Path) -> None:
    drawing().save(tmp_path / "a.png")
    read = load_picture(tmp_path / "a.png", mask_file)
    assert read.texture(2048).shape == (read.crop.size, read.crop.size, 3)
    texture = read.texture(40)
    assert texture.shape == (40, 40, 3)
    np.testing.assert_allclose(texture * 255, np.broadcast_to(RED, texture.shape), atol=1)


def test_saved_pictures_and_masks_are_read_back(tmp_path: Path, mask_file: Path) -> None:
    drawing().save(tmp_path / "a.png")
    read = load_picture(tmp_path / "a.png", mask_file)
    write_file(tmp_path / "rgb.png", png(read.rgb))
    write_file(tmp_path / "saved mask.png", png(read.mask))
    again = load_picture(tmp_path / "rgb.png", tmp_path / "saved mask.png")
    np.testing.assert_array_equal(again.rgb, read.rgb)
    np.testing.assert_array_equal(again.mask, read.mask)
    assert not list(tmp_path.glob("*.part"))


def refusal(path: Path, mask: Path | None = None) -> str:
    """The sentence `load` refuses `path` with; there is a hint as well, and neither has a second line."""
    with pytest.raises(InputError) as caught:
        load_picture(path, mask)
    assert "\n" not in str(caught.value) + caught.value.hint
    assert str(caught.value).endswith(".")
    assert caught.value.hint.endswith(".")
    return str(caught.value)


def test_refuses_what_is_no_file(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "missing.png")
    assert "directory" in refusal(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n", b"\x89PNG\r\n"]
)
def test_refuses_what_is_no_picture(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert "is not a picture" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif", "a.gif", "a.bmp"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_refuses_truncated_files(tmp_path: Path, name: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(len(content) * share)])
    assert "is damaged or incomplete" in refusal(tmp_path / name)


def test_refuses_damaged_files(tmp_path: Path, mask_file: Path) -> None:
    """Whatever bytes are flipped, a file is read or refused in words."""
    rng = np.random.default_rng(0)
    for name in ("a.png", "a.jpg", "a.webp", "a.tif", "a.gif", "a.bmp"):
        drawing().save(tmp_path / name)
        content = np.frombuffer((tmp_path / name).read_bytes(), np.uint8)
        for _ in range(30):
            broken = content.copy()
            broken[rng.integers(0, min(len(content), 400), 4)] = rng.integers(0, 255, 4)
            (tmp_path / name).write_bytes(broken.tobytes())
            try:
                load_picture(tmp_path / name, mask_file)
            except InputError as error:
                assert str(error).endswith(".")  # noqa: PT017  (reading a broken file may also succeed)


@pytest.mark.parametrize(("width", "height"), [(10_001, 10_000), (30_000, 30_000)])
def test_refuses_over_100_megapixels_by_the_header(tmp_path: Path, width: int, height: int) -> None:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(b"")))
    assert "over 100 megapixels" in refusal(tmp_path / "a.png")


def test_refuses_32_bit_channels(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((HEIGHT, WIDTH), np.float32)).save(tmp_path / "a.tif")
    assert "32 bits" in refusal(tmp_path / "a.tif")


def test_refuses_pictures_without_an_object(tmp_path: Path) -> None:
    Image.new("RGB", (WIDTH, HEIGHT), BLUE).save(tmp_path / "plain.png")
    assert "No object" in refusal(tmp_path / "plain.png")
    Image.new("RGBA", (WIDTH, HEIGHT), (*RED, 0)).save(tmp_path / "transparent.png")
    assert "No object" in refusal(tmp_path / "transparent.png")
    Image.new("RGB", (1, 1), BLUE).save(tmp_path / "pixel.png")
    assert "No object" in refusal(tmp_path / "pixel.png")
    drawing().save(tmp_path / "a.png")
    with pytest.raises(InputError, match="No object"):
        load_picture(tmp_path / "a.png", cut_out=lambda rgb: np.zeros(rgb.shape[:2], np.float32))


@pytest.mark.parametrize("size", [31, 32])
def test_refuses_objects_under_32_pixels(tmp_path: Path, mask_file: Path, size: int) -> None:
    drawing().save(tmp_path / "a.png")
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[20:30, 20 : 20 + size] = 255
    Image.fromarray(mask).save(mask_file)
    if size < picture.MIN_OBJECT:
        assert "only 31 pixels" in refusal(tmp_path / "a.png", mask_file)
    else:
        load_picture(tmp_path / "a.png", mask_file)


def test_refuses_masks_that_do_not_fit(tmp_path: Path, mask_file: Path) -> None:
    drawing().save(tmp_path / "a.png")
    assert "No such file" in refusal(tmp_path / "a.png", tmp_path / "missing.png")
    Image.new("L", (WIDTH, HEIGHT), 0).save(mask_file)
    assert "is empty" in refusal(tmp_path / "a.png", mask_file)
    Image.new("L", (HEIGHT, WIDTH), 255).save(mask_file)
    assert "80 x 120, which doesn't fit a picture of 120 x 80" in refusal(tmp_path / "a.png", mask_file)
    mask_file.write_bytes(b"no picture")
    assert "'mask.png' is not a picture" in refusal(tmp_path / "a.png", mask_file)
