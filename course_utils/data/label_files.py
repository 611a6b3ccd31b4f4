"""Read ``labels.csv`` or ``labels.json``: what each picture beside it shows, a column for each question."""

import contextlib
import csv
import io
import json
import os
import re
import unicodedata
from pathlib import PurePath, PurePosixPath

from course_utils.data.layout import PARTS, Layout, files_in
from course_utils.errors import CourseError, printable
from course_utils.labels import LONGEST

NAMES = ("labels.csv", "labels.json")
_NOTHING = ("", "na", "n/a", "#n/a", "<na>", "nan", "null")  # as pandas has it; "none" can be an answer
OUR_NAMES = {"colour": "color", "garment": "category"}  # columns that the lessons call by another name


def find(folder):
    """Return the path of the label file in ``folder``, or None; CourseError where there are two."""
    names = []
    with contextlib.suppress(OSError, ValueError):  # ``layout.look_into`` says what is wrong with a folder
        names = os.listdir(folder)
    found = [folder / name for name in sorted(names) if name.lower() in NAMES]
    if found and not any(path.is_file() for path in found):
        raise CourseError(f"{found[0]} is a folder, a pipe or a link to nowhere. Put the table itself there.")
    found = [path for path in found if path.is_file()]
    if len(found) > 1:
        both = " and ".join(path.name for path in found)
        raise CourseError(f"{folder} has {both}. Keep the one that counts.")
    return found[0] if found else None


def look_into(table):
    """Return the ``Layout`` of the pictures that a label file lists, and the answers of each class.

    ``table`` is the path of ``labels.csv`` (a header; commas, semicolons or tabs) or ``labels.json`` (a list
    of objects, or an object of file to object). Its column "file", or the first that names pictures, has
    paths within the folder; one with words like ``train`` and ``test`` says the part; all others are
    questions. The answers are a dict of class name, such as ``red_dress``, to {question: answer}. Raises
    CourseError for other files, pictures that are not there, and answers that are missing or contradictory.
    """
    files, left_out = files_in(table.parent)
    known = {}
    for file in files:
        other = known.setdefault(_clean(file.relative_to(table.parent).as_posix()), file)
        if other != file:  # a label could mean either
            raise CourseError(
                f"{table.parent} has {other.name!r} and {file.name!r}, which differ in spaces or hidden "
                "letters alone. Rename one."
            )
    known = {name: file for name, file in known.items() if file != table}
    columns, rows = _read(table, known)
    questions = _questions(table, columns, known)
    listed, missing = {}, []
    for where, (name, *answers) in rows:
        path = _within(table.parent, name)
        for column, value in zip(columns, (name, *answers), strict=True):
            if value.lower() in _NOTHING:
                found = repr(value) if value else "nothing"
                problem = f"{where} has {found} in the column {column!r}"
                raise _wrong(table, problem, "Fill it, or remove the line.")
        if path not in known:
            missing.append((where, path))
        elif listed.setdefault(path, (where, answers))[1] != answers:
            first, labels = listed[path]
            problem = f"{path} is {', '.join(labels)} in {first} and {', '.join(answers)} in {where}"
            raise _wrong(table, problem, "Keep the line that is right.")
    if missing:
        where, path = missing[0]
        alike = {PurePosixPath(name).stem: name for name in known}.get(PurePosixPath(path).stem)
        problem = f"{len(missing):,} of {len(rows):,} pictures are not in the folder, first {path} ({where})"
        hint = f" There is {alike}: did you mean that?" if alike else ""
        raise _wrong(table, problem, f"A path counts from {table.parent}.{hint}")
    if not listed:
        raise _wrong(table, "it lists no picture", "Give each picture a line.")
    values = dict(zip(questions, zip(*(answers for _, answers in listed.values()), strict=True), strict=True))
    part_column = next((name for name, found in values.items() if _are_parts(found)), None)
    parts = [PARTS[value.lower()] for value in values.pop(part_column)] if part_column else []
    _check_one_hot(table, values)
    for question, answers in values.items():
        _check_answers(table, question, answers)
    if not values:
        raise _wrong(table, "it has no question", "Add a column such as color.")

    classes, answers_of = {}, {}
    for path, *answers in zip(listed, *values.values(), strict=True):
        name, these = "_".join(answers), dict(zip(values, answers, strict=True))
        if answers_of.setdefault(name, these) != these:
            raise _wrong(table, f"{name} can be read in two ways", "Use '-' instead of '_' in answers.")
        classes.setdefault(name, []).append(known[path])
    left_out += [(known[path], f"not in {table.name}") for path in sorted(known.keys() - listed.keys())]
    part_of = {known[path]: part for path, part in zip(listed, parts, strict=bool(parts))}
    classes = {name: sorted(files) for name, files in sorted(classes.items())}
    return Layout(classes, part_of, left_out), {name: answers_of[name] for name in classes}


