# Two commands matter: `make demo` runs the portal on this machine, `make test` proves it.
# Both start from a clean clone with nothing but python3, make and bash.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

export PYTHON ?= python3
PY := .venv/bin/python
UV := .venv/.uv/bin/uv
LANGUAGE_CODES := pl zh_Hans pt fi ru
PO := $(wildcard locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)
#: Worlds that `make oracle` compares on each database.
WORLDS ?= 10000
#: Parallel test processes, one more than cores because some wait for a browser; and further arguments for
#: pytest or the command that is run.
JOBS ?= 3
ARGS ?=

.PHONY: help setup setup-dev demo test journeys lint format bench oracle lock messages clean

help:
	@echo "make demo      the portal with invented people, on http://127.0.0.1:$${DSR_PORT:-8000}/"
	@echo "make test      the whole test suite; ARGS='tests/requests -x' narrows it"
	@echo "make journeys  every organisation of the requirements set up by clicks from nothing, some minutes"
	@echo "make lint      format, style, types, import rules, templates"
	@echo "make format    put the code into shape"
	@echo "make bench     measurements          make oracle    the long comparison of the access rules (WORLDS=10000)"
	@echo "make messages  collect sentences     make lock      resolve the dependencies anew"

# --- environments --------------------------------------------------------------------------------
# uv stands in a folder of its own, so that bringing the environment in line with a lock leaves it alone.

define sync
	if [ -x $(UV) ]; then $(UV) pip sync --quiet --require-hashes --python $(PY) $(1); \
	else $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1); fi
endef

.venv/.ok: requirements.lock deploy/uv.lock deploy/system-deps.sh
	@deploy/system-deps.sh
	@echo "Setting up .venv from requirements.lock …"
	@[ -x $(PY) ] && $(PY) -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --upgrade \
		--target .venv/.uv -r deploy/uv.lock || echo "uv cannot be had here; going on with pip."
	@$(call sync,requirements.lock)
	@touch $@

.venv/.ok-dev: .venv/.ok dev.lock
	@echo "Adding the test tools from dev.lock …"
	@$(call sync,dev.lock)
	@deploy/system-deps.sh --with chromium || echo "Going on without Chromium: browser tests will be skipped."
	@touch $@

%.mo: %.po
	@msgfmt --check-format -o $@ $<

setup: .venv/.ok $(MO)
setup-dev: .venv/.ok-dev $(MO)

# --- running -------------------------------------------------------------------------------------

demo: setup
	@exec $(PY) manage.py demo $(ARGS)

test: setup-dev
	@$(PY) -m tests.run -n $(JOBS) --dist loadscope --no-loadscope-reorder $(ARGS)

# Every run of the suite walks two organisations from nothing; this walks them all.
journeys: setup-dev
	@DSR_JOURNEYS=all $(PY) -m tests.run tests/journeys/test_scenarios.py -n $(JOBS) $(ARGS)

# The access rules against their naive twin, far longer than in every test run, on both databases.
oracle: setup-dev
	@HYPOTHESIS_PROFILE=oracle DSR_WORLDS=$(WORLDS) $(PY) -m tests.run tests/oracles --timeout 0 $(ARGS)

bench: setup-dev
	@$(PY) -m tests.benchmarks $(ARGS)

# --- keeping house -------------------------------------------------------------------------------

lint: setup-dev
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@DSR_STATE=.mypy_cache/state $(PY) -m mypy .
	@.venv/bin/lint-imports
	@$(PY) -m djlint --lint --quiet .

format: setup-dev
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

messages: setup
	@$(PY) manage.py makemessages --no-wrap --no-obsolete --add-location file \
		--ignore '.venv/*' --ignore 'tests/*' --ignore 'var/*' $(LANGUAGE_CODES:%=-l %)

lock: .venv/.ok
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header $(ARGS) \
		pyproject.toml -o requirements.lock
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header $(ARGS) \
		pyproject.toml --group dev -o dev.lock

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache $(MO)
