"""Where the course keeps things, and how it writes them: whole or not at all."""

import os
import re
import secrets
import shutil
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from course_utils.errors import CourseError

PICTURES, FEATURES, NETWORKS = "pictures", "features", "networks"
# The folders of each kind in the course's cache; "folders" is what former versions called that of pictures.
KINDS = {PICTURES: ("pictures", "folders"), FEATURES: ("features",), NETWORKS: ("hub", "keras", "stand_ins")}
ANOTHER_CACHE = "COURSE_CACHE_DIR may name another folder of yours, on a disk with space."


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
    home = os.path.expanduser("~")
    mode = os.X_OK if home != "/" else os.W_OK  # "/" stands for an empty HOME, and for none in containers
    if os.name != "posix" or (os.path.isdir(home) and os.access(home, mode)):
        return
    with suppress(OSError):  # no temporary folder either: what needs one says so
        folder = Path(tempfile.gettempdir(), f"image-classification-course-{os.geteuid()}")
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        status = folder.lstat()  # somebody else may have made it, or a link
        own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077
        os.environ["HOME"] = str(folder if own else tempfile.mkdtemp(prefix=f"{folder.name}-"))


def ensure_caches():
    """Tell TensorFlow Hub and Keras of this process to keep in the course's cache what has no other place.

    By themselves they take a folder of everybody's temporary one, which anybody may have filled.
    """
    if os.environ.get("TFDS_DATA_DIR") == "":
        del os.environ["TFDS_DATA_DIR"]  # TensorFlow Datasets would take the working folder
    if not os.environ.get("TFHUB_CACHE_DIR"):
        os.environ["TFHUB_CACHE_DIR"] = str(cache_folder() / "hub")
    if not os.environ.get("KERAS_HOME"):
        home = os.path.expanduser("~")
        own = Path(home, ".keras") if os.access(home, os.W_OK) else cache_folder() / "keras"
        os.environ["KERAS_HOME"] = str(own)


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


def hub_folder():
    """The folder of TensorFlow Hub's modules, a ``Path``: ``TFHUB_CACHE_DIR``, else in the course's cache."""
    ensure_caches()
    return expanded(os.environ["TFHUB_CACHE_DIR"])


def keras_folders():
    """The folders of Keras's files: ``KERAS_HOME``, else ``~/.keras``; and where downloads go without it."""
    ensure_caches()
    return [expanded(os.environ["KERAS_HOME"]), cache_folder() / "keras"]


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
    return shutil.disk_usage(nearest_existing(folder)).free


def nearest_existing(folder):
    """Return ``folder``, or the nearest above it that is there; CourseError where none can be created."""
    for path in (Path(folder), *Path(folder).absolute().parents):
        try:
            path.stat()
            return path
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:  # such as a name that is too long
            raise CourseError(
                f"Cannot write to the folder {folder}: {error.strerror}. Choose another one."
            ) from error


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
    path = Path(path)
    temporary, made = path.with_name(f".{secrets.token_hex(8)}{path.suffix}"), False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not tempfile, whose files are private: results are for everybody who may read the folder.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        made = True
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise CourseError(
            f"Cannot write {path}: {error.strerror or error}. Choose a folder that you may write to, and "
            "check that the disk is not full."
        ) from error
    finally:
        if made:
            temporary.unlink(missing_ok=True)
