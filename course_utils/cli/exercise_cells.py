"""The cells of a lesson's exercises: what a learner works on, how it is checked, and the solution."""

import re
from collections import namedtuple

# ``number`` such as "02.1"; ``cell`` is the learner's, ``check`` the one that checks it, ``solution`` the
# code of the folded solution (None in a copy without solutions).
ExerciseCells = namedtuple("ExerciseCells", "number cell check solution")


def tagged(cell, tag):
    """Tell whether a notebook's ``cell`` has this ``tag``."""
    return tag in cell.metadata.get("tags", [])


def find(notebook):
    """Return (imports, exercises) of a ``notebook``: a list of cells, and one of ``ExerciseCells``.

    An exercise is a cell tagged ``exercise`` and the next one tagged ``check``; other cells tagged
    ``exercise`` before it are imports. The solution is in the cell tagged ``solution`` after it.
    """
    cells = [
        cell for cell in notebook.cells if any(map(tagged, [cell] * 3, ("exercise", "check", "solution")))
    ]
    imports, found, waiting = [], [], []
    for cell in cells:
        if tagged(cell, "exercise"):
            waiting.append(cell)
        elif tagged(cell, "check") and waiting:
            *before, own = waiting
            imports, waiting = imports + before, []
            found.append(ExerciseCells(number_in(cell.source), own, cell, None))
        elif tagged(cell, "solution") and found:
            found[-1] = found[-1]._replace(solution=code_in(cell.source))
    return imports, found


def number_in(source):
    """Return the number of the exercise that a cell checks, such as "02.1", or None."""
    found = re.search(r"""\bcheck\(\s*["'](\d\d\.\d+)["']""", source)
    return found and found[1]


def code_in(source):
    """Return the Python code in a folded solution."""
    return re.search(r"```python\n(.*?)\n```", source, re.DOTALL)[1]
