"""What a folder of pictures holds: a subfolder for each class, perhaps in parts, and what is left out."""

import os
import re
import stat
import unicodedata
from collections import namedtuple
from pathlib import Path

from course_utils.errors import CourseError, printable
from course_utils.files import expanded

# Folders with such names are parts of a data set, not classes.
PARTS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "eval"), "test"),
}
# What systems put beside folders of pictures, in archives and on disks, is no class either.
_OF_SYSTEMS = ("__MACOSX", "$RECYCLE.BIN", "System Volume Information", "lost+found", "@eaDir")
_TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".xlsx", ".xls", ".parquet", ".xml")
# ``classes`` is a dict of name to list of files, both sorted; ``parts`` one of file to part, empty where the
# folder has none; ``left_out`` a list of (path, reason).
Layout = namedtuple("Layout", "classes parts left_out")


def look_into(path):
    """Return the ``Layout`` of the folder ``path``.

    A class is a subfolder, or one in each of the folders ``train``, ``val`` and ``test``. Raises CourseError
    where the folder is missing, has fewer than two classes or a class without files, and where its subfolders
    look like several copies of one set.
    """
    path = expanded(path)
    try:
        reason = None if stat.S_ISDIR(path.stat().st_mode) else "is a file"
    except FileNotFoundError:
        reason = "does not exist"
    except (OSError, ValueError) as error:  # a name too long, a folder above it that may not be looked into
        reason = f"cannot be looked into ({getattr(error, 'strerror', None) or error})"
    if reason:
        raise CourseError(
            f"The folder {path} {reason}. Give a folder with a subfolder of pictures for each class."
        )
    folders, left_out = _subfolders(path)
    inner = {folder: _subfolders(folder)[0] for folder in folders}
    in_parts = all(folder.name.lower() in PARTS for folder in folders) and any(
        PARTS[folder.name.lower()] == "train" and len(inner[folder]) > 1 for folder in folders
    )
    if not in_parts:
        _check_level(path, inner, [entry.name for entry, _ in left_out])
    classes, parts = {}, {}
    for folder in folders:
        if in_parts and not inner[folder]:  # pictures to be named, as competitions have
            left_out.append((folder, "a part without folders of classes"))
        for class_folder in inner[folder] if in_parts else [folder]:
            files, problems = files_in(class_folder)
            name = unicodedata.normalize("NFC", class_folder.name)
            classes.setdefault(name, []).extend(files)
            parts |= dict.fromkeys(files, PARTS[folder.name.lower()]) if in_parts else {}
            left_out += problems
    spelled = {}
    for name in classes:
        if (other := spelled.setdefault(" ".join(printable(name).casefold().split()), name)) != name:
            raise CourseError(
                f"{path} has {other!r} and {name!r}, which differ in capitals, spaces or hidden letters "
                "alone. If they are one class, put them into one folder; if not, rename one."
            )
    classes = dict(sorted((printable(name), files) for name, files in classes.items()))
    if empty := [name for name, files in classes.items() if not files]:
        raise CourseError(
            f"{path / empty[0]} has no pictures. Add some, or remove the folder to go without the class."
        )
    trained = {name for name, files in classes.items() if "train" in map(parts.get, files)}
    if parts and (untrained := sorted(set(classes) - trained)):
        raise CourseError(
            f"{path} has pictures of {_some(untrained)} in other parts and none in its folder of training "
            "pictures. Add some there, or remove the folders of that class from the others."
        )
    return Layout(classes, parts, left_out)


def files_in(folder):
    """Return the files in ``folder``, at any depth and sorted, and a list of (path, reason) of what is none.

    Hidden files and folders do not count. Links are followed, to a folder that was seen already not again.
    """
    files, left_out, seen, waiting = [], [], set(), [Path(folder)]
    while waiting:
        place = waiting.pop()
        try:
            status = place.stat()
            if stat.S_ISREG(status.st_mode):
                files.append(place)
            elif not stat.S_ISDIR(status.st_mode):
                left_out.append((place, "no ordinary file"))
            elif (status.st_dev, status.st_ino) in seen:
                left_out.append((place, "a link to a folder that was looked into already"))
            else:
                seen.add((status.st_dev, status.st_ino))
                waiting += reversed(_entries(place))
        except OSError as error:
            left_out.append((place, _reason(place, error)))
    return files, left_out


