# Everything is installed into .venv; nothing else is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help

.PHONY: help
help:  ## List what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	@touch $@

.PHONY: run
run: $(STAMP)  ## Install, and run the order system with its payments service on 127.0.0.1:8080 and 8081
	$(BIN)/ensue run apps/orders apps/payments

.PHONY: test
test: $(STAMP)  ## Run the tests
	$(BIN)/python -m pytest -n auto --dist worksteal -m 'not conformance'

.PHONY: lint
lint: $(STAMP)  ## Check style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config importlinter.toml

.PHONY: conformance
conformance: $(STAMP)  ## Run the cases that others wrote, from ../shared/conformance or ENSUE_CONFORMANCE
	$(BIN)/python -m pytest -m conformance tests/conformance --ignore tests/conformance/test_jose.py

.PHONY: jose
jose: $(STAMP)  ## Let the library jose of npm verify our tokens, and verify its own
	npm install --silent --no-save --no-audit --no-fund --prefix $(VENV)/npm jose@6
	$(BIN)/python -m pytest -m conformance tests/conformance/test_jose.py

.PHONY: bench
bench: $(STAMP)  ## Measure the order system, the engine and the languages
	$(BIN)/python bench/orders/run.py
	$(BIN)/python bench/engine/run.py
	$(BIN)/python bench/schedules.py
	$(BIN)/python bench/replay.py
	$(BIN)/python bench/patterns.py
	$(BIN)/python bench/states.py
	$(BIN)/python bench/bus.py
	$(BIN)/python bench/pipes.py
	$(BIN)/python bench/buckets.py
	$(BIN)/python bench/meter.py
	$(BIN)/python bench/metering.py
	$(BIN)/python bench/workflows/run.py
	$(BIN)/python bench/scheduler/run.py
	$(BIN)/python bench/maps.py --items 20000
	$(BIN)/python bench/resilience/run.py
	$(BIN)/python bench/tokens.py
	$(BIN)/python bench/console/run.py
	$(BIN)/python bench/why.py
	$(BIN)/python bench/telemetry.py

.PHONY: soak
soak: $(STAMP)  ## Kill, fail, cut off from power at every step, simulate 10,000 seeds, run 10,000 random machines, let a million messages through
	$(BIN)/python -m pytest -m crash tests/crash tests/simulation tests/executions tests/resources --kills 2000 --points 0 --seeds 10000 --durations 20
	$(BIN)/python -m pytest -m soak tests/soak --messages 1000000
	$(BIN)/python -m pytest tests/apps/test_requests.py --examples 300 --durations 20
