#!/usr/bin/env python
"""Do the lessons run on Colab with one click? Try it here, on the package sets that Colab has or had.

    make colab                                        # all sets; every lesson on the newest one
    python ci/colab/check.py --sets 2026.04 -- 02 05  # some sets, some lessons

For each list in this folder an environment is built with exactly its versions; then each lesson's notebook
runs alone, from an empty folder, with the profile "smoke". Its set-up cell fetches the last commit of this
checkout in place of the published course. A lesson fails if the set-up cell prints anything or takes long, if
any cell raises an error, or if the report in lesson 00 is not "Ready". At the end the kept models and the
stand-ins are loaded with older and newer versions of Keras, and have to answer the same.

COLABTOOLS (or --colabtools) names a checkout of googlecolab/colabtools: then the lessons run in Colab's own
kernel class; else in an ordinary one. Exit code 0: all passed, 1: not all, 2: a mistake in the call.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # runs from a clone that is not installed, too

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from lesson_plan import read_profile
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from repository import address

from course_utils.artifacts import Table, write_json
from course_utils.cli.lessons import all_lessons, find_lesson, parameters_of
from course_utils.errors import CourseError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SETS = sorted(path.stem for path in HERE.glob("*.txt"))
OLDER_LESSONS = ("00", "02", "05", "08")  # on sets other than the newest, if none are named
OLDEST_KERAS = "3.10.0"  # tried on sets with TensorFlow 2.19, which can have it
LONGEST_SET_UP = 30  # seconds
# What pip says about restarting, and about settings of this machine that Colab does not have.
PIP_NOTES = re.compile(r"Note: you may need to restart|WARNING: (Location .* is ignored|Running pip as)")


def main(arguments=None):
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="such as 02; else those of each set")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS, help="default: all of them")
    parser.add_argument("--colabtools", default=os.environ.get("COLABTOOLS"), metavar="DIR")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "colab", metavar="DIR")
    options = parser.parse_args(arguments)
    records = []
    try:
        check_call(options)
        for name in options.sets:
            records += check_set(name, options)
            write_json(options.out / "summary.json", {"kernel": kernel_name(options), "runs": records})
    except CourseError as error:
        print(f"colab: {error}", file=sys.stderr)
        return error.exit_code
    rows = [
        (record["set"], record["what"], record["outcome"], record["set_up"], record["seconds"])
        for record in records
    ]
    print(f"\nKernel: {kernel_name(options)}")
    print(Table(("set", "what", "outcome", "set-up (s)", "all (s)"), rows))
    failed = [record for record in records if record["outcome"] != "passed"]
    for record in failed:
        print(f"\n{record['set']}, {record['what']}:\n{record['why']}")
    return 1 if failed else 0


def check_call(options):
    """Raise CourseError, before anything is built, for what is wrong in the call or missing here."""
    for text in options.lessons:
        find_lesson(text)
    for name in options.sets:
        interpreter(name)
    if options.colabtools and not Path(options.colabtools, "google", "colab", "_kernel.py").is_file():
        raise CourseError(
            f"COLABTOOLS = {options.colabtools!r} is no checkout of googlecolab/colabtools. Clone it there, "
            "or leave COLABTOOLS empty: an ordinary kernel is used then."
        )


def kernel_name(options):
    """Return in words which kernel runs the lessons."""
    return "google.colab._kernel.Kernel" if options.colabtools else "an ordinary one; COLABTOOLS is not set"


def check_set(name, options):
    """Run the lessons on one set and load the models; return a list of records, dicts for the summary."""
    lessons = options.lessons or (OLDER_LESSONS if name != SETS[-1] else all_lessons())
    notebooks = [find_lesson(text) for text in lessons]
    smoke = read_profile("smoke")
    folder = (options.out / name).resolve()
    environment = build(name, folder / "env", options.colabtools)
    records = []
    for notebook in notebooks:
        allowed = parameters_of(notebook)
        values = {key: value for key, value in smoke["parameters"].items() if key in allowed}
        values |= smoke["lessons"].get(notebook.stem) or {}
        record = run_lesson(notebook, values, environment, folder / notebook.stem, bool(options.colabtools))
        records.append({"set": name, "what": notebook.stem, **record})
        print(f"{name} {notebook.stem}: {record['outcome']}, {record['seconds']} s", flush=True)
    records.append({"set": name, "what": "models", **check_models(environment, folder)})
    return records


def interpreter(name):
    """Return the Python of a set's version; CourseError where this machine has none."""
    text = (HERE / f"{name}.txt").read_text(encoding="utf-8")
    version = re.search(r"^# python (\S+)", text, re.MULTILINE)[1]
    python = shutil.which(f"python{version}")
    if python is None or subprocess.run([python, "--version"], capture_output=True).returncode:
        raise CourseError(f"The set {name} needs python{version} on the PATH. Install it, or choose SETS.")
    return python


