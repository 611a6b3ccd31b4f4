#!/usr/bin/env python
"""Write the course's address where it is needed: into each lesson's set-up cell and the README's badges.

    python ci/repository.py            # after a change of "Repository" in pyproject.toml
    python ci/repository.py --check    # change nothing; tell what does not agree with it

The address stands in ``pyproject.toml``, ``[project.urls] Repository``: a repository on GitHub, because Colab
opens notebooks from there.
"""

import argparse
import json
import re
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a clone that is not installed, too

from course_utils.cli.lessons import all_lessons
from course_utils.errors import CourseError
from course_utils.files import course_folder, written_whole

OWNER = "OWNER"  # stands in the address as long as the course is not published
COLAB = "https://colab.research.google.com"
SET_UP = """\
# Set-up: where the course is missing, as on Colab, this fetches and installs it; elsewhere it does nothing.
import importlib.util, os, sys
course = ".." if os.path.isdir("../course_utils") else "course"
if not importlib.util.find_spec("course_utils"):
    os.path.isdir(course) or os.system("GIT_TERMINAL_PROMPT=0 git clone -q --depth 1 {address} course")
    assert os.path.isdir(course), "{problem}"
    %pip install --quiet --editable {{course}}
    sys.path.append(os.path.abspath(course))"""
NOT_FETCHED = "The course could not be fetched. Check the network and run this cell again."
NOT_PUBLISHED = (
    "The course's address is not set. Put it into pyproject.toml (Repository), run: python ci/repository.py"
)


def main(arguments=None):
    """Run the command line; return its exit code: 0, 1 (something does not agree), 2 (a mistake)."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1: a file would change"
    )
    options = parser.parse_args(arguments)
    try:
        changes = wanted(address())
    except CourseError as error:
        print(f"repository: {error}", file=sys.stderr)
        return error.exit_code
    said = "does not agree with pyproject.toml; run: python ci/repository.py" if options.check else "written"
    for path, text in changes.items():
        print(f"{path.relative_to(course_folder())}: {said}")
        if not options.check:
            with written_whole(path) as temporary:
                temporary.write_text(text, encoding="utf-8")
    return 1 if changes and options.check else 0


def address():
    """Return the repository's address in ``pyproject.toml``; CourseError if Colab cannot open it."""
    project = tomllib.loads((course_folder() / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = project.get("urls", {}).get("Repository", "")
    if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", found) or found.endswith(".git"):
        raise CourseError(
            f"Repository = {found!r} in pyproject.toml is no address that Colab opens. Write it like "
            "https://github.com/OWNER/REPO, without .git."
        )
    return found


def set_up_cell(address):
    """Return the source of the lessons' set-up cell."""
    problem = NOT_PUBLISHED if f"/{OWNER}/" in address else NOT_FETCHED
    return SET_UP.format(address=address, problem=problem)


def badge(address, lesson):
    """Return the README's badge that opens ``lesson`` on Colab."""
    page = f"{address.replace('https://github.com', f'{COLAB}/github')}/blob/main/notebooks/{lesson}.ipynb"
    return f"[![Open in Colab]({COLAB}/assets/colab-badge.svg)]({page})"


def wanted(address):
    """Return the files that do not agree with ``address``: a dict of path to the text that belongs there."""
    new = {path: _with_set_up(path, set_up_cell(address)) for path in all_lessons().values()}
    readme = course_folder() / "README.md"
    new[readme] = _with_badges(readme, address)
    return {path: text for path, text in new.items() if text != path.read_text(encoding="utf-8")}


def _with_set_up(path, source):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["source"] = source.splitlines(keepends=True)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _with_badges(path, address):
    """Return the README with a badge as the last cell of each row in its table of lessons."""

    def row(match):
        return f"{match[1]} {badge(address, match[2])} |"

    text = path.read_text(encoding="utf-8")
    before, heading, rest = text.partition("## Lessons\n")
    table, next_heading, after = rest.partition("\n## ")
    table = re.sub(r"(?m)^(\| \[[^]]*\]\(notebooks/(\w+)\.ipynb\) \|[^|]*\|).*$", row, table)
    return before + heading + table + next_heading + after


if __name__ == "__main__":
    sys.exit(main())
