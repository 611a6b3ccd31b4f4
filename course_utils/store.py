"""A cache on disk: values under whole numbers, in one SQLite file each, for pictures and for features."""

import contextlib
import os
import shutil
import sqlite3
import threading
import zlib

from course_utils.errors import CourseError
from course_utils.files import cache_folder

PICTURES, FEATURES = "pictures", "features"  # the folders of the two, in ``files.cache_folder()``


class Store:
    """Bytes under keys (whole numbers below 2**63) in the file ``cache_folder() / kind / name``.

    What was put is there whole or not at all, any number of threads and processes may read and write, and a
    checksum guards each value: what is damaged counts as missing, a file that is no store is begun anew.
    """

    def __init__(self, kind, name):
        self.path = cache_folder() / kind / f"{name}.sqlite"
        self._lock, self._connection = threading.Lock(), None

    def get(self, keys):
        """Return a dict of those ``keys`` that are here, whole, to their bytes."""
        found, keys = {}, list(map(int, keys))
        if not os.path.isfile(self.path):
            return found
        with contextlib.suppress(sqlite3.Error), self._lock:  # what cannot be read is not here
            for start in range(0, len(keys), 500):  # SQLite takes no more than 999 values in one question
                some = keys[start : start + 500]
                marks = ", ".join("?" * len(some))
                rows = self._connect().execute(f"SELECT * FROM stored WHERE key IN ({marks})", some)
                found |= {key: value for key, value, check in rows if zlib.crc32(value) == check}
        return found

    def put(self, values):
        """Keep a dict of keys to bytes; raises CourseError where the file cannot be written."""
        rows = [(int(key), value, zlib.crc32(value)) for key, value in values.items()]
        self._change("INSERT OR REPLACE INTO stored VALUES (?, ?, ?)", rows)

    def keep_only(self, keys):
        """Forget all but ``keys``; raises CourseError where the file cannot be written."""
        here = set()
        with self._lock, contextlib.suppress(sqlite3.DatabaseError):
            here = {key for (key,) in self._connect().execute("SELECT key FROM stored")}
        if gone := here - set(map(int, keys)):
            self._change("DELETE FROM stored WHERE key = ?", [(key,) for key in gone])

    def _change(self, statement, rows, again=True):
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock, self._connect() as connection:  # one transaction: all rows or none
                connection.executemany(statement, rows)
        except sqlite3.OperationalError as error:
            with self._lock, contextlib.suppress(sqlite3.Error, AttributeError):
                self._connection.close()
                self._connection = None
                self._connect()  # takes back what a full disk cut short, and so frees its space
            raise self._refusal(error) from error
        except sqlite3.DatabaseError as error:  # cut short, or something else: it is only a cache
            if not again:
                raise self._refusal(error) from error
            with self._lock:
                self._connection = None
                self.path.unlink(missing_ok=True)
            self._change(statement, rows, again=False)
        except OSError as error:
            raise self._refusal(error.strerror or error) from error

    def _connect(self):
        if self._connection is None:
            connection = sqlite3.connect(self.path, timeout=60, check_same_thread=False)
            connection.execute("PRAGMA page_size = 16384")  # values have kilobytes
            connection.execute("PRAGMA synchronous = OFF")  # what a power cut damages is noticed
            connection.execute(
                "CREATE TABLE IF NOT EXISTS stored (key INTEGER PRIMARY KEY, value BLOB, checksum INTEGER)"
            )
            self._connection = connection
        return self._connection

    def _refusal(self, reason):
        return CourseError(
            f"Cannot write {self.path}: {reason}. Set COURSE_CACHE_DIR to a folder that you may write to, "
            "and check that the disk is not full."
        )


def size(kind):
    """Return how many bytes the stores of a ``kind`` take on disk."""
    return sum(path.stat().st_size for path in (cache_folder() / kind).glob("*"))


def clear(kind):
    """Delete the stores of a ``kind`` and return how many bytes that freed; they fill again when needed."""
    before = size(kind)
    shutil.rmtree(cache_folder() / kind, ignore_errors=True)
    return before - size(kind)
