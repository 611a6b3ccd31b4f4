"""The sample sets: pictures that the course draws itself, for a machine without the published ones.

They are data sets of TensorFlow Datasets (TFDS), drawn once into the course's own cache.
"""

import contextlib
import importlib
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from course_utils.data.sources import quiet_log
from course_utils.errors import CourseError
from course_utils.files import cache_folder

__all__ = ["SETS", "prepared", "redraw"]


@dataclass(frozen=True)
class SampleSet:
    """Where a sample set is drawn: by ``builder`` in ``module``, imported late as it brings TensorFlow."""

    module: str
    builder: str
    seconds: int  # that drawing takes on a laptop with two cores


SETS = {
    "fashion_mnist": SampleSet("course_utils.data.samples.fashion_mnist", "FashionMnistSample", seconds=10),
    "fashion_attributes": SampleSet(
        "course_utils.data.samples.fashion_attributes", "FashionAttributesSample", seconds=20
    ),
    "tf_flowers": SampleSet("course_utils.data.samples.tf_flowers", "TfFlowersSample", seconds=20),
    "cats_vs_dogs": SampleSet("course_utils.data.samples.cats_vs_dogs", "CatsVsDogsSample", seconds=20),
}


def prepared(name):
    """Return the ``tfds.core.DatasetBuilder`` of the sample set ``name``, drawn now if it is not here yet.

    The pictures lie in ``files.cache_folder() / "samples"``. Drawing takes seconds and prints one line; files
    that are missing, cut short or unreadable count as not here. Raises CourseError for an unknown name, and
    where the pictures are not here and cannot be written.
    """
    sample_set, folder = _known(name), cache_folder() / "samples"
    return _complete(sample_set, folder) or _drawn(sample_set, folder)


def redraw(name):
    """Draw the sample set ``name`` again, in place of a copy that turned out damaged; return its builder.

    Prints and raises what ``prepared`` does.
    """
    return _drawn(_known(name), cache_folder() / "samples", replace=True)


def _known(name):
    if name not in SETS:
        raise CourseError(f"The course draws no pictures for {name!r}. It draws: {', '.join(SETS)}.")
    return SETS[name]


def _builder(sample_set, folder):
    quiet_log()
    return getattr(importlib.import_module(sample_set.module), sample_set.builder)(data_dir=folder)


def _complete(sample_set, folder):
    """Return the builder if all its files are in ``folder`` and as long as they were written, else None."""
    try:
        builder = _builder(sample_set, folder)
        splits = builder.info.splits.values() if builder.is_prepared() else ()
        lengths = [sum(os.path.getsize(path) for path in split.filepaths) for split in splits]
    except Exception:  # a damaged dataset_info.json makes TFDS raise many kinds
        return None
    # A TFRecord file spends 16 bytes on each record: its length and two checksums.
    written = [split.num_bytes + 16 * split.num_examples for split in splits]
    return builder if lengths and lengths == written else None


def _drawn(sample_set, folder, replace=False):
    """Draw into a private folder beside the final place, move it there when it is whole, return its builder.

    So nothing half-made is ever in the final place, and any number of processes may draw at once: all draw
    the same, and without ``replace`` the slower ones throw theirs away.
    """
    import tensorflow as tf
    import tensorflow_datasets as tfds

    print(f"Drawing the sample pictures (once, about {sample_set.seconds} s) ...", flush=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=".drawing-", dir=folder, ignore_cleanup_errors=True
        ) as private:
            builder = _builder(sample_set, private)
            with _quiet():
                # Older TFDS would first ask a server whether it has this set.
                config = tfds.download.DownloadConfig(try_download_gcs=False)
                builder.download_and_prepare(download_config=config)
            final = folder / Path(builder.data_path).relative_to(private)
            final.parent.mkdir(exist_ok=True)
            if final.exists() and (replace or not _complete(sample_set, folder)):
                with contextlib.suppress(FileNotFoundError):  # another process repairs it too
                    os.rename(final, Path(private) / "damaged")
            try:
                os.rename(builder.data_path, final)
            except OSError:  # another process was faster, or this folder takes no writing
                if not final.exists():
                    raise
    except (OSError, tf.errors.OpError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CourseError(
            f"The sample pictures cannot be written to {folder}: {reason}. Set COURSE_CACHE_DIR to a folder "
            "that you may write to, on a disk with 50 MB to spare."
        ) from error
    return _builder(sample_set, folder)


@contextlib.contextmanager
def _quiet():
    """Keep TFDS from showing progress bars and messages; afterwards its settings are as they were."""
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.utils import tqdm_utils

    shown = getattr(tqdm_utils, "_active", True)  # TFDS lets one set this, but not ask for it
    tfds.display_progress_bar(False)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        tfds.display_progress_bar(shown)
