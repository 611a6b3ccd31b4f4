"""``course doctor``: is this machine ready, which pictures are here, and what will each lesson use?"""

import importlib.metadata
import itertools
import os
import platform
import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass

from course_utils import availability, machine, store
from course_utils.artifacts import Table
from course_utils.cli.lessons import all_lessons, needs
from course_utils.cli.running import missing
from course_utils.data import attributes, tfds_sets
from course_utils.data.attributes import NAME as BROUGHT
from course_utils.data.catalog import PRETRAINED
from course_utils.errors import CourseError
from course_utils.exercises import CourseMap
from course_utils.files import KINDS, cache_folder, course_folder, ensure_writable, free_space, from_home
from course_utils.permissions import private_folder

DISTRIBUTION = "image-classification-course"
SUPPORTED_PYTHON = ((3, 11), (3, 13))

Check = namedtuple("Check", "state what detail")  # state: "ok", "note" (can run) or "missing" (cannot)


@dataclass(frozen=True)
class Report:
    """A list of ``Check``, and the lessons' table; ``ready`` tells whether the course can run here."""

    checks: list
    lessons: list

    @property
    def ready(self):
        return all(check.state != "missing" for check in self.checks)

    def __repr__(self):
        checks = repr(Table(("", "", ""), from_home(self.checks))).splitlines()[2:]
        header = ("lesson", "pictures", 'with DATA = "auto"', 'with WEIGHTS = "auto"')
        verdict = (
            "Ready: every lesson can run on this machine."
            if self.ready
            else "Not ready: repair what is marked 'missing' above, then run "
            f"'{machine.as_typed('course doctor')}' again."
        )
        keeping = ["", machine.KEEPING] if machine.on_colab() else []
        table = ["", repr(Table(header, from_home(self.lessons)))] if self.lessons else []
        exercises = ["", repr(CourseMap())]
        return "\n".join([*checks, *table, *exercises, "", verdict, *keeping])


def run(options):
    """Print the report, after deleting what ``options.clear`` names; return the exit code 0 or 1."""
    for kind in KINDS if options.clear == "all" else filter(None, [options.clear]):
        print(f"Deleted {store.clear(kind) / 1e6:.1f} MB of {kind} from {cache_folder()}.")
    result = report()
    print(result)
    return 0 if result.ready else 1


def report():
    """Look at this machine and return a ``Report``; takes a few seconds, most of them TensorFlow's start."""
    checks = [
        _python(),
        *_packages(),
        _check("TensorFlow starts", _tensorflow),
        _runner(),
        _check("lessons", lambda: str(course_folder() / "notebooks")),
        _check("course cache", _cache),
        _disk(),
    ]
    if any(check[:2] == ("missing", "TensorFlow starts") for check in checks):
        return Report(checks, [])  # without it there is no looking at pictures and weights
    from course_utils import pretrained  # starts TensorFlow

    lessons = {name: needs(notebook) for name, notebook in all_lessons().items()}
    taken = {BROUGHT: _brought()}
    for name in dict.fromkeys(itertools.chain(*(pictures for pictures, _ in lessons.values()))):
        if name != BROUGHT:
            parts = [tfds_sets.published(name)]
            check, taken[name] = _outside(f"pictures: {name}", parts, "the drawn sample")
            checks.append(check)
    for handle in dict.fromkeys(itertools.chain(*(networks for _, networks in lessons.values()))):
        what = f"weights: {PRETRAINED[handle].title}"
        check, taken[handle] = _outside(what, pretrained.published(handle), "a stand-in")
        checks.append(check)
    rows = []
    for lesson, needed in lessons.items():
        if any(needed):
            columns = ["; ".join(dict.fromkeys(taken[name] for name in names)) or "-" for names in needed]
            rows.append((lesson, ", ".join(needed[0]), *columns))
    return Report(checks, rows)


def _check(what, examine):
    """Return the ``Check`` with what ``examine()`` says; if it raises a CourseError, that is missing."""
    try:
        return Check("ok", what, examine())
    except CourseError as error:
        return Check("missing", what, str(error))


def _python():
    lowest, highest = SUPPORTED_PYTHON
    if lowest <= sys.version_info[:2] <= highest:
        return Check("ok", "Python", platform.python_version())
    supported = f"{lowest[0]}.{lowest[1]} to {highest[0]}.{highest[1]}"
    return Check("missing", "Python", f"{platform.python_version()}; the course is tested on {supported}")


def _packages():
    from packaging.requirements import Requirement

    try:
        required = map(Requirement, importlib.metadata.requires(DISTRIBUTION) or [])
    except importlib.metadata.PackageNotFoundError:
        return [Check("note", "course_utils", "used without being installed; versions are not checked")]
    checks = []
    for requirement in required:
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            version = "not installed"
        if version != "not installed" and requirement.specifier.contains(version, prereleases=True):
            checks.append(Check("ok", requirement.name, version))
        else:
            install = machine.as_typed(f"pip install '{requirement}'")
            checks.append(Check("missing", requirement.name, f"{version}; run: {install}"))
    return checks


def _tensorflow():
    # In a process of its own: on a processor without the instructions it was built for, importing TensorFlow
    # ends the whole interpreter.
    machine.check_keras()
    program = (
        "import tensorflow as tf, keras; gpus = tf.config.list_physical_devices('GPU'); "
        "print(keras.__version__, len(gpus))"
    )
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", program]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
        version, gpus = answer.stdout.split()[-2:]
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise CourseError("'import tensorflow' fails; run it in Python to see why") from error
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"Keras {version}, {cores} cores, {'no GPU (none is needed)' if gpus == '0' else f'{gpus} GPU'}"


def _runner():
    if how := missing():
        return Check(
            "note", "running without a page", f"needed by 'course train' and ci/run_lessons.py alone; {how}"
        )
    return Check("ok", "running without a page", "papermill")


def _cache():
    folder = private_folder()
    try:
        ensure_writable(folder)
    except CourseError as error:
        raise CourseError(f"{error} COURSE_CACHE_DIR says which.") from error
    for name in itertools.chain(*KINDS.values()):
        if os.path.lexists(folder / name):
            private_folder(name)
    kept = ", ".join(f"{store.size(kind) / 1e6:.1f} MB of {kind}" for kind in KINDS)
    return f"{folder}, with {kept}"


def _disk():
    free = free_space(cache_folder())
    enough = free > 500e6
    detail = f"{free / 1e9:.1f} GB free" + ("" if enough else "; the lessons need about 0.5 GB")
    return Check("ok" if enough else "note", "disk", detail)


def _outside(what, parts, own):
    """Return the ``Check`` of what is published (its parts), and what a lesson takes with "auto"."""
    outlooks = {state: detail for part in parts for state, detail in [availability.outlook(part)]}
    for state in ("damaged", "unreachable"):
        if state in outlooks:
            return Check("note", what, f"{outlooks[state]}: lessons use {own}"), own
    if "download" in outlooks:
        fetch = machine.as_typed("course fetch")
        downloads = f"downloads about {parts[0].download_bytes / 1e6:.0f} MB"
        return Check("ok", what, f"not here yet; '{fetch}' or a lesson {downloads}"), downloads
    return Check("ok", what, f"published, {outlooks['here']}"), "the published one"


def _brought():
    folder = attributes.brought_folder()
    return f"the pictures in {folder}" if os.path.isdir(folder) else f"the drawn sample (no folder {folder})"
