"""Run, before the start: which lessons there are, what they are called and which parameters they take."""

import ast
import contextlib
import difflib
import json
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.files import course_folder


def lessons(folder=None):
    """Return the lessons in reading order: a dict of name to notebook.

    They are the files ``NN_name.ipynb`` in ``folder`` (default: the course's ``notebooks/``). Raises
    CourseError if there are none.
    """
    folder = Path(folder) if folder else course_folder() / "notebooks"
    found = {path.stem: path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    if not found:
        raise CourseError(f"No lessons in {folder}: they are notebooks with names like 02_my_lesson.ipynb.")
    return found


def find_lesson(text, folder=None):
    """Return the notebook that ``text`` means: a name, a number (2 or 02), a unique beginning, or a path.

    Raises CourseError, with the closest name, if there is no such lesson or more than one.
    """
    path = Path(text).expanduser()
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    known, name = lessons(folder), str(text).removesuffix(".ipynb")
    if name in known:
        return known[name]
    if name.isdecimal():
        chosen = [lesson for lesson in known if int(lesson[:2]) == int(name)]
    else:
        chosen = [lesson for lesson in known if lesson.startswith(name)] if name else []
    if len(chosen) == 1:
        return known[chosen[0]]
    problem = f"fits {len(chosen)} lessons" if chosen else "is no lesson" + _closest(name, known)
    raise CourseError(f"'{text}' {problem}. The lessons are: {', '.join(known)}.")


def parameters_of(notebook):
    """Return the notebook's parameters: a dict of name to default, from its cell tagged ``parameters``.

    A default that is not a literal is given as None. Raises CourseError if the file is no notebook.
    """
    try:
        cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
        source = next(
            ("".join(c["source"]) for c in cells if "parameters" in c["metadata"].get("tags", [])), ""
        )
        statements = ast.parse(source).body
    except (OSError, ValueError, KeyError, TypeError, SyntaxError) as error:
        raise CourseError(
            f"{notebook} cannot be read as a notebook: {type(error).__name__}: {error}."
        ) from error
    found = {}
    for statement in statements:
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            if isinstance(target, ast.Name):
                try:
                    found[target.id] = ast.literal_eval(statement.value)
                except (ValueError, TypeError):
                    found[target.id] = None
    return found


def add_parameter_option(parser, words):
    """Give an ``argparse`` parser the option ``-p NAME VALUE``: ``parameters``, a list of pairs of text.

    ``words`` are its help; ``checked_parameters`` with ``from_text`` reads the values.
    """
    parser.add_argument(
        "-p",
        "--parameter",
        dest="parameters",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help=words,
    )


def checked_parameters(notebook, given, from_text=False):
    """Return ``given`` (a dict of name to value) in the types of the notebook's own parameters.

    With ``from_text`` the values are text from a command line: YAML scalars, except that a parameter whose
    default is a string takes its text as it is. Whole numbers fit where the default is a float, anything
    fits where it is None. Raises CourseError for an unknown parameter or a value of another type.
    """
    allowed, lesson = parameters_of(notebook), Path(notebook).stem
    checked = {}
    for name, value in given.items():
        if name not in allowed:
            raise CourseError(
                f"{lesson} has no parameter {name}{_closest(name, allowed)}. "
                f"Its parameters are: {', '.join(allowed) or 'none'}."
            )
        default = allowed[name]
        if from_text and not isinstance(default, str):
            value = _from_yaml(name, value)
        if isinstance(default, float) and isinstance(value, int | str) and not isinstance(value, bool):
            with contextlib.suppress(ValueError):
                value = float(value)  # a text too: YAML 1.1 does not read 1e-3 as a number
        if isinstance(default, tuple) and isinstance(value, list):
            value = tuple(value)
        if default is not None and type(value) is not type(default):
            raise CourseError(
                f"{name} = {value!r} does not fit {lesson}: that is of type "
                f"{type(value).__name__}, and the default, {default!r}, of type {type(default).__name__}."
            )
        checked[name] = value
    return checked


def _closest(name, known):
    close = difflib.get_close_matches(str(name).lower(), [entry.lower() for entry in known], 1, 0.5)
    return "".join(f" (did you mean {entry}?)" for entry in known if entry.lower() in close)


def _from_yaml(name, text):
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CourseError(
            f"The value {text!r} of {name} is not valid YAML; quote it if it is text."
        ) from error
