"""The course on Colab: one address, what it installs there, models that travel, advice that is true there."""

import ast
import importlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_utils import machine, portable
from course_utils.cli import doctor, running
from course_utils.cli.lessons import all_lessons
from course_utils.cli.saved_models import load_model
from course_utils.errors import CourseError, NotAvailable
from course_utils.files import course_folder

ROOT = course_folder()
sys.path.insert(0, str(ROOT / "ci"))

import repository  # noqa: E402

layers = keras.layers
SETS = sorted((ROOT / "ci" / "colab").glob("*.txt"))


def listed(path):
    """The requirements in a file, by name; comments and options left out."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / path).read_text().splitlines())
    found = [Requirement(line) for line in lines if line and not line.startswith("-")]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


@pytest.fixture
def on_colab(monkeypatch):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")


def test_cells_and_badges_agree_with_the_address(capsys):
    assert repository.main(["--check"]) == 0, capsys.readouterr().out
    badges = re.findall(r"colab-badge.svg\)\]\((\S+)\)", (ROOT / "README.md").read_text())
    assert [badge.rpartition("/")[2] for badge in badges] == [f"{name}.ipynb" for name in all_lessons()]


def test_another_address_changes_cells_and_badges():
    published = "https://github.com/someone/a-course"
    cell = repository.set_up_cell(published)
    assert f"git clone -q --depth 1 {published} " in cell and "address is not set" not in cell
    assert "address is not set" in repository.set_up_cell("https://github.com/OWNER/REPO")
    changes = repository.wanted(published)
    assert {path.name for path in changes} == {
        "README.md",
        *(path.name for path in all_lessons().values()),
    }
    assert "github/someone/a-course/blob/main/notebooks/02_cnn" in changes[ROOT / "README.md"]


@pytest.mark.parametrize(
    "wrong", ["", "https://example.org/a/b", "git@github.com:a/b", "https://github.com/a/b.git"]
)
def test_an_address_that_colab_does_not_open_is_refused(monkeypatch, tmp_path, wrong):
    (tmp_path / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{wrong}"\n[project]\n')
    monkeypatch.setattr(repository, "course_folder", lambda: tmp_path)
    with pytest.raises(CourseError, match=r"pyproject\.toml is no address"):
        repository.address()


def set_up(folder, ipython):
    """Run the set-up cell in ``folder`` as if the course were not installed; return what it prints."""
    program = (
        "import importlib.util, sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "import repository\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name: None if name == 'course_utils' else find(name)\n"
        "shell = InteractiveShell.instance(history_length=0, colors='NoColor')\n"
        "shell.run_line_magic = lambda *line, **_: print('magic', *line[:2], shell.user_ns['course'])\n"
        "shell.run_cell(repository.set_up_cell('file:///no/such/repository'))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'ci'}", "PATH": "/usr/bin:/bin", "IPYTHONDIR": ipython},
    ).stdout


def test_the_set_up_cell_installs_the_clone_that_is_there(tmp_path):
    assert (
        set_up(ROOT / "notebooks", str(tmp_path)).strip()
        == "magic pip install --quiet --editable {course} .."
    )
    (tmp_path / "course").mkdir()
    assert set_up(tmp_path, str(tmp_path)).strip() == "magic pip install --quiet --editable {course} course"


def test_the_set_up_cell_says_when_nothing_can_be_fetched(tmp_path):
    output = set_up(tmp_path, str(tmp_path))
    assert "AssertionError: The course could not be fetched. Check the network" in output
    assert "magic pip" not in output


def test_where_the_course_is_installed_the_set_up_cell_is_silent(tmp_path):
    notebook = nbformat.read(next(iter(all_lessons().values())), as_version=4)
    source = next(cell.source for cell in notebook.cells if cell.cell_type == "code")
    program = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        f"InteractiveShell.instance(history_length=0).run_cell({source!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"IPYTHONDIR": str(tmp_path)},
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_one_list_of_requirements_and_what_a_laptop_adds():
    lessons, laptop = listed("requirements-lessons.txt"), listed("requirements.txt")
    assert "-r requirements-lessons.txt" in (ROOT / "requirements.txt").read_text().splitlines()
    assert not set(lessons) & set(laptop)
    assert {"jupyterlab", "papermill"} <= set(laptop)
    assert 'dependencies = { file = ["requirements-lessons.txt"] }' in (ROOT / "pyproject.toml").read_text()


def test_the_package_depends_on_what_the_lessons_import():
    closure, wanted = set(), set(listed("requirements-lessons.txt"))
    while wanted:
        closure |= wanted
        required = [Requirement(text) for name in wanted for text in importlib.metadata.requires(name) or []]
        names = {
            canonicalize_name(found.name)
            for found in required
            if not found.marker or found.marker.evaluate({"extra": ""})
        }
        wanted = {name for name in names - closure if _installed(name)}
    sources = [
        path
        for path in (ROOT / "course_utils").rglob("*.py")
        if "cli" not in path.parts  # for a laptop: running.missing says what it needs
    ]
    texts = [path.read_text() for path in sources]
    for notebook in all_lessons().values():
        cells = json.loads(notebook.read_text())["cells"]
        texts += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    modules = {module for text in texts for module in imported(re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", text))}
    modules -= {*sys.stdlib_module_names, "course_utils", "IPython", "jupyter_client"}  # the kernel's own
    modules -= {"ipywidgets", "google"}  # lesson 11 does without them
    known = importlib.metadata.packages_distributions()
    without = {name for name in modules if not {canonicalize_name(d) for d in known.get(name, [])} & closure}
    assert len(modules) > 5 and without == set()


def imported(text):
    """The top-level modules that a program imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def _installed(name):
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


