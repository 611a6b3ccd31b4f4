"""Reading a picture: any format, any name, upright, on white, and a clear word for what is no picture."""

import os
import struct

import numpy as np
import pytest
from PIL import Image

from course_utils.data.reading import UnreadablePicture, open_picture, read_picture

RED = (220, 30, 40)


def halves(size=(64, 48), mode="RGB"):
    """A picture whose upper half is red and whose lower half is white."""
    pixels = np.full((size[1], size[0], 3), 255, np.uint8)
    pixels[: size[1] // 2] = RED
    return Image.fromarray(pixels).convert(mode)


def is_upright(array):
    top, bottom = array[5].mean(axis=0), array[-6].mean(axis=0)
    return top[0] > top[1] + 100 and bottom.min() > 220


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.jpg", "RGB"),
        ("cmyk.jpg", "CMYK"),
        ("a.png", "RGB"),
        ("palette.png", "P"),
        ("a.webp", "RGB"),
        ("a.bmp", "RGB"),
        ("a.tiff", "RGB"),
        ("grün 服.png", "RGB"),
        ("no-suffix", "RGB"),
    ],
)
def test_formats_and_names(tmp_path, name, mode):
    halves(mode=mode).save(tmp_path / name, format=None if "." in name else "PNG")
    array = read_picture(tmp_path / name, (48, 48))
    assert array.shape == (48, 48, 3) and array.dtype == np.uint8
    assert is_upright(array)


def test_the_size_is_height_then_width_and_grey_has_one_channel(tmp_path):
    halves().save(tmp_path / "a.png")
    array = read_picture(tmp_path / "a.png", (30, 20), channels=1)
    assert array.shape == (30, 20, 1)
    assert array[3].mean() < 120 and array[-3].mean() > 250


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_are_white(tmp_path, mode):
    picture = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    if mode == "P":
        picture = Image.new("P", (40, 40), 0)
        picture.info["transparency"] = 0
    picture.convert(mode).save(tmp_path / "a.png", **({"transparency": 0} if mode == "P" else {}))
    assert (read_picture(tmp_path / "a.png", (8, 8)) == 255).all()


@pytest.mark.parametrize(("orientation", "turn"), [(3, 180), (6, 90), (8, 270)])
def test_exif_orientation_is_applied(tmp_path, orientation, turn):
    exif = Image.Exif()
    exif[274] = orientation
    halves((64, 64)).rotate(turn, expand=True).save(tmp_path / "a.jpg", exif=exif)
    assert is_upright(read_picture(tmp_path / "a.jpg", (48, 48)))


def test_of_an_animation_the_first_frame(tmp_path):
    black = Image.new("RGB", (64, 48))
    halves().save(tmp_path / "a.gif", save_all=True, append_images=[black, black])
    assert is_upright(read_picture(tmp_path / "a.gif", (48, 48)))


def test_sixteen_bits_keep_their_shades(tmp_path):
    ramp = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    array = read_picture(tmp_path / "a.png", (64, 64), channels=1)
    assert abs(float(array.mean()) - 127) < 3 and array[0].max() < 10 < 240 < array[-1].min()


def test_a_large_jpeg_comes_smaller_but_never_too_small(tmp_path):
    halves((2000, 1000)).save(tmp_path / "a.jpg")
    assert open_picture(tmp_path / "a.jpg").size == (2000, 1000)
    width, height = open_picture(tmp_path / "a.jpg", least=(96, 96)).size
    assert 96 <= height < 1000 and 96 <= width < 2000


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "no format"), (b"these are words", "no format"), (None, "no such file")],
)
def test_what_is_no_picture(tmp_path, content, reason):
    path = tmp_path / "a.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadablePicture, match=reason) as raised:
        read_picture(path, (96, 96))
    assert str(path) in str(raised.value) and raised.value.exit_code == 1


def test_a_file_cut_short_is_unreadable(tmp_path):
    halves((400, 300)).save(tmp_path / "whole.jpg")
    (tmp_path / "half.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:600])
    with pytest.raises(UnreadablePicture, match=r"half\.jpg"):
        read_picture(tmp_path / "half.jpg", (96, 96))


RAMP = np.linspace(0, 1, 64 * 64).reshape(64, 64)


@pytest.mark.parametrize(
    ("name", "values", "options"),
    [
        ("grey with a transparent tone.png", (RAMP * 65535).astype("uint16"), {"transparency": 0}),
        ("floats to 1.tif", RAMP.astype("float32"), {}),
        ("floats to 255.tif", (RAMP * 255).astype("float32"), {}),
        ("32 bits.tif", (RAMP * 65535).astype("int32"), {}),
        ("8 bits in 32.tif", (RAMP * 255).astype("int32"), {}),
        ("one bit.png", RAMP > 0.5, {}),
    ],
)
def test_every_kind_of_number_keeps_its_shades(tmp_path, name, values, options):
    Image.fromarray(values).save(tmp_path / name, **options)
    array = read_picture(tmp_path / name, (64, 64), channels=1)
    assert abs(float(array.mean()) - 127) < 5 and array[2:9].max() < 40 and array[-1].min() > 240
    assert array[0, 0, 0] == (255 if options else 0)


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "CMYK", "YCbCr", "LA", "PA", "RGBA", "RGBX"])
def test_every_mode_keeps_its_shades(tmp_path, mode):
    Image.fromarray((RAMP * 255).astype("uint8")).convert("RGB").convert(mode).save(tmp_path / "a.tif")
    array = read_picture(tmp_path / "a.tif", (64, 64), channels=1)
    assert abs(float(array.mean()) - 127) < 5 and array[2:9].max() < 60 and array[-9:].min() > 190


@pytest.mark.parametrize("values", [RAMP * 700_000, RAMP - 0.5, RAMP * np.nan])
def test_numbers_without_a_known_range_are_refused_with_their_mode(tmp_path, values):
    Image.fromarray(values.astype("float32")).save(tmp_path / "a.tif")
    with pytest.raises(UnreadablePicture, match=r"its pixels \(mode F\) are not from 0 to 1, 255 or 65,535"):
        read_picture(tmp_path / "a.tif", (8, 8))


def test_a_photograph_of_200_megapixels_is_read_and_a_bomb_is_not(tmp_path):
    halves((14_200, 14_200)).save(tmp_path / "phone.jpg")
    assert is_upright(read_picture(tmp_path / "phone.jpg", (48, 48)))
    assert 4000 <= min(open_picture(tmp_path / "phone.jpg").size) < 14_200
    lie = bytearray((tmp_path / "phone.jpg").read_bytes())
    frame = lie.index(b"\xff\xc0")
    lie[frame + 5 : frame + 9] = struct.pack(">HH", 65_500, 65_500)
    (tmp_path / "lie.jpg").write_bytes(lie)
    Image.new("1", (9_000, 9_000)).save(tmp_path / "large.png")
    Image.new("1", (16_000, 16_000)).save(tmp_path / "larger.png")
    for name in ("lie.jpg", "large.png", "larger.png"):
        with pytest.raises(UnreadablePicture, match="make it smaller"):
            read_picture(tmp_path / name, (48, 48))


def test_a_program_that_is_called_like_a_picture_does_not_run(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    with pytest.raises(UnreadablePicture, match="no format of pictures"):
        read_picture(tmp_path / "holiday.jpg", (8, 8))


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(UnreadablePicture, match="no ordinary file"):
        read_picture(tmp_path / "pipe.jpg", (8, 8))
