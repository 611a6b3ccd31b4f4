"""What all tests share: a cache of their own, and no way to the network by accident."""

import os
import signal
import sys

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session", autouse=True)
def course_cache(tmp_path_factory):
    """The course's cache for the whole session, and its progress, apart from the user's own."""
    folder = tmp_path_factory.mktemp("course-cache")
    os.environ["COURSE_CACHE_DIR"] = str(folder)
    os.environ["COURSE_DATA_DIR"] = str(tmp_path_factory.mktemp("course-data"))
    return folder


@pytest.fixture(scope="session", autouse=True)
def signals_as_at_a_terminal():
    """A suite that was started in the background ignores what these tests send: Ctrl-C, a closed terminal."""
    for name, usual in {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}.items():
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) == signal.SIG_IGN:
            signal.signal(getattr(signal, name), usual)


@pytest.fixture(autouse=True)
def unmarked_figures():
    """What one test loaded, such as stand-in weights, does not mark the figures of the next."""
    yield
    if "course_utils.plots" in sys.modules:
        sys.modules["course_utils.plots"].use_source("tfds")
        sys.modules["course_utils.plots"].use_weights("published")


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """A machine without prepared data and without network; returns the empty folder of TFDS."""
    from course_utils import availability

    monkeypatch.setattr(availability, "network_answers", lambda address, seconds=4: False)
    return empty_tfds(monkeypatch, tmp_path / "tfds")


def empty_tfds(monkeypatch, folder):
    """Point TFDS at ``folder``. It reads TFDS_DATA_DIR once, when it is imported, hence the second line."""
    import tensorflow_datasets as tfds

    monkeypatch.setenv("TFDS_DATA_DIR", str(folder))
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(folder))
    return folder
