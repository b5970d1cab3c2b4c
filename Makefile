# SPDX-License-Identifier: Apache-2.0
# make run [EXIT=1]   a server, Alice and Bob on loopback; EXIT=1 ends after the conversation
# make test           everything CI runs
# make build          sotto, sotto-server and sotto-sim for release
# make interop        the MLS library against two other implementations (SEED=1: first random history)
# make bench          what the MLS library costs beside two others (SIZES="2 16 128": group sizes)
# make bench-plot     keeps the figures of the last make bench, and draws Benchmarks/growth.svg
# make setup          what the others install first: Debian packages, the SQLCipher source

SCRATCH ?= .build
export SOTTO_SCRATCH := $(SCRATCH)

.PHONY: setup build test run interop bench bench-plot

setup:
	@Scripts/setup

build: setup
	swift build -c release --scratch-path $(SCRATCH) --product sotto
	swift build -c release --scratch-path $(SCRATCH) --product sotto-server
	swift build -c release --scratch-path $(SCRATCH) --product sotto-sim

test: setup
	@Scripts/check

run: build
	@python3 Scripts/run --programs $(SCRATCH)/release $(if $(filter 1,$(EXIT)),--exit)

interop: setup
	@swift build -c release --scratch-path $(SCRATCH) --product mls-peer
	@python=$$(Scripts/setup-interop) && \
	  "$$python" Tests/Interop/interop.py --program $(SCRATCH)/release/mls-peer $(if $(SEED),--seed $(SEED))

bench: setup
	@swift build -c release --package-path Benchmarks --scratch-path Benchmarks/.build --product mls-bench
	@python=$$(Scripts/setup-interop) && \
	  python3 Benchmarks/bench.py --program Benchmarks/.build/release/mls-bench \
	  --peers "$$python" --save Benchmarks/.build/figures.txt $(SIZES)

bench-plot:
	@cp Benchmarks/.build/figures.txt Benchmarks/figures.txt
	@python3 Benchmarks/growth.py Benchmarks/figures.txt > Benchmarks/growth.svg
