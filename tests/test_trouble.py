"""Trouble from outside: no home, Keras set up in another way, a download that stands still, a full disk."""

import contextlib
import dataclasses
import hashlib
import importlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from conftest import empty_tfds
from PIL import Image

from course_utils import availability, data, files, machine
from course_utils.data import catalog, folders
from course_utils.errors import CourseError, NotAvailable
from course_utils.files import FEATURES, PICTURES
from course_utils.pretrained import finding, modules
from course_utils.store import Store

# ---- A home folder


@pytest.mark.parametrize("home", [None, "/nowhere", "locked", "/bin/sh"])
def test_without_a_home_a_private_folder_takes_its_place(home, monkeypatch, tmp_path):
    if home is None:  # nor a name for the user: then "~" stays what it is
        monkeypatch.delenv("HOME")
        monkeypatch.setattr(os.path, "expanduser", lambda path: os.environ.get("HOME", str(path)))
    else:
        monkeypatch.setenv("HOME", home)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files.ensure_home()
    (made,) = tmp_path.iterdir()
    assert os.environ["HOME"] == str(made) and made.stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("HOME", "/nowhere")
    files.ensure_home()
    assert os.environ["HOME"] == str(made)
    made.chmod(0o777)  # others could put something there
    monkeypatch.setenv("HOME", "/nowhere")
    files.ensure_home()
    assert os.environ["HOME"] not in (str(made), "/nowhere")


def test_a_home_that_is_there_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    files.ensure_home()
    assert os.environ["HOME"] == str(tmp_path)
    assert files.expanded("~/pictures") == tmp_path / "pictures"
    assert files.expanded("~nobody-of-that-name/x") == Path("~nobody-of-that-name/x")


def test_load_and_doctor_work_for_a_user_without_name_and_home(tmp_path):
    """In a process of its own, whose libraries ask for the home folder while they are imported."""
    program = (
        "import os, pwd; pwd.getpwuid = lambda uid: {}[uid]; del os.environ['HOME']\n"
        "from course_utils import data; from course_utils.cli import main\n"
        "data.load('fashion_mnist', source='sample'); main(['doctor'])"
    )
    environment = {
        "TMPDIR": str(tmp_path),
        "HOME": "/",
        "PATH": os.environ["PATH"],
        "https_proxy": "http://127.0.0.1:9",
    }
    environment |= {"PYTHONPATH": str(files.course_folder()), "http_proxy": "http://127.0.0.1:9"}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert "Traceback" not in ran.stderr and "Data: the drawn sample of fashion_mnist" in ran.stdout
    assert "Ready: every lesson can run" in ran.stdout
    assert "~/.cache" in ran.stdout and (tmp_path / f"image-classification-course-{os.getuid()}").is_dir()


# ---- Keras


def keras_set_up(monkeypatch, folder, content):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(folder))
    (folder / "keras.json").write_text(content)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ('{"image_data_format": "channels_first"}', r"'channels_first'.*'channels_last' there"),
        ('{"backend": "theano"}', "backend is 'theano' .*keras.json.*'tensorflow' there"),
        ('{"floatx": "float16"}', "floatx is 'float16'"),
        ('{"floatx": 16}', "floatx is 16"),
        ("[]", "holds no settings"),
    ],
)
def test_keras_set_up_in_another_way_is_named(content, match, monkeypatch, tmp_path):
    keras_set_up(monkeypatch, tmp_path, content)
    with pytest.raises(CourseError, match=match):
        machine.check_keras()
    from course_utils.cli import doctor

    report = doctor.report()
    assert not report.ready and str(tmp_path / "keras.json") in repr(report)


def test_a_keras_json_that_cannot_be_read_is_named(monkeypatch, tmp_path):
    (tmp_path / "keras.json").mkdir()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(CourseError, match=r"keras\.json cannot be read: Is a directory\. Delete it"):
        machine.check_keras()


@pytest.mark.parametrize(
    "content", ["", "{}", '{"backend": "tensorflow", "epsilon": 1e-07, "floatx": "float32"}']
)
def test_what_changes_nothing_is_no_trouble(content, monkeypatch, tmp_path):
    keras_set_up(monkeypatch, tmp_path, content)
    machine.check_keras()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "nowhere"))
    machine.check_keras()


def test_another_backend_is_named_before_a_lesson_loads_anything(monkeypatch, tmp_path):
    keras_set_up(monkeypatch, tmp_path, '{"backend": "torch"}')
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.delitem(sys.modules, "course_utils.quiet_tensorflow")
    with pytest.raises(CourseError, match=r"backend is 'jax' .from the variable KERAS_BACKEND.*Unset it"):
        importlib.import_module("course_utils.quiet_tensorflow")


# ---- A download that stands still


