"""course_utils.cli.running and ci/run_lessons.py, on tiny notebooks that need no TensorFlow."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import psutil
import pytest

from course_utils.cli import execution, lessons, running
from course_utils.errors import CourseError

COURSE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(COURSE / "ci"))

import lesson_plan  # noqa: E402
import lesson_summary  # noqa: E402
import run_lessons  # noqa: E402

PARAMETERS = """\
DATA = "auto"  # a text
SEED = 0
EPOCHS: int = 10
ARTIFACTS = "artifacts"
RATE = 0.001
"""
MORE = 'ONLY_HERE = None\nSIZE = (28, 28)\nFAST = False\nCOLOR = "#ff0000"\nRULE = "a = b"\n'
MORE += "SIDE = 64  # pixels; at least 32\n"
SAVE = """\
import json, os, pathlib
folder = pathlib.Path(ARTIFACTS, LESSON)
folder.mkdir(parents=True)
(folder / "metrics.json").write_text(json.dumps({"test_accuracy": 0.9125, "data_source": "sample"}))
print(EPOCHS, DATA, os.environ["OMP_NUM_THREADS"], os.getcwd())"""
# In a session of its own: only somebody who looked before the kernel ended can find it.
LEAVE_BEHIND = """\
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
(folder / "child").write_text(str(child.pid))
time.sleep(1)"""
STUBBORN = """\
import time
while True:
    try:
        time.sleep(1)
    except BaseException:
        print("no")"""
NOTE_PID = 'import os; open(ARTIFACTS + ".pid", "w").write(str(os.getpid()))'


def write(folder, name, *cells, parameters=PARAMETERS, tags=None):
    """Write a lesson: Markdown where a cell starts with #, else code; ``tags`` by index of ``cells``."""
    made = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    for index, source in enumerate(cells):
        make = nbformat.v4.new_markdown_cell if source.startswith("#") else nbformat.v4.new_code_cell
        made.append(make(source, metadata={"tags": (tags or {}).get(index, [])}))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb"


def call(*arguments):
    """Run the command line in this process: its exit code and what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = run_lessons.main([str(argument) for argument in arguments])
    return code, printed.getvalue()


def labels(path):
    """Of each code cell of an executed notebook: has it an execution count, and its label."""
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    return [(cell.execution_count is not None, cell.metadata.papermill.status) for cell in cells]


def children():
    return [process for process in psutil.Process().children(recursive=True) if process.status() != "zombie"]


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Four lessons that end in four ways, run two at a time; braces must not matter in a folder's name."""
    folder = tmp_path_factory.mktemp("{lessons}")
    save = SAVE.replace("LESSON", "'01_passes'")
    write(folder, "01_passes", "# Title", save, "1 / 0", LEAVE_BEHIND, tags={2: ["raises-exception"]})
    write(folder, "02_fails", "print('epoch 1\\repoch 2')\n1 / 0", "print('not reached')", "# End")
    ending = "import os, time\nprint('last words')\ntime.sleep(0.5)\n"
    write(folder, "03_exits", "print('before')", ending + "os._exit(3)", "print('not reached')", "# End")
    write(folder, "04_is_killed", ending + "os.kill(os.getpid(), 9)", "print('not reached')")
    out = tmp_path_factory.mktemp("out")
    code, printed = call("--notebooks", folder, "--out", out, "--jobs", 2, "-p", "EPOCHS", 2)
    records = {r["lesson"]: r for r in json.loads((out / "summary.json").read_text())["lessons"]}
    return SimpleNamespace(folder=folder, out=out, code=code, printed=printed, records=records)


