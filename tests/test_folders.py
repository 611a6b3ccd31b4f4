"""Folders of one's own: classes as subfolders, damaged files, near-duplicates, and the cache behind them."""

import os
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from course_utils import data
from course_utils.data import attributes, folders
from course_utils.data.near_duplicates import groups_of
from course_utils.data.splitting import set_aside
from course_utils.errors import CourseError

COLOURS = {"black": (20, 20, 25), "blue": (40, 70, 200), "red": (210, 30, 40)}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def make(folder, names=("blue_jeans", "blue_dress", "red_dress", "black_jeans"), count=12, seed=0):
    """Fill ``folder`` with pictures of coloured noise, no two of them alike."""
    rng = np.random.default_rng(seed)
    for name in names:
        (folder / name).mkdir(parents=True)
        for index in range(count):
            blocks = rng.integers(0, 255, (6, 5, 3)) * 0.6 + np.array(COLOURS[name.split("_")[0]]) * 0.4
            picture = Image.fromarray(blocks.astype(np.uint8)).resize((50, 60), Image.Resampling.NEAREST)
            picture.save(folder / name / f"{index:03}.png")
    return folder


def picture(read, row):
    """Return the picture of one row of what ``folders.read`` returned."""
    return next(read.dataset(np.array([row])).as_numpy_iterator())[0]


def contents(part):
    return [image.tobytes() for image, _ in part.as_numpy_iterator()]


def test_every_picture_is_in_one_part_and_labelled_by_its_folder(tmp_path):
    folder = make(tmp_path / "mine")
    pictures = data.load_attributes(folder, seed=3)
    assert pictures.source == "folder" and pictures.shape == (96, 96, 3)
    assert pictures.class_names == ["black_jeans", "blue_dress", "blue_jeans", "red_dress"]
    assert sum(pictures.counts.values()) == 48 and pictures.unseen is None
    everything = [contents(part) for part in (pictures.train, pictures.validation, pictures.test)]
    assert [len(part) for part in everything] == list(pictures.counts.values())
    assert len(set().union(*everything)) == 48
    for image, label in pictures.test.as_numpy_iterator():
        strongest = {"red": 0, "blue": 2}.get(pictures.class_names[label].split("_")[0])
        assert strongest is None or image.mean(axis=(0, 1)).argmax() == strongest
    labels = [label for _, label in pictures.test.as_numpy_iterator()]
    assert np.bincount(labels, minlength=4).min() >= 2


def test_colours_and_categories_are_named_and_looked_up(tmp_path):
    pictures = data.load_attributes(make(tmp_path / "mine"))
    assert pictures.questions == {"color": ["black", "blue", "red"], "category": ["dress", "jeans"]}
    assert ["_".join(labels) for labels in pictures.class_labels] == pictures.class_names
    assert list(pictures.answers["color"]) == [0, 1, 1, 2] and list(pictures.answers["category"]) == [
        1,
        0,
        1,
        0,
    ]
    assert "folder (your own pictures)" in repr(pictures)


def test_one_seed_gives_one_split_and_another_seed_another(tmp_path):
    folder = make(tmp_path / "mine")
    first, again, other = (data.load_attributes(folder, seed=seed) for seed in (1, 1, 2))
    assert contents(first.test) == contents(again.test)
    assert set(contents(first.test)) != set(contents(other.test))


def test_near_duplicates_stay_on_one_side(tmp_path):
    folder = make(tmp_path / "mine", count=20)
    for path in sorted(folder.glob("*/00*.png")):
        picture = Image.open(path)
        picture.resize((150, 180)).save(path.with_suffix(".jpg"), quality=70)
    read = folders.read(folder, (96, 96))
    twin = {name: group for name, group in zip(read.files, read.groups, strict=True)}
    pairs = [name.removesuffix(".jpg") for name in read.files if name.endswith(".jpg")]
    assert len(pairs) == 40 and read.near_duplicates == 80
    assert all(twin[f"{pair}.jpg"] == twin[f"{pair}.png"] for pair in pairs)
    for seed in range(3):
        kept, aside = set_aside("test", 0.3, read.labels, seed, read.groups)
        assert not set(read.groups[kept]) & set(read.groups[aside])
        assert sorted([*kept, *aside]) == list(range(120))