def _within(folder, name):
    """Return ``name``, a path as a label file has it, as it counts from ``folder``."""
    return PurePath(os.path.relpath(folder / name.replace("\\", "/"), folder)).as_posix()


def _read(table, known):
    """Return the names of the columns, that of the file first, and a list of (where, values)."""
    suffix = table.suffix.lower()
    try:
        content = table.read_bytes()
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        columns, rows = (_from_csv if suffix == ".csv" else _from_json)(text)
    except UnicodeDecodeError as error:
        raise _wrong(table, "it is not UTF-8", "In a spreadsheet, save it as 'CSV UTF-8'.") from error
    except OSError as error:
        raise _wrong(table, f"it cannot be read ({error.strerror})", "Check its permissions.") from error
    except (csv.Error, ValueError, RecursionError) as error:
        raise _wrong(table, f"it cannot be read ({error})", f"It takes {_SHAPES[suffix]}.") from error
    while columns and not columns[-1]:
        columns.pop()  # spreadsheets write empty columns too
    if columns[:1] == [""] and all(row.get("", "").isdecimal() for _, row in rows):
        columns = columns[1:]  # the numbers of rows, as pandas writes them
        rows = [(where, {name: row[name] for name in row if name}) for where, row in rows]
    if len(columns) < 2 or not all(columns):
        raise _wrong(table, f"its columns are {columns}", "Name each: the file, then the questions.")
    of_files = [name for name in columns if name.lower() == "file"] or [
        name for name in columns if any(_within(table.parent, row.get(name, "")) in known for _, row in rows)
    ]
    columns.sort(key=lambda name: name not in of_files[:1])  # that of the file first
    for where, row in rows:
        if unknown := [name or value for name, value in row.items() if name not in columns and value]:
            raise _wrong(table, f"{where} has {unknown[0]!r}, which belongs to no column", "Correct it.")
    return columns, [(where, [row.get(name, "") for name in columns]) for where, row in rows]


_SHAPES = {
    ".csv": "a line of column names, then a line for each picture",
    ".json": 'a list such as [{"file": "a.jpg", "color": "red"}], or {"a.jpg": {"color": "red"}}',
}


def _from_csv(text):
    told = re.match(r"sep=(.)\r?\n", text)  # a line for Excel alone
    text = text[told.end() :] if told else text
    header = next(iter(text.splitlines()), "")
    delimiter = told[1] if told else max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines = [(f"line {reader.line_num}", [_clean(cell) for cell in cells]) for cells in reader]
    (_, names), *lines = [line for line in lines if any(line[1])] or [("", [])]
    if twice := {name for name in names if name and names.count(name) > 1}:
        raise ValueError(f"two columns are called {min(twice)!r}")
    for where, cells in lines:
        if any(cells[len(names) :]):
            raise ValueError(f"{where} has {len(cells)} cells and the header {len(names)}")
    return names, [(where, dict(zip(names, cells, strict=False))) for where, cells in lines]


