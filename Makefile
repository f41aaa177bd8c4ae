# Two commands are enough: `make demo` shows the main job, `make test` proves it.
# Each makes its own .venv and needs no other step.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
IMAGE  ?=
BASE   ?=
PYTEST_ARGS ?= -n auto --dist loadgroup -q

.DEFAULT_GOAL := help
.PHONY: help demo test lint format score mutate live bench image docs charts dist lock expected tools clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## run the function on examples/shop and show what came out
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

test: lint ## linters, types, import layers, dependencies, then every test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.dev ## ruff, mypy --strict, import-linter, deptry
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry fn

format: $(VENV)/.dev ## let ruff write what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

score: $(VENV)/.dev ## ask Cilium's own policy engine about every flow of the corpus
	$(BIN)/python -m tests.engine.score --misses --openings --write docs/score.md

mutate: $(VENV)/.dev ## drop or alter one rule at a time: which would no asserted flow notice?
	$(BIN)/python -m tests.engine.mutate

live: $(VENV)/.dev ## send every flow as real packets through a running Cilium; CASE=… one case, CILIUM=… a version
	$(BIN)/python -m tests.live $(if $(CASE),,--write docs/live.md) $(if $(CILIUM),--cilium $(CILIUM)) $(CASE)

bench: $(VENV)/.dev ## compare speed and memory with a Go and a PyYAML function
	$(BIN)/python -m bench

image: ## build the container image (docker or podman); BASE=… picks another base
	IMAGE="$(IMAGE)" BASE="$(BASE)" sh .ci/image.sh

docs: $(VENV)/.dev ## write the pages of docs/ that are made from code and data
	$(BIN)/python -m tools.catalogue_page docs
	$(BIN)/python -m tools.reference
	$(BIN)/python -m tools.schema_build
	$(BIN)/python -m tools.map_picture

charts: $(VENV)/.dev ## render the charts of a folder again (helm): CHARTS=… what of them is known, what entries saw otherwise
	@$(BIN)/python -m tools.charts "$(CHARTS)"

dist: $(VENV)/.dev ## reproducible wheel and source archive in dist/
	$(BIN)/python -m hatchling build

lock: ## pin and hash what CI and the image install (needs uv)
	for x in "runtime pyproject.toml" "build --group build" "dev pyproject.toml --group dev"; do \
	  set -- $$x; name=$$1; shift; \
	  uv pip compile -q --universal --python-version 3.10 --generate-hashes --no-annotate \
	    --custom-compile-command "make lock" "$$@" -o requirements/$$name.txt || exit 1; done

expected: $(VENV)/.dev ## write examples/*/expected.yaml anew (real tools); read the difference
	bash .ci/expected.sh

tools: ## install the real tools that the end-to-end tests run (Debian, as root)
	bash .ci/tools.sh

clean: ## remove what these commands made, the cache outside the checkout and the images included
	@VENV="$(VENV)" sh .ci/clean.sh

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "$(PYTHON) is no Python 3.10 or newer: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "$(PYTHON) cannot make a venv: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: $(BIN)/python requirements/runtime.txt requirements/build.txt pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
