# Everything runs in .venv, made on first use with nothing but Python 3.11 or newer. `make` alone says what there is.
# checkov alone has an environment of its own: it pins other versions of what is in .venv.

PORT ?= 4566
# The first that works: a version manager may put names on the PATH that lead nowhere.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv/bin/python
REQUIREMENTS := local/requirements.txt tests/requirements.txt
# The slow ones first: they are shared out by file, in this order, and nobody should wait for the last of them.
TESTS := tests/embedded tests/faults tests/unit tests/contract tests/architecture
LOCKED := functions/layers/shared functions/layers/pyarrow local tests tests/checks

.DEFAULT_GOAL := help
.PHONY: help demo test check up down build bench lock clean

help: ## say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: .venv/installed ## back up a user pool, lose it, restore it and check: the whole story on this machine
	$(VENV) -m local.demo

test: .venv/installed ## all tests
	$(VENV) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(TESTS)

check: .venv/installed .venv-checks/installed ## lint, types, template
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy functions local tests
	.venv/bin/cfn-lint template.yaml
	SAM_CLI_TELEMETRY=0 .venv/bin/sam validate --lint --region us-east-1
	$(VENV) -m tests.checks

up: .venv/installed ## the embedded cloud with the stack deployed (PORT=4566, QUOTAS=documented for the pace of AWS)
	$(VENV) -m local up --port $(PORT)

down: .venv/installed ## stop it
	$(VENV) -m local down

build: .venv/installed ## sam build for Lambda (arm64, python3.13), without Docker
	POOLSAFE_PYTHON="$(CURDIR)/$(VENV)" .venv/bin/sam build

bench: .venv/installed ## benchmarks; ONLY=peers,cost for some of them
	$(VENV) -m tests.benchmarks "$(ONLY)"

lock: .venv/installed ## pin every requirements.in anew, with hashes
	$(VENV) -m pip install --quiet uv
	for folder in $(LOCKED); do (cd $$folder && "$(CURDIR)/$(VENV)" -m uv pip compile --quiet --upgrade --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--output-file requirements.txt requirements.in) || exit; done

clean: ## remove everything that can be made again
	if [ -x $(VENV) ]; then $(VENV) -m local down; fi
	rm -rf .venv .venv-checks .embedded .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The locks are complete, so nothing is left to resolve (--no-deps).
define install
@test -n "$(PYTHON)" || { echo "Python 3.11 or newer, with venv, is needed"; exit 1; }
rm -rf $(@D)
$(PYTHON) -m venv $(@D)
$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes \
	$(addprefix --requirement ,$^)
touch $@
endef

.venv/installed: $(REQUIREMENTS)
	$(install)

.venv-checks/installed: tests/checks/requirements.txt
	$(install)
