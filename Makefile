# One obvious way to run each thing; `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
# No locale may change what is read or written.
export PYTHONUTF8 := 1
export PYTHONPATH := source/_ext
# Compiled modules halve the start of each of the many builds.
export PYTHONDONTWRITEBYTECODE :=
# A failed build forgets what it read: a warning must come again until it is mended.
STRICT = $(BIN)/python -m handbook -c . -d build/doctrees -q -j auto -W --keep-going -n -b $(1) source build/$(1)$(3) $(2) \
  || { rm -rf build/doctrees; exit 1; }
PIN := $(BIN)/uv pip compile -q --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --no-emit-index-url --upgrade
# A disk that is full must not leave half a file behind that looks ready.
COPY = cp $(1) $(2).part && mv $(2).part $(2)
# PRINT=book leaves a margin for binding; booklet makes a folded booklet of each chapter.
PRINT ?= screen
VARIANT := $(or $(filter book,$(PRINT)),screen)
PDF := build/handbook$(if $(filter book,$(PRINT)),-book).pdf
# Hidden folders are caches of tools.
INPUT := Makefile conf.py .venv/ready build/site_url $(shell find source snippets tests -type f -not -name '*.mo' \
  -not -path '*/__pycache__/*' -not -path '*/.*' -not -path 'tests/browser/*')
CHROMIUM = $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

LINK = .venv is a link to a folder that may be another's: remove the link
# Named by whoever calls make, it counts for an environment made with another, too.
ifneq ($(filter command environment,$(firstword $(origin PYTHON))),)
ifneq ($(shell cat .venv/made-with 2>/dev/null),$(PYTHON))
$(if $(shell command -v $(PYTHON)),,$(error There is no $(PYTHON): name Python 3.11 or newer))
$(if $(shell test -L .venv && echo link),$(error $(LINK)),$(shell rm -f .venv/ready))
endif
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
# Site, PDF, EPUB and doctest read the pages once, into one folder: one at a time.
.NOTPARALLEL:
.PHONY: all html pdf epub test browser installed doctest pytest live new check changed accept play explore realtime programs lint measure evidence mutants coverage stress release bench lock clean help