@pytest.mark.parametrize("path", sorted((ROOT / "ci").rglob("*.py")), ids=lambda path: path.stem)
def test_scripts_import_what_the_package_has(path):
    """Some run only where gigabytes were installed first, too late to find out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_utils"):
            module = importlib.import_module(node.module)
            names = [alias.name for alias in node.names]
            missing = [n for n in names if not hasattr(module, n) and not find_spec(f"{node.module}.{n}")]
            assert missing == [], f"{path}, line {node.lineno}"


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_on_colab_only_what_is_broken_there_is_changed(path):
    has = {name: str(pin.specifier).removeprefix("==") for name, pin in listed(path).items()}
    changed = {
        name
        for name, requirement in listed("requirements-lessons.txt").items()
        if not (name in has and requirement.specifier.contains(has[name]))
    }
    added = {"filelock", "imagehash", "pillow-heif"}  # small, and not in these lists
    assert changed - added <= {"tensorflow-metadata", "importlib-resources"}
    assert "keras" in has and "papermill" not in has


def a_model():
    inputs = keras.Input((16, 16, 1))
    maps = layers.Rescaling(1 / 255)(inputs)
    maps = layers.Conv2D(4, 3, kernel_initializer="he_normal", activation="relu")(maps)
    maps = layers.BatchNormalization()(maps)
    outputs = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(maps))
    model = keras.Model(inputs, outputs)
    model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)
    return model


def config(path):
    with zipfile.ZipFile(path) as archive:
        return archive.read("config.json").decode()


def test_kept_models_name_no_argument_that_older_versions_of_keras_refuse(tmp_path):
    model = a_model()
    model.save(tmp_path / "plain.keras")
    portable.save(model, tmp_path / "model.keras")
    newer = ("input_axes", "output_axes", "renorm", "quantization_config")
    assert not any(f'"{name}' in config(tmp_path / "model.keras") for name in newer)
    assert not any(f'"{name}' in config(ROOT / "data" / "hub" / "vgg19.keras") for name in newer)
    pictures = np.random.default_rng(0).uniform(0, 255, (3, 16, 16, 1))
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded.predict(pictures, verbose=0), model.predict(pictures, verbose=0))
    # What is left out comes back: written by the same Keras, both files describe the same model.
    assert loaded.get_config() == keras.saving.load_model(tmp_path / "plain.keras").get_config()
    assert loaded.optimizer.get_config() == model.optimizer.get_config()


def test_what_a_model_uses_stays_in_its_file(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Rescaling(1 / 255, offset=0.0),
            layers.Conv2D(2, 3, strides=2, padding="same", use_bias=False, name="narrow"),
            layers.Dropout(0.5, seed=7),
        ]
    )
    model.save(tmp_path / "plain.keras")
    portable.save(model, tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_config() == keras.saving.load_model(tmp_path / "plain.keras").get_config()
    assert loaded.get_layer("narrow").strides == (2, 2)


def test_operations_lose_their_names_only_where_no_layer_may_have_them(tmp_path):
    inputs = keras.Input((4,))
    cast = keras.Model(inputs, layers.Dense(2)(keras.ops.cast(inputs, "float32") + 1))
    portable.save(cast, tmp_path / "cast.keras")
    assert '"name": "cast' not in re.sub(
        r'"registered_name": "Cast", "name": "\w+"', "", config(tmp_path / "cast.keras")
    )
    both = keras.Model(
        inputs, layers.Add(name="add")([inputs, inputs]) + layers.Add(name="add_7")([inputs, inputs])
    )
    portable.save(both, tmp_path / "both.keras")
    numbers = np.arange(8.0).reshape(2, 4)
    for model, name in ((cast, "cast"), (both, "both")):
        keras.utils.clear_session()
        loaded = keras.saving.load_model(tmp_path / f"{name}.keras")
        assert np.array_equal(loaded.predict(numbers, verbose=0), model.predict(numbers, verbose=0))


def damaged(path, keras_version, metrics=None):
    """A model file that says which Keras it is from, and that no Keras loads."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": keras_version}))
        archive.writestr(
            "config.json", json.dumps({"class_name": "Sequential", "config": 1, "module": "keras"})
        )
        archive.writestr("model.weights.h5", b"")
    if metrics:
        (path.parent / "metrics.json").write_text(json.dumps(metrics))
    return path


