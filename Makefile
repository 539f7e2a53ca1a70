# The two commands that a newcomer needs: `make demo` and `make test`. Everything else is for those who work on vanhub.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TESTS ?= tests
# Where interchanges from the field lie, and how long each target is fuzzed.
SAMPLES ?= ../shared/samples
SECONDS ?= 300
TARGETS ?= text split answers check

.PHONY: demo journey test check format docs samples mutations bench fuzz dist clean

demo: $(READY)
	$(BIN)/vanhub demo

# The agencies at work: an export, an import, and frauds.
journey: $(READY)
	$(BIN)/vanhub demo journey

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile $(TESTS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Writes the pages of docs/ that come from tables in the code.
docs: $(READY)
	$(BIN)/python docs/generate.py

# Writes docs/samples.md, which no test can make without the samples.
samples: $(READY)
	$(BIN)/python docs/samples.py $(SAMPLES)

# Writes the table of docs/check-quality.md, in some ten minutes.
mutations: $(READY)
	$(BIN)/python -m tests.directory.mutations --write

bench: $(READY)
	$(BIN)/python -m bench

# What is found lies in .fuzz/ and ends the run.
fuzz: .venv-fuzz/.ready
	for target in $(TARGETS); do .venv-fuzz/bin/python -m tests.fuzz $$target .fuzz -max_total_time=$(SECONDS) || exit 1; done

dist: $(READY)
	$(BIN)/python -m build --no-isolation

$(READY): .ci/requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "vanhub needs Python 3.11 or newer; say which with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

.venv-fuzz/.ready: .ci/requirements.lock .ci/fuzz.lock
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements.lock -r .ci/fuzz.lock
	touch .venv-fuzz/.ready

clean:
	rm -rf $(VENV) .venv-fuzz .fuzz dist build .mypy_cache .ruff_cache .import_linter_cache .hypothesis