def test_unreadable_files_are_skipped_and_listed(tmp_path):
    folder = make(tmp_path / "mine")
    (folder / "red_dress" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing")
    (folder / "red_dress" / "notes.txt").write_text("not a picture")
    (folder / "red_dress" / ".DS_Store").write_text("hidden")
    (folder / ".ipynb_checkpoints").mkdir()
    for _ in range(2):  # the second time from the cache
        pictures = data.load_attributes(folder)
        assert [name for name, _ in pictures.skipped] == ["red_dress/broken.jpg", "red_dress/notes.txt"]
        assert "unreadable files" in repr(pictures) and "notes.txt" in repr(pictures)
        assert sum(pictures.counts.values()) == 48


def test_the_second_time_nothing_is_decoded_and_a_changed_folder_is_read_anew(tmp_path, monkeypatch, cache):
    folder, reads = make(tmp_path / "mine"), []
    read_picture = folders.read_picture
    monkeypatch.setattr(folders, "read_picture", lambda *a: reads.append(a) or read_picture(*a))
    before = folders.read(folder, (96, 96))
    assert len(reads) == 48
    row = before.files.index("red_dress/000.png")
    assert (picture(before, row) != (255, 0, 0)).any()
    folders.read(folder, (96, 96))
    assert len(reads) == 48
    Image.new("RGB", (9, 9), "red").save(folder / "red_dress" / "000.png")
    after = folders.read(folder, (96, 96))
    assert len(reads) == 49 and after.files == before.files
    assert (picture(after, row) == (255, 0, 0)).all()
    assert len(list((cache / "pictures").glob("*"))) == 1


@pytest.mark.parametrize("damage", ["emptied", "cut short", "overwritten", "flipped"])
def test_a_damaged_cache_is_made_again(tmp_path, cache, damage):
    folder = make(tmp_path / "mine")
    before = [picture(folders.read(folder, (96, 96)), row) for row in range(48)]
    (path,) = (cache / "pictures").glob("*")
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "emptied": b"",
            "cut short": content[:middle],
            "overwritten": b"something else, " * 1000,
            "flipped": content[:middle] + bytes(byte ^ 255 for byte in content[middle:]),
        }[damage]
    )
    after = folders.read(folder, (96, 96))
    assert all((picture(after, row) == before[row]).all() for row in range(48))
    assert len(after.files) == 48


def test_a_full_disk_is_noticed_before_anything_is_decoded(tmp_path, monkeypatch):
    folder, usage = make(tmp_path / "mine"), shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=1_000_000))
    monkeypatch.setattr(folders, "read_picture", lambda *_: pytest.fail("decoded"))
    with pytest.raises(CourseError, match=r"48 pictures take 1 MB .* has less"):
        folders.read(folder, (96, 96))


def test_links_and_what_is_no_ordinary_file_are_left_out_and_listed(tmp_path):
    folder = make(tmp_path / "mine")
    (folder / "red_dress" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (folder / "red_dress" / "round").symlink_to(folder / "red_dress")
    os.mkfifo(folder / "red_dress" / "pipe.png")
    pictures = data.load_attributes(folder)
    assert sum(pictures.counts.values()) == 48
    reasons = dict(pictures.skipped)
    assert "nowhere" in reasons["red_dress/gone.png"] and "already" in reasons["red_dress/round"]
    assert "no ordinary file" in reasons["red_dress/pipe.png"]


def test_a_cache_that_cannot_be_written_is_explained(tmp_path, monkeypatch):
    folder = make(tmp_path / "mine")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(CourseError, match="Cannot write"):
        data.load_attributes(folder)


def test_folders_that_cannot_be_used(tmp_path):
    def refused(folder, match):
        with pytest.raises(CourseError, match=match):
            data.load_attributes(folder)

    refused(tmp_path / "nowhere", "does not exist")
    (tmp_path / "file").write_text("")
    refused(tmp_path / "file", "is a file")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "two at least, and has none")
    refused(make(tmp_path / "one", ["red_dress"]), "only one, red_dress")
    (make(tmp_path / "gap") / "red_jeans").mkdir()
    refused(tmp_path / "gap", "red_jeans has no pictures")
    (tmp_path / "gap" / "red_jeans" / "a.jpg").write_text("words")
    refused(tmp_path / "gap", "None of the 1 files of red_jeans")
    os.rename(make(tmp_path / "plain") / "red_dress", tmp_path / "plain" / "dress")
    refused(tmp_path / "plain", "'dress' is not named <colour>_<garment>")
    os.rename(tmp_path / "plain" / "dress", tmp_path / "plain" / "dark_red_dress")
    refused(tmp_path / "plain", "one underscore")
    os.rename(tmp_path / "plain" / "dark_red_dress", tmp_path / "plain" / "jeans_dress")
    refused(tmp_path / "plain", "'jeans' is a colour and a garment")
    refused(make(tmp_path / "few", count=2), "has 2 different pictures")
    refused("tfds", "offers no such set")


