"""Reading a picture: any format, any name, upright, on white, and a clear word for what is no picture."""

import os
import struct
import subprocess
import sys

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from course_utils.data.reading import UnreadablePicture, format_of, is_picture, open_picture, read_picture

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


def test_heic_as_telephones_save_it(tmp_path):
    pillow_heif.from_pillow(halves()).save(tmp_path / "a.heic")
    assert is_upright(read_picture(tmp_path / "a.heic", (48, 48)))
    assert format_of(tmp_path / "a.heic") == "HEIF" and is_picture(tmp_path / "a.heic")


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


def test_a_large_jpeg_comes_smaller_but_never_too_small(tmp_path, monkeypatch):
    halves((2000, 1000)).save(tmp_path / "a.jpg")
    assert open_picture(tmp_path / "a.jpg").size == (2000, 1000)
    sizes, resize = [], Image.Image.resize
    monkeypatch.setattr(Image.Image, "resize", lambda self, *a: sizes.append(self.size) or resize(self, *a))
    read_picture(tmp_path / "a.jpg", (96, 96))
    ((width, height),) = sizes
    assert 96 <= height < 1000 and 96 <= width < 2000


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "it is empty"), (b"these are words", "no format"), (None, "no such file")],
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
        ("12 bits in 16.tif", (RAMP * 4095).astype("uint16"), {}),
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


@pytest.mark.parametrize("values", [RAMP * 700_000, RAMP * 4, RAMP - 0.5, RAMP * np.nan])
def test_numbers_without_a_known_range_are_refused_with_their_mode(tmp_path, values):
    Image.fromarray(values.astype("float32")).save(tmp_path / "a.tif")
    with pytest.raises(
        UnreadablePicture, match=r"its pixels \(mode F\) are not from 0 to 1, 255, 4,095 or 65,535"
    ):
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


def tiff(*tags):
    entries = b"".join(struct.pack("<HHII", tag, 4, count, value) for tag, count, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + b"x" * 4000


SIXTEEN = [(256, 1, 16), (257, 1, 16), (258, 1, 8), (259, 1, 8), (262, 1, 1), (277, 1, 1)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            tiff(*SIXTEEN, (322, 1, 40_000), (323, 1, 40_000), (324, 1, 200), (325, 1, 9)),
            "1,600 MB of memory",
        ),
        (tiff(*SIXTEEN, (273, 25_000_000, 200)), "a list of 25,000,000 numbers"),
        ("progressive", "its 14,200 x 14,200 pixels take 1,2.. MB of memory to decode, and 512 are allowed"),
        ("several scans", "its 14,200 x 14,200 pixels take 1,2.. MB of memory to decode"),
        ("long", "a file of 201 MB; make it smaller"),
    ],
)
def test_what_takes_too_much_memory_is_refused_before_it_is_decoded(tmp_path, content, reason):
    path = tmp_path / "bomb.jpg"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "long":
        path.write_bytes(b"\xff\xd8")
        os.truncate(path, 201_000_000)
    else:
        halves().save(path, subsampling=0, progressive=content == "progressive")
        small = bytearray(path.read_bytes())
        frame = small.index(b"\xff\xc2" if content == "progressive" else b"\xff\xc0")
        small[frame + 5 : frame + 9] = struct.pack(">HH", 14_200, 14_200)
        if content == "several scans":
            scan = small.index(b"\xff\xda")
            small[scan + 2 : scan + 14] = b"\x00\x08\x01\x01\x00\x00\x3f\x00"  # of the first layer alone
        path.write_bytes(small)
    with pytest.raises(UnreadablePicture, match=reason):
        read_picture(path, (8, 8))


def test_memory_does_not_grow_with_the_number_of_threads(tmp_path):
    Image.new("RGBA", (4000, 2400), (255, 0, 0, 99)).save(tmp_path / "a.png", compress_level=1)
    program = f"""
import resource
from concurrent.futures import ThreadPoolExecutor
from PIL import Image
from course_utils.data import reading
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
reading._of_pixels = reading._Memory(100_000_000)
Image.init()
before = peak()
with ThreadPoolExecutor(8) as threads:
    list(threads.map(lambda _: reading.read_picture({str(tmp_path / "a.png")!r}, (8, 8)), range(8)))
print(peak() - before)
"""
    used = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert int(used) < 200  # MB; one takes 77, and eight at once would take 616


def test_sixteen_bits_where_white_is_zero(tmp_path):
    image = Image.fromarray((RAMP * 65535).astype("uint16"))
    image.save(tmp_path / "a.tif", tiffinfo={262: 0})
    assert Image.open(tmp_path / "a.tif").tag_v2[262] == 0
    array = read_picture(tmp_path / "a.tif", (64, 64), channels=1)
    assert array[0].min() > 240 and array[-1].max() < 10
