# The README's commands. Each makes the environment (.venv) if it is missing or older than the lock file.

PYTHON ?= python3
CORES ?= all
# The index of torch's small CPU build. With an NVIDIA driver it is empty, which takes PyPI's build with CUDA.
TORCH_INDEX ?= $(if $(shell command -v nvidia-smi),,https://download.pytorch.org/whl/cpu)

# These errors come before anything is installed.
ifneq ($(words $(CURDIR)),1)
$(error The path of this checkout, $(CURDIR), has a space, and Snakemake cannot start jobs there; move it)
endif
CACHE := $(or $(XDG_CACHE_HOME),$(HOME:%=%/.cache))
ifneq ($(CACHE),)
ifneq ($(shell mkdir -p '$(CACHE)' 2> /dev/null && test -w '$(CACHE)' && echo writable),writable)
$(error $(CACHE) cannot be written to, and Snakemake needs a cache; export XDG_CACHE_HOME=<a folder of yours>)
endif
endif

BIN := .venv/bin
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES)
SMOKE := --configfile config.yaml config/smoke.yaml
PAPER := --configfile config.yaml config/paper.yaml
PAPER_CONFIGS := config.yaml $(addprefix config/,paper.yaml paper_float32.yaml paper_seed1.yaml)
PAPER_FIGURES := $(addprefix two_phase/,fig3 fig4 fig5 measures estimators softmax_collapse)
SLURM_PACKAGES := munge slurm-wlm slurmdbd mariadb-server
PREDICTION := --configfile config.yaml config/prediction.yaml
COMOVEMENT := --configfile config.yaml config/comovement.yaml
PILOT := $(COMOVEMENT) config/comovement_pilot.yaml
CONFIRM := --configfile config.yaml config/confirm.yaml
STUDY ?= config.yaml

.PHONY: fig5 emergence two_phase prediction comovement comovement_pilot confirm smoke paper report explore
.PHONY: docs site prune
.PHONY: test optional-test slurm-test browser browser-test soak bench scaling audit lock
.DEFAULT_GOAL := fig5

fig5: .venv/installed
	$(SNAKEMAKE) results/figures/fig5.pdf

emergence: .venv/installed
	$(SNAKEMAKE) emergence

two_phase: .venv/installed
	$(SNAKEMAKE) two_phase results/tables/alignment.csv

prediction: .venv/installed
	$(SNAKEMAKE) results/prediction/figures/emergence/prediction.pdf $(PREDICTION)

# Tests whether time scales move together, by docs/analysis_plan.md. The pilot finds the lengths of trainings.
comovement: export PYTHONPATH := workflow/scripts:workflow
comovement: .venv/installed
	$(BIN)/python workflow/forecast.py --study config.yaml config/comovement.yaml \
		--figures two_phase/comovement
	$(SNAKEMAKE) results/comovement/figures/two_phase/comovement.pdf $(COMOVEMENT)

comovement_pilot: .venv/installed
	$(SNAKEMAKE) results/comovement_pilot/figures/two_phase/recipe.pdf $(PILOT)

confirm: .venv/installed
	$(SNAKEMAKE) $(foreach n,fig2 fig3 fig4 phase_rule,results/confirm/figures/emergence/$(n).pdf) $(CONFIRM)

smoke: .venv/installed
	$(SNAKEMAKE) results/smoke/figures/fig5.pdf $(SMOKE)

# The two-phase paper at full length: first how long it will take, then division, S5, both with the loss in
# float32, and a second seed of S5.
paper: export PYTHONPATH := workflow/scripts:workflow
paper: .venv/installed
	$(BIN)/python workflow/forecast.py --study $(PAPER_CONFIGS) --figures $(PAPER_FIGURES)
	$(SNAKEMAKE) results/paper/figures/two_phase/fig3.pdf $(PAPER)
	$(SNAKEMAKE) $(PAPER_FIGURES:%=results/paper/figures/%.pdf) $(PAPER)
	$(SNAKEMAKE) $(PAPER_FIGURES:%=results/paper/figures/%.pdf) $(PAPER) config/paper_float32.yaml
	$(SNAKEMAKE) $(PAPER_FIGURES:%=results/paper/figures/%.pdf) --configfile $(PAPER_CONFIGS)

