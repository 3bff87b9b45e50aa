# make demo | test | lint | bench | figure | docs | clean | lock        another Python: make PYTHON=python3.13 demo
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test lint bench figure docs clean lock

demo: $(INSTALLED)
	$(BIN)/gauntlet batch fixtures/papers --llm recorded --claims -o demo-runs

test: $(INSTALLED)
	$(BIN)/python -m pytest $(ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks.bars
	$(BIN)/python -m benchmarks.speed

# The figures of the README: of the sample whose recording starts with 99ddbe95, and of a digitised plot.
figure: demo
	cp demo-runs/99ddbe95e4bec64c/plots/throughput_spate.png docs/verdict.png
	$(BIN)/gauntlet digitize fixtures/papers/hedged-reads.pdf --page 2 -o build/digitize
	cp build/digitize/figure-2-overlay.png docs/digitize.png

# docs/mechanisms from the catalogue of primitives, docs/contracts.md from the registry; `python -m docs.build --check`
# compares.
docs: $(INSTALLED)
	$(BIN)/python -m docs.build

clean:
	rm -rf $(VENV) demo-runs build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv; install it with: pip install uv" >&2; exit 1; }
	uv pip compile --universal --python-version 3.11 --extra dev --generate-hashes --no-annotate --no-header \
	    --quiet --output-file requirements.lock pyproject.toml

# The stamp makes a second run instant; a changed lock file or project file installs again.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "Gauntlet needs Python 3.11 or newer, and $(PYTHON) is not; name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; \
	    exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(INSTALLED)
