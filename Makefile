# make setup · demo · test · lint · bench · evaluate: everything from a clean clone, wheels only, inside .venv
PYTHON ?= python3
BIN := .venv/bin
REQUIRE ?=
PYTEST_ARGS ?=
.DELETE_ON_ERROR:
.PHONY: setup demo test lint bench evaluate clean

setup: .venv/.ready
	@bash .ci/browser

.venv/.ready: pyproject.toml constraints.txt .ci/venv
	@PYTHON="$(PYTHON)" bash .ci/venv
	@touch $@

demo: setup
	@$(BIN)/python -m patrol.market.demo $(if $(ONCE),--once)

test: setup
	@$(BIN)/python -m pytest $(if $(REQUIRE),--require $(REQUIRE)) $(PYTEST_ARGS)

lint: .venv/.ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: setup
	@$(BIN)/python -m tests.bench $(BENCH)

evaluate: .venv/.ready
	@$(BIN)/python -m tests.evaluation $(EVALUATE)

clean:
	rm -rf .venv .bench build dist
