# QTS. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

YEARS ?= 2
BARS ?=
JOBS ?= 2
# The first of these that runs and is new enough; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# One market for each home: your own bars and other spans get a home of their own beside the default one.
ifeq ($(origin QTS_HOME),undefined)
  ifneq ($(BARS),)
    QTS_HOME := .qts/bars-$(basename $(notdir $(BARS)))
  else ifneq ($(YEARS),2)
    QTS_HOME := .qts/years-$(YEARS)
  else
    QTS_HOME := .qts
  endif
endif
export QTS_HOME := $(abspath $(QTS_HOME))
export OMP_WAIT_POLICY := passive
# Compiled kernels do not depend on the market: one cache serves every home.
export NUMBA_CACHE_DIR := $(or $(NUMBA_CACHE_DIR),$(CURDIR)/.qts/cache/numba)
export DAGSTER_DISABLE_TELEMETRY := yes
export MLFLOW_DISABLE_TELEMETRY := true

BIN := .venv/bin
STAMP := .venv/.installed
MLFLOW_STORE := $(QTS_HOME)/mlflow
# A home of an earlier version has a database that is refused until it is upgraded.
UPGRADE = test ! -e "$(QTS_HOME)/qts.db" || $(BIN)/qts db upgrade >/dev/null
SOURCES := qts_core qts_dagster live_daemon tests benchmarks

.PHONY: help venv demo test test-all test-services check lint types layers shape docs dev daemon bench clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  make demo YEARS=5, make demo BARS=path/to/bars.csv BARS_TZ=America/New_York, QTS_HOME=elsewhere make ..."

venv: $(STAMP) ## Create .venv and install QTS into it, once.

$(STAMP): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "QTS needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 2; }
	@test -x $(BIN)/python || { echo "Creating .venv with $$($(PYTHON) --version)"; $(PYTHON) -m venv .venv; }
	@echo "Installing QTS (a minute or two the first time; log in .venv/install.log)"
	@$(BIN)/python -m pip install --disable-pip-version-check -c requirements.lock -e ".[dev]" 2>&1 \
		| tee .venv/install.log | awk '/^ *(Collecting|Downloading|Using cached|Installing)/ { printf "."; fflush() } END { print "" }' \
		|| { tail -n 15 .venv/install.log >&2; exit 1; }
	@touch $@

demo: $(STAMP) ## Bars to model to report to a traded session; needs no account and no network.
	@$(UPGRADE)
	@$(BIN)/python -m qts_dagster.demo --years $(YEARS) $(if $(BARS),--bars "$(BARS)") $(if $(BARS_TZ),--tz "$(BARS_TZ)")

test: $(STAMP) ## Run the tests (without the slow ones).
	@$(BIN)/python -m pytest -q -n $(JOBS) -m "not slow"

test-all: $(STAMP) ## Run every test.
	@$(BIN)/python -m pytest -q -n $(JOBS)

test-services: $(STAMP) ## Find or install what some tests need for real: PostgreSQL, Redis.
	@$(BIN)/python -m tests.support.services

check: lint types layers test ## What CI runs: lint, types, layers, tests (shape among them).

lint: $(STAMP) ## Check style and format.
	@$(BIN)/ruff check --quiet $(SOURCES) && $(BIN)/ruff format --check --quiet $(SOURCES) && echo "lint: clean"

types: $(STAMP) ## Check types, strictly.
	@$(BIN)/mypy --no-error-summary && echo "types: clean"

layers: $(STAMP) ## Check that imports only go down.
	@$(BIN)/lint-imports | tail -n 12

shape: $(STAMP) ## Check file sizes and that everything declared is documented.
	@$(BIN)/python -m pytest -q -n $(JOBS) tests/shape | tail -n 3

docs: $(STAMP) ## Write the reference pages from the declarations.
	@$(BIN)/qts config reference docs

dev: $(STAMP) ## Dagster UI on 3000 and MLflow UI on 5000 over the same QTS_HOME; Ctrl-C stops both.
	@$(UPGRADE)
	@mkdir -p $(QTS_HOME)/dagster $(MLFLOW_STORE)/artifacts && cp dagster.yaml $(QTS_HOME)/dagster/dagster.yaml
	@echo "Dagster http://127.0.0.1:3000   MLflow http://127.0.0.1:5000   (Ctrl-C stops both)"
	@trap 'kill $$(jobs -p) 2>/dev/null; wait' EXIT; \
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(BIN)/mlflow server --host 127.0.0.1 --port 5000 --workers 1 \
		--backend-store-uri sqlite:///$(MLFLOW_STORE)/mlflow.db --default-artifact-root $(MLFLOW_STORE)/artifacts \
		--artifacts-destination $(MLFLOW_STORE)/artifacts & \
	DAGSTER_HOME=$(QTS_HOME)/dagster $(BIN)/dagster dev --host 127.0.0.1 --port 3000 --workspace workspace.yaml

daemon: $(STAMP) ## Trade on paper: the embedded exchange, or Alpaca when keys are set.
	@$(BIN)/live-daemon run

bench: $(STAMP) ## Run the benchmarks and print their figures.
	@$(BIN)/python -m benchmarks

clean: ## Remove .venv and tool caches; QTS_HOME stays.
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Removed .venv and caches. Your data in $(QTS_HOME) is untouched."
