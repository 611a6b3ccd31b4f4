"""Which lessons there are, what they are called, and which parameters they take."""

import ast
import contextlib
import difflib
import json
import math
import os
import re
from pathlib import Path

from course_utils.availability import ALLOWED
from course_utils.data.attributes import NAME as BROUGHT
from course_utils.data.catalog import DATA_SETS, MODULES, VGG19
from course_utils.data.folders import is_folder
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
    beginning = f"{name.lstrip('0'):0>2}_" if name.isdecimal() else name
    matches = [lesson for lesson in known if beginning and lesson.startswith(beginning)]
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
    try:
        statements = ast.parse(_parameters_cell(notebook)).body
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
    code = "\n".join(_code(notebook))
    data_sets = [name for name in DATA_SETS if f'data.load("{name}", source=DATA' in code]
    data_sets += [BROUGHT] * ("load_attributes(" in code)
    networks = [VGG19] * ("pretrained.vgg19(" in code)
    if "pretrained.find(" in code:  # a lesson may put the parts of a handle together
        networks += [handle for handle in MODULES if all(part in code for part in handle.split("/")[-3:-1])]
    return data_sets, networks


def loads(notebook, parameters):
    """Return how a lesson reads ``DATA``: a list of (``"load"`` or ``"load_attributes"``, positional, named).

    The last two are the arguments, a list and a dict, with ``parameters`` (a dict of name to value) before
    the lesson's own defaults. Calls with other arguments than parameters and literals are left out.
    """
    known, calls = parameters_of(notebook) | parameters, []

    def value(node):
        return known[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)

    for source in _code(notebook):
        with contextlib.suppress(SyntaxError):  # a line for IPython alone
            calls += [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    found = []
    for call in calls:
        function = ast.unparse(call.func)
        if function in ("data.load", "data.load_attributes") and "DATA" in ast.unparse(call):
            with contextlib.suppress(ValueError, KeyError):
                named = {keyword.arg: value(keyword.value) for keyword in call.keywords}
                found.append((function.removeprefix("data."), list(map(value, call.args)), named))
    return found


def _code(notebook):
    return ["".join(cell["source"]) for cell in _cells(notebook) if cell["cell_type"] == "code"]


def _parameters_cell(notebook):
    cells = [cell for cell in _cells(notebook) if "parameters" in cell["metadata"].get("tags", [])]
    return "".join(cells[0]["source"]) if cells else ""


def _cells(notebook):
    try:
        return json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{notebook} cannot be read as a notebook: {in_a_line(error)}.") from error


def checked_parameters(notebook, given, from_text=False):
    """Return ``given`` (a dict of name to value) in the types of the notebook's own parameters.

    With ``from_text`` the values are text from a command line, YAML where the default is no string. Anything
    fits where the default is None. A relative folder in ``DATA`` or ``ARTIFACTS`` counts from the current
    one. Raises CourseError for an unknown parameter, a value of another type, a number out of range (a count
    below 1, or below the "at least N" of the comment beside its default), and words that ``DATA`` and
    ``WEIGHTS`` do not know.
    """
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
                value = read_yaml(value)
            except ValueError as error:
                raise CourseError(f"{name} = {value!r} is not valid YAML; quote it if it is text.") from error
        if isinstance(default, bool) and isinstance(value, str):
            value = {"yes": True, "on": True, "no": False, "off": False}.get(value.lower(), value)
        if isinstance(default, float) and type(value) is int:
            with contextlib.suppress(OverflowError):
                value = float(value)
        if isinstance(default, tuple) and isinstance(value, list):
            value = tuple(value)
        if default is not None and type(value) is not type(default):
            raise CourseError(
                f"{name} = {value!r} does not fit {lesson}: that is of type "
                f"{type(value).__name__}, and the default, {default!r}, of type {type(default).__name__}."
            )
        if type(default) in (int, float):
            _check_range(notebook, name, value, default)
        elif default in ALLOWED.get(name, ()):
            value = _checked_source(notebook, name, value)
        elif name == "ARTIFACTS":
            value = os.path.abspath(expanded(value))
        checked[name] = value
    return checked


def _check_range(notebook, name, value, default):
    """Raise CourseError unless a number is one that the lesson can work with; most fail late or never."""
    whole, seed = isinstance(default, int), name == "SEED"
    said = re.search(rf"^{name}\b.*#.*\bat least (\d+)", _parameters_cell(notebook), re.MULTILINE)
    least = int(said[1]) if said else int(whole) if default > 0 else 0 if seed else -(2**31)
    most = math.inf if not whole else 2**32 - 1 if seed else 2**31 - 1
    if not (math.isfinite(value) and least <= value <= most):
        limit = f"at most {most:,}" if value > most else f"a number of at least {least:,}"
        raise CourseError(f"{name} = {value} does not fit {Path(notebook).stem}: it must be {limit}.")


def _checked_source(notebook, name, value):
    """Return the value of ``DATA`` or ``WEIGHTS``, a folder with its whole path; CourseError for others."""
    words = ALLOWED[name]
    path = os.path.abspath(expanded(value))  # a kernel works in the notebook's folder
    own_rules = name == "DATA" and not needs(notebook)[0]  # somebody's own lesson may read it otherwise
    if value in words or (own_rules and not is_folder(value)):
        return value
    if name == "DATA" and value and (own_rules or os.path.isdir(path)):
        return path
    tried = f", and there is no folder {path}" if name == "DATA" else ""
    raise CourseError(f"{name} = {value!r} is none of {', '.join(map(repr, words))}{tried}.")


def read_yaml(text):
    """Return what a YAML ``text`` holds, by the core schema of YAML 1.2; ValueError where it is not valid.

    PyYAML follows YAML 1.1, which takes 010 for 8, 1:30 for 90, "no" for False and 1e-3 for a text.
    """
    import yaml

    loader, tag = type("Loader", (yaml.SafeLoader,), {"yaml_implicit_resolvers": {}}), "tag:yaml.org,2002:"
    for kind, pattern in {
        "null": r"~|null|Null|NULL|",
        "bool": r"true|True|TRUE|false|False|FALSE",
        "int": r"[-+]?[0-9]+",
        "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.nan",
    }.items():
        loader.add_implicit_resolver(tag + kind, re.compile(f"^({pattern})$"), None)
    loader.add_constructor(f"{tag}int", lambda _, node: int(node.value))
    try:
        return yaml.load(text, loader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _closest(name, known):
    close = difflib.get_close_matches(str(name).lower(), [entry.lower() for entry in known], 1, 0.5)
    return "".join(f" (did you mean {entry}?)" for entry in known if entry.lower() in close)
