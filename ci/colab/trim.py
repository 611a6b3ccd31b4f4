#!/usr/bin/env python
"""Trim a list of all that Colab has installed to what the course and Colab's own kernel touch.

    python ci/colab/trim.py FREEZE --date 2026-08-19 --python python3.13 > ci/colab/2026.08.txt

FREEZE is the path or the address of a ``pip-freeze.txt`` as googlecolab/backend-info publishes it. Versions
are Colab's; which packages belong to the list, their metadata on the package index say. What Colab lacks is
left out, even if a package asks for it: that is what the check is for.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
# What Colab's kernel and the start of a kernel need: google.colab imports these.
KERNEL = (
    "anywidget",
    "google-auth",
    "httplib2",
    "ipykernel",
    "ipyparallel",
    "ipython-genutils",
    "pandas",
    "pip",
    "portpicker",
    "requests",
    "wheel",
)


def main(arguments=None):
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("freeze", help="path or address of the whole list")
    parser.add_argument(
        "--date", required=True, help="of the list, such as 2026-08-19, or the name of a pinned runtime"
    )
    parser.add_argument("--python", required=True, help="an interpreter of the version that Colab has")
    options = parser.parse_args(arguments)
    pinned = read(options.freeze)
    version, kept = closure(pinned, roots(), options.python)
    print(
        f"# Colab of {options.date}: what the course touches of what is installed. Made by ci/colab/trim.py."
    )
    print(f"# python {version}")
    print("\n".join(f"{name}=={pinned[name]}" for name in sorted(kept)))
    return 0


def read(freeze):
    """Return name to version of what a list pins; files of Colab's own (``name @ file``) are left out."""
    if re.match(r"https?://", freeze):
        with urllib.request.urlopen(freeze, timeout=60) as answer:
            text = answer.read().decode()
    else:
        text = Path(freeze).read_text(encoding="utf-8")
    pins = (line.split("==") for line in text.splitlines() if re.match(r"[\w.-]+==[^\s;]+$", line))
    return {canonicalize_name(name): version for name, version in pins}


def roots():
    """Return what the list starts from: what the lessons import, and what Colab's kernel does."""
    lines = (ROOT / "requirements-lessons.txt").read_text(encoding="utf-8").splitlines()
    needed = [Requirement(line.partition("#")[0]) for line in lines if line.partition("#")[0].strip()]
    return [*needed, *map(Requirement, KERNEL)]


def closure(pinned, needed, python):
    """Return the version of Python, and the names in ``pinned`` that ``needed`` require in any way."""
    wanted = {(canonicalize_name(requirement.name), frozenset(requirement.extras)) for requirement in needed}
    kept, version, asked = {}, None, set()
    while wanted := {pair for pair in wanted if pair[0] in pinned} - asked:
        names = {name for name, _ in wanted} - set(kept)
        if names:
            report = describe([f"{name}=={pinned[name]}" for name in sorted(names)], python)
            environment, version = report["environment"], report["environment"]["python_version"]
            for entry in report["install"]:
                metadata = entry["metadata"]
                required = map(Requirement, metadata.get("requires_dist", []))
                kept[canonicalize_name(metadata["name"])] = list(required)
        asked |= wanted
        wanted = {
            (canonicalize_name(requirement.name), frozenset(requirement.extras))
            for name, extras in wanted
            for requirement in kept[name]
            if any(
                requirement.marker is None or requirement.marker.evaluate({**environment, "extra": extra})
                for extra in ("", *extras)
            )
        }
    return version, kept


def describe(pins, python):
    """Return pip's report about the packages in ``pins``, which has their metadata; nothing is installed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = ["-m", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--ignore-installed"]
        subprocess.run([python, *command, "--report", str(report), *pins], check=True, stdout=sys.stderr)
        return json.loads(report.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
