# SPDX-License-Identifier: Apache-2.0
# make run [EXIT=1]   a server, three people and four devices on loopback; EXIT=1 ends afterwards
# make test           everything CI runs
# make build          sotto, sotto-media, sotto-server and sotto-sim for release; manual pages and completions
# make test-kills     kill -9, power cuts and full disks at length (KILLS=500, CLIENT_KILLS=200, CUTS=100)
# make sanitize       the tests and 50 seeds under AddressSanitizer, then ThreadSanitizer
# make interop        the MLS library against two other implementations (SEED=1: first random history)
# make bench          all of the next three
# make bench-mls      what the MLS library costs beside two others (SIZES="2 16 128": group sizes)
# make bench-server   what the server does on one core
# make bench-client   what the client takes to start and to catch up
# make bench-search   the first page of searches among a million messages
# make bench-attachment  an attachment of 1 GiB, from one disk to the other
# make bench-group     a group of 250 people with two devices each (GROUP_PEOPLE=20: fewer)
# make bench-history  a device is linked, and given 100,000 messages
# make bench-peers    ejabberd and Prosody beside the server; installs Debian packages for its time
# make bench-plot     keeps the figures of the last make bench-mls, and draws Benchmarks/growth.svg
# make setup          what the others install first: Debian packages, the SQLCipher source

SCRATCH ?= .build
GROUP_PEOPLE ?= 250
export SOTTO_SCRATCH := $(SCRATCH)

.PHONY: setup build test test-kills sanitize run interop bench bench-mls bench-server bench-client bench-search bench-attachment bench-group bench-history bench-peers bench-plot

setup:
	@Scripts/setup

build: setup
	swift build -c release --scratch-path $(SCRATCH) --product sotto
	swift build -c release --scratch-path $(SCRATCH) --product sotto-media
	swift build -c release --scratch-path $(SCRATCH) --product sotto-server
	swift build -c release --scratch-path $(SCRATCH) --product sotto-sim
	@Scripts/generate-manuals $(SCRATCH)/release/sotto $(SCRATCH)/release/share

test: setup
	@Scripts/check

KILLS ?= 500
CLIENT_KILLS ?= 200
CUTS ?= 100
SYSTEM = python3 Tests/System

test-kills: build
	@$(SYSTEM)/kill.py --programs $(SCRATCH)/release --victim server --kills $(KILLS)
	@$(SYSTEM)/kill.py --programs $(SCRATCH)/release --victim client --kills $(CLIENT_KILLS)
	@$(SYSTEM)/powercut.py --programs $(SCRATCH)/release --victim server --cuts $(CUTS) --starts
	@$(SYSTEM)/powercut.py --programs $(SCRATCH)/release --victim client --cuts $(CUTS) --starts
	@$(SYSTEM)/diskfull.py --programs $(SCRATCH)/release --victim server
	@$(SYSTEM)/diskfull.py --programs $(SCRATCH)/release --victim client

SANITIZERS ?= address thread
sanitize: setup
	@Scripts/sanitize $(SANITIZERS)

run: build
	@python3 Scripts/run --programs $(SCRATCH)/release $(if $(filter 1,$(EXIT)),--exit)

interop: setup
	@swift build -c release --scratch-path $(SCRATCH) --product mls-peer
	@python=$$(Scripts/setup-interop) && \
	  "$$python" Tests/Interop/interop.py --program $(SCRATCH)/release/mls-peer $(if $(SEED),--seed $(SEED))

BENCHMARKS = swift build -c release --package-path Benchmarks --scratch-path Benchmarks/.build

bench: bench-mls bench-server bench-client

bench-mls: setup
	@$(BENCHMARKS) --product mls-bench
	@python=$$(Scripts/setup-interop) && \
	  python3 Benchmarks/bench.py --program Benchmarks/.build/release/mls-bench \
	  --peers "$$python" --save Benchmarks/.build/figures.txt $(SIZES)

bench-server: build
	@$(BENCHMARKS) --product server-bench
	@python3 Benchmarks/Server/bench.py --programs $(SCRATCH)/release \
	  --load Benchmarks/.build/release/server-bench

bench-client: build
	@python3 Benchmarks/Client/bench.py --programs $(SCRATCH)/release

bench-search: build
	@$(SCRATCH)/release/search-bench

bench-attachment: build
	@python3 Benchmarks/Client/attachment.py --programs $(SCRATCH)/release

bench-group: build
	swift build -c release --scratch-path $(SCRATCH) --product group-bench
	@python3 Benchmarks/Client/group.py --programs $(SCRATCH)/release --people $(GROUP_PEOPLE)

bench-history: build
	@python3 Benchmarks/Client/history.py --programs $(SCRATCH)/release

bench-peers: build
	@$(BENCHMARKS) --product server-bench
	@python3 Benchmarks/Peers/bench.py --programs $(SCRATCH)/release \
	  --load Benchmarks/.build/release/server-bench

bench-plot:
	@cp Benchmarks/.build/figures.txt Benchmarks/figures.txt
	@python3 Benchmarks/growth.py Benchmarks/figures.txt > Benchmarks/growth.svg
