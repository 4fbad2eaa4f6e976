# The two commands: `make run` and `make test`. Both need git, make and Python 3.11 or later, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := tests/requirements
export SAM_CLI_TELEMETRY := 0

# The artifact is booted on Lambda's own version where this machine has it, else on the one at hand.
LAMBDA_PYTHON ?= $(shell for one in python3.13 "$$(pyenv root 2> /dev/null)"/versions/3.13*/bin/python3.13 $(PYTHON); \
	do "$$one" -c '' 2> /dev/null && { echo "$$one"; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help run test check unit build bench cost lock screenshots clean

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*## ' Makefile | awk -F':.*## ' '{printf "  make %-11s  %s\n", $$1, $$2}'

run: $(VENV)/dev.installed $(VENV)/emulator.installed ## Deploy to an emulator, scan sample sensors, show what came out (STAY=1: go on)
	@$(BIN)/python -m tests.demo $(if $(STAY),--stay)

test: check $(VENV)/emulator.installed $(VENV)/runtime.installed ## Everything that CI runs
	$(BIN)/python -m pytest -n 2 --cov --cov-report=
	$(BIN)/coverage report --show-missing --skip-covered --fail-under=95
	$(BIN)/coverage report --include='*/pop3_sensor/protocol/*' --fail-under=100

check: $(VENV)/dev.installed $(VENV)/checkov.installed ## Style, types, direction of imports
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/dev.installed ## The quick tests
	$(BIN)/python -m pytest tests/unit

build: $(VENV)/dev.installed ## What `sam deploy` uploads, for Lambda
	PATH="$(CURDIR)/$(BIN):$$PATH" sam build

bench: $(VENV)/dev.installed $(VENV)/runtime.installed ## Measure, into docs/benchmarks.md and docs/cost.md (ONLY=cpu: one part)
	@$(BIN)/python -m tests.bench $(ONLY)

cost: $(VENV)/dev.installed ## What a fleet costs a month, from measured calls (SENSORS=1000: just so many)
	@$(BIN)/python -m tests.bench.cost $(SENSORS)

lock: $(VENV)/dev.installed ## Renew the lock files from the .in files
	for one in layers/sensor/requirements $(patsubst %,$(LOCKS)/%,dev emulator runtime checkov); do \
		$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
			$$one.in --output-file $$one.txt || exit 1; done

screenshots: $(VENV)/dev.installed ## Take the documents' pictures anew, with Chromium
	SCREENSHOTS=1 $(BIN)/python -m pytest tests/browser

clean: ## Remove everything that was made
	rm -rf $(VENV) .aws-sam .run .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# ---- environments, each from its lock file -----------------------------------------------------------------------

# The project's own, with the package itself in editable form.
$(VENV)/dev.installed: $(LOCKS)/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is missing or older than 3.11: name another, as in make PYTHON=python3.13 test"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(PIP_FLAGS) --require-hashes -r $<
	$(BIN)/python -m pip install $(PIP_FLAGS) --no-build-isolation --editable .
	@touch $@

# The emulator and the template scanner pin other versions of the same packages.
$(VENV)/emulator.installed $(VENV)/checkov.installed: $(VENV)/%.installed: $(LOCKS)/%.txt | $(VENV)/dev.installed
	$(BIN)/python -m venv $(VENV)/$*
	$(VENV)/$*/bin/python -m pip install $(PIP_FLAGS) --require-hashes -r $<
	@touch $@

# What Lambda's runtime has, on Lambda's Python.
$(VENV)/runtime.installed: $(LOCKS)/runtime.txt | $(VENV)/dev.installed
	$(LAMBDA_PYTHON) -m venv $(VENV)/runtime
	$(VENV)/runtime/bin/python -m pip install $(PIP_FLAGS) --require-hashes -r $<
	@touch $@

# --no-deps: the lock files are complete.
PIP_FLAGS := --quiet --disable-pip-version-check --no-deps
