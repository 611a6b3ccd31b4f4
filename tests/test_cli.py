"""The command line: help is quick and light, doctor tells the truth, fetch says sizes first."""

import ast
import graphlib
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_module import export

from course_utils import availability, cli, pretrained
from course_utils.cli import doctor
from course_utils.cli.lessons import find_lesson, needs
from course_utils.data import tfds_sets
from course_utils.errors import NotAvailable
from course_utils.files import course_folder

HEAVY = ("tensorflow", "keras", "matplotlib", "tensorflow_datasets", "sklearn", "papermill")


def test_package_and_command_line_import_nothing_heavy():
    program = (
        "import sys, course_utils, course_utils.cli\n"
        "try: course_utils.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "[]"
    assert all(command in answer.stdout for command in ("doctor", "fetch", "classify", "train"))


def modules():
    """The modules of the package: a dict of name to the names that it imports, anywhere in it."""
    found = {}
    for path in (course_folder() / "course_utils").rglob("*.py"):
        name = ".".join(path.relative_to(course_folder()).with_suffix("").parts).removesuffix(".__init__")
        found[name] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found[name] |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found[name] |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_nothing_outside_imports_the_commands():
    inside = {name for name in modules() if name.split(".")[1:2] == ["cli"]}
    assert "course_utils.cli.doctor" in inside
    assert [name for name, imported in modules().items() if name not in inside and imported & inside] == []


def test_imports_have_no_circle_neither_of_modules_nor_of_packages():
    packages = {}
    for name, imported in modules().items():
        imported &= set(modules())
        # A module of a package may import its neighbours; that runs the package's __init__, but needs it not.
        own = {name, name.rpartition(".")[0], "course_utils"}
        room = ".".join(name.split(".")[:2])
        packages.setdefault(room, set()).update(
            {".".join(other.split(".")[:2]) for other in imported} - own - {room}
        )
        packages.setdefault(name, set()).update(imported - own)
    graph = {
        name: needed for name, needed in packages.items() if name.count(".") == 1 and name != "course_utils"
    }
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) >= len(graph) > 10
    inner = {name: needed - {name.rpartition(".")[0]} for name, needed in packages.items()}
    assert list(graphlib.TopologicalSorter(inner).static_order())


def test_a_wrong_command_is_explained_and_is_exit_code_2(capsys):
    with pytest.raises(SystemExit) as exit_:
        cli.main(["docter"])
    assert exit_.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_doctor_is_content_with_this_machine(capsys):
    assert cli.main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert "Ready: every lesson can run" in text
    assert "02_cnn_with_1_conv_layer" in text and "fashion_mnist" in text


@pytest.fixture
def no_tensorflow(monkeypatch):
    """A machine where TensorFlow does not start."""
    monkeypatch.setattr(sys, "executable", "/bin/false")


@pytest.fixture
def quick_tensorflow(monkeypatch):
    """TensorFlow starts, which the doctor is told without a process of its own: that saves some seconds."""
    started = subprocess.CompletedProcess([], 0, stdout="3.15.1 tensorflow 0\n")
    monkeypatch.setattr(subprocess, "run", lambda *command, **options: started)


def examined(what, lesson):
    """What the doctor says: the check of ``what``, and the last two columns of a lesson's row."""
    report = doctor.report()
    (check,) = [check for check in report.checks if check.what == what]
    (row,) = [row for row in report.lessons if row[0].startswith(lesson)]
    return check.state, check.detail, row[-2:]


def test_doctor_without_network_says_that_lessons_use_drawings(offline, quick_tensorflow):
    state, detail, (taken, _) = examined("pictures: fashion_mnist", "02")
    assert (state, taken) == ("note", "the drawn sample")
    assert "does not answer" in detail


def test_doctor_with_network_says_the_size(offline, quick_tensorflow, monkeypatch):
    monkeypatch.setattr(availability, "network_answers", lambda address: True)
    assert examined("pictures: fashion_mnist", "02") == (
        "ok",
        "not here yet; 'course fetch' or a lesson downloads about 31 MB",
        ("downloads about 31 MB", "-"),
    )


