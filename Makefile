# The two commands: `make run` and `make test`. Both need git, make and Python 3.11 or later, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := tests/requirements
LAYER := layers/sensor
BASE := $(VENV)/$(notdir $(PYTHON)).made
export SAM_CLI_TELEMETRY := 0

# The artifact is booted on Lambda's own version where this machine has it, else on the one at hand.
LAMBDA_PYTHON ?= $(shell for one in python3.13 "$$(pyenv root 2> /dev/null)"/versions/3.13*/bin/python3.13 $(PYTHON); \
	do "$$one" -c 'import sys; print(sys.executable)' 2> /dev/null && break; done)

.DEFAULT_GOAL := help
.PHONY: help run scan first-day test check unit build bench cost lock screenshots clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F':.*## ' '{printf "  make %-11s  %s\n", $$1, $$2}'

run: $(VENV)/run.installed $(VENV)/emulator.installed ## Deploy to an emulator, scan sample sensors, show what came out (STAY=1: go on)
	@$(BIN)/python -m tests.demo $(if $(STAY),--stay)

scan: $(if $(HOST),$(VENV)/scan.installed) ## Scan one server: HOST=mail.example.org (OPTIONS="--port 995": as for pop3_sensor scan)
	@$(if $(HOST),$(BIN)/python -m pop3_sensor scan $(HOST) $(OPTIONS) || true,echo "Which server? make scan HOST=mail.example.org"; exit 1)

first-day: $(VENV)/dev.installed ## Check a stack on AWS, after its first deployment (OPTIONS="--stack NAME": docs/first-day.md)
	@$(BIN)/python -m tests.first_day $(OPTIONS)

test: check $(VENV)/emulator.installed $(VENV)/runtime.installed $(VENV)/checkov.installed ## Everything that CI runs
	$(BIN)/python -m pytest -n 2 --cov --cov-report=
	$(BIN)/coverage report --show-missing --skip-covered --fail-under=95
	$(BIN)/coverage report --include='*/pop3_sensor/protocol/*' --fail-under=100
	@$(BIN)/python -m tests.left_out

check: $(VENV)/dev.installed ## Style, types, direction of imports
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/dev.installed ## The quick tests
	$(BIN)/python -m pytest -n auto tests/unit tests/contract tests/docs

build: $(VENV)/dev.installed ## What `sam deploy` uploads, for Lambda
	PATH="$(CURDIR)/$(BIN):$$PATH" sam build

bench: $(VENV)/dev.installed $(VENV)/runtime.installed ## Measure, into docs/benchmarks.md and docs/cost.md (ONLY=cpu: one part)
	@$(BIN)/python -m tests.bench $(ONLY)

cost: $(VENV)/dev.installed ## What a fleet costs a month, from measured calls (SENSORS=1000: just so many)
	@$(BIN)/python -m tests.bench.cost $(SENSORS)

lock: $(BASE) ## Renew the lock files from the .in files
	for one in $(LAYER)/requirements $(patsubst %,$(LOCKS)/%,uv dev emulator runtime checkov); do \
		$(LOCK) $$one.in --output-file $$one.txt || exit 1; done
	$(LOCK) $(LOCKS)/run.in --constraints $(LOCKS)/dev.txt --output-file $(LOCKS)/run.txt

screenshots: $(VENV)/dev.installed ## Take the documents' pictures anew, with Chromium
	SCREENSHOTS=1 $(BIN)/python -m pytest tests/browser

clean: ## Remove everything that was made
	rm -rf $(VENV) .aws-sam .run .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# ---- environments, each from its lock file -----------------------------------------------------------------------

# uv takes the Python at hand, and trusts whom this machine trusts.
UV := $(VENV)/uv/bin/uv
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS ?= true

# --no-deps: the lock files are complete. Byte code: without it the first start of everything is slow.
INSTALL := $(UV) pip install --quiet --no-deps --require-hashes --compile-bytecode --python
SYNC := $(UV) pip sync --quiet --require-hashes --compile-bytecode --python
LOCK := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

# Pip fetches uv and nothing else. Another PYTHON than last time begins anew.
$(BASE): $(LOCKS)/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is missing or older than 3.11: name another, as in make PYTHON=python3.13 test"; exit 1; }
	@echo "Installing from lock files into $(VENV), once: half a minute where a package index is near ..."
	@test -e $@ || rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)/uv
	$(VENV)/uv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@$(UV) venv --quiet --allow-existing --python $(VENV)/uv/bin/python $(VENV)
	@# The package itself is found where it lies.
	@$(BIN)/python -c 'import site; print("$(CURDIR)/$(LAYER)", file=open(site.getsitepackages()[0] + "/pop3_sensor.pth", "w"))'
	@touch $@

# The project's own, as large as what is wanted needs: what a scan needs is part of what `make run` needs, and that of dev.
$(VENV)/scan.installed: $(LAYER)/requirements.txt $(BASE)
	$(INSTALL) $(VENV) -r $<
	@touch $@

$(VENV)/run.installed: $(LOCKS)/run.txt $(BASE)
	$(INSTALL) $(VENV) -r $<
	@touch $@

$(VENV)/dev.installed: $(LOCKS)/dev.txt $(BASE)
	$(SYNC) $(VENV) $<
	@touch $@

# The emulator and the template scanner pin other versions of the same packages.
$(VENV)/emulator.installed $(VENV)/checkov.installed: $(VENV)/%.installed: $(LOCKS)/%.txt $(BASE)
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python $(VENV)/$*
	$(SYNC) $(VENV)/$* $<
	@touch $@

# What Lambda's runtime has, on Lambda's Python.
$(VENV)/runtime.installed: $(LOCKS)/runtime.txt $(BASE)
	@$(UV) venv --quiet --allow-existing --python $(LAMBDA_PYTHON) $(VENV)/runtime
	$(SYNC) $(VENV)/runtime $<
	@touch $@
