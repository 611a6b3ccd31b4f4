"""ci/lock.txt: the versions that CI runs with, each with the hashes of its files."""

import re

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

from course_utils.files import course_folder

TEXT = (course_folder() / "ci" / "lock.txt").read_text(encoding="utf-8")
ENTRIES = {
    Requirement(entry.split(" \\")[0]): re.findall(r"--hash=sha256:([0-9a-f]{64})\b", entry)
    for entry in re.split(r"\n(?=\w)", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE))
}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_entry_is_one_version_with_the_hashes_of_its_files():
    assert len(ENTRIES) > 100
    loose = [str(entry) for entry in ENTRIES if [part.operator for part in entry.specifier] != ["=="]]
    assert loose == []
    assert [str(entry) for entry, hashes in ENTRIES.items() if not hashes] == []
    assert {"pip", "setuptools"} <= {normal(entry.name) for entry in ENTRIES}


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-lessons.txt", "ci/requirements-test.txt"])
@pytest.mark.parametrize("python", ["3.11.9", "3.12.9", "3.13.9"])
def test_what_is_required_is_there_for_every_python(file, python):
    environment = default_environment() | {
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
    }
    here = {
        normal(entry.name): next(iter(entry.specifier)).version
        for entry in ENTRIES
        if entry.marker is None or entry.marker.evaluate(environment)
    }
    lines = (course_folder() / file).read_text(encoding="utf-8").splitlines()
    required = [Requirement(line.split("#")[0]) for line in lines if re.match(r"\w", line)]
    assert required
    wrong = [str(part) for part in required if not part.specifier.contains(here.get(normal(part.name), "0"))]
    assert wrong == []
