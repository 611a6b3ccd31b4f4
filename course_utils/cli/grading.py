"""Grade one submission: its exercises in a process of its own, with limits on time, memory and output."""

import ast
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from course_utils.cli.exercise_cells import number_in, tagged
from course_utils.cli.family import Family
from course_utils.errors import in_a_line, printable

OUTPUT = 1_000_000  # bytes that a submission may print
SIZE = 20_000_000  # bytes of a notebook, with the outputs that it brought


def grade(text, seconds, memory, folder=None):
    """Return the rows of a submission, a list of dicts "exercise", "state", "hint", "seconds".

    ``text`` is the notebook as bytes. Each exercise has ``seconds``, all together ``memory`` bytes, and what
    they write lies below ``folder`` for that long. Whatever the submission does, a row says so: what is no
    notebook, or has no exercise, is one row.
    """
    try:
        imports, found = _cells(text)
    except Exception as error:  # whatever people hand in
        return [row("", "not read", f"This is no notebook that can be read: {in_a_line(error)}.")]
    if not found:
        return [row("", "not read", "No cell of this notebook checks an exercise.")]
    rows, waiting = [], found
    while waiting:
        done, ended = _process(imports, waiting, seconds, memory, folder)
        rows += done
        if len(done) < len(waiting):  # the exercise that ended the process; the others still have their turn
            rows.append(row(waiting[len(done)][0], "stopped", ended))
            done = [*done, None]
        waiting = waiting[len(done) :]
    return rows


def _cells(text):
    """Return (imports, exercises) of a notebook: a list of sources; a list of (number, sources, answer).

    ``answer`` is the expression that is checked. Stored outputs are not looked at. Cells that a learner added
    between an exercise and its check count as well; so do notebooks whose tags another program dropped.
    """
    import nbformat

    if len(text) > SIZE:
        raise ValueError(f"it has more than {SIZE:,} bytes")
    notebook = nbformat.reads(text.decode("utf-8"), as_version=4)
    imports, found, sources, begun = [], [], [], False
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        begun = begun or tagged(cell, "exercise") or "course_utils.exercises import" in cell.source
        number = number_in(cell.source)
        if number is None:
            sources += [cell.source] * begun
            continue
        begun, (own, answer) = True, _asked(cell.source)
        if not found and len(sources) > 1:
            imports, sources = sources[:-1], sources[-1:]
        found.append((number, [*sources, *own], answer))
        sources = []
    return imports, found


def _asked(source):
    """Return (the cell's own statements besides the check, what the check is given), as sources."""
    statements = ast.parse(re.sub(r"^\s*[%!].*$", "", source, flags=re.MULTILINE)).body
    own, answer = [], "..."
    for statement in statements:
        call = getattr(statement, "value", None)
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("check") and len(call.args) > 1:
            answer = ast.unparse(call.args[1])
        else:
            own.append(ast.unparse(statement))
    return own, answer


def _process(imports, exercises, seconds, memory, folder):
    """Execute exercises; return the rows that were reached, and why the next one has none."""
    temporary = {"prefix": "course-grade-", "dir": folder, "ignore_cleanup_errors": True}
    with tempfile.TemporaryDirectory(**temporary) as work, tempfile.TemporaryDirectory(**temporary) as own:
        results = Path(own, "results.jsonl")
        task = {"memory": memory, "results": str(results), "imports": imports, "exercises": exercises}
        task["processor_seconds"] = 60 + 2 * round(seconds) * len(exercises)
        # Nothing of the teacher's is near: no home, no progress, no cache, an empty current folder.
        here = Path(work, "here")
        here.mkdir()
        private = dict.fromkeys(("HOME", "TMPDIR", "IPYTHONDIR", "COURSE_DATA_DIR", "COURSE_CACHE_DIR"), work)
        path = os.pathsep.join(folder for folder in sys.path if folder)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "course_utils.cli.graded"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=here,
            env={**os.environ, **private, "MPLBACKEND": "Agg", "PYTHONPATH": path},
            start_new_session=True,
        )
        ended = _watched(process, json.dumps(task).encode(), results, seconds, memory)
        return _read(results, [number for number, *_ in exercises]), ended


def _watched(process, task, results, seconds, memory):
    """Wait for the process within its limits; return why it has ended, for the row of what it did not do."""
    family = Family(process)
    with contextlib.suppress(BrokenPipeError), process.stdin:
        process.stdin.write(task)
    os.set_blocking(process.stdout.fileno(), False)
    printed, since, reached, why = 0, time.monotonic(), 0, None
    while process.poll() is None and why is None:
        time.sleep(0.05)
        with contextlib.suppress(BlockingIOError, TypeError):
            printed += len(process.stdout.read(OUTPUT) or b"")
        if (now := _size(results)) != reached:  # the next exercise has begun: its time begins
            reached, since = now, time.monotonic()
        if printed > OUTPUT:
            why = f"Stopped: it prints more than {OUTPUT // 1_000_000} MB."
        elif time.monotonic() - since > seconds + 30 * (reached == 0):  # libraries are imported first
            why = f"Stopped after {seconds:g} seconds."
        elif (used := family.memory()) > memory:
            why = f"Stopped: it takes {used / 1e9:.1f} GB of memory, and {memory / 1e9:.1f} are allowed."
    family.kill()
    process.stdout.close()
    code = process.wait()
    return why or f"The process ended by itself, with exit code {code}: the cell calls exit, or crashes."


def _size(path):
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _read(results, numbers):
    """Return the rows in the file ``results``, as far as they are those of the exercises in their order."""
    rows = []
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        for line in results.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            if "exercise" in entry and entry["exercise"] == numbers[len(rows)]:
                rows.append(row(entry["exercise"], entry["state"], entry["hint"], entry["seconds"]))
                if len(rows) == len(numbers):
                    break
    return rows


def row(exercise, state, hint, seconds=0.0):
    hint = "" if state == "passed" else printable(" ".join(str(hint).split()))[:500]
    return {"exercise": str(exercise), "state": str(state), "hint": hint, "seconds": round(float(seconds), 2)}
