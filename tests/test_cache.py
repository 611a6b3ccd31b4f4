"""The course's cache is its user's alone, and nothing of a stranger's is taken or removed."""

import contextlib
import hashlib
import os
import sqlite3
import tempfile
import zlib
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tiny_module import ADDRESS, export

from course_utils import availability, checksums, data, features, files, pretrained
from course_utils.cli import doctor, main
from course_utils.data.catalog import PRETRAINED
from course_utils.errors import CourseError, NotAvailable
from course_utils.store import Store, clear

STRANGER = 12345
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="giving a file to another user takes root"
)
MOBILENET = ADDRESS.format("mobilenet_v2/feature_vector")
CLASSIFIER = ADDRESS.format("mobilenet_v2/classification")
LABELS = "ImageNetLabels.txt"


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """An empty cache, an empty temporary folder, no variables of the libraries and no network."""
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TFHUB_CACHE_DIR", raising=False)
    monkeypatch.delenv("KERAS_HOME", raising=False)
    (tmp_path / "home").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(availability, "network_answers", lambda address, seconds=4: False)
    digest, (_, _, known) = checksums.digest, PRETRAINED[CLASSIFIER].labels
    monkeypatch.setattr(
        checksums, "digest", lambda path, *how: known if Path(path).name == LABELS else digest(path, *how)
    )
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Eight private pictures in two classes."""
    folder = tmp_path_factory.mktemp("own")
    for number in range(8):
        path = folder / ("left" if number % 2 else "right") / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        picture = np.random.default_rng(number).integers(0, 255, (30, 30, 3), "uint8")
        Image.fromarray(picture).save(path)
        path.chmod(0o600)
    return folder


def load(own):
    return data.load("tf_flowers", source=own, validation=0.5)


def extract():
    network = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten()])
    return features.extract(network, tf.data.Dataset.from_tensors((tf.ones((4, 4, 3)), 0)))[0]


def modes(folder):
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mode & 0o777
        for path in (folder, *folder.rglob("*"))
    }


# ---- Private


def test_copies_of_private_pictures_are_private(own, cache):
    before = os.umask(0)
    try:
        load(own)
        extract()
        Store("pictures", "open").put({1: b"one"})
    finally:
        os.umask(before)
    assert len(modes(cache)) == 6
    assert set(modes(cache).values()) == {0o700, 0o600}


def test_a_cache_of_a_former_version_is_closed_when_it_is_used(own, cache):
    load(own)
    (cache / "pictures" / "another.sqlite").write_bytes(b"")
    for path in (cache, *cache.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    load(own)
    assert set(modes(cache).values()) == {0o700, 0o600}


def test_a_folder_for_other_things_too_keeps_its_mode(own, cache):
    (cache / "letters").mkdir(parents=True)
    cache.chmod(0o755)
    load(own)
    assert modes(cache)["."] == 0o755 and modes(cache)["pictures"] == 0o700


@pytest.mark.parametrize("kind", ["pictures", "features", "all"])
def test_clear_says_what_it_removes(kind, own, cache, capsys, monkeypatch):
    monkeypatch.setattr(doctor, "report", lambda: doctor.Report([], []))
    load(own)
    extract()
    export(cache / "hub" / "module")
    assert main(["doctor", "--clear", kind]) == 0
    left = {"pictures", "features", "hub"} - ({kind} if kind != "all" else {"pictures", "features", "hub"})
    assert {path.name for path in cache.iterdir()} == left
    said = capsys.readouterr().out
    for name in ("pictures", "features", "networks") if kind == "all" else (kind,):
        assert f"MB of {name} from {cache}" in said
    assert load(own).counts["train"] == 4


def test_clear_leaves_what_is_not_the_course_s(own, cache):
    """Somebody's folder may be called like one of the cache's, where COURSE_CACHE_DIR names it."""
    (cache / "pictures" / "holiday").mkdir(parents=True)
    (cache / "pictures" / "holiday" / "a.jpg").write_text("mine")
    (cache / "features").mkdir()
    (cache / "features" / "list.csv").write_text("mine")
    load(own)
    extract()
    assert clear("pictures") > 0 and clear("features") > 0
    left = [path.relative_to(cache).as_posix() for path in cache.rglob("*") if path.is_file()]
    assert sorted(left) == ["features/list.csv", "pictures/holiday/a.jpg"]


def test_results_get_the_usual_permissions_and_no_thread_sees_another_mask(tmp_path, monkeypatch):
    before = os.umask(0o027)
    monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("changes the whole process"))
    try:
        with files.written_whole(tmp_path / "result.txt") as path:
            path.write_text("whole")
    finally:
        monkeypatch.undo()
        os.umask(before)
    assert (tmp_path / "result.txt").stat().st_mode & 0o777 == 0o640


# ---- Links and strangers


@pytest.fixture
def precious(tmp_path):
    """A folder of the user's with a letter and a database, which nothing may touch; checked at the end."""
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "letter.sqlite").write_text("Dear Ada")
    with sqlite3.connect(folder / "mine.sqlite") as connection:
        connection.execute("CREATE TABLE mine (words TEXT)")
    connection.close()
    content = {path: path.read_bytes() for path in folder.iterdir()}
    mode = modes(folder)
    yield folder
    assert {path: path.read_bytes() for path in folder.iterdir()} == content and modes(folder) == mode


