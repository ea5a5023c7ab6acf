# Needs nothing but python3 (3.11 or newer) and make: everything else is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
EXPERIMENT ?= experiments/00_first_look.yaml
KILLS ?= 50
TESTS ?=
# Three workers keep two CPUs busy, since many tests wait; compiled modules and one BLAS thread each save a tenth.
PYTEST := env -u PYTHONDONTWRITEBYTECODE OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest
PARALLEL := -n 3 --dist worksteal

.PHONY: run test quick bench bounds clean cluster-hosts cluster-kills cluster-overhead contracts coverage crate designs docs doubts engines faults fidelity forks fuzz gallery growth kills lint messages requirements schema soak test-all tries types versions wheel
.DEFAULT_GOAL := run

# Each target installs only what it needs, and again only when pyproject.toml has changed.
.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

# Developers and CI install versions that are known, and nothing whose hash is another than that of this file.
define develop
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements.txt
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(@D)/installed $@
endef
.venv/developing: pyproject.toml .ci/requirements.txt
	$(develop)
.venv-pythons/%/developing: pyproject.toml .ci/requirements.txt
	$(develop)

run: .venv/installed  ## run the first experiment (or EXPERIMENT=…) and say where the report is
	$(BIN)/concexp run $(EXPERIMENT)

test: .venv/developing  ## the whole suite, or TESTS=… of it
	$(PYTEST) $(PARALLEL) $(TESTS)

test-all:  ## the suite (or TESTS) on every Python from 3.11 that is found (or PYTHONS="3.12 3.13"), each in an environment of its own
	@. .ci/interpreters; failed=; for version in $$PYTHONS; do \
		python=$$(interpreter $$version) || { echo "there is no Python $$version on this machine"; continue; }; \
		echo "Python $$version: $$python"; \
		{ $(MAKE) --no-print-directory .venv-pythons/$$version/developing PYTHON=$$python && \
			$(subst $(BIN),.venv-pythons/$$version/bin,$(PYTEST)) $(PARALLEL) $(TESTS); } || failed="$$failed $$version"; \
	done; test -z "$$failed" || { echo "the suite fails on Python$$failed"; exit 1; }

quick: .venv/developing  ## the suite without whole programs and contracts: about a third of the time
	$(PYTEST) $(PARALLEL) -m "not slow"

coverage: .venv/developing  ## which lines the suite reaches: all of it, or what TESTS names (`make coverage TESTS=tests/plan`)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[coverage]'
	$(PYTEST) $(PARALLEL) --cov --cov-report=term --cov-report=html $(TESTS)
	@echo 'line by line: build/coverage/index.html'

.venv-engines/installed: pyproject.toml
	$(PYTHON) -m venv .venv-engines
	.venv-engines/bin/python -m pip install --quiet --disable-pip-version-check -e '.[engines,ray]' freezegun
	touch $@

engines: .venv/developing .venv-engines/installed  ## the models over engines that have to be installed (about 600 MB)
	CONCEXP_ENGINES_PYTHON=$(CURDIR)/.venv-engines/bin/python $(PYTEST) tests/trial/models/test_engines.py

contracts: .venv/developing  ## every workload in every model with every primitive (`test` has a cover of all pairs)
	CONCEXP_CONTRACTS=all $(PYTEST) $(PARALLEL) tests/contracts tests/trial/sync

.venv-crate/installed:
	$(PYTHON) -m venv .venv-crate
	.venv-crate/bin/python -m pip install --quiet --disable-pip-version-check 'roc-validator>=0.13,<1'
	touch $@

crate: .venv/installed .venv-crate/installed  ## is a bundle a valid RO-Crate? asks its public validator, which reads the vocabulary from the net (60 MB, a minute)
	mkdir -p build
	$(BIN)/concexp bundle reports/cpu_models -o build/crate.zip --author 'Ada Lovelace' --license CC-BY-4.0
	.venv-crate/bin/rocrate-validator --no-interactive validate --profile-identifier ro-crate-1.2 --verbose build/crate.zip

forks: .venv/developing  ## the contracts of models and of children with trials that are forks (5 minutes)
	CONCEXP_ISOLATION=fork $(PYTEST) $(PARALLEL) tests/contracts/test_every_model.py tests/trial/models tests/run/child

designs: .venv/developing  ## the pages of 200 more experiments drawn at random: every picture and every section (about 2 minutes)
	CONCEXP_DESIGNS=200 $(PYTEST) $(PARALLEL) tests/contracts/test_every_design.py

faults: .venv/developing  ## every fault in every model (about 5 minutes; `test` has a diagonal of it)
	CONCEXP_FAULTS=all $(PYTEST) --timeout 1800 tests/program/test_fault_matrix.py  # one sweep is the fixture of all its tests

.venv-peers/installed:
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check asv pyperf pytest-benchmark rebench
	touch $@

