"""Is this machine ready? What is installed, which pictures are here, and what each lesson will use."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass

from course_utils import features
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
from course_utils.files import cache_folder, course_folder, ensure_writable, free_space

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
            else "Not ready: repair what is marked 'missing' above, then run 'course doctor' again."
        )
        return "\n".join([*repr(checks).splitlines()[2:], "", repr(lessons), "", verdict])


def run(options):
    """Print the report, with ``options.clear_features`` after deleting these; return the exit code 0 or 1."""
    if options.clear_features:
        print(f"Deleted {features.clear() / 1e6:.1f} MB of features from {features.folder()}.\n")
    result = report()
    print(result)
    return 0 if result.ready else 1


def report():
    """Look at this machine and return a ``Report``; takes a few seconds, most of them TensorFlow's start."""
    checks = [_python(), *_packages(), _tensorflow(), _kernel(), _lessons_folder(), _cache(), _disk()]
    rows, pictures = {}, {}
    for name in DATA_SETS:
        state, detail, pictures[name] = _data_set(name)
        checks.append(Check(f"pictures: {name}", state, detail))
    for lesson, names in NEEDED_BY_LESSON.items():
        rows[lesson] = [", ".join(names), _joined(pictures[name] for name in names), "-"]
    for lesson, name in BROUGHT_BY_LESSON.items():
        rows[lesson] = [name, _own_folder(), "-"]
    networks = {}
    for lesson, handles in WEIGHTS_BY_LESSON.items():
        for handle in handles:
            if handle not in networks:
                state, detail, networks[handle] = _weights(handle)
                checks.append(Check(f"weights: {BORROWED[handle].title}", state, detail))
        rows[lesson][-1] = _joined(networks[handle] for handle in handles)
    return Report(checks, sorted((lesson, *row) for lesson, row in rows.items()))


def _joined(texts):
    return "; ".join(dict.fromkeys(texts))


def _python():
    lowest, highest = SUPPORTED_PYTHON
    if lowest <= sys.version_info[:2] <= highest:
        return Check("Python", "ok", platform.python_version())
    supported = f"{lowest[0]}.{lowest[1]} to {highest[0]}.{highest[1]}"
    return Check("Python", "missing", f"{platform.python_version()}; the course is tested on {supported}")


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
        remedy = f"run: pip install '{requirement}'"
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            checks.append(Check(requirement.name, "missing", remedy))
            continue
        fits = requirement.specifier.contains(version, prereleases=True)
        detail = version if fits else f"{version}; {remedy}"
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
        state = json.loads(answer.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        return Check("TensorFlow starts", "missing", "'import tensorflow' fails; run it in Python to see why")
    if state["backend"] != "tensorflow":
        return Check("Keras", "missing", f"runs on {state['backend']}; set KERAS_BACKEND=tensorflow")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpus = f"{state['gpus']} GPU" if state["gpus"] else "no GPU (none is needed)"
    return Check("TensorFlow starts", "ok", f"Keras {state['keras']}, {cores} cores, {gpus}")


def _kernel():
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Check("Jupyter kernel", "missing", "no kernel 'python3'; run: pip install ipykernel")
    return Check("Jupyter kernel", "ok", "python3")


def _lessons_folder():
    try:
        return Check("lessons", "ok", str(course_folder() / "notebooks"))
    except CourseError as error:
        return Check("lessons", "missing", str(error))


def _cache():
    folder = cache_folder()
    try:
        ensure_writable(folder)
    except CourseError as error:
        return Check("course cache", "missing", f"{error} Set COURSE_CACHE_DIR.")
    return Check("course cache", "ok", f"{folder}, with {features.size() / 1e6:.1f} MB of features")


def _disk():
    free = free_space(cache_folder())
    enough = free > 500e6
    detail = f"{free / 1e9:.1f} GB free" + ("" if enough else "; the lessons need about 0.5 GB")
    return Check("disk", "ok" if enough else "note", detail)


def _data_set(name):
    """Return (state, detail, what a lesson with DATA = "auto" takes) for one data set."""
    from course_utils.data import sources

    data_set, builder = DATA_SETS[name], sources.published(name)
    if builder.is_prepared():
        return "ok", f"published pictures in {builder.data_path}", "the published pictures"
    if sources.network_answers(data_set.host, data_set.port):
        return _to_download(f"{data_set.download_bytes / 1e6:.0f} MB")
    return "note", f"not here and {data_set.host} does not answer: lessons use drawings", "the drawn sample"


def _weights(handle):
    """Return (state, detail, what a lesson with WEIGHTS = "auto" takes) for one pretrained network."""
    from course_utils import backbones, modules
    from course_utils.data import sources

    if handle == VGG19:
        is_here, host = backbones.is_here(), backbones.HOST
    else:
        is_here, host = modules.is_here(handle), handle.split("/")[2]
    if is_here:
        return "ok", "published weights are here", "the published weights"
    if sources.network_answers(host, 443):
        return _to_download(f"about {BORROWED[handle].download_bytes / 1e6:.0f} MB")
    return "note", f"not here and {host} does not answer: lessons use a stand-in", "a stand-in"


def _to_download(size):
    return "ok", f"not here yet; 'course fetch' or a lesson downloads {size}", f"downloads {size}"


def _own_folder():
    """Return what a lesson with DATA = "auto" takes of a set that is not downloaded."""
    from course_utils.data.attributes import manual_folder

    folder = manual_folder()
    return f"the pictures in {folder}" if folder.is_dir() else f"the drawn sample (no folder {folder})"
