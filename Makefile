# `make` alone lists what there is. Tools come from .venv, which `make setup` makes from the hashed locks.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# `ona` is started hundreds of times by tests and benches: compiled once, as for its users.
unexport PYTHONDONTWRITEBYTECODE

ready := .venv/.ready
compile := uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate \
	--no-emit-index-url $(LOCK_FLAGS)
# Most tests wait for containers: three at once on two cores. A file's tests share a namespace, and stay together.
at_once := --numprocesses 3 --dist loadfile --no-loadscope-reorder
with_lab := addresses=$$(bash k8s/lab/up.sh) && eval "$$addresses" &&
with_judges := $(with_lab) judges=$$(bash k8s/lab/judges.sh) && eval "$$judges" &&

.PHONY: help setup lock demo image test test-unit test-full check bench lab lab-down

help: ## list what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "  make %-10s  %s\n", $$1, $$2 }'

setup: $(ready) ## make .venv with `ona` in it, from the hashed locks

$(ready): requirements/develop.lock pyproject.toml .ci/setup
	@bash .ci/setup
	touch $@

lock: $(ready) ## write the locks; newer versions of everything: make lock LOCK_FLAGS=--upgrade
	@$(compile) pyproject.toml --output-file requirements/ona.lock
	$(compile) pyproject.toml --group test --group check --group converting --output-file requirements/develop.lock
	for group in serving serving-onnx converting; do
	  $(compile) --group $$group --output-file ona_pipeline/serving/$$group.lock
	done
	for judge in checkov kubernetes-validate; do $(compile) --group $$judge --output-file requirements/$$judge.lock; done

demo: $(ready) ## the main job from nothing: a committed model to Kubernetes, with a question at the terminal
	@$(with_lab) bash k8s/lab/demo.sh

image: $(ready) ## make a container image of ona and push it: make image IMAGE=registry/repository BASE=…@sha256:…
	@bash k8s/lab/image.sh "$(IMAGE)" "$(BASE)"

test: $(ready) ## the tests, on real parts
	@export ONA_REQUIRE_BACKENDS=1
	$(with_judges) pytest -m "not full" $(at_once)

test-unit: $(ready) ## the tests that need Python packages only; seconds
	@pytest -m "not full" --numprocesses 2 tests/unit tests/architecture tests/golden

test-full: $(ready) ## the tests with sweeps, soaks and judges; writes bench/faults.md and bench/rollouts.md
	@export ONA_REQUIRE_BACKENDS=1
	$(with_judges) pytest $(at_once) --measured bench/faults.md --rollout bench/rollouts.md

check: $(ready) ## lint, format, types, shell, workflows
	@bash .ci/check

bench: $(ready) ## measure against the peers; writes bench/results.md
	@$(with_lab) python -m bench.run

lab: $(ready) ## bring up Docker, an image registry, Kubernetes, PostgreSQL and MLflow, and print how to reach them
	@bash k8s/lab/up.sh

lab-down: ## end what `make lab` started; the data stay
	@bash k8s/lab/down.sh
