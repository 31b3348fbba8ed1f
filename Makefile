# Everything a fresh machine needs: Python 3.11+ and make. `make help` lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STUDY ?= studies/sample.toml
WORKERS ?= 2
export OMP_NUM_THREADS ?= 1
export OMP_WAIT_POLICY ?= passive
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.PHONY: help run test test-services check lab mlflow notebooks docs bench studies locks clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: $(VENV)/run.stamp ## set up, and run a study (STUDY=studies/sample.toml) into models/
	$(BIN)/riskml run $(STUDY)

test: $(VENV)/test.stamp ## set up, and run every test that needs no service, the notebooks included
	$(BIN)/python -m pytest -m "not services" -n $(WORKERS) --dist loadfile
	env -u RISKML_STUDY $(BIN)/python -m pytest --nbval-lax notebooks -o addopts="-ra" -W default -p no:cacheprovider

test-services: $(VENV)/dev.stamp ## tests that need a service or a browser
	$(BIN)/python -m pytest -m services tests

check: $(VENV)/dev.stamp ## format, lint, types, then make test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) test

lab: $(VENV)/dev.stamp ## JupyterLab on notebooks/
	$(BIN)/jupyter lab notebooks

notebooks: $(VENV)/dev.stamp ## run the notebooks again and keep their outputs
	env -u RISKML_STUDY $(BIN)/jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.record_timing=False notebooks/*.ipynb

mlflow: $(VENV)/run.stamp ## the MLflow pages of the runs made here, on http://127.0.0.1:5000
	MLFLOW_DISABLE_TELEMETRY=true $(BIN)/mlflow server --host 127.0.0.1 --port 5000 \
	  --backend-store-uri "sqlite:///$(CURDIR)/mlruns/mlflow.db" --default-artifact-root "$(CURDIR)/mlruns/artifacts"

docs: $(VENV)/dev.stamp ## the reference pages, and the pages of docs/ as a site in dist/site
	$(BIN)/python benchmarks/reference.py --write
	$(BIN)/python benchmarks/site_build.py

bench: $(VENV)/dev.stamp ## benchmarks against named peers, side by side, one thread
	@for file in $(wildcard benchmarks/bench_*.py); do $(BIN)/python $$file || exit 1; done

studies: $(VENV)/dev.stamp ## the long simulations and the fuzzing, in full; writes docs/coverage.md
	test -e models/sample/tables/scored_rows.parquet || $(BIN)/riskml run studies/sample.toml
	$(BIN)/python benchmarks/coverage_study.py --write
	RISKML_FULL=1 $(BIN)/python -m pytest $$(grep -rl --include='*.py' RISKML_FULL tests)

locks: ## write the hashed locks again (needs uv)
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate -p 3.11 pyproject.toml --extra notebooks --extra test --extra lint -o requirements/dev.txt
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate -p 3.11 pyproject.toml --extra test -c requirements/dev.txt -o requirements/test.txt
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate -p 3.11 pyproject.toml --extra data --extra train --extra track --extra report --extra cli -c requirements/dev.txt -o requirements/run.txt
	echo 'flit_core>=3.12,<4' | uv pip compile -q --universal --generate-hashes --no-header --no-annotate -p 3.11 - -o requirements/build.txt
	printf 'onnx>=1.17\nonnxruntime>=1.23\n' | uv pip compile -q --universal --generate-hashes --no-header --no-annotate -p 3.11 -c requirements/dev.txt - -o requirements/onnx.txt
	echo 'mkdocs-material>=9.6' | uv pip compile -q --universal --generate-hashes --no-header --no-annotate -p 3.11 - -o requirements/docs.txt
	echo 'pyspark>=4.0' | uv pip compile -q --universal --generate-hashes --no-header --no-annotate -p 3.11 -c requirements/dev.txt - -o requirements/spark.txt

clean: ## remove what can be made again (not models/ and mlruns/)
	rm -rf $(VENV) .venv-spark .venv-onnx .venv-docs dist .pytest_cache .mypy_cache .ruff_cache .hypothesis data/derived/[!.]*
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment; a stamp for each lock that is in it.
$(VENV)/%.stamp: requirements/%.txt requirements/build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "riskml needs Python 3.11 or later; $(PYTHON) is older: make PYTHON=python3.12 ..."; exit 2; }
	@if command -v uv >/dev/null 2>&1; then \
	  test -x $(BIN)/python || uv venv -q --python $(PYTHON) $(VENV); \
	  install="uv pip install -q --python $(BIN)/python"; \
	else \
	  test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV); \
	  install="$(BIN)/python -m pip install -q --disable-pip-version-check"; \
	fi; \
	echo "installing requirements/$*.txt into $(VENV)"; \
	$$install --require-hashes -r requirements/build.txt -r requirements/$*.txt && \
	$$install --no-deps --no-build-isolation -e .
	@touch $@
