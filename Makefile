# Poruka: what to run while working on it. `make` or `make help` lists the targets.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null)
FUZZTIME ?= 10s
BUF      := .tools/bin/buf
LINTER   := .tools/bin/golangci-lint
PROTOS   := third_party/proto/.printed
GENERATE  = $(BUF) generate --template proto/buf.gen.yaml --output

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Running

.PHONY: build
build: ## Build bin/poruka: one static file.
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w$(if $(VERSION), -X main.version=$(VERSION))' -o bin/poruka ./gateway/cmd/poruka

.PHONY: run
run: build ## Serve on this machine with invented accounts; Ctrl-C drains and stops.
	bin/poruka serve --dev

.PHONY: demo
demo: build ## Let five simulated banks confirm customers, check the ledger, print a summary.
	bin/poruka demo

.PHONY: bench
bench: build ## Measure throughput and latency of a whole gateway.
	go run ./deploy/bench

# Checking

.PHONY: test
test: ## Run all tests under the race detector, in random order.
	go test -race -shuffle=on -timeout=20m ./...

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (10s).
	deploy/lint/fuzz.sh $(FUZZTIME)

.PHONY: chaos
chaos: ## Run 1,000 trials of the ledger under faults; CHAOS='--seed 17 --runs 1' for others.
	go run ./deploy/chaos $(CHAOS)

.PHONY: lint
lint: lint-proto check-docs $(LINTER) ## Check the Go code, its comments, the protos and the docs.
	$(LINTER) run ./...

.PHONY: lint-proto
lint-proto: $(BUF) $(PROTOS) ## Check style, comments and format of the protos.
	$(BUF) lint proto
	$(BUF) format --diff --exit-code proto

.PHONY: check-docs
check-docs: ## Check the names of packages and the links between documents.
	go run ./deploy/lint

.PHONY: breaking
breaking: $(BUF) $(PROTOS) ## Check that no change to the protos breaks clients of the last release.
	deploy/lint/breaking.sh $(BUF)

.PHONY: check-generated
check-generated: $(BUF) $(PROTOS) ## Check that api/ is what the protos say.
	@rm -rf .tools/check
	@$(GENERATE) .tools/check
	@$(call merge_openapi,.tools/check)
	@diff -r .tools/check/api/poruka api/poruka && diff -r .tools/check/api/openapi api/openapi \
		|| { echo 'api/ is not what the protos say: run make generate' >&2; exit 1; }

.PHONY: check-modules
check-modules: ## Check that go.mod lists exactly what is imported.
	go mod verify
	go mod tidy -diff

.PHONY: ci
ci: FUZZTIME = 5s
ci: check-modules check-generated lint breaking build test fuzz ## Run exactly what CI runs.

# Making

.PHONY: generate
generate: $(BUF) $(PROTOS) ## Write api/poruka and api/openapi from the protos.
	@rm -rf .tools/generated
	$(GENERATE) .tools/generated
	@$(call merge_openapi,.tools/generated)
	@mkdir -p api && rm -rf api/poruka api/openapi
	@mv .tools/generated/api/poruka .tools/generated/api/openapi api/

# OpenAPI 3 comes out as one file for each service; merge_openapi DIRECTORY makes one of them, headed by proto/openapi3.json.
define merge_openapi
go tool openapiv3-merge proto/openapi3.json $$(find $(1)/.tools/openapi3 -name '*.json' | LC_ALL=C sort) \
	> $(1)/api/openapi/poruka.openapi.json
endef

.PHONY: tools
tools: $(BUF) $(LINTER) $(PROTOS) ## Fetch the pinned tools into .tools/.

$(BUF): deploy/tools/install-buf.sh $(wildcard deploy/tools/buf/*)
	deploy/tools/install-buf.sh .tools
	@touch -h $@

$(LINTER): $(wildcard deploy/tools/golangci-lint/*)
	@echo 'building golangci-lint: minutes the first time'
	cd deploy/tools/golangci-lint && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

# The third-party protos, printed from the packages that the gateway is built with.
$(PROTOS): proto/deps/main.go go.mod
	go run ./proto/deps third_party/proto
	@touch $@

.PHONY: clean
clean: ## Remove what was built, except .poruka/.
	rm -rf bin .tools third_party