def _from_json(text):
    content = json.loads(text, object_pairs_hook=_no_key_twice)
    json.dumps(content, ensure_ascii=False).encode()  # a ValueError for half a character
    if isinstance(content, dict) and all(isinstance(row, dict) for row in content.values()):
        content = [{"file": name, **row} for name, row in content.items()]
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise ValueError("it is built in another way")
    rows = [{_clean(name): _clean(value) for name, value in row.items()} for row in content]
    return list(rows[0] if rows else []), [(f"entry {number}", row) for number, row in enumerate(rows, 1)]


def _no_key_twice(pairs):
    found = {}
    for key, value in pairs:
        if key in found and found[key] != value:
            raise ValueError(f"{key!r} is there twice, as {found[key]} and {value}")
        found[key] = value
    return found


def _clean(value):
    if isinstance(value, list | dict):
        raise ValueError(f"{value} is not one answer")
    value = "" if value is None or value != value else value  # NaN, which JSON has from pandas
    return printable(unicodedata.normalize("NFC", " ".join(str(value).split())))


def _questions(table, columns, known):
    if columns[0] in known:
        raise _wrong(table, f"its first line is about {columns[0]}", f"Begin with {_SHAPES['.csv']}.")
    names = [re.sub(r"\W+", "_", name.lower()).strip("_") for name in columns[1:]]
    names = [OUR_NAMES.get(name, name) for name in names]
    for name, column in zip(names, columns[1:], strict=True):
        if names.count(name) > 1:
            raise _wrong(table, f"two columns ask for {name!r}", "Keep one.")
        if not name or not name.isascii():
            # They become names of a network's outputs, for which TensorFlow knows no other letters.
            raise _wrong(table, f"it has a column {column!r}", "Name columns with the letters a to z.")
    return names


def _are_parts(answers):
    found = {answer.lower() for answer in answers}
    return found <= PARTS.keys() and len(found) > 1 and "train" in {PARTS[answer] for answer in found}


def _check_one_hot(table, values):
    """Raise CourseError for columns of 0 and 1 of which each picture has the same number of 1."""
    flags = {}
    for name, answers in values.items():
        lowered = [answer.lower() for answer in answers]
        if set(lowered) <= {"0", "1", "false", "true"}:
            flags[name] = [answer in ("1", "true") for answer in lowered]
    if len(flags) > 1 and len(set(map(sum, zip(*flags.values(), strict=True)))) == 1:
        problem = f"its columns {', '.join(flags)} say 0 or 1 for each label"
        cure = "Give each question one column, such as color, with the label as a word."
        raise _wrong(table, problem, cure)


def _check_answers(table, question, answers):
    different = sorted(set(answers))
    if several := [answer for answer in different if re.search("[;|,]", answer)]:
        problem = f"{question!r} has several answers in one cell, such as {several[0]!r}"
        raise _wrong(table, problem, "Give each its own column, named by its question.")
    longest = max((question, *different), key=len)
    if len(longest) > LONGEST:
        problem = f"{question[:40]!r} has a name of {len(longest):,} letters, {longest[:40]!r}..."
        raise _wrong(table, problem, f"Shorten it: {LONGEST:,} are allowed.")
    if len(different) == 1:
        raise _wrong(table, f"all pictures have {different[0]!r} for {question!r}", "Remove that column.")
    if len(different) > max(2, len(answers) / 2):
        problem = f"{question!r} has {len(different):,} answers for {len(answers):,} pictures"
        raise _wrong(table, problem, "If it is no question, remove that column.")
    spelled = {}
    for answer in different:
        key = float(answer) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", answer) else answer.casefold()
        if other := spelled.get(key):
            raise _wrong(table, f"{question!r} is {other!r} and {answer!r}", "Spell it in one way.")
        spelled[key] = answer


def _wrong(table, problem, next_step):
    return CourseError(f"{table}: {problem}. {next_step}")
