"""``course collect``: a folder as people have it becomes a data set, and stays as it is."""

import csv
import os

import numpy as np
import pillow_heif
import pytest
from PIL import Image, features

from course_utils.cli import main


def picture(seed, size=(160, 120)):
    """A picture with coarse and fine patches, as photographs have them, unlike that of any other seed."""
    random, sides = np.random.default_rng(seed), [(3, 4), (6, 8), (12, 16), (24, 32)]
    layers = [Image.fromarray(random.integers(0, 255, (*side, 3), np.uint8)) for side in sides]
    scaled = [np.asarray(layer.resize(size, Image.Resampling.BICUBIC), "float32") for layer in layers]
    return Image.fromarray(np.average(scaled, axis=0, weights=[4, 3, 2, 2]).astype("uint8"))


@pytest.fixture
def messy(tmp_path):
    """Two classes with what people have in such folders."""
    source = tmp_path / "messy"
    (source / "cats" / "more").mkdir(parents=True)
    (source / "dogs").mkdir()
    for seed in range(6):
        picture(seed).save(source / "cats" / f"cat{seed}.jpg", quality=95)
    picture(100).save(source / "dogs" / "dog.png")
    picture(101).save(source / "dogs" / "wrong.png", format="JPEG")
    picture(102, (3000, 2000)).save(source / "dogs" / "huge.jpg")
    picture(103, (20, 20)).save(source / "dogs" / "tiny.jpg")
    (source / "dogs" / "notes.txt").write_text("not a picture")
    (source / "dogs" / "cut.jpg").write_bytes((source / "cats" / "cat0.jpg").read_bytes()[:700])
    picture(0).resize((120, 90)).save(source / "cats" / "more" / "smaller copy.jpg", quality=80)
    (source / "cats" / "cat1 again.jpeg").write_bytes((source / "cats" / "cat1.jpg").read_bytes())
    picture(104).save(source / "cats" / "both.jpg")
    picture(104).save(source / "dogs" / "both too.jpg")
    turned = Image.Exif()
    turned[0x0112] = 6
    picture(105).save(source / "dogs" / "turned.jpg", exif=turned)
    return source


def contents(folder):
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()
    }


def report(destination):
    with (destination / "report.csv").open(newline="", encoding="utf-8") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_a_messy_folder(messy, tmp_path, capsys):
    before, destination = contents(messy), tmp_path / "clean"
    assert main(["collect", str(messy), str(destination)]) == 0
    assert contents(messy) == before
    rows, said = report(destination), capsys.readouterr().out
    assert {file for file, row in rows.items() if row["what"] == "kept"} == {
        "cats/cat1 again.jpeg",  # of equals the first
        *(f"cats/cat{seed}.jpg" for seed in (0, 2, 3, 4, 5)),
        *(f"dogs/{name}" for name in ("dog.png", "wrong.png", "huge.jpg", "turned.jpg")),
    }
    for file, words in {
        "cats/more/smaller copy.jpg": "the same as cats/cat0.jpg",
        "cats/cat1.jpg": "the same as cats/cat1 again.jpeg",
        "cats/both.jpg": "dogs/both too.jpg, in another class",
        "dogs/both too.jpg": "cats/both.jpg, in another class",
        "dogs/tiny.jpg": "too small: 20 x 20",
        "dogs/notes.txt": "no picture",
        "dogs/cut.jpg": "truncated",
        "dogs/dog.png": "converted from PNG",
        "dogs/wrong.png": "a JPEG in spite of its name",
        "dogs/huge.jpg": "made smaller, to 1024 x",
    }.items():
        assert words in rows[file]["why"], rows[file]
    kept = [destination / row["kept_as"] for row in rows.values() if row["kept_as"]]
    for path in kept:
        with Image.open(path) as image:
            assert image.format == "JPEG" and image.mode == "RGB" and max(image.size) <= 1024
    with Image.open(destination / rows["dogs/turned.jpg"]["kept_as"]) as image:
        assert image.size == (120, 160)
    assert {path.parent.name for path in kept} == {"cats", "dogs"}
    assert "cats" in said and "6 kept" in said and "10 pictures in" in said
    with Image.open(destination / "contact_sheet.jpg") as image:
        assert image.width > 1000


