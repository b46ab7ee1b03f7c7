# Every target sets up what it needs in .venv first; nothing else on the machine is touched.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
VENDOR := .cache/vendor-mcp
VENDOR_VERSIONS := tests/acceptance/vendor/constraints.txt

.PHONY: help run test slow vendor lint fmt types imports bench check clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

$(VENV)/run.stamp: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "revenium-monitor needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (once; a minute or so)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp
	@echo "Installing the development tools into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: export MONITOR_DATA_DIR := $(or $(MONITOR_DATA_DIR),var)
run: $(VENV)/run.stamp ## Start the monitor (embedded platform and demo traffic unless a key is configured)
	@exec $(BIN)/revenium-monitor run $(ARGS)

test: $(VENV)/dev.stamp ## Run the test suite
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

slow: $(VENV)/dev.stamp ## Run the long proofs as well (kill loop, full traces)
	@$(BIN)/python -m pytest -m slow $(ARGS)

vendor: $(VENDOR)/stamp ## Install the vendor's own clients beside, so that `make test` tries them too

$(VENDOR)/stamp: $(VENDOR_VERSIONS)
	@test -x $(VENDOR)/bin/python || $(PYTHON) -m venv $(VENDOR)
	@echo "Installing the vendor's clients into $(VENDOR) (once; a minute or so)"
	@$(VENDOR)/bin/python -m pip install --quiet --disable-pip-version-check --constraint $(VENDOR_VERSIONS) revenium-mcp revenium-python-sdk openai
	@touch $@

lint: $(VENV)/dev.stamp ## Check style and formatting
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

fmt: $(VENV)/dev.stamp ## Fix style and formatting
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

types: $(VENV)/dev.stamp ## Check types (mypy strict)
	@$(BIN)/mypy

imports: $(VENV)/dev.stamp ## Check that the layers hold
	@$(BIN)/lint-imports --cache-dir .cache/imports

bench: $(VENV)/dev.stamp ## Run the benchmarks and print their tables
	@$(BIN)/python -m bench $(ARGS)

check: lint types imports test ## Everything a change must pass

clean: ## Remove the environment, caches and run-time data
	rm -rf $(VENV) .cache .hypothesis var
