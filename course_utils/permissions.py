"""Whose files the course takes: its cache is this user's alone, and nothing of a stranger's is loaded."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from course_utils.errors import CourseError, NotAvailable
from course_utils.files import ANOTHER_CACHE, KINDS, cache_folder, ensure_writable, keras_folders


def private_folder(name=None, entries=True):
    """Return the folder ``name`` of the course's cache (None: the cache itself), for this user alone.

    It is created if need be; it and what lies in it lose the permissions of others, where the file system
    has any. Raises NotAvailable where that cannot be, where the folder is a link or belongs to somebody else,
    and, with ``entries``, where that holds for anything in it.
    """
    root = cache_folder()
    folder = root / name if name else root
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root = root.resolve()  # how the cache is reached is its user's own choice, so are links
        status = root.stat()
        if status.st_uid:  # a folder of root's may be prepared for somebody: what lies in it is looked at
            _refuse_others(root, status)
        known = {folder for folders in KINDS.values() for folder in folders}
        if known.issuperset(os.listdir(root)) and not status.st_mode & stat.S_ISVTX:
            _make_private(root)  # else other things lie there, too
        if name:
            folder.mkdir(mode=0o700, exist_ok=True)
            for path in (folder, *folder.iterdir()) if entries else (folder,):
                with suppress(FileNotFoundError):  # another process has tidied up
                    _refuse_others(path, path.lstat())
                    _make_private(path)
    except OSError as error:
        raise NotAvailable(f"Cannot write {folder}: {error.strerror or error}. {ANOTHER_CACHE}") from error
    return folder


def _refuse_others(path, status):
    if not (stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)):
        what = "is a link" if stat.S_ISLNK(status.st_mode) else "is neither a file nor a folder"
    elif os.name != "posix" or _is_mine(path, status):
        return
    else:
        what = f"belongs to somebody else (user {status.st_uid})"
    raise NotAvailable(
        f"{path} {what}. In its cache the course takes only what it made itself: look where that comes from "
        f"and delete it. {ANOTHER_CACHE}"
    )


def _is_mine(path, status):
    if status.st_uid == os.geteuid():
        return True
    made = _made_in(path if stat.S_ISDIR(status.st_mode) else path.parent)
    return made is not None and made.st_uid == status.st_uid  # a file system without owners


def _made_in(folder):
    """Return the status of a private file made in ``folder``: what the file system keeps of that."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            return os.stat(file.name)
    except OSError:
        return None


def _make_private(path):
    with suppress(OSError):  # a file system without permissions, or one that is read-only
        mode = stat.S_IMODE(path.lstat().st_mode)
        if os.name == "posix" and mode & 0o077:
            path.chmod(mode & 0o700)


def refuse_strangers(path, chosen):
    """Raise NotAvailable where ``path``, in the folder ``chosen`` of a library, may come from a stranger.

    In the course's cache only what is this user's is taken. A folder that a variable names is its user's
    choice: what its owner, root and this user put there is taken, so that one read-only folder serves a whole
    class. What everybody may write is not, nor what others put into a folder of everybody's, such as /tmp.
    """
    if Path(chosen).parent == cache_folder():
        private_folder(Path(chosen).name)
    if os.name != "posix" or not os.path.exists(path):
        return
    try:
        path, owners = Path(path).resolve(), {0, os.geteuid(), os.stat(chosen).st_uid}
        inside = [path, *path.rglob("*")] if path != Path(chosen).resolve() else [path]
        for each in (*inside, *path.parents):
            status, above = each.stat(), each.parent.stat()
            everybodys = above.st_mode & 0o1002 == 0o1002  # with its sticky bit, as /tmp has it
            if not stat.S_ISDIR(status.st_mode) and not stat.S_ISREG(status.st_mode):
                reason = "is neither a file nor a folder"  # reading a pipe would wait for ever
            elif each in inside and status.st_uid not in owners:
                reason = f"belongs to somebody else (user {status.st_uid})"
            elif everybodys and status.st_uid and not _is_mine(each, status):
                reason = f"in a folder of everybody's belongs to somebody else (user {status.st_uid})"
            elif status.st_mode & 0o1002 == 0o002 and os.access(each, os.W_OK) and _keeps_modes(each):
                reason = "can be written by everybody"
            else:
                continue
            raise NotAvailable(
                f"{path} is not used: {each} {reason}, so it may be a stranger's. Let it be a file or folder "
                f"of yours, of root's or of the owner of {chosen}, writable for them alone."
            )
    except OSError as error:
        raise NotAvailable(f"{path} cannot be read: {error.strerror or error}.") from error


def _keeps_modes(path):
    made = _made_in(path if path.is_dir() else path.parent)
    return made is None or not made.st_mode & 0o077


def keras_downloads():
    """Return the first of ``keras_folders`` that can be written; where none can, Keras itself takes /tmp."""
    chosen, own = keras_folders()
    try:
        refuse_strangers(chosen, chosen)
        ensure_writable(chosen)
    except CourseError:
        chosen = own
    return private_folder("keras") if chosen == own else chosen