def test_a_model_of_a_newer_keras_is_not_called_damaged(tmp_path):
    versions = {"versions": {"python": "3.14.1", "tensorflow": "2.99.0", "keras": "99.1.0"}}
    with pytest.raises(CourseError) as error:
        load_model(damaged(tmp_path / "model.keras", "99.1.0", versions))
    assert "kept with Keras 99.1.0, TensorFlow 2.99.0, Python 3.14.1" in str(error.value)
    assert f"more than the Keras {keras.__version__}" in str(error.value)
    assert "damaged" not in str(error.value)


def test_a_damaged_model_names_what_it_was_kept_with(tmp_path):
    with pytest.raises(CourseError, match=r"damaged, or Keras .* kept with Keras 3\.0\.1\. Run the lesson"):
        load_model(damaged(tmp_path / "model.keras", "3.0.1"))


def test_the_report_tells_on_colab_and_only_there_what_is_lost(monkeypatch):
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    report = doctor.Report([doctor.Check("missing", "Python", "")], [("00", "-", "-", "-")])
    assert "Drive" not in repr(report) and "run 'course doctor' again" in repr(report)
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    assert "drive.mount" in repr(report) and "run '!course doctor' again" in repr(report)


def test_commands_are_shown_as_they_work_on_colab(on_colab):
    assert machine.as_typed("course fetch 02") == "!course fetch 02"
    assert machine.as_typed("pip install 'a<2'") == "%pip install 'a<2'"
    assert machine.as_typed("python ci/run_lessons.py 02") == f"!python {ROOT}/ci/run_lessons.py 02"
    assert machine.as_typed("tensorboard --logdir a").splitlines() == [
        "%load_ext tensorboard",
        "%tensorboard --logdir a",
    ]


def test_without_papermill_one_line_says_how_to_get_it(monkeypatch, on_colab):
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "papermill" else find(name))
    with pytest.raises(NotAvailable, match=r"%pip install papermill$") as error:
        running.run(next(iter(all_lessons().values())), Path("unused.ipynb"))
    assert "\n" not in str(error.value)
    monkeypatch.setattr("sys.executable", "/bin/false")  # the doctor need not start TensorFlow for this
    (check,) = [check for check in doctor.report().checks if check.what == "running without a page"]
    assert check.state == "note" and "%pip install papermill" in check.detail


def test_the_table_on_a_runs_page(tmp_path):
    import page_table

    lesson = {"lesson": "02_a", "outcome": "passed", "seconds": 61.4, "versions": {"keras": "3.15.1"}}
    (row,) = page_table.table({"lessons": [{**lesson, "main_metric": {"name": "accuracy", "value": 0.5}}]})[
        2:
    ]
    assert row == "| 02_a | keras 3.15.1 | passed | 61 | accuracy 0.500 |"
    failed = {"set": "2026.08", "what": "models", "outcome": "failed", "seconds": 9, "set_up": None}
    assert page_table.table({"runs": [failed]})[2] == "| models | 2026.08 | **failed** | 9 |  |"
