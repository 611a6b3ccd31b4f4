"""``course grade``: execute a class's exercises; write who passed which, and what went wrong how often."""

import collections
import csv
import hashlib
import html
import json
import sys
import tempfile

from course_utils.cli import grading, tasks
from course_utils.errors import CourseError, printable, say
from course_utils.files import ensure_writable, expanded, written_whole
from course_utils.progress import progress

STYLE = (
    "body{font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}"
)
COLUMNS = ("student", "exercise", "passed", "hint", "seconds")


def run(options):
    """Grade the notebooks in a folder into ``options.out``; return 0, or 1 if one could not be graded."""
    folder, out = expanded(options.folder), expanded(options.out)
    submissions = _submissions(folder, out)
    ensure_writable(out)
    journal = out / "graded.jsonl"
    done = _done(journal) if options.resume else {}
    texts = {student: path.read_bytes() for student, path in submissions.items()}
    waiting = {student: text for student, text in texts.items() if _key(student, text) not in done}
    say(f"{len(texts):,} submissions in {folder}, {len(texts) - len(waiting):,} graded before.")
    if waiting:
        _grade(waiting, options, journal, done)
    rows = [
        {"student": student, **row}
        for student, text in sorted(texts.items())
        for row in done.get(_key(student, text), [grading.row("", "not graded", "The run was ended before.")])
    ]
    _write_table(out / "grades.csv", rows)
    with written_whole(out / "grades.html") as path:
        path.write_text(page(rows), encoding="utf-8")
    passed = sum(row["state"] == "passed" for row in rows)
    print(
        f"{passed:,} of {len(rows):,} exercises passed. Written: {out / 'grades.csv'}, {out / 'grades.html'}"
    )
    return int(any(row["state"] in ("not read", "not graded") for row in rows))


def _submissions(folder, out):
    """Return a dict of student, the file's name without its end, to file; CourseError if there is none."""
    if not folder.is_dir():
        raise CourseError(f"There is no folder {folder}. Give one with a notebook for each student.")
    files = [
        path
        for path in sorted(folder.rglob("*.ipynb"))
        if path.is_file()
        and not path.is_relative_to(out)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not files:
        raise CourseError(f"{folder} has no notebooks (*.ipynb). Put one for each student into it.")
    return {printable(path.relative_to(folder).with_suffix("").as_posix()): path for path in files}


def _grade(texts, options, journal, done):
    """Grade ``texts``, a dict of student to notebook, into ``done``; ``journal`` has each result at once."""
    limits = options.seconds, round(options.memory * 1e9)
    mode = "a" if options.resume else "w"
    with (
        # Below one folder, which goes at the end: a worker that dies cannot tidy up.
        tempfile.TemporaryDirectory(prefix="course-grades-", ignore_cleanup_errors=True) as temporary,
        tasks.workers(options.workers, options.scheduler) as client,
        journal.open(mode, encoding="utf-8") as file,
        progress(len(texts), "Grading") as bar,
    ):
        bar.unit = " submissions"
        here = None if options.scheduler else temporary  # another machine has its own
        begun = {student: (text, *limits, here) for student, text in texts.items()}
        try:
            for student, rows in tasks.each(client, grading.grade, begun):
                if isinstance(rows, Exception):
                    say(f"{student}: not graded, {rows}", file=sys.stderr)
                    continue
                key = _key(student, texts[student])
                done[key] = rows
                print(json.dumps({"key": key, "rows": rows}), file=file, flush=True)
                bar.update()
        except KeyboardInterrupt:
            print("\nInterrupted; --resume goes on with what is not graded yet.", file=sys.stderr)


def _key(student, text):
    return hashlib.sha256(student.encode("utf-8", "surrogatepass") + b"\0" + text).hexdigest()


def _done(journal):
    """Return what an earlier run has graded: a dict of key to rows; a last line that was cut is left out."""
    done = {}
    if journal.is_file():
        for line in journal.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
                done[entry["key"]] = entry["rows"]
            except (ValueError, KeyError, TypeError):
                continue
    return done


def _write_table(path, rows):
    with written_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for row in rows:
            values = {**row, "passed": row["state"] == "passed"}
            writer.writerow({name: _no_formula(values[name]) for name in COLUMNS})


def _no_formula(value):
    """Return ``value`` so that a spreadsheet does not run what a stranger wrote."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


def page(rows):
    """Return a page of HTML about ``rows``: how many passed each exercise, and who took which wrong turn."""
    by_exercise = collections.defaultdict(list)
    for row in rows:
        by_exercise[row["exercise"]].append(row)
    parts = []
    for exercise, answers in sorted(by_exercise.items()):
        turns = collections.defaultdict(list)
        for row in answers:
            if row["state"] != "passed":
                turns[row["hint"] or row["state"]].append(row["student"])
        passed = len(answers) - sum(map(len, turns.values()))
        lines = "".join(
            f"<tr><td>{len(students)}<td>{html.escape(hint)}<td>{html.escape(', '.join(students))}</tr>"
            for hint, students in sorted(turns.items(), key=lambda turn: -len(turn[1]))
        )
        title = f"Exercise {html.escape(exercise)}" if exercise else "Not read"
        table = (
            f"<table><tr><th>how many</th><th>what the check said</th><th>who</th></tr>{lines}</table>"
            * bool(lines)
        )
        parts.append(f"<h2>{title}: {passed} of {len(answers)} passed</h2>{table}")
    students = len({row["student"] for row in rows})
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Grades</title><style>{STYLE}</style>'
        f"<h1>{students:,} submissions</h1>{''.join(parts)}</html>\n"
    )
