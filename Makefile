# One command for each thing; every target does its own set-up. Needs Python 3.11+, pip, make and git.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo pictures test check bench soak words lock package

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
MINUTES ?= 5
# More pytest arguments: make test ARGS="tests/replica -k outbox"
ARGS ?=

# Nobody looks: Qt draws into memory.
ifeq ($(shell uname),Linux)
ifeq ($(DISPLAY)$(WAYLAND_DISPLAY),)
export QT_QPA_PLATFORM ?= offscreen
endif
endif

help:  ## this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 16

setup: .venv/.ready  ## the environment in .venv, with .venv/bin/workstation

.venv/.ready: requirements/dev.txt pyproject.toml scripts/setup.sh scripts/missing_packages.py
	@bash scripts/setup.sh
	@touch $@

demo: setup  ## an invented centre and its window; without a display a tour through it, with pictures
	$(BIN)/workstation demo $(ARGS)

pictures: setup  ## every screen in every size, theme and language, into build/pictures
	QT_QPA_PLATFORM=offscreen $(BIN)/workstation demo --pictures build/pictures $(ARGS)

test: setup  ## all tests, on all cores
	$(PYTEST) -n $(CORES) --dist worksteal $(ARGS)

check: setup  ## style, types, arrows between modules, shape of the source, leaks
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) -q tests/test_shape.py
	$(BIN)/python scripts/check_leaks.py

bench: setup  ## a table of figures against their physical limits, and benchmarks/results.json
	$(BIN)/python -m benchmarks

soak: setup  ## many desks at work for MINUTES=5
	WORKSTATION_SOAK_MINUTES=$(MINUTES) $(PYTEST) -m soak $(ARGS)

words: setup  ## the texts of the program into resources/locale, for translators
	$(BIN)/python scripts/words.py

package: setup  ## the program in one folder that needs no Python, tried, below dist/
	$(BIN)/python scripts/package/make_package.py

lock:  ## requirements/*.txt anew from *.in, with today's newest versions that fit
	bash scripts/lock.sh