@pytest.mark.parametrize("kind", ["pictures", "features"])
@pytest.mark.parametrize("what", ["folder", "letter.sqlite", "mine.sqlite", "journal", "dangling"])
def test_what_lies_behind_a_link_is_never_touched(kind, what, own, cache, precious, capsys):
    use = (lambda: load(own)) if kind == "pictures" else extract
    use()
    (store,) = (cache / kind).iterdir()
    if what == "folder":
        store.unlink()
        (cache / kind).rmdir()
        (cache / kind).symlink_to(precious)
    elif what == "journal":
        Path(f"{store}-journal").symlink_to(precious / "letter.sqlite")
    else:
        store.unlink()
        store.symlink_to(precious / what)
    capsys.readouterr()
    if kind == "pictures":
        with pytest.raises(CourseError, match=r"is a link.*COURSE_CACHE_DIR"):
            load(own)
    else:
        assert extract().shape == (1, 48)
        assert "features are not kept for the next time" in (said := capsys.readouterr().out)
        assert "is a link" in said
    if what == "folder":
        with pytest.raises(CourseError, match="is a link"):
            clear(kind)
    else:
        clear(kind)
        use()  # all is well again
        (store,) = (cache / kind).iterdir()
        assert not store.is_symlink()


def test_the_cache_itself_may_be_reached_through_a_link(own, cache, tmp_path):
    (tmp_path / "large disk").mkdir(mode=0o755)
    cache.symlink_to(tmp_path / "large disk")
    load(own)
    assert set(modes(tmp_path / "large disk").values()) == {0o700, 0o600}


@as_root
@pytest.mark.parametrize("level", ["cache", "folder", "file"])
def test_what_belongs_to_somebody_else_is_refused(level, own, cache):
    load(own)
    (store,) = (cache / "pictures").iterdir()
    theirs = {"cache": cache, "folder": store.parent, "file": store}[level]
    os.chown(theirs, STRANGER, STRANGER)
    with pytest.raises(NotAvailable, match=rf"{theirs} belongs to somebody else \(user {STRANGER}\)"):
        load(own)
    check = doctor._check("course cache", doctor._cache)
    assert check.state == "missing" and f"{theirs} belongs to somebody else" in check.detail
    if level != "file":
        with pytest.raises(NotAvailable, match="belongs to somebody else"):
            clear("pictures")
        assert store.is_file()


