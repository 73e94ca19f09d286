# make demo | test | example | bench — each sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9
PORT ?= 8000
DIR ?= demo
VOTERS ?= 30000
BUDGET ?= 10000

export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy

.PHONY: help setup demo example test check unit browser bench drill clean

help: ## show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: .venv/.ready ## install everything into .venv

.venv/.ready: pyproject.toml uv.lock package.json package-lock.json scripts/setup.sh
	PYTHON=$(PYTHON) UV_VERSION=$(UV_VERSION) bash scripts/setup.sh
	touch $@

demo: setup ## build a demo campaign, run the whole loop, serve it on http://127.0.0.1:8000
	$(BIN)/commonweal demo --dir $(DIR) --voters $(VOTERS) --port $(PORT)

example: setup ## the Michigan 2006 mailings: learn on half, plan and value on the other half
	$(BIN)/commonweal study -C examples/michigan-2006 --budget $(BUDGET)

check: setup ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup browser check unit ## set up and pass all tests

unit: setup
	$(BIN)/pytest -n 2 --dist worksteal

browser: setup
	bash scripts/browser.sh

bench: setup ## print the benchmarks: medians, machine, memory
	$(BIN)/python -m benchmarks

drill: setup ## break what can break, at full size, and see that it is borne
	$(BIN)/python -m drills

clean: ## remove what setup made
	rm -rf .venv node_modules src/commonweal/web/static/vendor
