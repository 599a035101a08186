# Everything a newcomer types. Each target does its own set-up in .venv and needs only Python and make.
PYTHON ?= python3
BIN := .venv/bin
# Mutants that are tried at once.
CHILDREN ?= 2
# Some tests drive a page in a browser: the system's Chromium, or one that Playwright brings.
CHROMIUM = command -v chromium >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	apt-get update -qq && apt-get install -qq --no-install-recommends chromium >/dev/null; \
	else $(BIN)/playwright install chromium; fi
# One reads the gateway's streams with curl.
CURL = command -v curl >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	apt-get update -qq && apt-get install -qq --no-install-recommends curl >/dev/null; \
	else echo "a test needs curl: install the package curl" >&2; fi

.PHONY: run test lint types bench mutate clean

run: .venv/core.stamp
	$(BIN)/glasshive run busy_hour

test: .venv/dev.stamp
	$(BIN)/python -m pytest -n auto

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev.stamp
	$(BIN)/mypy

bench: .venv/bench.stamp
	$(BIN)/python -m benchmarks.run

# From nothing, since mutmut lets a verdict stand when only the tests have changed. Its progress is
# drawn over and over, so it is shown to a terminal only.
mutate: .venv/mutation.stamp
	rm -rf mutants && mkdir mutants
	if [ -t 1 ]; then $(BIN)/mutmut run --max-children $(CHILDREN); \
	else $(BIN)/mutmut run --max-children $(CHILDREN) >mutants/run.log || \
	{ tail -c 4000 mutants/run.log; exit 1; }; fi
	@$(BIN)/mutmut results
	@$(BIN)/mutmut export-cicd-stats >/dev/null
	@tr -d '{}"\n' <mutants/mutmut-cicd-stats.json && echo

clean:
	rm -rf .venv

.venv/pip.stamp: constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip
	touch $@

.venv/core.stamp: .venv/pip.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[report,gateway]'
	touch $@

.venv/dev.stamp: .venv/core.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev
	$(CHROMIUM)
	$(CURL)
	touch $@

.venv/bench.stamp: .venv/core.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group bench
	touch $@

.venv/mutation.stamp: .venv/core.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group mutation
	touch $@
