# Two commands do everything on a fresh clone: make lessons, make test. PYTHON chooses the interpreter.
PYTHON ?= python3
PROFILE ?= smoke
OUT ?= build/lessons

VENV := .venv
READY := $(VENV)/ready

.PHONY: lessons test lab lint colab lock clean

lessons: $(READY)  ## run the whole course on drawn pictures; executed notebooks appear in build/lessons/
	$(VENV)/bin/python ci/run_lessons.py --profile $(PROFILE) --out $(OUT)

test: $(READY) lint  ## run every test
	$(VENV)/bin/python -m pytest --numprocesses 2 --dist worksteal

lab: $(READY)  ## open JupyterLab on the lessons
	$(VENV)/bin/jupyter lab --notebook-dir=. notebooks/00_start_here.ipynb

lint: $(READY)  ## check the code's style
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

# Installs gigabytes; SETS="2026.04" chooses, COLABTOOLS=DIR brings Colab's own kernel (see ci/colab/check.py).
colab: $(READY)  ## run the lessons as Colab does, on its package sets
	$(VENV)/bin/python ci/colab/check.py $(if $(SETS),--sets $(SETS)) -- $(LESSONS)

clean:  ## remove what the commands above made, the environment included
	rm -rf build $(VENV) .pytest_cache .ruff_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is made when it is missing and brought up to date when a requirement changes: the versions that
# CI runs with, each file compared with its hash. LOCK= leaves the choice to pip, within CONSTRAINTS.
LOCK ?= ci/lock.txt
CONSTRAINTS ?=
REQUIREMENTS := requirements.txt ci/requirements-test.txt
PIP := $(VENV)/bin/python -m pip
$(READY): $(REQUIREMENTS) requirements-lessons.txt $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info[:2] <= (3, 13); sys.exit(None if ok else "The course needs Python 3.11, 3.12 or 3.13; this is %d.%d. Choose one with: make PYTHON=python3.12 lessons" % sys.version_info[:2])'
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet $(if $(LOCK),--require-hashes --requirement $(LOCK),$(CONSTRAINTS) $(REQUIREMENTS:%=--requirement %))
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

lock: $(READY)  ## choose the newest versions that the requirements allow, and note their hashes
	$(PIP) install --quiet uv
	$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11.5 --generate-hashes --no-annotate \
	    --custom-compile-command "make lock" --output-file ci/lock.txt $(REQUIREMENTS)
