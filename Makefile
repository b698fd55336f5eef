# Works from a fresh clone with Python 3.11 or newer, make and git; everything else goes into .venv.

PYTHON ?=
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3 python3.13 python3.12 python3.11 python)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
DEMO_QUESTION := Where did General Milley meet Russia's chief of the General Staff?
DEMO_FLAGS := --index .demo/index --model local:qwen2.5-coder-0.5b

.PHONY: help demo test check gate cassettes lock clean models

help:
	@echo "make demo   fetch the models, index the articles in seeds/ and answer a question from them"
	@echo "make test   run the tests"
	@echo "make check  run every check: format, lint, types, import directions, tests"
	@echo "make gate   answer the gold questions with recorded replies, and some with the model; fail when that gets worse"
	@echo "make cassettes  record the local model's replies for the tests anew (after a change of prompt or weights)"
	@echo "make lock   write requirements.lock anew from pyproject.toml"
	@echo "make clean  remove .venv, the demo's index and all caches in this folder"

demo: $(STAMP)
	@echo "==> qa models pull"
	@$(BIN)/qa models pull
	@echo "==> qa index add seeds --index .demo/index"
	@$(BIN)/qa index add seeds --index .demo/index
	@echo "==> qa ask $(DEMO_FLAGS) \"$(DEMO_QUESTION)\""
	@$(BIN)/qa ask $(DEMO_FLAGS) "$(DEMO_QUESTION)"

test: $(STAMP) models
	@echo "==> Running the tests"
	@$(BIN)/python -m pytest -q

check: $(STAMP) models
	@echo "==> Checking the format"
	@$(BIN)/ruff format --check .
	@echo "==> Linting"
	@$(BIN)/ruff check .
	@echo "==> Checking the types"
	@$(BIN)/mypy
	@echo "==> Checking the import directions"
	@$(BIN)/python -m pytest -q tests/test_imports.py
	@echo "==> Running the tests"
	@$(BIN)/python -m pytest -q

gate: $(STAMP) models
	@echo "==> Holding the answers to the gold questions against evals/gate.toml"
	@$(BIN)/qa eval gate $(SETS)

cassettes: $(STAMP) models
	@echo "==> Recording the conversations of tests/test_cassettes.py anew; look at git diff tests/cassettes"
	@$(BIN)/python -m tests.record
	@echo "==> Recording the replies to the gate's questions that are not recorded yet (some minutes)"
	@$(BIN)/qa eval gate --record

# The end-to-end tests need weights. Where none can be had those tests skip and say so.
models: $(STAMP)
	@echo "==> Looking for the default models, fetching them if they are not there (once, about 515 MB)"
	@$(BIN)/qa models pull || echo "==> The models could not be fetched; the tests that need them will be skipped"

lock: $(STAMP)
	@echo "==> Writing requirements.lock (UPGRADE=--upgrade takes the newest versions)"
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(PIP) install uv
	@$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --group dev pyproject.toml $(UPGRADE) \
		--output-file requirements.lock >/dev/null
	@{ echo "# Made by \`make lock\`: every package with its version and the SHA-256 of its files."; \
		cat requirements.lock; } >$(VENV)/lock.new
	@mv $(VENV)/lock.new requirements.lock

clean:
	@echo "==> Removing .venv, .demo and caches"
	@rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements.lock pyproject.toml
	@found=; for candidate in $(CANDIDATES); do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
		then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "make: no Python 3.11 or newer among: $(CANDIDATES); install one or name it with" \
			"'make PYTHON=/path/to/python3 …'" >&2; exit 1; fi; \
	if ! $$found -c 'import ensurepip, venv' >/dev/null 2>&1; then \
		echo "make: $$found cannot make virtual environments; install its venv module" \
			"(Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; fi; \
	if ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		echo "==> Making $(VENV) with $$($$found --version)"; $$found -m venv --clear $(VENV); fi
	@echo "==> Installing the packages of requirements.lock into $(VENV) (some minutes the first time)"
	@$(PIP) install --require-hashes -r requirements.lock
	@echo "==> Installing qa"
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $(STAMP)