def _check_level(path, inner, beside):
    """Raise CourseError where the subfolders (a dict of each to its own) are no classes.

    ``beside`` are the names of what lies beside them.
    """
    hint = ""
    if tables := [name for name in beside if name.lower().endswith(_TABLES)]:
        hint = f" There is {tables[0]}: lessons 06 and 07 read labels from labels.csv or labels.json."
    names = [{folder.name for folder in folders} for folders in inner.values()]
    if len(inner) == 1 and len(names[0]) > 1:
        (only,) = inner
        raise CourseError(
            f"{path} has one subfolder, {only.name}, which has {len(names[0])}: {_some(names[0])}. If these "
            f"are the classes, give {only}."
        )
    if len(inner) < 2:
        found = f"only one, {next(iter(inner)).name}" if inner else "none"
        raise CourseError(
            f"{path} should have a subfolder of pictures for each class, two at least, and has {found}.{hint}"
        )
    parts = {folder.name for folder in inner if folder.name.lower() in PARTS}
    if len(parts) == len(inner):
        raise CourseError(
            f"The subfolders of {path} ({_some(parts)}) are parts of a set, by their names, and the one to "
            f"train on lacks folders of classes. Sort its pictures into two at least.{hint}"
        )
    siblings = {folder.name for folder in inner}
    for folder, inside in zip(inner, names, strict=True):
        if folder.name in parts and len(inside) > 1:
            raise CourseError(
                f"{folder} is a part of a set by its name, with classes ({_some(inside)}), and beside it is "
                f"{_some(siblings - parts)}. Leave only train, val and test there."
            )
        if both := inside & siblings:
            raise CourseError(
                f"{folder} has folders called like the classes beside it ({_some(both)}). Is it another copy "
                "of the set? Move it away, or rename them."
            )
    common = set.intersection(*names)
    if len(common) > 1 and 2 * len(common) >= len(set.union(*names)):
        raise CourseError(
            f"The subfolders of {path} ({_some(siblings)}) have the same ones in them: {_some(common)}. They "
            f"look like several copies of one set; give one, such as {next(iter(inner))}, or if they are its "
            "parts, call them train, val and test."
        )
    stems = [_without_part(folder.name) for folder in inner]
    if None not in stems and len(set(stems)) < len(stems):
        raise CourseError(
            f"The subfolders of {path} ({_some(siblings)}) are parts of classes, by their names. Sort them "
            f"into folders train and test, such as train/{stems[0]} and test/{stems[0]}."
        )


def _without_part(name):
    """Return "cats" for a name like "cats_train" or "test-cats"; None for one without such a word."""
    words = re.split("[_ -]", name)
    for place in (-1, 0):
        if len(words) > 1 and words[place].lower() in PARTS:
            return "_".join(words[:-1] if place else words[1:])
    return None


def _subfolders(folder):
    """Return the visible folders in ``folder``, sorted, and a list of (path, reason) of what is none."""
    folders, left_out = [], []
    try:
        for entry in _entries(folder):
            try:
                if stat.S_ISDIR(entry.stat().st_mode):
                    folders.append(entry)
                else:
                    left_out.append((entry, "not in the folder of a class"))
            except OSError as error:
                left_out.append((entry, _reason(entry, error)))
    except OSError as error:
        raise CourseError(f"The folder {folder} cannot be looked into: {error.strerror}.") from error
    return folders, left_out


def _entries(folder):
    entries = (entry for entry in folder.iterdir() if not entry.name.startswith((".", *_OF_SYSTEMS)))
    return sorted(entries)


def _reason(entry, error):
    return "a link to nowhere" if os.path.islink(entry) and not os.path.exists(entry) else error.strerror


def _some(names, count=5):
    return ", ".join(sorted(names)[:count]) + ", ..." * (len(names) > count)