def test_what_was_collected_is_a_data_set(messy, tmp_path):
    from course_utils import data

    main(["collect", str(messy), str(tmp_path / "clean")])
    pictures = data.load("cats_vs_dogs", source=str(tmp_path / "clean" / "pictures"), validation=0.4)
    assert pictures.class_names == ["cats", "dogs"] and sum(pictures.counts.values()) == 10
    assert pictures.skipped == ()


def test_a_second_run_does_what_has_changed(messy, tmp_path):
    destination = tmp_path / "clean"
    arguments = ["collect", str(messy), str(destination)]
    main(arguments)
    rows, before = report(destination), contents(destination / "pictures")
    main(arguments)
    assert contents(destination / "pictures") == before and report(destination) == rows
    (destination / rows["cats/cat2.jpg"]["kept_as"]).unlink()  # a person did not want it
    (messy / "cats" / "cat3.jpg").unlink()
    picture(7).save(messy / "cats" / "new.jpg")
    (destination / "pictures" / "cats" / "mine.jpg").write_text("not of the course")
    main(arguments)
    main(arguments)
    after = report(destination)
    assert after["cats/cat2.jpg"]["what"] == "left out" and "you deleted" in after["cats/cat2.jpg"]["why"]
    assert not (destination / rows["cats/cat3.jpg"]["kept_as"]).exists() and "cats/cat3.jpg" not in after
    assert (destination / after["cats/new.jpg"]["kept_as"]).is_file()
    assert (destination / "pictures" / "cats" / "mine.jpg").is_file()


def test_an_uneven_folder_is_said(tmp_path, capsys):
    for name, seeds in {"many": range(11), "few": range(50, 52)}.items():
        (tmp_path / "in" / name).mkdir(parents=True)
        for seed in seeds:
            picture(seed).save(tmp_path / "in" / name / f"{seed}.jpg")
    main(["collect", str(tmp_path / "in"), str(tmp_path / "out")])
    assert "Uneven: 11 of many, 2 of few" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_formats_of_phones(tmp_path, kind):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    for name in ("a", "b"):
        (tmp_path / "in" / name).mkdir(parents=True)
        for seed in range(2):
            file = tmp_path / "in" / name / f"{seed}.{'heic' if kind == 'HEIF' else 'avif'}"
            image = picture(seed + 10 * ord(name))
            pillow_heif.from_pillow(image).save(file) if kind == "HEIF" else image.save(file, format=kind)
    assert main(["collect", str(tmp_path / "in"), str(tmp_path / "out")]) == 0
    rows = report(tmp_path / "out").values()
    assert [row["why"] for row in rows] == [f"converted from {kind}"] * 4


def test_a_class_without_usable_pictures_is_a_code_of_its_own(tmp_path):
    for name, size in {"a": (100, 100), "b": (9, 9)}.items():
        (tmp_path / "in" / name).mkdir(parents=True)
        picture(ord(name), size).save(tmp_path / "in" / name / "1.jpg")
    assert main(["collect", str(tmp_path / "in"), str(tmp_path / "out")]) == 1


def test_places_that_are_refused(messy, tmp_path, capsys):
    for destination in (messy, messy / "cats", messy.parent):
        assert main(["collect", str(messy), str(destination)]) == 2
        assert "lie in one another" in capsys.readouterr().err
    assert main(["collect", str(tmp_path / "nowhere"), str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name != "posix", reason="names as on Linux")
def test_odd_names(tmp_path):
    for name in ("a b", "ü"):
        (tmp_path / "in" / name).mkdir(parents=True)
        for place, odd in enumerate(("line\nbreak.jpg", "x" * 240 + ".jpg", "a.b.c.JPG", "-p.jpg")):
            picture(place + 10 * len(name.encode())).save(tmp_path / "in" / name / odd, format="JPEG")
    assert main(["collect", str(tmp_path / "in"), str(tmp_path / "out")]) == 0
    rows = report(tmp_path / "out")
    assert len(rows) == 8 and all((tmp_path / "out" / row["kept_as"]).is_file() for row in rows.values())
