"""CONTRIBUTING.md is true: what its table names is where it says, and its links and modules exist."""

import re

import pytest

from course_utils.files import course_folder

TEXT = (course_folder() / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|]+) \| `([^`|]+)` \| `([^`|]+)` \|$", TEXT, re.MULTILINE)


def test_the_table_is_long_enough_to_be_of_use():
    assert len(ROWS) >= 20
    assert len({what for what, _, _ in ROWS}) == len(ROWS)


@pytest.mark.parametrize(("what", "file", "word"), ROWS, ids=[what for what, _, _ in ROWS])
def test_a_row_names_a_file_that_has_what_it_says(what, file, word):
    path = course_folder() / file
    assert path.is_file()
    assert re.search(rf"(?<!\w){re.escape(word)}(?!\w)", path.read_text(encoding="utf-8"))


def test_every_file_and_folder_that_is_named_exists():
    named = {name for name in re.findall(r"`([\w./-]+)`", TEXT) if "/" in name and "NN_" not in name}
    tops = {path.name for path in course_folder().iterdir()}
    here = {name for name in named if name.split("/")[0] in tops}
    assert len(here) > 30
    assert sorted(name for name in here if not (course_folder() / name).exists()) == []
