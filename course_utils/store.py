"""A cache on disk: values under whole numbers, in one SQLite file each, for pictures and for features."""

import contextlib
import os
import re
import shutil
import sqlite3
import threading
import zlib

from course_utils.errors import CourseError, NotAvailable
from course_utils.files import ANOTHER_CACHE, KINDS, NETWORKS, cache_folder
from course_utils.permissions import private_folder

_OURS = re.compile(r"[0-9a-f]{16,}\b")  # how the names of what it keeps begin, those of former versions, too


class Store:
    """Bytes under keys (whole numbers below 2**63) in the file ``cache_folder() / kind / name``.

    What was put is there whole or not at all, any number of threads and processes may read and write, and a
    checksum guards each value: what is damaged counts as missing, a file that is no store is begun anew.
    """

    def __init__(self, kind, name):
        self.path = cache_folder() / kind / f"{name}.sqlite"
        self._lock, self._connection = threading.Lock(), None

    def get(self, keys, length=None):
        """Return a dict of those ``keys`` that are here, whole and of ``length`` bytes, to their bytes."""
        found, keys = {}, list(map(int, keys))
        if not os.path.isfile(self.path):
            return found
        # What cannot be read is not here, nor what is no store of ours.
        with contextlib.suppress(sqlite3.Error, NotAvailable, OSError, TypeError, ValueError), self._lock:
            for start in range(0, len(keys), 500):  # SQLite takes no more than 999 values in one question
                some = keys[start : start + 500]
                marks = ", ".join("?" * len(some))
                rows = self._connect().execute(f"SELECT * FROM stored WHERE key IN ({marks})", some)
                for key, value, check in rows:
                    if zlib.crc32(value) == check and length in (None, len(value)):
                        found[key] = value
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
            with self._lock, self._connect() as connection:  # one transaction: all rows or none
                connection.executemany(statement, rows)
        except sqlite3.DatabaseError as error:
            with self._lock:
                if self._connection:
                    self._connection.close()
                self._connection = None
            other = not isinstance(error, sqlite3.OperationalError) or _code(error) == sqlite3.SQLITE_ERROR
            if not (other and again):
                with self._lock, contextlib.suppress(sqlite3.Error):
                    self._connect()  # takes back what a full disk cut short, and so frees its space
                raise self._refusal(error) from error
            self.path.unlink(missing_ok=True)  # cut short, or something else: it is only a cache
            self._change(statement, rows, again=False)
        except OSError as error:
            raise self._refusal(error.strerror or error) from error

    def _connect(self):
        if self._connection is None:
            private_folder(self.path.parent.name)
            # Made here, as SQLite's own would be readable for others; its journal takes the same permissions.
            os.close(os.open(self.path, os.O_RDONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
            connection = sqlite3.connect(self.path, timeout=60, check_same_thread=False)
            connection.execute("PRAGMA page_size = 16384")  # values have kilobytes
            connection.execute("PRAGMA synchronous = OFF")  # what a power cut damages is noticed
            connection.execute(
                "CREATE TABLE IF NOT EXISTS stored (key INTEGER PRIMARY KEY, value BLOB, checksum INTEGER)"
            )
            self._connection = connection
        return self._connection

    def _refusal(self, reason):
        return CourseError(f"Cannot write {self.path}: {reason}. {ANOTHER_CACHE}")


def _code(error):
    return getattr(error, "sqlite_errorcode", None)


def size(kind):
    """Return how many bytes a ``kind``, a key of ``files.KINDS``, takes in the course's cache."""
    taken = 0
    for top in _folders(kind):
        for folder, _, files in os.walk(top):
            for name in files:
                with contextlib.suppress(OSError):  # another process has tidied up
                    taken += os.lstat(os.path.join(folder, name)).st_size
    return taken


def clear(kind):
    """Delete a ``kind`` from the course's cache and return the bytes that this freed; it fills again.

    Raises NotAvailable where its folder is a link or somebody else's: nothing outside is ever removed.
    """
    before = size(kind)
    for folder in _folders(kind):
        for path in private_folder(folder.name, entries=False).iterdir():
            with contextlib.suppress(OSError):
                if kind != NETWORKS and not _OURS.match(path.name):
                    continue  # somebody's own pictures, say, where COURSE_CACHE_DIR names their folder, too
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()
        with contextlib.suppress(OSError):
            folder.rmdir()
    return before - size(kind)


def _folders(kind):
    folders = [cache_folder() / name for name in KINDS[kind]]
    return [folder for folder in folders if os.path.lexists(folder)]