def test_a_lesson_that_passes(batch):
    record = batch.records["01_passes"]
    assert (record["outcome"], record["error"], record["cell"]) == ("passed", "", None)
    assert record["seconds"] > 0
    assert record["peak_memory_bytes"] > 10e6
    assert record["main_metric"] == {"name": "test_accuracy", "value": 0.9125}
    notebook = nbformat.read(batch.out / record["executed"], 4)
    text = next(cell for cell in notebook.cells if "EPOCHS, DATA" in cell.source).outputs[0].text
    threads = max(1, os.cpu_count() // 2)
    # The parameters took effect, the thread cap holds, and the kernel worked in the notebook's folder.
    assert text.split(maxsplit=3) == ["2", "sample", str(threads), f"{batch.folder}\n"]
    assert all(done and label == "completed" for done, label in labels(batch.out / record["executed"]))


def test_an_error_that_its_tag_allows_is_no_failure_and_no_banner_stays(batch):
    notebook = nbformat.read(batch.out / "01_passes.ipynb", 4)
    assert any(output.output_type == "error" for cell in notebook.cells for output in cell.get("outputs", []))
    for path in batch.out.glob("*.ipynb"):
        assert "papermill-error" not in path.read_text()
        nbformat.validate(nbformat.read(path, 4))


def test_a_cell_with_an_error(batch):
    record = batch.records["02_fails"]
    assert (record["outcome"], record["error"]) == ("failed", "ZeroDivisionError: division by zero")
    executed = nbformat.read(batch.out / record["executed"], 4)
    cell = executed.cells[record["cell"]["index"]]
    assert (cell.id, cell.source.splitlines()[0]) == (record["cell"]["id"], record["cell"]["source"])
    assert record["last_output"] == "epoch 2"  # a rewritten line counts as it was last seen
    assert labels(batch.out / record["executed"]) == [(True, "completed")] * 2 + [
        (True, "failed"),
        (False, "pending"),
    ]


@pytest.mark.parametrize(
    ("lesson", "cause", "completed"),
    [("03_exits", "exit status 3", 3), ("04_is_killed", "signal 9 (Killed), most likely because memory", 2)],
)
def test_a_kernel_that_dies(batch, lesson, cause, completed):
    record = batch.records[lesson]
    assert record["outcome"] == "died"
    assert cause in record["error"]
    assert record["cell"]["source"] == "import os, time"
    assert record["last_output"] == "last words"
    stopped = [(True, "failed"), (False, "pending")]
    assert labels(batch.out / record["executed"]) == [(True, "completed")] * completed + stopped
    assert "The cells below did not run" in (batch.out / record["executed"]).read_text()


def test_the_summary_says_what_the_results_depend_on(batch):
    record = batch.records["01_passes"]
    assert list(batch.records) == ["01_passes", "02_fails", "03_exits", "04_is_killed"]
    assert record["data_source"] == "sample"
    assert record["profile"] == "smoke"
    assert record["parameters"] == {
        "DATA": "sample",
        "SEED": 0,
        "EPOCHS": 2,
        "ARTIFACTS": str(batch.out / "artifacts"),
        "RATE": 0.001,
    }
    assert set(record["versions"]) == {"python", "tensorflow", "keras"}
    assert record["started"].startswith("20")
    assert batch.records["02_fails"]["main_metric"] is None


def test_the_table_and_the_exit_code(batch):
    assert batch.code == 1
    for lesson, record in batch.records.items():
        assert f"{lesson}: started" in batch.printed
        assert f"{lesson}: {record['outcome']}, " in batch.printed
    assert "test_accuracy 0.912 (sample)" in batch.printed or "test_accuracy 0.913 (sample)" in batch.printed
    cell = batch.records["02_fails"]["cell"]
    for part in ("ZeroDivisionError", f"id {cell['id']}", "| last words", str(batch.out / "03_exits.ipynb")):
        assert part in batch.printed


def test_nothing_is_left_over(batch):
    executed = {f"{lesson}.ipynb" for lesson in batch.records}
    assert {path.name for path in batch.out.iterdir()} == executed | {"summary.json", "artifacts"}
    assert children() == []
    child = int((batch.out / "artifacts" / "01_passes" / "child").read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"


def test_metrics_of_an_earlier_run_do_not_count(batch, tmp_path):
    old = batch.out / "artifacts" / "01_passes" / "metrics.json"
    notebook = write(tmp_path, "01_passes", "2 + 2")
    seen = []
    outcome = running.run(
        notebook, tmp_path / "out.ipynb", {"ARTIFACTS": str(old.parent.parent)}, on_progress=seen.append
    )
    assert (outcome.outcome, outcome.metrics, outcome.main_metric) == ("passed", {}, None)
    assert seen[-1].cell == seen[-1].cells == 3
    assert seen[-1].seconds > 0


def test_the_time_limit_ends_a_sleeping_cell(tmp_path):
    notebook = write(tmp_path, "01_sleeps", "print('good night')", "import time; time.sleep(300)", "2 + 2")
    outcome = running.run(notebook, tmp_path / "out" / "01_sleeps.ipynb", timeout=12)
    assert outcome.outcome == "timed out"
    assert "12 s" in outcome.error
    assert outcome.cell.source == "import time; time.sleep(300)"
    assert 12 <= outcome.seconds < 40
    assert labels(outcome.output)[-2:] == [(True, "failed"), (False, "pending")]
    assert children() == []


def test_the_time_limit_is_for_the_whole_lesson(tmp_path):
    notebook = write(tmp_path, "01_short", *["import time; time.sleep(0.5)"] * 30)
    outcome = running.run(notebook, tmp_path / "out" / "01_short.ipynb", timeout=5)
    assert outcome.outcome == "timed out"
    assert 5 <= outcome.seconds < 15


def test_ctrl_c_ends_even_a_cell_that_does_not_listen(tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "GRACE", 0.5)
    notebook = write(tmp_path, "01_stubborn", STUBBORN, "2 + 2")

    def press(progress):
        if progress.cell == 3 and not pressed:
            pressed.append(time.sleep(0.5))
            press_at_once()

    pressed = []
    outcome = running.run(
        notebook, tmp_path / "out" / "01_stubborn.ipynb", threads=1, timeout=60, on_progress=press
    )
    assert outcome.outcome == "interrupted"
    assert outcome.seconds < 30
    assert children() == []


def test_a_mistake_of_the_caller_leaves_no_kernel_and_no_lesson_is_overwritten(tmp_path):
    notebook = write(tmp_path, "01_sleeps", "import time; time.sleep(300)")

    def mistake(progress):
        return 1 / (3 - progress.cell)

    with pytest.raises(ZeroDivisionError):
        running.run(notebook, tmp_path / "out" / "01_sleeps.ipynb", on_progress=mistake)
    assert children() == []
    with pytest.raises(CourseError, match="overwrite"):
        running.run(notebook, notebook)


UNSHOWN = """\
class Unshown:
    def _repr_html_(self): raise ValueError("cannot be drawn")
    def __repr__(self): return "unshown"
"""


@pytest.mark.parametrize(
    ("cell", "goes_on"),
    [(UNSHOWN + "Unshown()", False), (UNSHOWN + "display(Unshown())\nprint('still here')", True)],
)
def test_an_error_while_an_output_is_shown_has_its_own_name(tmp_path, cell, goes_on):
    notebook = write(tmp_path, "01_shows", cell, "print('after')")
    outcome = running.run(notebook, tmp_path / "out" / "01_shows.ipynb")
    assert outcome.outcome == "failed"
    assert outcome.error.startswith("ValueError: cannot be drawn")
    assert (outcome.cell.source, outcome.cell.index) == ("class Unshown:", 2)
    assert "NoneType" not in outcome.explanation
    states = [(True, "failed"), (True, "completed") if goes_on else (False, "pending")]
    assert labels(outcome.output)[-2:] == states


def test_an_error_while_an_output_is_shown_can_be_allowed(tmp_path):
    cells = (UNSHOWN + "Unshown()", "display(Unshown())")
    notebook = write(tmp_path, "01_shows", *cells, tags={0: ["raises-exception"], 1: ["raises-exception"]})
    assert running.run(notebook, tmp_path / "out" / "01_shows.ipynb").outcome == "passed"


def test_results_that_could_not_be_kept_are_told_before_anything_runs(tmp_path):
    notebook = write(tmp_path, "01_keeps", "1 + 1")
    (tmp_path / "file").touch()
    (tmp_path / "out" / "01_keeps.ipynb").mkdir(parents=True)
    with pytest.raises(CourseError, match=r"overwrite the folder .*01_keeps\.ipynb"):
        running.run(notebook, tmp_path / "out" / "01_keeps.ipynb")
    for artifacts in ("file", "file/deeper"):
        with pytest.raises(CourseError, match="Cannot write to the folder"):
            running.run(notebook, tmp_path / "a.ipynb", {"ARTIFACTS": str(tmp_path / artifacts)})
    assert not (tmp_path / "a.ipynb").exists()


def test_output_is_streamed_while_a_cell_runs(tmp_path):
    seen = tmp_path / "seen"
    # The cell waits for a file that exists only if its first line has arrived by then.
    waits = f"""\
import pathlib, sys, time
print("Epoch 1/2", flush=True)
until = time.monotonic() + 60
while time.monotonic() < until and not pathlib.Path({str(seen)!r}).exists():
    time.sleep(0.05)
print("in time" if time.monotonic() < until else "late")
print("a warning", file=sys.stderr)"""
    events = []

    def hear(text):
        events.append(text)
        seen.touch()

    notebook = write(tmp_path, "01_prints", "# Title", waits, "2 + 2", "print('end', end='')")
    outcome = running.run(
        notebook,
        tmp_path / "out" / "01.ipynb",
        on_progress=lambda now: events.append(now.cell),
        on_output=hear,
    )
    assert outcome.outcome == "passed"
    texts = [event for event in events if isinstance(event, str)]
    assert "".join(texts) == "Epoch 1/2\nin time\na warning\nend"
    cells = [events[index - 1] for index, event in enumerate(events) if isinstance(event, str)]
    assert cells == [4] * (len(texts) - 1) + [6]  # counted from 1, after parameters: two cells of them


# What a fit with training.KeepBest does, without TensorFlow.
FIT = """\
import signal, time
def fit(enough):
    pressed = []
    signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
    print("Epoch 1/9", flush=True)
    while len(pressed) < enough:
        time.sleep(0.05)
    print("kept")"""


def press_at_once():
    os.kill(os.getpid(), signal.SIGINT)


def press_soon():
    """Press while the runner waits: only for cells that do not end before."""
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()


def run_and_press(tmp_path, presses, *cells, press=press_soon):
    """Run a lesson and press Ctrl-C when a text comes that contains the next of ``presses``."""
    presses, heard = list(presses), []

    def hear(text):
        heard.append(text)
        if presses and presses[0] in text:
            presses.pop(0)
            press()

    notebook = write(tmp_path, "01_fits", *cells)
    output = tmp_path / "out" / "01_fits.ipynb"
    outcome = running.run(notebook, output, timeout=120, on_output=hear, end_fit_first=True)
    assert presses == []
    assert children() == []
    return outcome, "".join(heard)


def test_ctrl_c_can_end_each_fit_and_the_lesson_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "_TWICE", 0)  # as if somebody waited before the second
    cells = (FIT, "fit(1)", "fit(1)", "print('saved')")
    outcome, heard = run_and_press(tmp_path, ["Epoch", "Epoch"], *cells)
    assert (outcome.outcome, outcome.error) == ("passed", "")
    assert heard.count("Ctrl-C: ending this fit") == heard.count("kept") == 2
    assert heard.endswith("saved\n")


def test_a_fit_is_known_by_its_epochs_too(tmp_path):
    outcome, heard = run_and_press(tmp_path, ["Epoch"], FIT, "train = fit", "train(1)", "print('saved')")
    assert (outcome.outcome, "ending this fit" in heard) == ("passed", True)


def test_a_second_ctrl_c_at_once_stops_the_lesson_in_whatever_cell(tmp_path):
    cells = (FIT, "fit(1)", "print('next', flush=True)\ntime.sleep(300)", "print('saved')")
    outcome, heard = run_and_press(tmp_path, ["Epoch", "next"], *cells)
    assert (outcome.outcome, "ending this fit" in heard, "saved" in heard) == ("interrupted", True, False)
    assert outcome.output.is_file()


def test_ctrl_c_many_times_leaves_a_whole_notebook_and_no_kernel(tmp_path):
    def press():
        for _ in range(20):
            os.kill(os.getpid(), signal.SIGINT)

    outcome, _ = run_and_press(tmp_path, ["Epoch"], FIT, "fit(1)", "print('saved')", press=press)
    assert outcome.outcome == "interrupted"
    nbformat.validate(nbformat.read(outcome.output, 4))


def test_a_second_ctrl_c_in_one_cell_stops_the_lesson(tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "GRACE", 0.5)
    outcome, heard = run_and_press(tmp_path, ["Epoch", "ending this fit"], FIT, "fit(3)", "print('saved')")
    assert outcome.outcome == "interrupted"
    assert outcome.cell.source == "fit(3)"
    assert "stopping the lesson" in heard and "saved" not in heard


def test_ctrl_c_outside_a_fit_waits_for_a_second_one(tmp_path):
    waits = "import time\nprint('waiting', flush=True)\ntime.sleep(1)\nprint('waited')"
    save = "print('saved')"
    outcome, heard = run_and_press(tmp_path, ["waiting"], waits, save, press=press_at_once)
    assert outcome.outcome == "passed"
    assert "no fit is running here" in heard
    assert "waited" in heard and "saved" in heard
    outcome, heard = run_and_press(tmp_path, ["waiting", "no fit"], waits, save, press=press_at_once)
    assert outcome.outcome == "interrupted"
    assert "saved" not in heard


def test_a_fit_that_does_not_take_the_interruption_well_is_interrupted_not_failed(tmp_path):
    unprotected = "import time\nprint('Epoch 1/9', flush=True)\ntime.sleep(300)"
    outcome, _ = run_and_press(tmp_path, ["Epoch"], unprotected, "print('saved')")
    assert outcome.outcome == "interrupted"
    assert outcome.cell.source == "import time"
    assert labels(outcome.output)[-2:] == [(True, "failed"), (False, "pending")]
    assert "Epoch 1/9" in outcome.explanation and str(outcome.output) in outcome.explanation


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_kill_and_a_closed_terminal_keep_what_was_reached(tmp_path, name):
    def press():
        os.kill(os.getpid(), getattr(signal, name))

    outcome, _ = run_and_press(tmp_path, ["Epoch"], FIT, "fit(1)", "print('saved')", press=press)
    assert outcome.outcome == "interrupted"
    assert labels(outcome.output)[-2:] == [(True, "failed"), (False, "pending")]


def test_a_reader_that_goes_away_leaves_a_whole_notebook_and_no_kernel(tmp_path):
    def gone(text):
        raise BrokenPipeError

    notebook = write(tmp_path, "01_prints", "print('a line', flush=True)\nimport time; time.sleep(300)")
    with pytest.raises(BrokenPipeError):
        running.run(notebook, tmp_path / "out.ipynb", on_output=gone)
    assert labels(tmp_path / "out.ipynb")[-1] == (True, "failed")
    assert children() == []


def test_what_is_ignored_stays_ignored(tmp_path):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
    try:
        with running.calling_on((signal.SIGHUP,), lambda: pytest.fail("called")):
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_ctrl_c_keeps_what_was_reached(tmp_path):
    folder, out = tmp_path / "notebooks", tmp_path / "out"
    write(folder, "01_first", "1 + 1")
    write(folder, "02_sleeps", NOTE_PID, "import time; time.sleep(300)", "2 + 2")
    write(folder, "03_never", "3 + 3")
    command = [sys.executable, COURSE / "ci" / "run_lessons.py", "--notebooks", folder, "--out", out]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        pid = out / "artifacts.pid"
        while not (pid.is_file() and pid.read_text()):
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.1)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        printed = process.communicate(timeout=60)[0]
    assert process.returncode == 130
    records = {r["lesson"]: r["outcome"] for r in json.loads((out / "summary.json").read_text())["lessons"]}
    assert records == {"01_first": "passed", "02_sleeps": "interrupted"}
    assert "not run" in printed
    assert "Traceback" not in printed
    assert labels(out / "02_sleeps.ipynb")[-2:] == [(True, "failed"), (False, "pending")]
    assert not psutil.pid_exists(int(pid.read_text()))
    assert {p.name for p in out.iterdir()} == {"01_first.ipynb", "02_sleeps.ipynb", "summary.json", pid.name}


