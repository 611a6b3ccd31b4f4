"""Is this machine ready? What is installed, which pictures are here, and what each lesson will use."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from course_utils import features, machine, running
from course_utils.artifacts import Table
from course_utils.data.catalog import (
    BORROWED,
    BROUGHT_BY_LESSON,
    DATA_SETS,
    NEEDED_BY_LESSON,
    VGG19,
    WEIGHTS_BY_LESSON,
)
from course_utils.errors import CourseError
from course_utils.files import cache_folder, course_folder, free_space

DISTRIBUTION = "image-classification-course"
SUPPORTED_PYTHON = ((3, 11), (3, 13))


@dataclass(frozen=True)
class Check:
    """One line of the report: ``state`` is ``"ok"``, ``"note"`` (can run) or ``"missing"`` (cannot)."""

    what: str
    state: str
    detail: str


@dataclass(frozen=True)
class Report:
    """All checks and the lessons' table; ``ready`` tells whether the course can run here."""

    checks: list
    lessons: list

    @property
    def ready(self):
        return all(check.state != "missing" for check in self.checks)

    def __repr__(self):
        checks = Table(("", "", ""), [(check.state, check.what, check.detail) for check in self.checks])
        header = ("lesson", "pictures", 'with DATA = "auto"', 'with WEIGHTS = "auto"')
        lessons = Table(header, self.lessons)
        verdict = (
            "Ready: every lesson can run on this machine."
            if self.ready
            else "Not ready: repair what is marked 'missing' above, then run "
            f"'{machine.as_typed('course doctor')}' again."
        )
        keeping = ["", machine.KEEPING] if machine.on_colab() else []
        return "\n".join([*repr(checks).splitlines()[2:], "", repr(lessons), "", verdict, *keeping])


def report():
    """Look at this machine and return a ``Report``; takes a few seconds, most of them TensorFlow's start."""
    checks = [_python(), *_packages(), _tensorflow(), _kernel(), _lessons_folder(), _cache(), _disk()]
    pictures = {name: _data_set(name) for name in DATA_SETS}
    checks += [Check(f"pictures: {name}", *state[:2]) for name, state in pictures.items()]
    lessons = [
        (lesson, ", ".join(needed), "; ".join(dict.fromkeys(pictures[name][2] for name in needed)))
        for lesson, needed in NEEDED_BY_LESSON.items()
    ]
    lessons += [(lesson, name, _brought(name)) for lesson, name in BROUGHT_BY_LESSON.items()]
    handles = dict.fromkeys(handle for needed in WEIGHTS_BY_LESSON.values() for handle in needed)
    borrowed = {handle: _weights(handle) for handle in handles}
    checks += [Check(f"weights: {title}", *state) for title, *state, _ in borrowed.values()]
    taken = {
        lesson: "; ".join(dict.fromkeys(borrowed[handle][-1] for handle in needed))
        for lesson, needed in WEIGHTS_BY_LESSON.items()
    }
    return Report(checks, sorted((*row, taken.get(row[0], "-")) for row in lessons))


def _python():
    lowest, highest = SUPPORTED_PYTHON
    fits = lowest <= sys.version_info[:2] <= highest
    wanted = f"the course is tested on {lowest[0]}.{lowest[1]} to {highest[0]}.{highest[1]}"
    return Check(
        "Python", "ok" if fits else "missing", platform.python_version() + ("" if fits else f"; {wanted}")
    )


def _packages():
    from packaging.requirements import Requirement

    try:
        required = [Requirement(text) for text in importlib.metadata.requires(DISTRIBUTION) or []]
    except importlib.metadata.PackageNotFoundError:
        return [Check("course_utils", "note", "used without being installed; versions are not checked")]
    checks = []
    for requirement in required:
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        install = machine.as_typed(f"pip install '{requirement}'")
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            checks.append(Check(requirement.name, "missing", f"run: {install}"))
            continue
        fits = requirement.specifier.contains(version, prereleases=True)
        detail = version if fits else f"{version}; run: {install}"
        checks.append(Check(requirement.name, "ok" if fits else "missing", detail))
    return checks


