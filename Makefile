# Everything runs from a virtual environment that this file makes in the checkout.
#   make run       the main job: the 2030 plan and its three targets     make test      lint, types and the default tests
#   make run SCENARIO=2030-firm   another scenario                       make test-all  the slow tests too
#   make check     lint and types alone                                  make bench     the benchmarks
#   make install   the environment alone                                 make clean     remove what was made
PYTHON ?= python3
VENV ?= .venv
SCENARIO ?= 2030-plan
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
FILES := $(VENV)/.files
ROOMS := yuqian models assets timeseries optimise reports scenarios
.DELETE_ON_ERROR:
.PHONY: run install test test-all check bench clean always

run: $(STAMP)
	$(VENV)/bin/yuqian run $(SCENARIO)

install: $(STAMP)

test: check
	$(VENV)/bin/pytest -n 2 -m "not slow"

test-all: check
	$(VENV)/bin/pytest -n 2

check: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench: $(STAMP)
	$(PY) -m benchmarks

# The editable installation links every file, so a new or removed file asks for a new installation; an edited one does not.
$(STAMP): pyproject.toml constraints.txt $(FILES)
	@. ./scripts/environment.sh && environment "$(PYTHON)" "$(VENV)"
	@touch $@

$(FILES): always
	@mkdir -p $(VENV)
	@find $(ROOMS) -type f -not -path '*/__pycache__/*' | LC_ALL=C sort > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

always:

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