def test_resume_runs_only_what_is_new(tmp_path):
    folder, out = tmp_path / "notebooks", tmp_path / "out"
    write(folder, "01_stays", "1 + 1")
    write(folder, "02_changes", "1 / 0")
    arguments = ("--notebooks", folder, "--out", out, "--jobs", 2)
    assert call(*arguments)[0] == 1
    before = (out / "01_stays.ipynb").stat().st_mtime_ns
    notebook = nbformat.read(folder / "02_changes.ipynb", 4)
    notebook.cells[-1].source = "1 / 1"
    nbformat.write(notebook, folder / "02_changes.ipynb")
    code, printed = call(*arguments, "--resume")
    assert code == 0
    assert "01_stays    passed earlier" in printed
    assert "02_changes: passed" in printed
    assert (out / "01_stays.ipynb").stat().st_mtime_ns == before
    code, printed = call("1", *arguments, "--resume")  # nothing left to do, and the other record stays
    assert (code, printed.count("started")) == (0, 0)
    assert len(json.loads((out / "summary.json").read_text())["lessons"]) == 2

    def has_passed(*parameters, profile="smoke"):
        (task,) = lesson_plan.plan(lesson_plan.read_profile(profile), ["1"], parameters, out, folder)
        return lesson_summary.Summary(out / "summary.json", profile, keep=True).has_passed(task)

    assert has_passed()
    assert not has_passed(("EPOCHS", "3"))
    assert not has_passed(profile="standard")
    (out / "01_stays.ipynb").unlink()
    assert not has_passed()


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    write(folder, "01_one", "1 + 1")
    write(folder, "02_two", "1 + 1", parameters=PARAMETERS + MORE)
    (folder / "blocked").write_text("a file where a folder would be")
    for name, text in {
        "own": "lessons: {01_one: {EPOCHS: 1}}\nparameters: {ONLY_HERE: 5, NOWHERE: 6}\ntimeout: 5",
        "strange": "parametres: {}",
        "typo": "lessons: {01_one: {EPOCH: 1}}",
        "wrong": "parameters: {EPOCHS: many}",
        "sixty": "parameters: {EPOCHS: 1:30}",
        "never": "parameters: {EPOCHS: 0}",
        "hurry": "timeout: 0",
    }.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["02_tow"], ["'02_tow' is no lesson (did you mean 02_two?)", "01_one"]),
        (["7"], ["'7' is no lesson"]),
        (["0"], ["'0' is no lesson"]),
        (["-p", "EPOCH", "1"], ["01_one has no parameter EPOCH (did you mean EPOCHS?)", "SEED"]),
        (["-p", "ONLY_HERE", "1"], ["have no parameter ONLY_HERE: 01_one"]),
        (["-p", "EPOCHS", "abc"], ["EPOCHS = 'abc' does not fit 01_one", "int"]),
        (["-p", "EPOCHS", "1.5"], ["EPOCHS = 1.5 does not fit"]),
        (["-p", "EPOCHS", "true"], ["EPOCHS = True does not fit"]),
        (["-p", "EPOCHS", "0"], ["EPOCHS = 0 does not fit 01_one: it must be a number of at least 1"]),
        (["-p", "EPOCHS", "-3"], ["EPOCHS = -3 does not fit"]),
        (["-p", "EPOCHS", "1:30"], ["EPOCHS = '1:30' does not fit"]),
        (["-p", "EPOCHS", "0x10"], ["EPOCHS = '0x10' does not fit"]),
        (["-p", "EPOCHS", "99999999999"], ["at most 2,147,483,647"]),
        (["-p", "EPOCHS", "9" * 5000], ["not valid YAML"]),
        (["-p", "SEED", "-1"], ["SEED = -1 does not fit"]),
        (["-p", "SEED", "4294967296"], ["SEED", "at most 4,294,967,295"]),
        (["-p", "RATE", ".nan"], ["RATE = nan does not fit"]),
        (["-p", "RATE", "-0.1"], ["RATE = -0.1 does not fit"]),
        (["2", "-p", "SIDE", "31"], ["SIDE = 31 does not fit 02_two: it must be a number of at least 32"]),
        (["-p", "RATE", "fast"], ["RATE = 'fast' does not fit"]),
        (["-p", "EPOCHS", "[1"], ["not valid YAML"]),
        (["--profile", "smoek"], ["no profile 'smoek'", "full, smoke, standard"]),
        (["--profile", "{course}/strange.yaml"], ["parametres"]),
        (["--profile", "{course}/typo.yaml"], ["In the profile", "no parameter EPOCH", "EPOCHS"]),
        (["--profile", "{course}/wrong.yaml"], ["EPOCHS = 'many' does not fit"]),
        (["--profile", "{course}/sixty.yaml"], ["EPOCHS = '1:30' does not fit"]),
        (["--profile", "{course}/never.yaml"], ["EPOCHS = 0 does not fit"]),
        (["--profile", "{course}/hurry.yaml"], ["timeout: 0", "1 at least"]),
        (["--out", "{course}/blocked/out"], ["Cannot write to the folder"]),
        (["--out", "{course}"], ["is where the lessons are"]),
        (["--notebooks", "{course}/nowhere"], ["No lessons in"]),
    ],
)
def test_mistakes_in_the_call_are_told_before_anything_runs(course, tmp_path, arguments, expected):
    arguments = [argument.replace("{course}", str(course)) for argument in arguments]
    started = time.monotonic()
    code, printed = call("--notebooks", course, "--out", tmp_path / "out", *arguments)
    assert code == 2
    assert printed.startswith("run_lessons: ")
    assert printed.count("\n") == 1
    for part in expected:
        assert part in printed
    assert not (tmp_path / "out").exists()
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("arguments", ["--jobs 0", "--timeout -1", "--timeout soon", "-p A"])
def test_numbers_out_of_range(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        run_lessons.main(arguments.split())
    assert stopped.value.code == 2
    assert "run_lessons: error" in capsys.readouterr().err


def test_a_lesson_can_be_named_in_many_ways(course):
    one, two = course / "01_one.ipynb", course / "02_two.ipynb"
    assert lessons.all_lessons(course) == {"01_one": one, "02_two": two}
    for text in ("02_two", "02", "2", "02_t", "02_two.ipynb", str(two)):
        assert lessons.find_lesson(text, course) == two
    for text in ("", "0_", "nothing.ipynb", "3"):
        with pytest.raises(CourseError, match="01_one, 02_two"):
            lessons.find_lesson(text, course)


def test_parameters_keep_the_types_of_their_defaults(course):
    two = course / "02_two.ipynb"
    assert lessons.parameters_of(two) == {
        "DATA": "auto",
        "SEED": 0,
        "EPOCHS": 10,
        "ARTIFACTS": "artifacts",
        "RATE": 0.001,
        "ONLY_HERE": None,
        "SIZE": (28, 28),
        "FAST": False,
        "COLOR": "#ff0000",
        "RULE": "a = b",
        "SIDE": 64,
    }
    texts = {
        "DATA": "1",
        "EPOCHS": "010",
        "RATE": "1e-3",
        "ONLY_HERE": "[1, no, 08, 1:30, ~]",
        "SIZE": "[8, 8]",
        "FAST": "no",
    }
    mixed = [1, "no", 8, "1:30", None]
    expected = {"DATA": "1", "EPOCHS": 10, "RATE": 0.001, "ONLY_HERE": mixed, "SIZE": (8, 8), "FAST": False}
    assert lessons.checked_parameters(two, texts, from_text=True) == expected
    rate = lessons.checked_parameters(two, {"RATE": 1})["RATE"]
    assert (rate, type(rate)) == (1.0, float)
    with pytest.raises(CourseError, match="RATE"):
        lessons.checked_parameters(two, {"RATE": True})
    broken = course / "blocked"
    with pytest.raises(CourseError, match="cannot be read as a notebook"):
        lessons.parameters_of(broken)


def test_a_folder_counts_from_the_current_one_and_words_are_checked(tmp_path, monkeypatch):
    (tmp_path / "mine" / "sample").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    lesson = lessons.find_lesson("8")

    def data(value, lesson=lesson):
        return lessons.checked_parameters(lesson, {"DATA": value}, from_text=True)["DATA"]

    assert data("mine") == data("./mine/") == str(tmp_path / "mine")
    assert data("mine/sample") == str(tmp_path / "mine" / "sample")
    assert data("sample") == "sample"
    monkeypatch.chdir("mine")
    assert data("sample") == "sample"  # a word comes before a folder of that name
    assert data("../mine", write(tmp_path, "01_own", "print(DATA)")) == str(tmp_path / "mine")
    for value, expected in (("kept", tmp_path / "mine" / "kept"), ("~/kept", Path.home() / "kept")):
        checked = lessons.checked_parameters(lesson, {"ARTIFACTS": value}, from_text=True)
        assert checked == {"ARTIFACTS": str(expected)}
    for value in ("theirs", "../theirs", ""):
        with pytest.raises(CourseError, match="there is no folder /") as refused:
            data(value)
        assert value == "" or str(tmp_path) in str(refused.value)
    with pytest.raises(CourseError, match="WEIGHTS = 'publisched' is none of 'auto', 'published'"):
        lessons.checked_parameters(lesson, {"WEIGHTS": "publisched"}, from_text=True)
    code, printed = call("2", "-p", "DATA", "theirs", "--out", tmp_path / "out")
    assert (code, f"there is no folder {tmp_path / 'mine' / 'theirs'}" in printed) == (2, True)


def test_a_profile_sets_what_the_lessons_have(course):
    profile = lesson_plan.read_profile(str(course / "own.yaml"))
    one, two = lesson_plan.plan(profile, parameters=[("SEED", "7")], folder=course)
    assert one.parameters == {"EPOCHS": 1, "SEED": 7, "ARTIFACTS": os.path.abspath("build/lessons/artifacts")}
    assert two.parameters == {"ONLY_HERE": 5, "SEED": 7, "ARTIFACTS": one.parameters["ARTIFACTS"]}
    assert profile["timeout"] == 5


@pytest.mark.parametrize("name", ["smoke", "standard", "full"])
def test_the_profiles_of_the_course_fit_its_lessons(name):
    assert len(lesson_plan.plan(lesson_plan.read_profile(name))) == len(lessons.all_lessons())


def test_help_needs_nothing_heavy():
    code = (
        "import sys; sys.path.insert(0, 'ci'); import run_lessons, course_utils.cli.running\n"
        "print([name for name in ('papermill', 'nbformat', 'tensorflow', 'yaml') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], cwd=COURSE, text=True).strip() == "[]"
