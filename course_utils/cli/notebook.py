"""``course notebook``: a copy of a lesson to work in, or to hand out, which can be brought up to date."""

import hashlib
import os
import re
from pathlib import Path

from course_utils.cli.exercise_cells import tagged
from course_utils.cli.lessons import find_lesson
from course_utils.errors import CourseError, in_a_line, say
from course_utils.files import course_folder, expanded, written_whole


def run(options):
    """Write or update the copy ``options.copy`` of ``options.lesson`` and say what was done; return 0."""
    lesson = find_lesson(options.lesson)
    copy = expanded(options.copy)
    if copy.suffix != ".ipynb":
        copy = copy / lesson.name
    if copy.exists() and copy.samefile(lesson):
        raise CourseError(f"{copy} is the lesson itself. Give another folder or name for the copy.")
    fresh = _fresh(lesson, copy, options.without_solutions)
    if not options.update:
        if copy.exists():
            raise CourseError(f"{copy} is there already. Add --update to renew it and keep your work.")
        _write(fresh, copy)
        say(f"Written: {copy}")
        return 0
    if not copy.is_file():
        raise CourseError(f"There is no {copy} to update. Leave --update out to write it.")
    renewed, yours = updated(_read(copy), fresh)
    _write(renewed, copy)
    say(f"Updated: {copy}. Cells of yours, kept as they are: {', '.join(yours) or 'none'}.")
    return 0


def updated(copy, fresh):
    """Return ``fresh`` with the learner's work of ``copy``, and the names of the cells that were kept.

    A cell that the learner changed or added is kept, with its outputs; any other is that of ``fresh``.
    """
    own, unchanged, added, before = {}, {}, {}, None
    for cell in copy.cells:
        name = cell.metadata.get("course", {}).get("cell")
        if name is None:
            added.setdefault(before, []).append(cell)
            continue
        before = name
        if cell.metadata["course"].get("was") != _digest(cell.source):
            own[name] = cell
        else:
            unchanged[name] = cell
    cells, here = [*added.pop(None, [])], set()
    for cell in fresh.cells:
        name = cell.metadata["course"]["cell"]
        here.add(name)
        if name in own:  # its tags and the version it came from stay, so that it is known the next time
            cells.append(own[name])
        else:
            same = unchanged.get(name)
            if cell.cell_type == "code" and same is not None and same.source == cell.source:
                cell.outputs, cell.execution_count = same.outputs, same.execution_count
            cells.append(cell)
        cells += added.pop(name, [])
    left = [cell for name, cell in own.items() if name not in here]
    for rest in added.values():  # after a cell that the lesson no longer has
        left += rest
    fresh.cells = cells + left
    return fresh, list(own)


def _fresh(lesson, copy, without_solutions):
    notebook = _read(lesson)
    # The set-up cell looks for the course beside the lesson; the copy lies elsewhere.
    where = os.path.relpath(course_folder(), os.path.abspath(copy.parent)).replace(os.sep, "/")
    for cell in notebook.cells:
        if cell.id == "set-up":
            cell.source = re.sub(r'"\.\."|"\.\./', lambda found: found[0].replace("..", where), cell.source)
    notebook.cells = [cell for cell in notebook.cells if not (without_solutions and tagged(cell, "solution"))]
    for cell in notebook.cells:
        cell.metadata["course"] = {"cell": cell.id, "was": _digest(cell.source)}
    return notebook


def _digest(source):
    return hashlib.sha256(source.strip().encode()).hexdigest()[:16]


def _read(path):
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises its own kinds for a file that is no notebook
        raise CourseError(f"{path} cannot be read as a notebook: {in_a_line(error)}.") from error


def _write(notebook, path):
    import nbformat

    with written_whole(Path(path)) as temporary:
        nbformat.write(notebook, temporary)
