"""A hundred folders as nobody would wish for: each is read or refused in a paragraph, and stays as it was."""

import builtins
import errno
import io
import os
import stat
import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from course_utils import data
from course_utils.cli import main
from course_utils.data.layout import files_in
from course_utils.errors import CourseError

NAMES = (
    *("red_dress", "blue_jeans", "blue_dress", "red_jeans", "black_shoe", "cat", "dog", "a$b^c_{d"),
    *("😀_😺", "mit Leerzeichen", " ", "~", "~nobody", "-rf", "%s", "{}", "a,b;c", "x" * 200, "é_è"),
    *("\\alpha_1", "e\u0301_e\u0300"),
    *("ряд_колон", "__MACOSX", ".hidden", "con\nnew_line", os.fsdecode(b"caf\xe9_bar"), "locked"),
    *("train", "val", "_", "a_b_c", "0", "\u202egnp_x", "'quoted\"_it"),
)


def encoded(image, format, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def png_that_claims(width, height):
    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"x\x9c") + chunk(b"IEND", b"")


def contents():
    """Two lists of (content, suffix): pictures of many formats and modes, and what is none."""
    rng = np.random.default_rng(0)

    def noise(mode="RGB"):
        height, width = rng.integers(1, 40, 2)
        if mode in ("F", "I;16"):
            grey = rng.integers(0, 65536, (height, width))
            return Image.fromarray(grey.astype("float32" if mode == "F" else "uint16"))
        return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype="uint8")).convert(mode)

    good = [
        *((noise(mode), "PNG", ".png") for mode in ("RGB", "L", "LA", "P", "RGBA", "1", "I;16")),
        *((noise(mode), "JPEG", ".jpg") for mode in ("RGB", "L", "CMYK")),
        *((noise(mode), "TIFF", ".tif") for mode in ("RGB", "F", "I;16", "LAB")),
        *((noise(), name, suffix) for name, suffix in [("GIF", ".GIF"), ("BMP", ".bmp"), ("WEBP", ".webp")]),
        *((noise(), name, suffix) for name, suffix in [("PPM", ".ppm"), ("TGA", ""), ("PNG", ".jpeg")]),
    ]
    pictures = [(encoded(image, name), suffix) for image, name, suffix in good for _ in range(3)]
    pictures += [(encoded(noise(), "PNG"), ".png") for _ in range(40)]
    whole = encoded(noise(), "JPEG")
    broken = [(b"", ".jpg"), (b"words", ".txt"), (b"<html>", ".png"), (whole[: len(whole) // 2], ".jpg")]
    broken += [(png_that_claims(60_000, 60_000), ".png"), (png_that_claims(0, 5), ".png"), (b"%!PS", ".eps")]
    broken += [(bytes(byte ^ (at % 97 == 96) for at, byte in enumerate(pictures[0][0])), ".png")]
    return pictures, broken


PICTURES, BROKEN = contents()
LINKS = {
    "to nowhere": "nowhere",
    "to itself": "itself.png",
    "to the folder above": "..",
    "to a file": __file__,
}
OTHERS = (*LINKS, "pipe", "folder called .png", "unreadable")
files = st.lists(
    st.one_of(
        st.sampled_from(range(len(PICTURES))),
        st.sampled_from(range(len(PICTURES))),
        st.sampled_from(range(-len(BROKEN), 0)),
        st.sampled_from(OTHERS),
    ),
    max_size=12,
)
good = st.lists(st.sampled_from(range(len(PICTURES))), min_size=8, max_size=12, unique=True)
plenty = st.tuples(good, st.one_of(st.just([]), files)).map(lambda pair: pair[0] + pair[1][:4])
classes = st.dictionaries(st.sampled_from(NAMES), st.one_of(plenty, files), max_size=5)
usable = st.dictionaries(st.sampled_from(NAMES), plenty, min_size=2, max_size=5)
clothes = st.dictionaries(st.sampled_from(NAMES[:5]), plenty, min_size=3)
in_parts = st.dictionaries(st.sampled_from(["train", "Val", "test", "dev", "other"]), usable, max_size=3)
nested = st.dictionaries(st.sampled_from(NAMES), classes, max_size=2)
trees = st.one_of(usable, clothes, classes, usable, clothes, in_parts, nested)


def build(folder, tree):
    """Make ``folder`` with a subfolder for each key of ``tree``, and files for each list."""
    folder.mkdir()
    if isinstance(tree, dict):
        for name, inside in tree.items():
            build(folder / name, inside)
        return
    for number, what in enumerate(tree):
        name = NAMES[number * 7 % len(NAMES)].strip(".") + str(number)
        if isinstance(what, int):
            content, suffix = PICTURES[what] if what >= 0 else BROKEN[what]
            (folder / f"{name}{suffix}").write_bytes(content)
        elif what == "unreadable":
            (folder / f"locked{number}.png").write_bytes(PICTURES[0][0])
        elif what == "pipe":
            os.mkfifo(folder / f"{name}.png")
        elif what == "folder called .png":
            (folder / f"{name}.png").mkdir()
        else:
            (folder / "itself.png" if what == "to itself" else folder / f"{name}.png").symlink_to(LINKS[what])


def state(folder):
    """Everything about a folder that reading must not change."""
    found = {}
    for place, names, files in os.walk(folder):
        for name in [".", *names, *files]:
            path = Path(place, name)
            status = path.lstat()
            content = (
                path.read_bytes() if stat.S_ISREG(status.st_mode) else path.is_symlink() and os.readlink(path)
            )
            found[str(path)] = (status.st_mode, status.st_size, status.st_mtime_ns, content)
    return found


@pytest.fixture
def locked(monkeypatch):
    """Files and folders whose name begins with "locked" may not be read, though root may read all."""
    opened, iterdir = builtins.open, Path.iterdir

    def check(path):
        if isinstance(path, str | Path) and Path(path).name.startswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(
        builtins, "open", lambda path, *args, **named: check(path) or opened(path, *args, **named)
    )
    monkeypatch.setattr(Path, "iterdir", lambda self: check(self) or iterdir(self))


OUTCOMES = []


@settings(
    max_examples=100,
    deadline=None,
    phases=[Phase.generate],  # a search for the smallest failing folder takes minutes
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(tree=trees, name=st.sampled_from(["fashion_mnist", "cats_vs_dogs"]))
def test_a_folder_is_read_or_refused_and_stays_as_it_was(locked, tree, name):
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "my pictures")
        build(folder, tree)
        before = state(folder)
        for load in (lambda: data.load(name, source=folder), lambda: data.load_attributes(folder, size=32)):
            try:
                pictures = load()
                for part in ("train", "validation"):
                    image, label = next(getattr(pictures, part).as_numpy_iterator())
                    assert image.dtype == np.uint8 and 0 <= label < len(pictures.class_names)
                repr(pictures).encode()
                OUTCOMES.append("read")
            except CourseError as error:
                text = str(error)
                text.encode()
                assert len(text.splitlines()) == 1 and "Traceback" not in text
                OUTCOMES.append("refused")
        assert state(folder) == before


@pytest.mark.parametrize("source", ["~nobody-of-that-name/pictures", "x" * 5000 + "/", "a\0b/", "loop/"])
def test_a_folder_that_cannot_be_reached_is_refused(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    for load in (lambda: data.load("fashion_mnist", source=source), lambda: data.load_attributes(source)):
        with pytest.raises(CourseError, match=r"does not exist|cannot be looked into"):
            load()


def test_both_outcomes_were_seen():
    assert min(OUTCOMES.count("read"), OUTCOMES.count("refused")) >= 20


@pytest.mark.parametrize(
    ("tree", "code"),
    [
        ({"cat": [*range(57, 67), *LINKS], "dog": [-1, -2, -3, "pipe"]}, 2),
        ({"$^_{": [*range(57, 67), -1], "\n": [*range(67, 77)]}, 0),
    ],
)
def test_course_train_on_an_odd_folder_is_refused_or_keeps_a_model(tree, code, tmp_path, capsys):
    build(tmp_path / "odd", tree)
    before = state(tmp_path / "odd")
    out = tmp_path / "out"
    assert (
        main(["train", "02", "--dataset", str(tmp_path / "odd"), "--epochs", "1", "--out", str(out)]) == code
    )
    assert (
        (out / "artifacts" / "02_cnn_with_1_conv_layer" / "model.keras").is_file()
        == out.exists()
        == (not code)
    )
    assert ("None of the 3 files of" in capsys.readouterr().err) == (code == 2)
    assert state(tmp_path / "odd") == before


@pytest.mark.skipif("COURSE_ODD_TRAININGS" not in os.environ, reason="takes minutes: COURSE_ODD_TRAININGS=1")
@pytest.mark.timeout(1200)
def test_course_train_on_ten_of_the_hundred(tmp_path, capsys):
    made = []
    settings(max_examples=100, phases=[Phase.generate], derandomize=True, database=None, deadline=None)(
        given(tree=trees)(lambda tree: made.append(tree))
    )()
    for number, tree in enumerate(made[3::10]):
        folder, out = tmp_path / f"odd{number}", tmp_path / f"out{number}"
        build(folder, tree)
        before, lesson = state(folder), ("02", "06")[number % 2]
        code = main(["train", lesson, "--dataset", str(folder), "--epochs", "1", "--out", str(out)])
        assert any(out.rglob("model.keras")) == out.exists() == (code == 0)  # refused before it began
        assert "Traceback" not in capsys.readouterr().err and state(folder) == before


def test_a_folder_that_is_deeper_than_paths_may_be_is_left_out(tmp_path, monkeypatch):
    top = tmp_path / "deep"
    top.mkdir()
    (top / "z.png").write_bytes(b"")
    monkeypatch.chdir(top)
    for _ in range(2200):
        os.mkdir("a")
        os.chdir("a")
    files, left_out = files_in(top)
    assert files == [top / "z.png"]
    assert [reason for _, reason in left_out] == [os.strerror(errno.ENAMETOOLONG)]
    for _ in range(2200):
        os.chdir("..")
        os.rmdir("a")