## For readers
all: html pdf epub ## build everything that a reader opens
	@$(call COPY,$(PDF),build/html/handbook.pdf)
	@$(call COPY,build/handbook.epub,build/html/handbook.epub)
	@mkdir -p build/html/print && cp build/typst-$(VARIANT)/print/*.pdf build/html/print/
html: build/html.ready ## build the site into build/html
	@echo "The site is ready: build/html/index.html"
pdf: $(PDF) ## build the PDF; PRINT=book leaves a margin for binding, PRINT=booklet folds chapters
	@echo "The PDF is ready: $(PDF); each chapter and its short answers: build/typst-$(VARIANT)/print"
ifeq ($(PRINT),booklet)
	@$(BIN)/python -m typst_book.pdf.apart build/typst-screen/print build/booklets
	@echo "The booklets are ready, to be printed on both sides and folded: build/booklets"
endif
epub: build/handbook.epub ## build the EPUB
	@echo "The EPUB is ready: build/handbook.epub"
doctest: .venv/ready ## play every snippet and compare with the outputs shown
	@$(call STRICT,doctest)
	@sed -n '/^ .*tests\{0,1\}$$/,/failures\{0,1\} in tests/p' build/doctest/output.txt

## For authors
test: lint html pdf doctest pytest changed ## all that decides whether a change is good
	@echo "All checks passed: lint, pytest, doctest, mutants and the strict builds of the site and the PDF."
browser: installed .venv/browser all ## read the site in Chromium as a reader would
	@CHROMIUM="$(CHROMIUM)" $(BIN)/pytest -q -n 2 --confcutdir tests/browser -o faulthandler_timeout=300 \
	  tests/browser/files.py tests/browser/pages.py tests/browser/reading.py
	@echo "All checks passed in the browser: every page of the site, its files and the EPUB."
live: .venv/ready ## rebuild and reload the page at each save; says only what is wrong
	@$(BIN)/python -m handbook.authors.live
new: .venv/ready ## lay out a question, red until filled: make new PAGE=debugging/hung-program
	@$(BIN)/python -m handbook.authors.new $(PAGE)
check: .venv/ready ## check one page in seconds: make check PAGE=tasks/gather
	@$(BIN)/python -m handbook.authors.check $(PAGE)
accept: .venv/ready ## record the outputs that changed into the pages; PAGE=tasks/gather those of a page, ALL=1 all
	@$(BIN)/python -m proven.checks.accept $(PAGE) $(if $(ALL),--all)
	@$(BIN)/python -m handbook.authors.orders $(PAGE) $(if $(ALL),--all)
pytest: .venv/ready ## run the proofs and the tests of the machinery of which anything changed since they passed here; ALL=1 runs all
	@$(BIN)/pytest -q -n 4 $(if $(ALL),,-p proven.checks.unchanged)
changed: .venv/ready ## try mutants of the pages that changed since they last passed
	@$(BIN)/python -m proven.checks.mutants
play: .venv/ready ## show a snippet's trace: make play SNIPPET=tasks/gather_order [REAL=1 | REPLAY=… from make explore]
	@$(BIN)/python -m proven.timeline.terminal $(SNIPPET) $(if $(REAL),--real) --replay '$(REPLAY)'
explore: .venv/ready ## explore a snippet's orders: make explore SNIPPET=races/deadlock_broken [MAKING=… ACTORS="A: x.add() | B: x.add()" HOLDS=… REPLAY=…]
	@$(BIN)/python -m proven.stage.explore.terminal $(SNIPPET) --make '$(MAKING)' --actors '$(ACTORS)' --holds '$(HOLDS)' --replay '$(REPLAY)'
lint: .venv/ready ## check code, types, and the shape and words of the pages
	@$(BIN)/ruff check -q && $(BIN)/ruff format -q --check && $(BIN)/mypy --no-error-summary && $(BIN)/python -m handbook.style

## For maintainers
realtime: .venv/ready ## play every snippet on the real clock: same lines, same order
	@$(BIN)/pytest -q -n 8 tests/handbook/stage/realtime.py
programs: .venv/ready ## large programs, and random ones on both clocks: make programs [PROGRAMS=5000] [PROGRAMS_FROM=0]
	@$(BIN)/pytest -q -n 2 -m large
	@PROGRAMS=$(or $(PROGRAMS),5000) $(BIN)/pytest -q -o faulthandler_timeout=0 tests/handbook/stage/test_programs.py
measure: .venv/ready ## measure the ratios that pages show on this interpreter
	@$(BIN)/python -m tests.model.ratios
evidence: .venv/ready ## check all on other interpreters, CHANGED=1 what changed: make evidence PYTHONS="python3.11 python3.14"
	@$(BIN)/python -m proven.checks.evidence $(if $(CHANGED),--changed) $(PYTHONS)
mutants: .venv/ready ## try mutants of what changed, with ALL=1 of all, and write the report
	@$(BIN)/python -m proven.checks.mutants --report $(if $(ALL),--all)
coverage: .venv/ready ## tell which lines of the snippets no check reaches
	@$(BIN)/python -m proven.checks.reached
stress: pdf ## run each test, as it is now, 20 times in random order on a busy machine; goes on where it was left
	@$(BIN)/python -m proven.checks.stress 20 -- -n 6
release: ALL := 1
release: test browser realtime ## tell what a release would contain and what stands in its way; TAG=1 sets the tag
	@$(BIN)/python -m handbook.authors.release $(if $(TAG),--tag)
bench: .venv/ready ## measure the speed and print a table
	@$(BIN)/python tests/bench.py
lock: .venv/ready ## pin the newest versions that fit, with hashes, for the book and for make browser
	@$(BIN)/pip install -q uv
	@$(PIN) pyproject.toml --group examples -o requirements.lock
	@$(PIN) --group browser --constraints requirements.lock -o tests/browser/requirements.lock
clean: ## remove all that was built
	rm -rf build .venv .mypy_cache .pytest_cache .ruff_cache
	find source snippets tests -name __pycache__ -prune -exec rm -rf {} +
	find source -name '*.mo' -delete
help: ## show this list
	@awk -F ':.*## ' '/^## /{print "\n" substr($$0, 4)} /^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

# The address goes into each page: another address, other pages.
build/site_url: FORCE
	@mkdir -p build
	@echo "$(SITE_URL)" | cmp -s - $@ || echo "$(SITE_URL)" > $@
FORCE:

build/html.ready: $(INPUT)
	@$(call STRICT,html)
	@touch $@

$(PDF): $(INPUT)
	@$(call STRICT,typst,-D typst_variant=$(VARIANT),-$(VARIANT))
	@$(call COPY,build/typst-$(VARIANT)/handbook.pdf,$@)

build/handbook.epub: $(INPUT)
	@$(call STRICT,epub)
	@$(call COPY,build/epub/handbook.epub,$@)

.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or newer is needed: install it, or name it as in make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing: install it, on Debian and Ubuntu by apt install python3-venv"; exit 1; }
	@test ! -L .venv || { echo "$(LINK)"; exit 1; }
	@echo "Setting up .venv"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock || \
	  { echo "If a package has no wheel for this Python, as some for 3.13t and 3.15: name another, as in make PYTHON=python3.14"; exit 1; }
	@echo "$(PYTHON)" > .venv/made-with
	@touch $@

.venv/browser: tests/browser/requirements.lock .venv/ready
	@echo "Setting up the browser's tests"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Asked before anything is built.
installed:
	@$(if $(CHROMIUM),,echo "Chromium is missing: install it, on Debian by apt install chromium"; missing=1;) \
	  command -v java >/dev/null || \
	  { echo "Java is missing: install it, on Debian by apt install default-jre-headless"; missing=1; }; \
	  test -z "$$missing"