@as_root
@pytest.mark.parametrize("mode", [0o755, 0o777])
def test_a_folder_that_root_prepared_is_taken(mode, monkeypatch):
    """As a volume of a container is, for whatever user it runs with."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as cache:
        monkeypatch.setenv("COURSE_CACHE_DIR", cache)
        os.chmod(cache, mode)
        os.mkdir(f"{cache}/pictures")
        os.chown(f"{cache}/pictures", STRANGER, STRANGER)
        user = os.fork()
        if user == 0:
            with contextlib.suppress(BaseException):
                os.setuid(STRANGER)
                Store("pictures", "some").put({1: b"one"})
                os._exit(0)
            os._exit(1)
        assert os.waitpid(user, 0)[1] == 0
        assert os.stat(f"{cache}/pictures/some.sqlite").st_mode & 0o777 == 0o600


def test_a_file_system_without_owners_and_permissions_will_do(own, cache, monkeypatch):
    """There everything belongs to one user, whoever made it, and chmod fails or changes nothing."""
    cache.mkdir()
    (cache / "pictures").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 4711)

    def chmod(path, mode, **_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", chmod)
    load(own)
    assert load(own).counts["train"] == 4
    assert clear("pictures") > 0


# ---- Damage


def test_features_with_a_huge_header_or_of_another_size_are_computed_anew(cache):
    extract()
    (path,) = (cache / "features").iterdir()
    header = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
    huge = header + b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000000,), }".ljust(118)
    for value in (huge, header[:5], bytes(4), b""):
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE stored SET value = ?, checksum = ?", (value, zlib.crc32(value)))
        connection.close()
        assert extract().tolist() == [[1] * 48]


@pytest.mark.parametrize("table", ["stored (key, words)", "stored (key, value, checksum, more)", "other (a)"])
def test_a_database_of_something_else_is_begun_anew(table, cache):
    Store("features", "some").put({1: b"one"})
    path = cache / "features" / "some.sqlite"
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE {table}")
        ones = ", ".join("1" * (table.count(",") + 1))
        connection.execute(f"INSERT INTO {table.split()[0]} VALUES ({ones})")
    connection.close()
    store = Store("features", "some")
    assert store.get([1]) == {}
    store.put({1: b"one"})
    assert Store("features", "some").get([1]) == {1: b"one"}


# ---- The folders of the libraries


def plant_module(folder):
    export(folder / hashlib.sha1(MOBILENET.encode()).hexdigest())
    return folder / hashlib.sha1(MOBILENET.encode()).hexdigest()


def plant_labels(keras_home):
    export_to = keras_home / "datasets"
    export_to.mkdir(parents=True)
    (export_to / LABELS).write_text("planted")
    return export_to / LABELS


def test_the_shared_temporary_folder_is_not_looked_into(cache, tmp_path, monkeypatch):
    from tensorflow_hub import resolver

    plant_module(tmp_path / "temporary" / "tfhub_modules")
    plant_labels(tmp_path / "temporary" / ".keras")
    found = pretrained.find(MOBILENET)
    assert found.weights == "stand-in" and str(cache / "hub") in found.why
    _, labels, _ = pretrained.published(CLASSIFIER)
    assert labels.look() is None
    assert resolver.tfhub_cache_dir(use_temp=True) == str(cache / "hub")  # hub.load agrees
    with pytest.raises(NotAvailable):
        pretrained.HubLayer(MOBILENET)


def test_what_was_downloaded_to_the_courses_cache_is_found(cache):
    plant_module(cache / "hub")
    plant_labels(cache / "keras")
    assert pretrained.find(MOBILENET).weights == "published"
    _, labels, _ = pretrained.published(CLASSIFIER)
    assert labels.look() == cache / "keras" / "datasets" / LABELS
    assert modes(cache)["."] == modes(cache)["hub"] == 0o700


def test_downloads_of_keras_go_to_the_cache_where_its_folder_is_read_only(cache, monkeypatch, tmp_path):
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "a file"))
    fetched = []

    def get_file(name, address, cache_dir=None, **options):
        fetched.append(cache_dir)
        return "/nowhere"

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    _, labels, _ = pretrained.published(CLASSIFIER)
    labels.download()
    assert list(map(Path, fetched)) == [cache / "keras"] and modes(cache)["keras"] == 0o700


@pytest.fixture
def chosen(tmp_path, monkeypatch):
    """Folders with a module and labels that variables name; returns the folder of both."""
    folder = tmp_path / "chosen"
    plant_module(folder / "hub")
    plant_labels(folder / "keras")
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(folder / "hub"))
    monkeypatch.setenv("KERAS_HOME", str(folder / "keras"))
    return folder


def taken():
    """Whether the module and the labels are taken; where not, a word says why."""
    answers = []
    for published in (pretrained.published(MOBILENET)[0], pretrained.published(CLASSIFIER)[1]):
        try:
            answers.append(published.look() is not None)
        except NotAvailable as error:
            assert "is not used" in str(error)
            answers.append(False)
    assert (pretrained.find(MOBILENET).weights == "published") == answers[0]
    return answers


def give(folder, user, mode=0):
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, user)
        path.chmod((0o555 if path.is_dir() else 0o444) | mode)


@as_root
@pytest.mark.parametrize("owner", [0, STRANGER])
def test_a_read_only_folder_of_root_or_of_an_instructor_serves_a_class(owner, chosen):
    give(chosen, owner)
    assert taken() == [True, True]
    chosen.chmod(0o775)  # the instructor's own group
    assert taken() == [True, True]


@as_root
def test_a_chosen_folder_with_things_of_a_third_user(chosen):
    give(chosen, STRANGER)
    for name in (hashlib.sha1(MOBILENET.encode()).hexdigest(), LABELS):
        os.chown(next(chosen.rglob(name)), STRANGER + 1, STRANGER)
    assert taken() == [False, False]


@pytest.mark.parametrize("above", [False, True])
def test_what_everybody_may_write_is_not_taken(chosen, above):
    (chosen.parent if above else chosen / "hub").chmod(0o777)
    (chosen.parent if above else chosen / "keras").chmod(0o777)
    assert taken() == [False, False]


@as_root
def test_in_a_folder_of_everybodys_only_what_is_your_own_or_roots_is_taken(chosen):
    chosen.chmod(0o1777)
    assert taken() == [True, True]
    give(chosen, STRANGER)
    chosen.chmod(0o1777)
    assert taken() == [False, False]


def test_a_pipe_in_a_chosen_folder_is_not_waited_for(chosen):
    for path in (*chosen.rglob("saved_model.pb"), *chosen.rglob(LABELS)):
        path.unlink()
        os.mkfifo(path)
    assert taken() == [False, False]
