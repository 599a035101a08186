# Everything a newcomer types. Each target does its own set-up in .venv and needs only Python and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint types bench mutate clean

run: .venv/core.stamp
	$(BIN)/glasshive run busy_hour

test: .venv/dev.stamp
	$(BIN)/python -m pytest

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev.stamp
	$(BIN)/mypy

bench: .venv/bench.stamp
	$(BIN)/python -m benchmarks.run

mutate: .venv/mutation.stamp
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

clean:
	rm -rf .venv

.venv/pip.stamp: constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip
	touch $@

.venv/core.stamp: .venv/pip.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[report]'
	touch $@

.venv/dev.stamp: .venv/core.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev
	touch $@

.venv/bench.stamp: .venv/core.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group bench
	touch $@

.venv/mutation.stamp: .venv/core.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group mutation
	touch $@
