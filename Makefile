# make demo   install, fetch the models, read the sample PDFs, ask a question
# make test   install what is needed and run every check and test, with the real models
# make help   the other targets

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/rag-app
# llama.cpp is built for this processor, once: its wheel is kept by machine and processor features.
CPU := $(shell { uname -sm; grep -m1 '^flags' /proc/cpuinfo 2>/dev/null || sysctl -n machdep.cpu.brand_string; } | cksum | cut -d' ' -f1)
WHEELS ?= $(CACHE)/wheels/$(CPU)
LLAMA := 0.3.36
LLAMA_WHEEL := $(WHEELS)/llama_cpp_python-$(LLAMA)
TORCH := 2.13.0
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
PIP := $(BIN)/python -m pip --disable-pip-version-check
DEMO := .demo/library
QUESTION ?= How long is the guarantee of the Aquilo dishwasher?

.DEFAULT_GOAL := help
.PHONY: help install hooks models demo test check unit coverage constraints release samples bench torture clean

help:
	@sed -n '1,3p' Makefile
	@echo "make install  set up .venv;  make models  fetch the default models"
	@echo "make check  ruff, mypy and the import contract;  make unit  the quick tests;  make coverage  what these reach"
	@echo "make hooks  run the checks before each commit;  make constraints  write down the versions that are installed"
	@echo "make release TAG=v0.1.0  build a version, if program, changelog and tag name the same one"
	@echo "make samples  write the sample PDFs again;  make bench  benchmarks of the sample PDFs;  make clean"
	@echo "make torture  let programs share a library and kill them at random, TRIALS times; SEED=N repeats a run"

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade pip

# The CPU build of torch: from PyTorch's own index where that can be reached, else what the configured index has.
$(VENV)/.torch: | $(BIN)/python
	@if [ "$$(uname -s)" = Linux ] && $(BIN)/python -c 'import urllib.request as r; r.urlopen("$(TORCH_INDEX)/torch/", timeout=5)' 2>/dev/null; \
	then $(PIP) install --quiet --index-url $(TORCH_INDEX) torch==$(TORCH); \
	else $(PIP) install --quiet torch==$(TORCH); fi
	@touch $@

$(VENV)/.llama: | $(BIN)/python
	@mkdir -p $(WHEELS)
	@ls $(LLAMA_WHEEL)-*.whl >/dev/null 2>&1 || { \
	echo "Building llama-cpp-python $(LLAMA) once; this takes some minutes."; \
	mkdir -p $(WHEELS)/new && $(PIP) wheel --quiet --no-deps --wheel-dir $(WHEELS)/new llama-cpp-python==$(LLAMA) \
	&& mv $(WHEELS)/new/*.whl $(WHEELS)/; }
	$(PIP) install --quiet $(LLAMA_WHEEL)-*.whl
	@touch $@

$(VENV)/.installed: pyproject.toml constraints.txt $(VENV)/.torch $(VENV)/.llama
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

install: $(VENV)/.installed

hooks: install
	$(BIN)/pre-commit install

models: install
	$(BIN)/rag models pull

demo: models
	@echo; echo "== rag ingest data/samples"
	@$(BIN)/rag ingest data/samples --library $(DEMO)
	@echo; echo "== rag ask \"$(QUESTION)\""
	@$(BIN)/rag ask "$(QUESTION)" --library $(DEMO)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: install
	$(BIN)/pytest --quick

coverage: install
	$(BIN)/pytest --quick --cov --cov-report=term:skip-covered

test: check
	$(BIN)/rag models pull all-MiniLM-L6-v2 ms-marco-MiniLM-L-12-v2 Qwen2.5-Coder-1.5B-Instruct-Q4_K_M bge-small-en-v1.5-int8 SmolLM2-135M-Instruct-Q4_1
	$(BIN)/pytest -m 'not models' --numprocesses logical --maxprocesses 4 --dist loadfile
	$(BIN)/pytest -m models

constraints: install
	$(BIN)/python .ci/constraints.py

release: check
	$(BIN)/python .ci/release.py $(TAG)
	$(BIN)/hatchling build

samples: install
	$(BIN)/python data/make_samples.py

bench: models
	$(BIN)/python benchmarks/samples.py
	$(BIN)/python benchmarks/tutorial_pipeline.py data/samples

TRIALS ?= 500
torture: install
	$(BIN)/python benchmarks/torture.py --trials $(TRIALS) $(if $(SEED),--seed $(SEED))

clean:
	rm -rf $(VENV) .demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