def _tensorflow():
    # In a process of its own: on a processor without the instructions it was built for, importing TensorFlow
    # ends the whole interpreter.
    program = (
        "import json, os, tensorflow as tf, keras; print(json.dumps({'keras': keras.__version__, 'backend': "
        "keras.backend.backend(), 'gpus': len(tf.config.list_physical_devices('GPU'))}))"
    )
    try:
        answer = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        found = json.loads(answer.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        return Check("TensorFlow starts", "missing", "'import tensorflow' fails; run it in Python to see why")
    if found["backend"] != "tensorflow":
        return Check("Keras", "missing", f"runs on {found['backend']}; set KERAS_BACKEND=tensorflow")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpus = f"{found['gpus']} GPU" if found["gpus"] else "no GPU (none is needed)"
    return Check("TensorFlow starts", "ok", f"Keras {found['keras']}, {cores} cores, {gpus}")


def _kernel():
    if missing := running.missing():
        detail = f"only 'course train' and ci/run_lessons.py need it; {missing}"
        return Check("running without a page", "note", detail)
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Check(
            "Jupyter kernel",
            "missing",
            f"no kernel 'python3'; run: {machine.as_typed('pip install ipykernel')}",
        )
    return Check("Jupyter kernel", "ok", "python3")


def _lessons_folder():
    try:
        return Check("lessons", "ok", str(course_folder() / "notebooks"))
    except CourseError as error:
        return Check("lessons", "missing", str(error))


def _cache():
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        detail = f"{folder}: {error.strerror}; set COURSE_CACHE_DIR to a folder that you may write to"
        return Check("course cache", "missing", detail)
    return Check("course cache", "ok", f"{folder}, with {features.size() / 1e6:.1f} MB of features")


def _disk():
    free = free_space(cache_folder())
    enough = free > 500e6
    detail = f"{free / 1e9:.1f} GB free" + ("" if enough else "; the lessons need about 0.5 GB")
    return Check("disk", "ok" if enough else "note", detail)


def _data_set(name):
    """Return (state, detail, what a lesson with DATA = "auto" takes) for one data set."""
    from course_utils.data import sources

    entry = DATA_SETS[name]
    builder = sources.published(name)
    if builder.is_prepared():
        return "ok", f"published pictures in {builder.data_path}", "the published pictures"
    if sources.network_answers(entry.host, entry.port):
        size = f"{entry.download_bytes / 1e6:.0f} MB"
        return (
            "ok",
            f"not here yet; '{machine.as_typed('course fetch')}' or a lesson downloads {size}",
            f"downloads {size}",
        )
    return "note", f"not here and {entry.host} does not answer: lessons use drawings", "the drawn sample"


def _weights(handle):
    """Return (title, state, detail, what a lesson with WEIGHTS = "auto" takes) for what a lesson borrows."""
    from course_utils import backbones, modules
    from course_utils.data import sources

    title, needed = BORROWED[handle].title, BORROWED[handle].download_bytes
    if handle == VGG19:
        here, host = backbones.is_here(), backbones.HOST
    else:
        here, host = modules.is_here(handle), handle.split("/")[2]
    if here:
        return title, "ok", "published weights are here", "the published weights"
    if sources.network_answers(host, 443):
        size = f"about {needed / 1e6:.0f} MB"
        fetch = machine.as_typed("course fetch")
        return title, "ok", f"not here yet; '{fetch}' or a lesson downloads {size}", f"downloads {size}"
    return title, "note", f"not here and {host} does not answer: lessons use a stand-in", "a stand-in"


def _brought(name):
    """Return what a lesson with DATA = "auto" takes of a set that is not downloaded."""
    from course_utils.data.attributes import manual_folder

    folder = manual_folder()
    return f"the pictures in {folder}" if folder.is_dir() else f"the drawn sample (no folder {folder})"
