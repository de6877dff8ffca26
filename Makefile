# One set of verbs for people and for CI.
#
#   make run [ARGS='ask "…"']   start arriero; the first time also installs it into .venv
#   make test [ARGS=tests/ui]   run the tests
#   make check                  formatting, lint, types, direction of imports
#   make bench [ITEMS=30]       measure models and overhead
#   make dist                   build sdist and wheel, install the wheel elsewhere and run it
#   make constraints            renew the pinned versions

PYTHON ?= python3
VENV ?= .venv
ITEMS ?= 30
ARGS ?=
BIN := $(VENV)/bin
NEEDS := pyproject.toml constraints.txt .ci/install.py

.PHONY: run test check bench dist constraints clean

run: $(VENV)/base.stamp
	@$(BIN)/arriero $(ARGS)

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/bench.stamp
	$(BIN)/python -m evals.bench --items $(ITEMS) $(ARGS)

dist: $(VENV)/dev.stamp
	$(BIN)/python .ci/dist.py

constraints: $(VENV)/dev.stamp
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --all-extras \
	  --generate-hashes --upgrade --no-annotate --no-header --no-emit-index-url \
	  --no-emit-find-links --output-file constraints.txt pyproject.toml

# Installing again is due only when one of these files changed.
$(VENV)/base.stamp: $(NEEDS)
	@$(PYTHON) .ci/install.py $(VENV)
	@touch $@

$(VENV)/dev.stamp: $(NEEDS)
	@$(PYTHON) .ci/install.py $(VENV) dev
	@touch $(VENV)/base.stamp $@

$(VENV)/bench.stamp: $(NEEDS)
	@$(PYTHON) .ci/install.py $(VENV) dev bench
	@touch $(VENV)/base.stamp $(VENV)/dev.stamp $@

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
