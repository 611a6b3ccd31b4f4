"""Which lessons there are, what they are called, and which parameters they take."""

import ast
import contextlib
import difflib
import json
import os
from pathlib import Path

from course_utils.data.attributes import NAME as BROUGHT
from course_utils.data.catalog import DATA_SETS, MODULES, VGG19
from course_utils.errors import CourseError, in_a_line
from course_utils.files import course_folder, expanded


def all_lessons(folder=None):
    """Return the lessons in reading order: a dict of name to notebook. Raises CourseError if there are none.

    They are the files ``NN_name.ipynb`` in ``folder`` (default: the course's ``notebooks/``).
    """
    folder = Path(folder) if folder else course_folder() / "notebooks"
    notebooks = {path.stem: path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    if not notebooks:
        raise CourseError(f"No lessons in {folder}: they are notebooks with names like 02_my_lesson.ipynb.")
    return notebooks


def find_lesson(text, folder=None):
    """Return the notebook that ``text`` means: a name, a number (2 or 02), a unique beginning, or a path.

    Raises CourseError, with the closest name, if there is no such lesson or more than one.
    """
    path = expanded(text)
    if path.suffix == ".ipynb" and os.path.isfile(path):
        return path.resolve()
    known, name = all_lessons(folder), str(text).removesuffix(".ipynb")
    if name in known:
        return known[name]
    if name.isdecimal():
        matches = [lesson for lesson in known if int(lesson[:2]) == int(name)]
    else:
        matches = [lesson for lesson in known if lesson.startswith(name)] if name else []
    if len(matches) == 1:
        return known[matches[0]]
    problem = f"fits {len(matches)} lessons" if matches else "is no lesson" + _closest(name, known)
    raise CourseError(f"'{text}' {problem}. The lessons are: {', '.join(known)}.")


def parameters_of(notebook):
    """Return the notebook's parameters: a dict of name to default, from its cell tagged ``parameters``.

    A default that is not a literal is given as None. Raises CourseError if the file is no notebook.
    """
    # Not papermill.inspect_notebook: it cuts "#ff0000" at the sign, does not see a text with "=" in it,
    # stumbles over braces in a path, and takes over a second to import.
    cells = _cells(notebook)
    try:
        tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
        statements = ast.parse("".join(tagged[0]["source"]) if tagged else "").body
    except (ValueError, KeyError, TypeError, SyntaxError) as error:
        raise CourseError(f"{notebook} cannot be read as a notebook: {in_a_line(error)}.") from error
    defaults = {}
    for statement in statements:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            for target in getattr(statement, "targets", None) or [statement.target]:
                if isinstance(target, ast.Name):
                    defaults[target.id] = None
                    with contextlib.suppress(ValueError, TypeError):
                        defaults[target.id] = ast.literal_eval(statement.value)
    return defaults


def needs(notebook):
    """Return what a lesson takes from outside, as its code says: names of data sets, handles of networks.

    The first are keys of ``catalog.DATA_SETS``, or ``attributes.NAME`` for a folder that people bring; the
    second keys of ``catalog.PRETRAINED``.
    """
    code = "\n".join("".join(cell["source"]) for cell in _cells(notebook) if cell["cell_type"] == "code")
    data_sets = [name for name in DATA_SETS if f'data.load("{name}", source=DATA' in code]
    data_sets += [BROUGHT] * ("load_attributes(" in code)
    networks = [VGG19] * ("pretrained.vgg19(" in code)
    if "pretrained.find(" in code:  # a lesson may put the parts of a handle together
        networks += [handle for handle in MODULES if all(part in code for part in handle.split("/")[-3:-1])]
    return data_sets, networks


def _cells(notebook):
    try:
        return json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{notebook} cannot be read as a notebook: {in_a_line(error)}.") from error


def add_parameter_option(parser, help_text):
    """Give an ``argparse`` parser the option ``-p NAME VALUE``: ``parameters``, a list of pairs of text.

    ``checked_parameters`` with ``from_text`` reads the values.
    """
    names, repeatable = ("-p", "--parameter"), {"action": "append", "default": []}
    parser.add_argument(
        *names, dest="parameters", nargs=2, metavar=("NAME", "VALUE"), help=help_text, **repeatable
    )


def checked_parameters(notebook, given, from_text=False):
    """Return ``given`` (a dict of name to value) in the types of the notebook's own parameters.

    With ``from_text`` the values are text from a command line: YAML scalars, except that a parameter whose
    default is a string takes its text as it is. Whole numbers fit where the default is a float, anything
    fits where it is None. Raises CourseError for an unknown parameter or a value of another type.
    """
    import yaml

    defaults, lesson, checked = parameters_of(notebook), Path(notebook).stem, {}
    for name, value in given.items():
        if name not in defaults:
            raise CourseError(
                f"{lesson} has no parameter {name}{_closest(name, defaults)}. "
                f"Its parameters are: {', '.join(defaults) or 'none'}."
            )
        default = defaults[name]
        if from_text and not isinstance(default, str):
            try:
                value = yaml.safe_load(value)
            except yaml.YAMLError as error:
                raise CourseError(f"{name} = {value!r} is not valid YAML; quote it if it is text.") from error
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
