#!/usr/bin/env python
"""Draw the sample sets anew, into ``data/samples``.

    python ci/make_samples.py                 # all four, in a minute and a half
    python ci/make_samples.py tf_flowers
    python ci/make_samples.py --out /tmp/samples

What is there is replaced when the new set is complete. The same versions of the libraries make the same
files, byte for byte; other versions of Pillow may fill some pixels on edges, and encode, in another way.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a clone that is not installed, too

from course_utils import checksums
from course_utils.files import course_folder

import tensorflow_datasets as tfds  # isort: skip (after course_utils)
from drawings.data_set import DrawnSet  # isort: skip
from drawings.sets import SETS  # isort: skip


def main(arguments=None):
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SETS)}; without any: all")
    parser.add_argument("--out", type=Path, default=course_folder() / "data" / "samples", metavar="DIR")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(SETS):
        parser.error(f"unknown set {min(unknown)!r}; the course draws {', '.join(SETS)}")
    for name in options.names or SETS:
        folder = make(name, SETS[name], options.out)
        size = sum(file.stat().st_size for file in folder.iterdir())
        print(f"{folder}: {size / 1e6:.2f} MB", flush=True)
    checksums.write(options.out)  # a lesson that reads them compares
    return 0


def make(name, drawn, out):
    """Draw the set ``drawn``, a module of ``drawings.sets``; return its folder ``out/name/version``."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".drawing-", dir=out) as private:
        builder = DrawnSet(name, drawn, private)
        builder.download_and_prepare(download_config=tfds.download.DownloadConfig(try_download_gcs=False))
        made = Path(builder.data_path)
        folder = out / name / made.name
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.parent.mkdir()
        made.rename(folder)
    return folder


if __name__ == "__main__":
    sys.exit(main())