report: fig5
	$(BIN)/snakemake results/figures/fig5.pdf --report results/report.html

# Writes results/explorer.html from all that is finished, also while a study runs. WATCH=60 renews it each
# minute. STUDY gives the config files of another study, as for `make prune`.
explore: export PYTHONPATH := workflow/scripts:workflow
explore: .venv/installed
	$(BIN)/python workflow/explore.py --study $(STUDY) $(if $(WATCH),--watch $(WATCH))

# Makes the tables and pictures of docs/ from all studies that are finished.
docs: export PYTHONPATH := workflow/scripts
docs: .venv/installed
	$(BIN)/python docs/refresh.py

# Builds the site of these pages into site/, without a network; open site/index.html. It fails at a broken link.
site: export PYTHONPATH := .venv/site
site: export NO_MKDOCS_2_WARNING := 1
site: .venv/site/installed
	$(BIN)/python -m mkdocs build

# Asks, then deletes the snapshots, weights and scores whose metrics are all made. STUDY gives the config files
# of another study: make prune STUDY="config.yaml config/smoke.yaml"
prune: .venv/installed
	@$(SNAKEMAKE) -n prune --configfile $(STUDY)
	@printf 'Delete them? [y/N] '; read -r answer && test "$$answer" = y || \
		{ echo 'Nothing was deleted'; exit 1; }
	@$(SNAKEMAKE) prune --configfile $(STUDY)

test: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/Snakefile workflow/rules
	$(BIN)/snakemake --lint
	PYTHONUTF8=1 $(BIN)/pytest --numprocesses 2 --durations 25 tests

# Tests the recorders, examples and files of Lightning, transformers and zarr, which `make test` skips.
optional-test: .venv/installed .venv/optional/installed
	PYTHONUTF8=1 $(BIN)/pytest -rs tests/data tests/examples

# Tests profiles/slurm on a SLURM of one node, which the tests start and stop.
slurm-test: .venv/installed
	@test "$$(id -u)" = 0 && command -v apt-get > /dev/null || \
		{ echo "make slurm-test starts a SLURM of its own; run it as root on Debian or Ubuntu, as in a container"; \
		exit 1; }
	@which munged slurmctld slurmd slurmdbd mariadbd > /dev/null || { apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $(SLURM_PACKAGES) > /dev/null; }
	PYTHONUTF8=1 $(BIN)/pytest -m slurm --durations 0 tests/slurm

# Tests the explorer and the site in headless Chromium.
browser-test: export PYTHONPATH := .venv/browser:.venv/site
browser-test: browser
	PYTHONUTF8=1 $(BIN)/pytest --durations 0 tests/explorer/test_in_browser.py tests/site

# Installs Playwright and MkDocs, and Chromium where it may (as root on Debian or Ubuntu).
browser: .venv/browser/installed .venv/site/installed
	@which chromium > /dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium > /dev/null; } || \
		{ echo "make browser-test needs Chromium: install your system's package"; exit 1; }

# Kills trainings and Snakemake at 200 random moments; half an hour. docs/faults.md has the end of its output.
soak: export PYTHONPATH := workflow/scripts:tests/workflow
soak: .venv/installed
	$(BIN)/python tests/faults/soak.py $$(mktemp -d)

# Compares the speed with that of peers; ONLY="o_information mlp_step" runs two (benchmarks/run.py has all).
bench: export PYTHONPATH := .venv/peers:workflow/scripts:workflow
bench: export TQDM_DISABLE := 1
bench: .venv/peers/installed
	$(BIN)/python benchmarks/run.py $(ONLY)

