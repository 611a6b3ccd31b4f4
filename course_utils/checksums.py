"""Are files as they were shipped, published or kept with a model: SHA-256, in the form of ``sha256sum``."""

import hashlib
import os
from pathlib import Path

from course_utils.files import written_whole

SUMS = "SHA256SUMS"  # in data/samples and data/hub


def digest(path, algorithm="sha256"):
    """Return the checksum of the file ``path`` in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def sums(root, part=""):
    """Return a dict of path below ``root`` to SHA-256: of the file ``part``, or of all files below it.

    Hidden files, such as those that file managers leave, do not count. Raises OSError for a link to a folder
    and for anything else that is neither file nor folder.
    """
    root, found = Path(root), []
    start = root / part
    for folder, folders, names in os.walk(start, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(folder, name) for name in folders):
            if path.is_symlink():
                raise OSError(f"{path} is a link to a folder")
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    if start.is_file():
        found = [start]
    for path in found:
        if not path.is_file():
            raise OSError(f"{path} is no file")
    return {path.relative_to(root).as_posix(): digest(path) for path in sorted(found)}


def as_text(found):
    """Return what ``sums`` found as the lines of a ``SHA256SUMS``."""
    return "".join(f"{value}  {name}\n" for name, value in sorted(found.items()))


def write(root):
    """Write the ``SHA256SUMS`` of what the folder ``root`` ships: all but that file and a ``README.md``."""
    found = {name: value for name, value in sums(root).items() if name not in (SUMS, "README.md")}
    with written_whole(Path(root) / SUMS) as path:
        path.write_text(as_text(found), encoding="ascii", newline="\n")


def check(root, part):
    """Raise ValueError or OSError unless the file or folder ``part`` of ``root`` is as ``SHA256SUMS`` says.

    Return the paths of its files.
    """
    lines = (Path(root) / SUMS).read_text("ascii").splitlines()
    listed = {name: value for value, _, name in (line.partition("  ") for line in lines)}
    shipped = {name: value for name, value in listed.items() if name == part or name.startswith(f"{part}/")}
    here = sums(root, part)
    if wrong := [name for name in sorted({*shipped, *here}) if shipped.get(name) != here.get(name)]:
        raise ValueError(f"{wrong[0]} is not as it was shipped")
    if not shipped:
        raise ValueError(f"{SUMS} does not name it")
    return [Path(root) / name for name in shipped]


def _raise(error):
    if not isinstance(error, NotADirectoryError):  # of a single file there is nothing to walk through
        raise error
