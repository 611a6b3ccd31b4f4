"""What to run: lessons, profile and parameters of a call to run_lessons, all checked before anything runs."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from course_utils.cli.lessons import all_lessons, checked_parameters, find_lesson, parameters_of, read_yaml
from course_utils.errors import CourseError
from course_utils.files import expanded

PROFILES = Path(__file__).resolve().parent / "profiles"


@dataclass
class Task:
    """One lesson to run, with everything checked."""

    notebook: Path
    parameters: dict  # what differs from the notebook's own defaults
    values: dict  # all of them
    fingerprint: str  # of the notebook's sources: a lesson that changed is not "passed earlier"

    @property
    def lesson(self):
        return self.notebook.stem


def read_profile(name):
    """Return the profile ``name`` (in ``ci/profiles/``, or the path of a YAML file) as a dict.

    Its keys are ``name``, ``parameters`` (for every lesson that has them), ``lessons`` (lesson to parameters
    of its own) and ``timeout`` (seconds for each lesson). Raises CourseError for an unknown or malformed
    profile.
    """
    path = expanded(name) if name.endswith((".yaml", ".yml")) else PROFILES / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(entry.stem for entry in PROFILES.glob("*.yaml")))
        raise CourseError(f"There is no profile '{name}'. The profiles are: {known}; or give a .yaml file.")
    try:
        content = read_yaml(path.read_text(encoding="utf-8")) or {}
    except ValueError as error:
        raise CourseError(f"The profile {path} is not valid YAML: {error}") from error
    kinds = {"parameters": dict, "lessons": dict, "timeout": int}
    for key, value in content.items() if isinstance(content, dict) else [(content, "")]:
        fits = key in kinds and isinstance(value, kinds[key] | None)
        if not fits or (key == "timeout" and value is not None and value < 1):
            raise CourseError(
                f"The profile {path} has '{key}: {value}'. It takes parameters: and lessons: (mappings) "
                "and timeout: (whole seconds, 1 at least)."
            )
    return {
        "name": name,
        "parameters": content.get("parameters") or {},
        "lessons": content.get("lessons") or {},
        "timeout": content.get("timeout") or 3600,
    }


def plan(profile, lessons=(), parameters=(), out="build/lessons", folder=None):
    """Return a list of ``Task``, one a lesson in reading order. Raises CourseError for whatever is wrong.

    ``profile`` comes from ``read_profile``. ``lessons`` are texts for ``find_lesson`` (none: all in
    ``folder``), ``parameters`` pairs of a name and a text, ``out`` is the folder for what is executed.
    """
    known = all_lessons(folder)
    chosen = [find_lesson(text, folder) for text in lessons] or list(known.values())
    notebooks = {path.stem: path for path in sorted(chosen, key=lambda path: path.stem)}
    if len(notebooks) < len(set(chosen)):
        raise CourseError(
            "Two of the notebooks have the same name, so one would overwrite the other's result."
        )
    if Path(out).resolve() in {path.parent.resolve() for path in chosen}:
        raise CourseError(f"--out {out} is where the lessons are; they would be overwritten.")
    strangers = set(profile["lessons"]) - set(known)
    if strangers and folder is None:
        raise CourseError(
            f"The profile {profile['name']} names unknown lessons: {', '.join(sorted(strangers))}."
        )
    given = dict(parameters)
    allowed = {lesson: parameters_of(notebook) for lesson, notebook in notebooks.items()}
    for name in given:
        without = [lesson for lesson in allowed if name not in allowed[lesson]]
        if 0 < len(without) < len(allowed):
            raise CourseError(
                f"These of the chosen lessons have no parameter {name}: {', '.join(without)}. "
                "Run the lessons that have it by themselves."
            )
    tasks = []
    for lesson, notebook in notebooks.items():
        common = {name: value for name, value in profile["parameters"].items() if name in allowed[lesson]}
        own = profile["lessons"].get(lesson) or {}
        try:
            changed = checked_parameters(notebook, common | own)
        except CourseError as error:
            raise CourseError(f"In the profile {profile['name']}: {error}") from error
        changed |= checked_parameters(notebook, given, from_text=True)
        if "ARTIFACTS" in allowed[lesson]:
            changed.setdefault("ARTIFACTS", os.path.abspath(Path(out, "artifacts")))
        values = json.loads(json.dumps(allowed[lesson] | changed, default=str))
        tasks.append(Task(notebook, changed, values, fingerprint(notebook)))
    return tasks


def fingerprint(notebook):
    """Return a hash of the sources of a notebook's cells; running it or moving through it changes nothing."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    sources = [(cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("tags")) for cell in cells]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()