def build(name, environment, colabtools):
    """Make the environment of a set, unless it is there, and return its folder."""
    requirements = HERE / f"{name}.txt"
    text = requirements.read_text(encoding="utf-8")
    stamp = environment / "built"
    wanted = hashlib.sha256(f"{text}{colabtools}".encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return environment
    print(f"{name}: building its environment", flush=True)
    shutil.rmtree(environment, ignore_errors=True)
    install = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps"]
    try:
        subprocess.run([interpreter(name), "-m", "venv", environment], check=True)
        subprocess.run([*install, "--requirement", requirements], check=True)
        if colabtools:
            subprocess.run([*install, colabtools], check=True)
    except subprocess.CalledProcessError as error:
        raise CourseError(f"The environment of {name} could not be made, see above: {error}") from error
    stamp.write_text(wanted)
    return environment


def copied(environment, folder):
    """Return a copy of ``environment`` in ``folder`` that may be changed; the files are hard links."""
    shutil.copytree(environment, folder, symlinks=True, copy_function=os.link)
    for program in filter(Path.is_file, (folder / "bin").iterdir()):
        text = program.read_bytes()
        if text.startswith(b"#!"):  # a script such as pip names the interpreter that it belongs to
            program.unlink()
            program.write_bytes(text.replace(bytes(environment), bytes(folder)))
            program.chmod(0o755)
    return folder


def run_lesson(notebook, values, environment, folder, own_kernel):
    """Run one lesson in the environment of its set, from a folder with nothing in it; return a record."""
    shutil.rmtree(folder, ignore_errors=True)
    content = folder / "content"
    content.mkdir(parents=True)
    environment = copied(environment, folder / "env")
    cache = folder.parent / "cache"  # what the course draws, drawn once for all lessons of a set
    page = nbformat.read(notebook, as_version=4)
    position = next(i for i, cell in enumerate(page.cells) if "parameters" in cell.metadata.get("tags", []))
    given = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    page.cells.insert(position + 1, nbformat.v4.new_code_cell(given, id="smoke"))
    client = NotebookClient(page, timeout=1800, record_timing=True, resources={"metadata": {"path": content}})
    client.km = kernel(environment, folder / "kernels", own_kernel)
    start, why = time.monotonic(), ""
    try:
        client.execute(env=surroundings(environment) | {"COURSE_CACHE_DIR": str(cache)})
    except (CellExecutionError, RuntimeError) as error:
        why = str(error)[-3000:]
    seconds = round(time.monotonic() - start)
    nbformat.write(page, folder / notebook.name)
    shutil.rmtree(environment)
    set_up, complaints = judge(page, notebook.stem)
    why = "\n".join(filter(None, [*complaints, why]))
    return {"outcome": "failed" if why else "passed", "set_up": set_up, "seconds": seconds, "why": why}


def judge(page, lesson):
    """Return the seconds of the set-up cell, and what is wrong with the executed notebook though it ran."""
    cell = next(cell for cell in page.cells if cell.cell_type == "code")
    printed = "".join(output.get("text", str(output)) for output in cell.outputs)
    lines = (line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", printed).splitlines())
    printed = "\n".join(line for line in lines if line and not PIP_NOTES.match(line))
    times = cell.metadata.get("execution", {})
    begin, end = times.get("iopub.status.busy"), times.get("shell.execute_reply")
    seconds = (
        round((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds(), 1)
        if begin and end
        else None
    )
    complaints = [f"the set-up cell printed:\n{printed}"] if printed else []
    if seconds is not None and seconds > LONGEST_SET_UP:
        complaints.append(f"the set-up cell took {seconds} s; {LONGEST_SET_UP} are allowed")
    report = next((cell for cell in page.cells if "doctor.report()" in cell.source), None)
    if report and "Ready: every lesson can run" not in str(report.outputs):
        complaints.append("the report does not say that Colab is ready")
    return seconds, complaints


def kernel(environment, folder, own):
    """Return a manager for a kernel in ``environment``, of Colab's own class or an ordinary one."""
    argv = [str(environment / "bin" / "python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    if own:
        argv += ["--IPKernelApp.kernel_class=google.colab._kernel.Kernel", "--ext=google.colab"]
    spec = {"argv": argv, "display_name": "Colab", "language": "python"}
    (folder / "colab").mkdir(parents=True)
    (folder / "colab" / "kernel.json").write_text(json.dumps(spec))
    return AsyncKernelManager(
        kernel_name="colab", kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(folder)])
    )


def surroundings(environment):
    """Return the variables of a kernel: Colab's mark, its programs, this checkout as the published course."""
    variables = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return variables | {
        "COLAB_RELEASE_TAG": "release-colab-replica",
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{ROOT.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": address(),
    }


def check_models(environment, folder):
    """Load the stand-ins and what the lessons kept here with several versions of Keras; return a record."""
    start, why = time.monotonic(), ""
    kept = sorted(folder.glob("*/content/artifacts/*/model.keras")) + sorted(ROOT.glob("data/hub/*.keras"))
    with tempfile.TemporaryDirectory(dir=folder) as private:
        private = Path(private)
        here = copied(environment, private / "env") / "bin" / "python"
        install = [here, "-m", "pip", "install", "--quiet"]
        try:
            subprocess.run([*install, "--editable", ROOT], check=True)
            # As a learner's laptop keeps them: with this interpreter's Keras, which may be newer.
            newest = answers(sys.executable, kept, keep_in=private)
            paths = [*kept, *map(Path, newest["kept"])]
            results = [newest, answers(here, paths)]
            if "tensorflow==2.19" in (HERE / f"{folder.name}.txt").read_text():
                subprocess.run([*install, "--no-deps", f"keras=={OLDEST_KERAS}"], check=True)
                results.append(answers(here, paths))
            expected = newest["answers"]
            for result in results:
                for path, found in result["answers"].items():
                    name = path.removeprefix(f"{private}/")
                    wrong = max(abs(a - b) for a, b in zip(found, expected.get(path, found), strict=True))
                    if wrong > 1e-3:
                        why += f"Keras {result['keras']} answers otherwise with {name}: by {wrong}\n"
                why += "".join(f"Keras {result['keras']}: {failure}\n" for failure in result["failures"])
            versions = ", ".join(result["keras"] for result in results)
            print(f"{folder.name}: {len(paths)} models loaded with Keras {versions}", flush=True)
        except subprocess.CalledProcessError as error:
            why = f"{error}\n{error.stderr or ''}"
    seconds = round(time.monotonic() - start)
    return {"outcome": "failed" if why else "passed", "set_up": None, "seconds": seconds, "why": why}


def answers(python, paths, keep_in=""):
    """Return what ``answer.py`` finds with another interpreter: versions, answers and failures, a dict."""
    variables = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT), "KEEP_IN": str(keep_in)}
    command = [python, HERE / "answer.py", *paths]
    done = subprocess.run(command, env=variables, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