@pytest.fixture(params=["half a file", "nothing", "single bytes", "later"])
def stalling(request, monkeypatch):
    """The address of a server that is there, sends the beginning of a file or nothing, and waits for ever.

    Or it sends a byte now and then, or wants to be asked again in an hour.
    """
    over = threading.Event()

    class Stalling(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(200)
            self.end_headers()

        def do_GET(self):
            if request.param == "later":
                self.send_response(503)
                self.send_header("Retry-After", "3600")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if request.param == "single bytes":
                self.send_response(200)
                self.send_header("Content-Length", "100000")
                self.end_headers()
                with contextlib.suppress(OSError):  # nobody listens any more
                    while not over.wait(0.1):
                        self.wfile.write(b"x")
                        self.wfile.flush()
                return
            if request.param == "half a file":
                self.send_response(200)
                self.send_header("Content-Length", "100000")
                self.end_headers()
                self.wfile.write(b"x" * 50_000)
                self.wfile.flush()
            over.wait()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Stalling)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(availability, "STALLED", 0.5)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield f"http://127.0.0.1:{server.server_port}"
    over.set()
    server.shutdown()
    server.server_close()


@pytest.mark.timeout(60)
def test_pictures_that_stop_on_their_way_are_replaced_by_the_sample(stalling, monkeypatch, tmp_path, capsys):
    import tensorflow_datasets as tfds

    empty_tfds(monkeypatch, tmp_path)
    builder = importlib.import_module(type(tfds.builder("tf_flowers")).__module__)
    monkeypatch.setattr(builder, "_URL", f"{stalling}/flower_photos.tgz")
    entry = dataclasses.replace(catalog.DATA_SETS["tf_flowers"], address=stalling)
    monkeypatch.setitem(catalog.DATA_SETS, "tf_flowers", entry)
    assert data.load("tf_flowers").source == "sample"
    assert "could not be downloaded" in capsys.readouterr().out
    with pytest.raises(NotAvailable, match="could not be downloaded"):
        data.load("tf_flowers", source="tfds")
    assert socket.getdefaulttimeout() is None


@pytest.mark.timeout(60)
def test_modules_and_files_that_stop_on_their_way(stalling, monkeypatch, tmp_path):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    for published in (
        modules.published(f"{stalling}/module/1"),
        finding._keras_file("datasets", f"{stalling}/labels.txt", 1000, "0" * 64),
    ):
        with pytest.raises(NotAvailable, match="could not be downloaded"):
            availability.obtain(published)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("stalling", ["nothing"], indirect=True)
def test_what_a_killed_download_left_behind_is_not_waited_for(stalling, monkeypatch, tmp_path):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    handle = f"{stalling}/module/1"
    with pytest.raises(NotAvailable):
        modules.resolve(handle)
    (tmp_path / f"{hashlib.sha1(handle.encode()).hexdigest()}.lock").write_text("host.1234")
    with pytest.raises(NotAvailable):
        modules.resolve(handle)


# ---- A full disk


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """A disk of 2 MB with the course's cache on it."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here: that takes root and Linux")
    monkeypatch.setenv("COURSE_CACHE_DIR", str(folder / "cache"))
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def forty(tmp_path_factory):
    """Forty pictures in four classes."""
    folder, rng = tmp_path_factory.mktemp("forty"), np.random.default_rng(0)
    for name in ("red_dress", "blue_dress", "red_jeans", "blue_jeans"):
        (folder / name).mkdir()
        for number in range(10):
            image = Image.fromarray(rng.integers(0, 255, (60, 50, 3), dtype=np.uint8))
            image.save(folder / name / f"{number}.png")
    return folder


def used(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_folder_that_does_not_fit_is_refused_and_leaves_nothing(small_disk, forty):
    with pytest.raises(NotAvailable, match="has less"):
        data.load("cats_vs_dogs", source=forty)
    assert used(small_disk) == 0


def test_a_disk_that_gets_full_meanwhile_gets_its_space_back(small_disk, forty, monkeypatch):
    monkeypatch.setattr(folders, "free_space", lambda path: 10**12)  # somebody else filled it since
    with pytest.raises(CourseError, match=r"Cannot write .*full"):
        data.load("cats_vs_dogs", source=forty)
    assert used(small_disk) < 100_000 and not list(small_disk.rglob("*-journal"))
    assert data.load("fashion_mnist", source=forty).counts["train"] > 20  # smaller ones still fit


def test_what_was_kept_before_survives_a_full_disk(small_disk):
    store = Store(PICTURES, "some")
    store.put({1: b"one"})
    with pytest.raises(CourseError, match="full"):
        store.put({number: os.urandom(100_000) for number in range(2, 60)})
    assert store.get([1, 2]) == {1: b"one"}
    store.put({3: b"three"})
    assert Store(PICTURES, "some").get([1, 3]) == {1: b"one", 3: b"three"}


def test_a_lesson_on_a_full_disk_goes_on_or_says_why(small_disk, capsys):
    import keras

    from course_utils import artifacts, features

    pictures = data.load("fashion_mnist", source="sample")
    (small_disk / "others").write_bytes(bytes(1_900_000))
    layers = [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(300)]
    network = keras.Sequential(layers)
    for _ in range(2):
        kept, labels = features.extract(network, pictures.train.take(200))
        assert kept.shape == (200, 300) and len(labels) == 200
        assert capsys.readouterr().out.count("features are not kept") == 1
    assert used(small_disk / "cache" / FEATURES) < 200_000
    with pytest.raises(CourseError, match=r"Cannot write .*model\.keras: No space left on device"):
        artifacts.save(
            small_disk / "kept",
            "lesson",
            pictures=pictures,
            metrics={},
            model=network,
            labels={"kind": "single_label", "labels": [str(number) for number in range(300)]},
        )
    assert not list((small_disk / "kept" / "lesson").iterdir())
