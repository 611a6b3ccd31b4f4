"""Where the course keeps things, and how it writes them: whole or not at all."""

import os
import re
import shutil
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from course_utils.errors import CourseError


def course_folder():
    """The folder of the course itself: the one with ``notebooks/``, ``data/`` and ``ci/``, as a ``Path``.

    Raises CourseError where the package was installed without it (a wheel alone holds no lessons).
    """
    folder = Path(__file__).resolve().parent.parent
    if not (folder / "notebooks").is_dir():
        raise CourseError(
            f"The lessons are not beside the package: {folder} has no folder 'notebooks'. "
            "Clone the course's repository and install it from there with 'pip install -e .'."
        )
    return folder


def ensure_home():
    """Give this process a private folder below the temporary one as its home, where it has none to look into.

    That is so in containers that run with any user number. Keras, TensorFlow Datasets, IPython and
    platformdirs would fail there, each in its own way.
    """
    if os.name != "posix" or os.access(os.path.expanduser("~"), os.X_OK):
        return
    with suppress(OSError):  # no temporary folder either: what needs one says so
        folder = Path(tempfile.gettempdir(), f"image-classification-course-{os.getuid()}")
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        status = folder.lstat()  # somebody else may have made it, or a link
        own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
        os.environ["HOME"] = str(folder if own else tempfile.mkdtemp(prefix=f"{folder.name}-"))


def expanded(path):
    """Return ``path`` as a ``Path`` with the home folder for ``~``, where that user is known here."""
    return Path(os.path.expanduser(path))


def from_home(content):
    """Return a text, or a dict or list with texts at any depth, with ``~`` where the home folder is named.

    For what is shown to others: a home folder says who somebody is.
    """
    if isinstance(content, dict):
        return {name: from_home(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [from_home(value) for value in content]
    if isinstance(content, str):
        home = os.path.expanduser("~").rstrip(os.sep)
        # Not within another path or a picture in base64, but after file:// and the colours of a traceback.
        before = r"(?:(?<![\w./~+-])|(?<=://)|(?<=[\[;\d]\dm))"
        for folder in {home, os.path.realpath(home)} - {"", os.sep}:
            content = re.sub(rf"{before}{re.escape(folder)}(?![\w-]|\.\w)", "~", content)
    return content


def keras_folders():
    """Return where Keras keeps its files: ``KERAS_HOME``, else ``~/.keras``, and where that is read-only."""
    return [expanded(os.environ.get("KERAS_HOME") or "~/.keras"), Path(tempfile.gettempdir(), ".keras")]


def cache_folder():
    """The course's own cache (folders that were read, features): ``COURSE_CACHE_DIR``, else the system's.

    The folder is not created here. The caches of TensorFlow Datasets, TensorFlow Hub and Keras are theirs
    (``TFDS_DATA_DIR``, ``TFHUB_CACHE_DIR``, ``KERAS_HOME``) and may be read-only.
    """
    chosen = os.environ.get("COURSE_CACHE_DIR")
    if chosen:
        return expanded(chosen)
    import platformdirs

    return platformdirs.user_cache_path("image-classification-course", appauthor=False)


def free_space(folder):
    """Return the free bytes of the disk that has ``folder``, or will have it once it is created."""
    existing = next(path for path in (folder, *Path(folder).parents) if os.path.exists(path))
    return shutil.disk_usage(existing).free


def ensure_writable(folder):
    """Create ``folder`` if need be; raise CourseError if no file can be written there."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CourseError(
            f"Cannot write to the folder {folder}: {error.strerror or error}. Choose another one."
        ) from error


@contextmanager
def written_whole(path):
    """Yield a temporary path beside ``path``; on success it becomes ``path``, on any error it vanishes.

    Readers never see half a file, and an interrupted run leaves the previous version in place. The temporary
    name keeps the suffix, because Keras and Matplotlib choose the format by it. Raises CourseError when the
    folder cannot be created or written, or the disk gets full.
    """
    path, temporary = Path(path), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        # mkstemp makes private files; results are for everybody who may read the folder.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        os.replace(temporary, path)
    except OSError as error:
        raise CourseError(
            f"Cannot write {path}: {error.strerror or error}. Choose a folder that you may write to, and "
            "check that the disk is not full."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