def test_doctor_finds_what_is_missing(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(doctor, "SUPPORTED_PYTHON", ((3, 99), (3, 99)))
    monkeypatch.setattr(
        "importlib.metadata.requires",
        lambda name: ["no-such-package~=1.0", "numpy<1", "ruff; extra == 'test'"],
    )
    assert cli.main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    missing = [line for line in lines if line.startswith("missing")]
    found = [line.split()[1] for line in missing]
    assert found == ["Python", "no-such-package", "numpy", "TensorFlow", "course"]
    assert "pip install 'no-such-package~=1.0'" in missing[1] and "pip install 'numpy<1'" in missing[2]
    assert "COURSE_CACHE_DIR" in missing[4]
    assert lines[-1].startswith("Not ready")


def test_doctor_survives_a_tensorflow_that_does_not(monkeypatch, capsys):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert cli.main(["doctor"]) == 1
    assert "'import tensorflow' fails" in capsys.readouterr().out


def test_fetch_without_network_says_size_and_reason(offline, capsys):
    assert cli.main(["fetch", "02"]) == 1
    captured = capsys.readouterr()
    assert "Fashion-MNIST: not here and" in captured.out
    assert "Fashion-MNIST is not in" in captured.out and "TFDS_DATA_DIR" in captured.out


def test_fetch_says_what_cannot_be_downloaded(capsys):
    assert cli.main(["fetch", "06", "07"]) == 0
    assert capsys.readouterr().out.count("fashion_attributes: cannot be downloaded") == 1


def test_doctor_clears_features(course_cache, capsys):
    kept = course_cache / "features" / f"{0:020}.sqlite"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(bytes(1_500_000))
    assert cli.main(["doctor", "--clear", "features"]) == 0
    assert not kept.exists() and "Deleted 1.5 MB" in capsys.readouterr().out


def test_fetch_for_lessons_that_need_nothing(capsys):
    assert cli.main(["fetch", "00"]) == 0
    assert "Nothing to fetch" in capsys.readouterr().out


def published(look=lambda: None, download=lambda: pytest.fail("downloaded"), title="Pictures"):
    """Something published, as ``availability`` knows it."""
    sizes = {"download_bytes": 31_000_000, "disk_bytes": 0, "advice": "go without"}
    return availability.Published(title, Path("/nowhere"), "http://example.invalid", look, download, **sizes)


def test_fetch_fetches_what_is_missing_and_goes_on_after_a_failure(offline, monkeypatch, capsys):
    def damaged():
        raise NotAvailable("It is damaged. Delete that folder.")

    def fail():
        raise OSError("connection reset")

    parts = {
        "fashion_mnist": published(look=lambda: "here"),
        "cats_vs_dogs": published(look=damaged, title="Cats"),
        "tf_flowers": published(download=fail, title="Flowers"),
    }
    got = []
    monkeypatch.setattr(tfds_sets, "published", parts.get)
    monkeypatch.setattr(
        pretrained, "published", lambda handle: [published(download=lambda: got.append(handle))]
    )
    monkeypatch.setattr(availability, "network_answers", lambda address: True)
    assert cli.main(["fetch", "02", "08", "09"]) == 1
    said = capsys.readouterr().out
    assert "Pictures: in /nowhere" in said and "Cats: damaged. It is damaged. Delete that folder." in said
    assert "Flowers could not be downloaded" in said and "about 31 MB to download" in said
    assert len(got) == 3 and said.count("Pictures: downloaded to /nowhere") == 3


@pytest.mark.parametrize("damage", ["emptied", "cut", "no description"])
def test_doctor_and_fetch_name_damaged_pictures(damage, offline, quick_tensorflow, capsys):
    folder = offline / "fashion_mnist" / "3.0.1"
    shutil.copytree(tfds_sets.sample("fashion_mnist").data_path, folder)
    info = folder / "dataset_info.json"
    info.write_text(info.read_text().replace('"1.0.0"', '"3.0.1"') if damage != "no description" else "{")
    shard = next(folder.glob("*-train.tfrecord*"))
    if damage != "no description":
        shard.write_bytes(b"" if damage == "emptied" else shard.read_bytes()[:-9])
    state, detail, (taken, _) = examined("pictures: fashion_mnist", "02")
    assert (state, taken) == ("note", "the drawn sample")
    assert "damaged" in detail and "Delete that folder" in detail
    assert cli.main(["fetch", "02"]) == 1
    assert "Fashion-MNIST: damaged." in capsys.readouterr().out


def test_weights_that_are_not_here(offline, quick_tensorflow, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    state, detail, (_, taken) = examined("weights: MobileNet V2", "10")
    assert (state, taken) == ("note", "a stand-in")
    assert detail == "not here and tfhub.dev does not answer: lessons use a stand-in"
    monkeypatch.setattr(availability, "network_answers", lambda address: True)
    assert examined("weights: Inception V3", "10") == (
        "ok",
        "not here yet; 'course fetch' or a lesson downloads about 87 MB",
        ("downloads about 825 MB", "downloads about 9 MB"),
    )
    monkeypatch.setattr(availability, "network_answers", lambda address: False)
    assert cli.main(["fetch", "10"]) == 1
    assert "TFHUB_CACHE_DIR" in capsys.readouterr().out


def test_weights_that_are_here(offline, quick_tensorflow, monkeypatch, tmp_path):
    ((_, [handle]), kept) = needs(find_lesson("10")), tmp_path / "hub"
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(kept))
    folder = kept / hashlib.sha1(handle.encode()).hexdigest()
    folder.mkdir(parents=True)
    assert examined("weights: MobileNet V2", "10")[2][1] == "a stand-in"  # an empty folder is no module
    (folder / "saved_model.pb").write_bytes(b"")
    state, detail, _ = examined("weights: MobileNet V2", "10")
    assert state == "note" and "damaged" in detail and str(folder) in detail
    export(folder)
    assert examined("weights: MobileNet V2", "10")[2][1] == "the published one"


def test_fetch_of_an_unknown_lesson_lists_the_lessons(capsys):
    assert cli.main(["fetch", "77"]) == 2
    assert "02_cnn_with_1_conv_layer" in capsys.readouterr().err


def test_an_interrupted_fetch_says_what_is_kept(monkeypatch, capsys):
    def interrupted(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(tfds_sets, "published", interrupted)
    assert cli.main(["fetch"]) == 130
    assert "kept" in capsys.readouterr().err
