# The only entrance: make run, make test, make check, make bench, make docs.
PYTHON ?= python3
BIN := .venv/bin
# mypy's Django plugin reads the settings: an address keeps it from starting a database.
OFFLINE := CARNET_DATABASE_URL=postgresql://nobody@localhost/none DJANGO_SETTINGS_MODULE=carnet.config.settings

.PHONY: run test install install-for-tests compiled quick check bench bench-peers bench-growth mutants journeys diary assistant docs lock clean
.DEFAULT_GOAL := help

help:
	@echo "make run    install, start the database, load the demonstration, open the doors"
	@echo "make test   install what it needs, check everything, run every test"
	@echo "make quick  the law, the units and the house, for every day"
	@echo "make check  linters, types, import contracts, migrations, generated docs"
	@echo "make bench  measure, as ratios; writes docs/performance*.md"
	@echo "make bench-peers  HAPI and hfs beside Carnet, built where their tools are; writes docs/performance-peers.md"
	@echo "make bench-growth  a hundred times the documents, bytes of one, memory in time; writes docs/performance-growth.md"
	@echo "make mutants  changes of the law and its guards that no test minds (MOST=20 in each)"
	@echo "make journeys  actions and seconds of each journey at the portal, while make run is up"
	@echo "make diary  start the sample service (examples/diary), while make run is up"
	@echo "make assistant  connect a sample assistant (examples/assistant), while make run is up"
	@echo "make docs   write the generated reference"

# The locks are complete: nothing is resolved again, so that a newer release elsewhere changes nothing here. uv installs what they hold in
# a quarter of pip's time; where pip has an index of its own, or there is no uv for the machine, pip does it.
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --no-deps
LOCKED := --no-compile --require-hashes -r
UV := $(BIN)/uv pip install --quiet --native-tls --python $(BIN)/python --no-deps --require-hashes -r
define install
@if $(BIN)/python -m pip config list | grep -q index || ! $(PIP) $(LOCKED) requirements-installer.lock 2>/dev/null || ! $(UV) $(1); \
then $(PIP) $(LOCKED) $(1); fi
endef

$(BIN)/.run: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Carnet needs Python 3.11 or later; try: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing (once)…"
	$(call install,requirements.lock)
	@$(PIP) --no-build-isolation -e .
	@touch $@

# Carnet alone, without the demonstration (docs/operator.md).
install: $(BIN)/.run

$(BIN)/.dev: requirements-dev.lock $(BIN)/.run
	@echo "Installing the tools of the tests (once)…"
	$(call install,requirements-dev.lock)
	@touch $@

run: $(BIN)/.run
	@$(BIN)/carnet run

check: $(BIN)/.dev
	$(BIN)/ruff check --quiet --output-format concise .
	$(BIN)/ruff format --quiet --check .
	$(OFFLINE) $(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(OFFLINE) $(BIN)/python -W ignore -m django makemigrations --check --dry-run
	PYTHONPATH=tests $(BIN)/python -m law.reference --check

# Each worker has its own database, doors and ports; a file stays with one worker. Tests wait for servers and browsers now and then, so
# there is one worker more than cores; five at most: each starts a PostgreSQL, one of them browsers. The checks run beside them.
CORES := $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ "$$n" -gt 4 ] && n=4; echo $$n)
WORKERS ?= $(shell echo $$(($(CORES) + 1)))
# In a fresh clone what every worker loads is compiled first, once, while the checks run.
compiled: $(BIN)/.dev
	@[ -d tests/__pycache__ ] || $(BIN)/python -m pytest --collect-only -q > /dev/null 2>&1 || true

test: $(BIN)/.dev
	@$(MAKE) --no-print-directory check > .check.log 2>&1 & check=$$!; \
	$(MAKE) --no-print-directory compiled; \
	CARNET_COVERED=yes $(BIN)/python -m pytest -q -n $(WORKERS); tests=$$?; \
	wait $$check; checks=$$?; [ $$checks -eq 0 ] || cat .check.log; \
	[ $$tests -eq 0 ] && echo "tests: passed" || echo "tests: FAILED"; \
	[ $$checks -eq 0 ] && echo "checks: passed" || echo "checks: FAILED"; \
	[ $$tests -eq 0 ] && [ $$checks -eq 0 ]

install-for-tests: $(BIN)/.dev

# The law, the units and the house without what needs a server of its own: for every day.
quick: $(BIN)/.dev
	$(BIN)/python -m pytest -q -n $(CORES) tests/law tests/unit tests/house/test_house.py tests/house/test_walls.py

bench: $(BIN)/.dev
	$(BIN)/python -m bench.run
	$(BIN)/python -m bench.portal
	$(BIN)/python -m bench.dmp
	$(BIN)/python -m bench.directory
	$(BIN)/python -m bench.population
	$(BIN)/python -m bench.prevention
	$(BIN)/python -m bench.night
	$(BIN)/python -m bench.thief

# Other FHIR servers by the same requests, in one run (ten minutes; the first time, half an hour more to build hfs).
bench-peers: $(BIN)/.dev
	$(BIN)/python -m bench.peers

# A hundred times as many documents, bytes of one, memory over half an hour (fifty minutes).
bench-growth: $(BIN)/.dev
	$(BIN)/python -m bench.growth

# Changes of the law, the access and the records that no test minds: minutes, or hours with a larger MOST. Its tool has a venv of its own.
MOST ?= 20
mutants: $(BIN)/.dev
	@test -x .venv/mutants/bin/cosmic-ray || { $(BIN)/python -m venv .venv/mutants && \
	.venv/mutants/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-mutants.lock; }
	.venv/mutants/bin/python bench/mutants.py --most $(MOST)

# Actions and seconds of each journey of a professional, in a real browser, while `make run` is up.
journeys: $(BIN)/.dev
	$(BIN)/python -m bench.journeys

# The files are what the demonstration registered.
diary assistant: $(BIN)/.run
	@$(BIN)/python examples/$@/$@.py "$${CARNET_DATA_DIR:-var}/$@.json" $(WORDS)

docs: $(BIN)/.dev
	PYTHONPATH=tests $(BIN)/python -m law.reference
	$(BIN)/carnet migrate
	$(BIN)/carnet docs

# Pinned with hashes, without any address.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
lock:
	$(BIN)/$(LOCK) pyproject.toml -o requirements.lock
	$(BIN)/$(LOCK) --group dev pyproject.toml -o requirements-dev.lock
	$(BIN)/$(LOCK) --group mutants -o requirements-mutants.lock
	$(BIN)/$(LOCK) --group installer -o requirements-installer.lock

clean:
	rm -rf var .venv