@pytest.mark.parametrize("name", ["validation", "test"])
@pytest.mark.parametrize("share", [0, 1, True, "0.2"])
def test_shares_outside_their_range(name, share):
    with pytest.raises(CourseError, match=f"{name} = .* is not a share"):
        data.load_attributes("sample", **{name: share})


def test_a_combination_held_out_is_in_no_other_part(tmp_path):
    folder = make(tmp_path / "mine")
    # A picture of the held-out combination that also is among the others teaches too much to be judged by.
    (folder / "blue_jeans" / "000.png").replace(folder / "blue_jeans" / "twin.png")
    (folder / "black_jeans" / "twin.png").write_bytes((folder / "blue_jeans" / "twin.png").read_bytes())
    pictures = data.load_attributes(folder, held_out="blue_jeans")
    held = pictures.class_names.index("blue_jeans")
    for part in (pictures.train, pictures.validation, pictures.test):
        assert held not in [label for _, label in part.as_numpy_iterator()]
    assert {label for _, label in pictures.unseen.as_numpy_iterator()} == {held}
    assert pictures.counts["unseen"] == 11


@pytest.mark.parametrize(
    ("held_out", "match"),
    [
        ("red_dress", "alone has red"),
        ("green_hat", "is not there.*blue_dress, blue_jeans"),
    ],
)
def test_combinations_that_cannot_be_held_out(tmp_path, held_out, match):
    with pytest.raises(CourseError, match=match):
        data.load_attributes(make(tmp_path / "mine"), held_out=held_out)


def test_auto_holds_out_the_first_possible_combination_or_none(tmp_path):
    held = data.load_attributes(make(tmp_path / "mine"), held_out="auto")
    names = {held.class_names[label] for _, label in held.unseen.as_numpy_iterator()}
    assert names == {"blue_dress"}
    whole = data.load_attributes(make(tmp_path / "two", ["red_dress", "blue_jeans"]), held_out="auto")
    assert whole.unseen is None and "unseen" not in whole.counts


def test_auto_holds_out_nothing_that_leaves_too_little(tmp_path, capsys):
    """Else lessons 06 and 07 would fail in their second part, after the training of the first."""
    folder = make(tmp_path / "mine", ["red_dress"], 60)
    make(folder, ["red_jeans", "blue_dress", "blue_jeans"], 5, seed=1)
    pictures = data.load_attributes(folder, held_out="auto")
    assert pictures.unseen is None and sum(pictures.counts.values()) == 75
    with pytest.raises(CourseError, match=r"has [45] different pictures"):
        data.load_attributes(folder, held_out="red_dress")
    # Nor one that is no news: each picture of blue_dress is one of blue_jeans, too.
    folder = make(tmp_path / "twins", count=24)
    for path in (folder / "blue_dress").iterdir():
        shutil.copy(folder / "blue_jeans" / path.name, path)
    pictures = data.load_attributes(folder, held_out="auto")
    names = {pictures.class_names[label] for _, label in pictures.train.as_numpy_iterator()}
    assert pictures.unseen is None or (pictures.counts["unseen"] and len(names) == 3)
    with pytest.raises(
        CourseError, match=r"held_out = 'blue_dress': all of its pictures are near-duplicates"
    ):
        data.load_attributes(folder, held_out="blue_dress")


@pytest.mark.parametrize("seed", [-1, 1.5, None, True, 2**32])
def test_a_seed_that_is_none_is_named_as_such(seed):
    for load in (data.load_attributes, partial(data.load, "fashion_mnist")):
        with pytest.raises(CourseError, match=r"SEED = .* is not a whole number from 0 to"):
            load("sample", seed=seed)


@pytest.mark.parametrize("size", [0, -5, 2.5, "96"])
def test_a_size_that_is_none_is_named_as_such(tmp_path, size):
    with pytest.raises(CourseError, match=r"size = .* is not a number of pixels"):
        data.load_attributes(make(tmp_path / "mine"), size=size)


def test_an_empty_name_is_not_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(make(tmp_path / "mine"))
    for load in (data.load_attributes, partial(data.load, "fashion_mnist")):
        with pytest.raises(CourseError, match="DATA = '' is none of"):
            load("")


