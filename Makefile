# Everything a developer types. Environments are made on the way: nothing is needed but Python 3.11, git and make.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.10 || echo python3)
# Test processes: one a processor, at most four. PYTEST_ARGS goes to pytest: make test PYTEST_ARGS="-k scan -x"
WORKERS ?= auto
PYTEST_ARGS ?=

BIN := .venv/bin
MADE := .venv/.made
PYTEST := $(BIN)/python -m pytest --numprocesses $(WORKERS) --maxprocesses 4 --dist worksteal

# Older in the environment of tests than in the image.
HELD_BACK := cryptography|cffi|pycparser|pyopenssl

export PYTHONUNBUFFERED = 1

.DEFAULT_GOAL := help
.PHONY: help demo sync test test-long lint bench constraints clean

help: ## what there is to type
	@echo "make …"
	@sed -n 's/^\([a-z-]*\):.*## /  \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-13s %s\n", $$1, $$2 }'

demo: $(MADE) ## a fake Jira into DuckDB, twice, and what came of it
	@$(BIN)/python -m demo

sync: $(MADE) ## your own Jira into a DuckDB file: make sync CONFIG=secrets/config.json
	@$(BIN)/python -m demo sync --config "$(CONFIG)"

test: lint ## ruff, mypy, unit and integration tests, Airbyte's standard tests
	@echo "== Tests (pytest)"
	@$(PYTEST) -m "not long and not image_tests" $(PYTEST_ARGS)

test-long: lint ## the same with more seeds and more rows
	@echo "== Tests, the long ones too (pytest)"
	@$(PYTEST) -m "not image_tests" $(PYTEST_ARGS)

lint: $(MADE) ## ruff and mypy --strict
	@echo "== Style (ruff)"
	@$(BIN)/ruff check --quiet . || { echo "Red: ruff."; exit 1; }
	@echo "== Types (mypy --strict)"
	@$(BIN)/mypy || { echo "Red: mypy."; exit 1; }

bench: $(MADE) ## speed, calls and memory, beside a bare loop and Airbyte's declarative way
	@$(BIN)/python -m benchmarks

constraints: $(MADE) ## resolve the exact versions from pyproject.toml again; UPGRADE=--upgrade takes newer ones
	@$(BIN)/uv pip compile pyproject.toml --extra demo --extra test --universal --python-version 3.10 --no-annotate \
		--custom-compile-command "make constraints" --quiet $(UPGRADE) --output-file constraints.txt
	@# The image: the same versions with their hashes, except what PyAirbyte holds back.
	@grep -vE '^($(HELD_BACK))==' constraints.txt > .venv/image-constraints.txt
	@$(BIN)/uv pip compile pyproject.toml --extra build --constraints .venv/image-constraints.txt --python-version 3.11 \
		--no-annotate --no-strip-extras --generate-hashes --custom-compile-command "make constraints" --quiet --output-file requirements.txt

clean: ## the environment and everything that was made, but not your own syncs
	rm -rf .venv .demo build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(MADE): pyproject.toml constraints.txt tools/environment.py
	@$(PYTHON) tools/environment.py