bench: .venv/installed .venv-peers/installed  ## what concexp adds to what it measures, beside other tools (a quarter of an hour on a quiet machine)
	$(BIN)/python benchmarks/bench.py --peers .venv-peers/bin/python --large

fidelity: .venv/installed  ## does concexp measure what hand-written programs measure? (about 10 minutes)
	$(BIN)/python benchmarks/fidelity.py
	$(BIN)/python benchmarks/fidelity.py --one-cpu --only lock --only counter --only Queue --only Pipe

gallery: .venv/installed  ## run all lessons one after the other (an hour and a half); again: those that are unfinished or have changed
	$(BIN)/python benchmarks/gallery.py

tries: .venv/installed  ## does `concexp try` know what a function wants, and name what an exhaustive sweep cannot beat? (about half an hour)
	$(BIN)/python benchmarks/tries.py
	$(BIN)/python benchmarks/tries.py --hog

doubts: .venv/installed  ## which slow trials does each doubt find? (about 25 minutes on a quiet machine)
	$(BIN)/python benchmarks/doubts.py

kills: .venv/installed  ## 200 runs killed and resumed, and 200 whose journal is tampered with: is anything lost or doubled? (half an hour)
	$(BIN)/python benchmarks/killed.py
	$(BIN)/python benchmarks/tampered.py

cluster-kills: .venv/developing  ## KILLS (50) kills by SIGKILL of workers and coordinators on a cluster: is anything lost, doubled or measured at once? (10 minutes)
	$(BIN)/python benchmarks/cluster_killed.py --kills $(KILLS)

cluster-hosts: .venv/developing  ## two network namespaces as two hosts, with a link that is cut and heals (a minute and a half; needs the right to make them)
	$(BIN)/python tests/cluster/two_hosts.py

cluster-overhead: .venv/developing  ## 10,000 simulated trials over four workers: what does the coordinator need per trial, does its memory grow? (a minute)
	$(BIN)/python benchmarks/cluster_overhead.py

versions: .venv/installed  ## are differences between two versions of a function real? (a minute, and 3 hours of real runs)
	$(BIN)/python benchmarks/versions.py --numbers --program
	$(BIN)/python benchmarks/versions.py --real build/versions

soak: .venv/installed  ## 100,000 simulated trials: does memory grow? (some minutes)
	$(BIN)/python benchmarks/soak.py

growth: .venv/installed  ## does what runs and pages take grow linearly, up to 100,000 trials and 10,000,000 rows? (a quarter of an hour, 4 GB of disk)
	$(BIN)/python benchmarks/growth.py

bounds:  ## the suite with the lowest versions of all libraries that pyproject.toml allows, then with the highest
	$(PYTHON) -m venv .venv-bounds
	.venv-bounds/bin/python -m pip install --quiet --disable-pip-version-check uv
	for resolution in lowest-direct highest; do \
		.venv-bounds/bin/uv venv --quiet --clear --python $(PYTHON) .venv-bounds/$$resolution && \
		.venv-bounds/bin/uv pip install --quiet --resolution $$resolution --python .venv-bounds/$$resolution/bin/python -e '.[test]' && \
		.venv-bounds/$$resolution/bin/python -m pytest -q $(PARALLEL) || exit 1; \
	done

requirements:  ## find the newest versions for developers and CI, with the hashes of their files on every platform
	$(PYTHON) -m venv .venv-bounds
	.venv-bounds/bin/python -m pip install --quiet --disable-pip-version-check uv
	printf '%s\n' '# Versions of the libraries of developers and CI, for every platform; made by `make requirements`.' > .ci/requirements.txt
	printf 'hatchling>=1.25\neditables>=0.5\n' | .venv-bounds/bin/uv pip compile --quiet pyproject.toml - --extra dev --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url >> .ci/requirements.txt

fuzz: .venv/developing  ## 10,000 made-up experiments and 500 journals, then a minute of coverage-guided fuzzing
	$(BIN)/python -m tests.fuzz.many
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	mkdir -p build/corpus
	$(BIN)/python -m tests.fuzz.guided build/corpus experiments -max_total_time=60 -artifact_prefix=build/

schema: .venv/installed  ## write the JSON Schema of experiments anew
	$(BIN)/concexp schema > concexp/concexp.schema.json

messages: .venv/developing  ## bring the catalogues of other languages up to date with the messages in the sources
	$(BIN)/python -m tests.helpers.messages

wheel: .venv/developing  ## wheel and source distribution in empty environments, on every Python from 3.11 that is found (a minute or two)
	.ci/wheel

docs: .venv/developing  ## the documentation as a site, build/site/index.html; fails on a broken link
	$(BIN)/mkdocs build --quiet --strict

lint: .venv/developing  ## style and mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/developing  ## static types
	$(BIN)/mypy

clean:  ## everything that can be made again
	rm -rf .venv .venv-bounds .venv-crate .venv-engines .venv-peers .venv-pythons .pytest_cache .mypy_cache .ruff_cache