# Measures how time and memory grow with units, bins, samples and snapshots, in 4 minutes; writes to
# results/benchmarks/.
scaling: export PYTHONPATH := workflow/scripts
scaling: .venv/installed
	$(BIN)/python benchmarks/scaling.py

# Looks for known vulnerabilities of the locked versions. It also fails if the service lacks a version.
audit: .venv/installed
	$(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner off --requirement requirements.lock

# Locks the newest versions that pyproject.toml allows, and the torch version for which all wheels exist.
# Beside the lock are the extras that only tests need, the peers of benchmarks, and the site's packages.
COMPILE := $(BIN)/pip-compile --upgrade --strip-extras --allow-unsafe --no-annotate --no-emit-index-url \
	--no-emit-find-links --no-emit-options --quiet
BESIDE := --constraint requirements.lock --no-header -o -
# The package itself is in the output, since extras name each other; and torch has its local version.
CLEANED := sed -e '/^grokking-phases @/d' -e 's/^\(torch==[^+]*\)+.*/\1/'
lock: .venv/installed
	CUSTOM_COMPILE_COMMAND="make lock" $(COMPILE) --upgrade-package torch==2.13.0 \
		--extra workflow --extra slurm --extra kubernetes --extra dev -o requirements.lock pyproject.toml
	$(CLEANED) requirements.lock > requirements.lock.new && mv requirements.lock.new requirements.lock
	$(COMPILE) $(BESIDE) --extra lightning --extra transformers --extra zarr pyproject.toml \
		| $(CLEANED) | grep -vxFf requirements.lock > tests/optional.txt
	$(COMPILE) $(BESIDE) benchmarks/peers.in | $(CLEANED) | grep -vxFf requirements.lock \
		| grep -v '^torch==' > benchmarks/peers.txt
	$(COMPILE) $(BESIDE) docs/site/packages.in | $(CLEANED) | grep -vxFf requirements.lock \
		> docs/site/packages.txt

.venv/installed: requirements.lock
	@test -w . || { echo "Nothing can be written to $(CURDIR); use a clone of your own"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) -V); try: make PYTHON=python3.12"; \
		exit 1; }
	@echo "Setting up .venv from requirements.lock (1.7 GB with CPU torch; once)"
	$(PYTHON) -m venv .venv
	@echo "Installing torch $(if $(TORCH_INDEX),(CPU build),(from PyPI))"
	$(BIN)/pip install --quiet --retries 0 --no-deps $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) \
		$$(grep '^torch==' requirements.lock)
	@echo "Installing all other packages"
	$(BIN)/pip install --quiet -r requirements.lock
	@touch $@

# The peers lie outside the environment, which must stay as the lock file says.
.venv/peers/installed: benchmarks/peers.txt .venv/installed
	@echo "Installing the benchmarks' peers into .venv/peers (about 700 MB; once)"
	rm -rf .venv/peers
	$(BIN)/pip install --quiet --no-deps --target .venv/peers -r benchmarks/peers.txt
	@touch $@

# Lightning, transformers and zarr: `make optional-test` alone needs them.
.venv/optional/installed: tests/optional.txt .venv/installed
	@echo "Installing the packages of tests/optional.txt into .venv/optional (about 250 MB; once)"
	rm -rf .venv/optional
	$(BIN)/pip install --quiet --no-deps --target .venv/optional -r tests/optional.txt
	@touch $@

# Playwright drives Chromium for `make browser-test` alone.
.venv/browser/installed: tests/explorer/browser.txt .venv/installed
	@echo "Installing Playwright into .venv/browser (about 150 MB; once)"
	rm -rf .venv/browser
	$(BIN)/pip install --quiet --no-deps --target .venv/browser -r tests/explorer/browser.txt
	@touch $@

# MkDocs and its theme, for `make site` alone.
.venv/site/installed: docs/site/packages.txt .venv/installed
	@echo "Installing MkDocs into .venv/site (about 120 MB; once)"
	rm -rf .venv/site
	$(BIN)/pip install --quiet --no-deps --target .venv/site -r docs/site/packages.txt
	@touch $@
