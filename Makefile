# The commands of the project. `make help` lists them.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ONLY ?=
JSON ?=
ARGS ?=

DATABASE_TESTS := tests/syncconfig tests/auditlog tests/inbound tests/outbound
TEST_ENV := DJANGO_SETTINGS_MODULE=tests.settings

.DEFAULT_GOAL := help
.PHONY: help install install-dev env demo run login test crash e2e conformance check format bench migrations messages docs docs-images docs-serve clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- installing ---

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) --version). Name another: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); $(PYTHON) -m virtualenv -q $(VENV) 2>/dev/null; } || { \
	  rm -rf $(VENV); echo "Python cannot make virtual environments here. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }

$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "Installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt | $(BIN)/python
	@echo "Installing into $(VENV), with the tools for development ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-docs: requirements-docs.txt $(VENV)/.installed
	@echo "Installing into $(VENV), with what builds the documentation ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	@touch $@

install: $(VENV)/.installed ## Make the virtual environment with what the product needs
install-dev: $(VENV)/.installed-dev ## ... and with what its tests need

# --- using ---

demo: install ## See it work: demo Odoo, demo shop, web, worker (ONCE=1 checks every figure and ends)
	@$(BIN)/python -m demo $(if $(ONCE),--once) $(ARGS)

env: install ## Write .env with fresh random keys, unless it is there
	@test -f .env || $(BIN)/python -m syncproject.write_env

run: env ## Run web and worker with the settings of .env (PORT=8000)
	@$(BIN)/python -m syncproject.serve $(ARGS)

login: env ## Create a staff login for the admin
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py createsuperuser

# --- developing ---

test: install-dev ## Run the tests on SQLite, then those of the database again on PostgreSQL where one answers
	@$(BIN)/python -m pytest $(ARGS)
	@url=$$($(BIN)/python -m tests.services postgres) || exit 0; \
	  echo "Again on PostgreSQL:"; DATABASE_URL=$$url $(BIN)/python -m pytest $(DATABASE_TESTS) $(ARGS)

crash: install-dev ## Deliver, fetch and sync while workers and clusters are killed, on SQLite and PostgreSQL, over both brokers
	@$(BIN)/python -m pytest tests/outbound -m crash $(ARGS)
	@url=$$($(BIN)/python -m tests.services postgres) || exit 0; \
	  echo "Again on PostgreSQL:"; DATABASE_URL=$$url $(BIN)/python -m pytest tests/outbound -m crash $(ARGS)

e2e: install-dev ## Use the admin with a browser, on a hub of its own (installs Chromium where it is missing; var/e2e has the pictures)
	@$(BIN)/python -m tests.e2e.chromium >/dev/null
	@$(BIN)/python -m pytest tests/e2e -m e2e $(ARGS)

conformance: install-dev ## Ask the client's questions of the demo Odoo, or of a real one (ODOO_TEST_URL, _DB, _LOGIN, _KEY)
	@$(BIN)/python -m pytest tests/conformance $(ARGS)

check: install-dev ## ruff, mypy, import rules, manage.py check, makemigrations --check, tests with warnings as errors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(TEST_ENV) $(BIN)/python manage.py check --fail-level WARNING
	$(TEST_ENV) $(BIN)/python manage.py makemigrations --check --dry-run
	@$(MAKE) --no-print-directory test

format: install-dev ## Put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-dev ## Measure, as ratios against the direct way (JSON=FILE writes them, ONLY=name runs a part)
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) $(if $(JSON),--json $(JSON)) $(ARGS)

migrations: install-dev ## Write the migrations that the models need
	$(TEST_ENV) $(BIN)/python manage.py makemigrations

messages: install-dev ## Bring the translations in locale/ to the state of the code, and compile them
	@$(TEST_ENV) $(BIN)/python -m syncproject.messages

docs: $(VENV)/.installed-docs ## Build the documentation into build/docs, with the reference of every field
	@$(TEST_ENV) $(BIN)/python -m syncproject.reference
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Open build/docs/index.html"

docs-serve: $(VENV)/.installed-docs ## Show the documentation on http://127.0.0.1:8001 while it is written
	@$(TEST_ENV) $(BIN)/python -m syncproject.reference
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve --dev-addr 127.0.0.1:8001

docs-images: install-dev ## Take the documentation's pictures anew, from the browser tests
	@$(BIN)/python -m tests.e2e.chromium >/dev/null
	@SYNC_DOCS_IMAGES=docs/images $(BIN)/python -m pytest tests/e2e -m e2e -k pictures $(ARGS)

clean: ## Remove the virtual environment, the demo's files and caches
	rm -rf $(VENV) var/demo var/e2e build staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
