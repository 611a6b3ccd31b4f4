"""The lessons as files: valid, without outputs, and built the way CONTRIBUTING.md says."""

import ast
import itertools
import re
import warnings

import nbformat
import pytest

from course_utils.cli.exercise_cells import find, tagged
from course_utils.cli.lessons import all_lessons

LESSONS = all_lessons()
EVERYWHERE = {"DATA", "SEED", "EPOCHS", "ARTIFACTS"}
# Words that make a reader feel slow, and marks that shout.
UNWANTED = re.compile(r"\b(simply|just|obviously|easily|of course)\b|!(?!\[)", re.IGNORECASE)


@pytest.fixture(params=LESSONS, scope="module")
def lesson(request):
    """The name of a lesson and its notebook; nbformat's warnings count as errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        notebook = nbformat.read(LESSONS[request.param], as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
    return request.param, notebook


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def parameters(notebook):
    return [cell for cell in code(notebook) if tagged(cell, "parameters")]


def parsed(cell):
    """The cell as Python, with IPython's own lines (``%pip``, ``!course``) made harmless."""
    return ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", cell.source, flags=re.MULTILINE))


def test_lessons_are_numbered_without_gaps():
    assert [name[:2] for name in LESSONS] == [f"{number:02}" for number in range(len(LESSONS))]
    assert len(LESSONS) >= 11


def test_format_ids_and_kernel(lesson):
    _, notebook = lesson
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    # Readable ids: they name the cell in the runner's reports and in diffs.
    assert [id_ for id_ in ids if not re.fullmatch(r"[a-z][a-z0-9-]{2,}", id_)] == []
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


def test_committed_without_outputs(lesson):
    _, notebook = lesson
    assert [cell.id for cell in code(notebook) if cell.outputs or cell.execution_count is not None] == []
    assert [cell.id for cell in notebook.cells if set(cell.metadata) - {"tags"}] == []


def test_one_parameters_cell_with_an_assignment_and_a_comment_on_each_line(lesson):
    _, notebook = lesson
    (cell,) = parameters(notebook)
    assert code(notebook).index(cell) == 1, "set-up first, parameters second"
    statements = parsed(cell).body
    assert len(statements) == len(cell.source.splitlines())
    for statement, line in zip(statements, cell.source.splitlines(), strict=True):
        assert isinstance(statement, ast.Assign) and "  # " in line
        ast.literal_eval(statement.value)
    names = {statement.targets[0].id: ast.literal_eval(statement.value) for statement in statements}
    assert set(names) >= EVERYWHERE
    assert (names["DATA"], names["SEED"], names["ARTIFACTS"]) == ("auto", 0, "artifacts")


def test_every_parameter_is_used(lesson):
    _, notebook = lesson
    (cell,) = parameters(notebook)
    used = {
        node.id
        for other in code(notebook)
        if other is not cell
        for node in ast.walk(parsed(other))
        if isinstance(node, ast.Name)
    }
    assert [s.targets[0].id for s in parsed(cell).body if s.targets[0].id not in used] == []


def test_the_set_up_cell_is_short_and_the_same_everywhere(lesson):
    _, notebook = lesson
    first = nbformat.read(next(iter(LESSONS.values())), as_version=4)
    assert code(notebook)[0].source == code(first)[0].source
    assert len(code(notebook)[0].source.splitlines()) <= 8


def test_anatomy(lesson):
    name, notebook = lesson
    first = prose(notebook)[0].source
    assert first.startswith("# ")
    for marker in ("About ", "2 cores", "Data: ", "Afterwards you can"):
        assert marker in first
    headings = re.findall(r"^## (.+)$", "\n".join(cell.source for cell in prose(notebook)), re.MULTILINE)
    assert any(heading.startswith("Break it: ") for heading in headings)
    assert headings[-1] == "What you have learned" and "Keep" in headings
    assert "**Predict" in "\n".join(cell.source for cell in prose(notebook))
    to = "Next: " if name == list(LESSONS)[-1] else "Next: lesson "
    assert any(line.startswith(to) for line in prose(notebook)[-1].source.splitlines())