def test_auto_takes_the_folder_of_sets_that_people_bring_or_the_sample(
    tmp_path, monkeypatch, capsys, offline
):
    make(offline / "downloads" / "manual" / attributes.NAME)
    assert data.load_attributes("auto").source == "folder"
    assert "your own pictures" in capsys.readouterr().out


def test_load_takes_a_folder_for_a_published_set(tmp_path):
    pictures = data.load("fashion_mnist", source=str(make(tmp_path / "mine", ["red_a", "blue_b"])))
    assert (pictures.source, pictures.shape, pictures.class_names) == (
        "folder",
        (28, 28, 1),
        ["blue_b", "red_a"],
    )
    assert sum(pictures.counts.values()) == 24
    images, labels = data.arrays(pictures.train)
    assert images.shape == (pictures.counts["train"], 28, 28, 1) and set(labels) == {0, 1}


def page(rng):
    """A white page with a letterhead and a text of its own."""
    page = Image.new("RGB", (300, 420), "white")
    drawing = ImageDraw.Draw(page)
    drawing.rectangle((20, 20, 120, 45), fill="navy")
    for y in range(70, 390, 12):
        drawing.text((20, y), "".join(rng.choice(list("abcdefgh ijk"), rng.integers(0, 45))), fill="black")
    return page


def test_a_common_background_makes_no_near_duplicates(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("invoice", "letter"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for number in range(60):
            page(rng).save(tmp_path / "mine" / name / f"{number}.png")
    assert folders.read(tmp_path / "mine", (96, 96)).near_duplicates == 0
    Image.open(tmp_path / "mine" / "letter" / "7.png").resize((450, 630)).save(
        tmp_path / "mine" / "letter" / "again.jpg"
    )
    assert folders.read(tmp_path / "mine", (96, 96)).near_duplicates == 2


def test_likenesses_do_not_add_up_to_a_chain(tmp_path):
    steps = (np.arange(60) * 3 + 20).astype("uint8")  # each like its neighbour, the ends not at all
    groups = groups_of(np.repeat(steps[:, None], 432, axis=1))
    assert np.unique(groups, return_counts=True)[1].max() <= 11
    assert len(np.unique(groups_of(np.full((3000, 432), 7, np.uint8)))) == 1


def test_pictures_that_are_all_alike_are_named_as_near_duplicates(tmp_path):
    for name, colour in (("left", "red"), ("right", "blue")):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for number in range(10):
            Image.new("RGB", (30, 30 + number), colour).save(tmp_path / "mine" / name / f"{number}.png")
    with pytest.raises(CourseError, match=r"9 more of its pictures are near-duplicates.*together=False"):
        data.load("cats_vs_dogs", source=str(tmp_path / "mine"))
    pictures = data.load("cats_vs_dogs", source=str(tmp_path / "mine"), near_duplicates_together=False)
    assert pictures.counts == {"train": 16, "validation": 4}


def test_folders_that_are_parts_are_taken_as_parts(tmp_path):
    for part, count in (("train", 12), ("Val", 4), ("test", 5)):
        make(tmp_path / "mine" / part, ["red_dress", "blue_jeans", "blue_dress"], count, seed=count)
    pictures = data.load("cats_vs_dogs", source=tmp_path / "mine")
    assert pictures.counts == {"train": 36, "validation": 12, "test": 15}
    assert pictures.class_names == ["blue_dress", "blue_jeans", "red_dress"]
    attributes_too = data.load_attributes(tmp_path / "mine")
    assert attributes_too.counts == pictures.counts
    shutil.rmtree(tmp_path / "mine" / "Val")
    assert data.load("cats_vs_dogs", source=tmp_path / "mine", validation=0.25).counts == {
        "train": 27,
        "validation": 9,
        "test": 15,
    }


def test_parts_may_lack_classes_but_not_training_pictures(tmp_path):
    folder = make(tmp_path / "mine" / "train", ["red_dress", "blue_jeans"]).parent
    make(folder / "val", ["red_dress"], 3, seed=1)
    (folder / "test").mkdir()
    shutil.copy(
        folder / "train" / "red_dress" / "000.png", folder / "test"
    )  # to be named, by whoever takes part
    pictures = data.load("cats_vs_dogs", source=folder)
    assert pictures.class_names == ["blue_jeans", "red_dress"]
    assert pictures.counts == {"train": 24, "validation": 3}
    assert dict(pictures.skipped) == {"test": "a part without folders of classes"}
    make(folder / "test", ["blue_dress"], 3, seed=2)
    with pytest.raises(CourseError, match=r"pictures of blue_dress in other parts and none"):
        data.load("cats_vs_dogs", source=folder)


def test_a_folder_one_level_too_high_says_what_was_meant(tmp_path):
    make(tmp_path / "mine" / "clothes")
    (tmp_path / "mine" / "__MACOSX" / "clothes").mkdir(parents=True)
    with pytest.raises(CourseError, match=r"one subfolder, clothes.*black_jeans.*give .*mine/clothes"):
        data.load_attributes(tmp_path / "mine")
    make(tmp_path / "two" / "original")
    make(tmp_path / "two" / "resized")
    with pytest.raises(CourseError, match=r"original, resized.*several copies.*give one, such as .*original"):
        data.load("cats_vs_dogs", source=tmp_path / "two")


@pytest.mark.parametrize(
    ("places", "match"),
    [
        (("red_cat", "Red_Cat"), "differ in capitals, spaces or hidden letters alone"),
        (("red_cat ", "red_cat"), "differ in capitals, spaces or hidden letters alone"),
        (("red\n_cat", "red\\n_cat"), r"has 'red\\n_cat' and 'red\\\\n_cat', which differ in"),
        (("train", "test"), "are parts of a set, by their names, and the one to train on lacks folders"),
        (
            ("train/red_cat", "train/red_dog", "unlabeled"),
            "is a part of a set by its name.*beside it is unlabeled",
        ),
        (("red_cat", "red_dog", "all/red_cat"), "called like the classes beside it .red_cat"),
        (("cats_train", "cats_test", "dogs_train"), "parts of classes.*such as train/cats and test/cats"),
        (("a/red_cat", "a/red_dog", "a/new", "b/red_cat", "b/red_dog"), "several copies of one set"),
        (("images",), "only one, images. There is train.csv: lessons 06 and 07 read labels from labels.csv"),
    ],
)
def test_folders_that_are_no_classes(tmp_path, places, match):
    for place in places:
        (tmp_path / "mine" / place).mkdir(parents=True)
        (tmp_path / "mine" / place / "a.png").write_bytes(b"never read")
    (tmp_path / "mine" / "train.csv").write_text("id,label")
    with pytest.raises(CourseError, match=match):
        data.load("cats_vs_dogs", source=tmp_path / "mine")


def test_what_systems_leave_in_folders_is_no_class(tmp_path):
    folder = make(tmp_path / "mine")
    for name in ("$RECYCLE.BIN", "@eaDir", "lost+found", "red_dress/@eaDir"):
        make(folder / name, ["red_thumb"], 2)
    pictures = data.load_attributes(folder)
    assert len(pictures.class_names) == 4 and pictures.skipped == ()


def test_the_same_picture_in_two_classes_or_parts_is_told(tmp_path, capsys):
    folder = make(tmp_path / "classes")
    shutil.copy(folder / "red_dress" / "000.png", folder / "blue_dress" / "x.png")
    data.load_attributes(folder)
    told = "The same picture in two classes, 1 times, such as blue_dress/x.png and red_dress/000.png: one of"
    assert told in capsys.readouterr().out
    make(tmp_path / "parts" / "train")
    shutil.copytree(tmp_path / "parts" / "train", tmp_path / "parts" / "test")
    data.load_attributes(tmp_path / "parts")
    told = capsys.readouterr().out
    assert "in two parts, 48 times, such as test/black_jeans/000.png and train/" in told
    assert "two classes" not in told


def test_what_lies_beside_the_classes_is_listed(tmp_path):
    folder = make(tmp_path / "mine")
    (folder / "readme.txt").write_text("words")
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    reasons = dict(data.load_attributes(folder).skipped)
    assert reasons == {"readme.txt": "not in the folder of a class", "gone": "a link to nowhere"}


def test_a_folder_that_nobody_may_look_into_is_left_out(tmp_path, monkeypatch):
    folder, iterdir = make(tmp_path / "mine"), Path.iterdir

    def guarded(self):  # root, who runs such tests, may look into every folder
        if self.name == "private":
            raise PermissionError(13, "Permission denied")
        return iterdir(self)

    (folder / "red_dress" / "private").mkdir()
    monkeypatch.setattr(Path, "iterdir", guarded)
    assert dict(data.load_attributes(folder).skipped) == {"red_dress/private": "Permission denied"}