def test_exercises_stand_between_what_is_kept_and_what_was_learned(lesson):
    """Imports, then three times: task, stub, check, folded solution."""
    name, notebook = lesson
    if name.startswith("00"):
        assert find(notebook) == ([], [])
        return
    ids = [cell.id for cell in notebook.cells]
    section = ids[ids.index("exercises") : ids.index("learned")]
    each = [
        [f"exercise-{place}-why", f"exercise-{place}", f"check-{place}", f"solution-{place}"]
        for place in "123"
    ]
    assert section == ["exercises", "exercise-imports", *itertools.chain(*each)]
    assert ids.index("exercises") > ids.index("keep") and ids[ids.index("map") - 1] == "map-why"
    tags = {cell.id: cell.metadata.get("tags", []) for cell in notebook.cells}
    for place in "123":
        kind = ("compute", "build", "repair")[int(place) - 1]
        task = notebook.cells[ids.index(f"exercise-{place}-why")].source
        assert re.match(rf"\*\*Exercise {name[:2]}.{place}, {kind}\*\* \(about \d+ minutes\)\.\n", task)
        assert "**Predict" not in task
        solution = notebook.cells[ids.index(f"solution-{place}")]
        assert solution.cell_type == "markdown"
        assert solution.source.startswith("<details><summary>Solution</summary>\n\n```python\n")
        assert solution.source.endswith("\n\n</details>")
        wanted = {
            f"exercise-{place}": ["exercise"],
            f"check-{place}": ["check"],
            f"solution-{place}": ["solution"],
        }
        assert {id_: tags[id_] for id_ in wanted} == wanted
    imports, found = find(notebook)
    assert [cell.id for cell in imports] == ["exercise-imports"]
    assert [cells.number for cells in found] == [f"{name[:2]}.{place}" for place in "123"]


def test_prose_comes_before_code_in_small_pieces(lesson):
    _, notebook = lesson
    (cell,) = parameters(notebook)
    story = notebook.cells[notebook.cells.index(cell) + 1 :]
    for before, after in itertools.pairwise(story):
        if after.cell_type == "code" and not tagged(after, "check"):
            assert before.cell_type == "markdown", f"no text before {after.id}"
            text = re.sub(r"^#.*$", "", before.source, flags=re.MULTILINE)
            # "What you have learned" ends on its table and may be longer.
            assert 10 <= len(text.split()) <= (60 if before.id != "learned" else 130), before.id


def test_code_cells_end_in_something_to_see(lesson):
    _, notebook = lesson
    start = code(notebook).index(parameters(notebook)[0]) + 1
    for cell in code(notebook)[start:]:
        if tagged(cell, "exercise"):  # a learner's own
            continue
        source = cell.source
        assert source.count("\n") < 20, f"{cell.id} is long"
        last = parsed(cell).body[-1]
        shown = isinstance(last, ast.Expr) or "print(" in ast.unparse(last) or "verbose=2" in source
        defines = isinstance(last, ast.FunctionDef)
        quiet = "set_seed" in source or "set_weights" in source
        assert shown or defines or quiet, f"{cell.id} shows nothing"


def test_every_prediction_is_answered(lesson):
    """After the code cell that settles it: in a cell that begins so, or by what the code prints."""
    _, notebook = lesson
    unanswered = []
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and "**Predict" in cell.source:
            settles, after = notebook.cells[place + 1 : place + 3]
            assert settles.cell_type == "code", f"{cell.id} asks, and no code follows"
            computed = "print(" in settles.source and '"Answer:' in settles.source
            if not computed and not after.source.startswith("**Answer:** "):
                unanswered.append(cell.id)
    assert unanswered == []


GLOSSARY = next(iter(LESSONS.values())).parent / "glossary.md"


def test_links_to_the_glossary_lead_to_an_entry(lesson):
    _, notebook = lesson
    entries = set(re.findall(r"^### (.+)$", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE))
    for cell in prose(notebook):
        for anchor in re.findall(r"\]\(glossary\.md#(.*?)\)", cell.source):
            assert anchor in {entry.lower().replace(" ", "-") for entry in entries}, f"{cell.id}: {anchor}"


def test_one_sentence_a_line_and_a_quiet_tone(lesson):
    _, notebook = lesson
    for cell in prose(notebook):
        for line in cell.source.splitlines():
            sentences = re.findall(
                r"[.?] (?=[A-Z*`])", re.sub(r"\(.*?\)|\".*?\"|`.*?`|\*\*.*?\*\*", "", line)
            )
            assert len(sentences) <= 1, f"{cell.id}: {line}"
            assert not UNWANTED.search(re.sub(r"`.*?`", "", line)), f"{cell.id}: {line}"
        assert "—" not in cell.source


def test_the_lesson_keeps_its_results_under_its_own_name(lesson):
    name, notebook = lesson
    text = "\n".join(cell.source for cell in code(notebook))
    assert f'"{name}"' in text and "artifacts.save(" in text and "keras.utils.set_random_seed" not in text


def test_every_training_can_be_stopped_without_losing_it(lesson):
    """A fit of Keras, known by its arguments, has ``KeepBest`` or ``StopButton`` among its callbacks."""
    _, notebook = lesson
    of_keras = {"epochs", "validation_data", "verbose", "batch_size", "callbacks"}
    known = re.compile(r"KeepBest|keep_best|StopButton|stop_button")
    for cell in code(notebook):
        for node in ast.walk(parsed(cell)):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "fit":
                given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                assert not of_keras & set(given) or known.search(given.get("callbacks", "")), cell.id
