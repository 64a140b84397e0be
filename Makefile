# triage: `make help` lists what it can do; README.md tells the rest.

CC       ?= cc
AR       ?= ar
PREFIX   ?= /usr/local
LISTEN   ?= 127.0.0.1:8080
SAN      ?=
BUILD    ?= build$(if $(SAN),-$(firstword $(subst $(comma), ,$(SAN))))$(BUILD_SUFFIX)
comma    := ,
VERSION  := 0.1.0

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wcast-qual -Wwrite-strings -Wvla
OPT  ?= -O2
CPPFLAGS += -Iengine -Iserver -Imodels/trainer -D_GNU_SOURCE -DTRIAGE_VERSION='"$(VERSION)"'
CFLAGS   += -std=c11 -g $(OPT) -ffp-contract=off -pthread $(WARN) $(if $(WERROR),-Werror) \
            $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
LDFLAGS  += -pthread $(if $(SAN),-fsanitize=$(SAN))

# Asked for only by the rules that need them, so that `make deps` runs on a bare machine.
pkg       = $(shell pkg-config $(1) $(2))
BLAS_INC  = $(call pkg,--cflags,openblas)
BLAS_LIB  = $(call pkg,--libs,openblas)
LBFGS_INC = $(call pkg,--cflags,liblbfgs)
LBFGS_LIB = $(call pkg,--libs,liblbfgs)
CHECK_LIB = $(call pkg,--libs,check)

ENGINE := $(wildcard engine/*/*.c)
SERVER := $(wildcard server/*.c server/*/*.c)
WORK   := $(filter-out models/trainer/lesson.c,$(wildcard models/trainer/*.c models/trainer/*/*.c))
ROOMS  := $(filter-out models/trainer/main.c,$(WORK))
TESTS  := $(wildcard tests/unit/*.c) \
          $(filter-out tests/support/drive.c,$(wildcard tests/support/*.c)) # it serves
SOURCES = $(shell find engine server models tests -name '*.[ch]')
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
say     = $(if $(V),,@printf '  %-5s %s\n' $(1) $@;)

.DELETE_ON_ERROR:
.PHONY: all deps run test load bench bench-peers fuzz valgrind memcheck-http models judge lint format \
        install uninstall dist image workshop clean help
.DEFAULT_GOAL := all

# What a bare Debian needs; elsewhere the names differ a little.
PACKAGES := gcc libc6-dev make pkg-config libmicrohttpd-dev libjansson-dev \
            libopenblas-pthread-dev liblbfgs-dev check curl
QUESTION := {"events":["deploy_started","deploy_finished","error_rate_high"]}

all: $(BUILD)/triaged $(BUILD)/triage ## build the service and the workshop

$(BUILD)/libtriage.a: $(call objects,$(ENGINE))
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

# The service links no BLAS: nothing that it reaches in the library refers to it.
$(BUILD)/triaged: $(call objects,$(SERVER)) $(BUILD)/libtriage.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -lmicrohttpd -ljansson -lm

$(BUILD)/triage: $(call objects,$(WORK)) $(BUILD)/libtriage.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -ljansson $(BLAS_LIB) $(LBFGS_LIB) -lm

$(BUILD)/lesson: $(BUILD)/models/trainer/lesson.o $(BUILD)/libtriage.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -ljansson -lm

# Allocations can be made to fail: tests/support/failing_malloc.c.
WRAPPED := malloc calloc realloc aligned_alloc posix_memalign emalloc erealloc
$(BUILD)/tests/%.o: CPPFLAGS += -Itests -I.
$(BUILD)/unit: LDFLAGS += $(WRAPPED:%=-Wl,--wrap=%)
$(BUILD)/unit: $(call objects,$(TESTS) $(ROOMS)) $(BUILD)/libtriage.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ $(CHECK_LIB) -ljansson $(BLAS_LIB) $(LBFGS_LIB) -lm

SERVED := $(filter-out server/main.c,$(SERVER))
$(BUILD)/http: $(call objects,$(wildcard tests/http/*.c) tests/support/client.c \
               tests/support/asked.c tests/support/valid.c tests/support/tmpdir.c $(SERVED)) \
               $(BUILD)/libtriage.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ $(CHECK_LIB) -lmicrohttpd -ljansson -lm

# Its malloc is its own, which no sanitizer goes along with.
$(BUILD)/oom: $(call objects,$(wildcard tests/oom/*.c) tests/support/drive.c $(SERVED)) \
                 $(BUILD)/libtriage.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -lmicrohttpd -ljansson -lm

# What it costs: tests/bench/README.md.
BENCHED := $(patsubst %,$(BUILD)/bench-%,engine worker training read hello work/data.bin)
$(BUILD)/bench-prepare $(BUILD)/bench-training $(BUILD)/bench-engine: $(BUILD)/bench-%: \
    $(BUILD)/tests/bench/%.o $(BUILD)/tests/bench/workload.o $(BUILD)/libtriage.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -ljansson $(BLAS_LIB) -lm
$(BUILD)/bench-engine: $(call objects,$(patsubst %,tests/bench/%.c,callers pass peak))
$(BUILD)/bench-worker $(BUILD)/bench-read: $(BUILD)/bench-%: $(BUILD)/tests/bench/%.o \
    $(BUILD)/libtriage.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -ljansson -lm
$(BUILD)/bench-hello: $(BUILD)/tests/bench/hello.o
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -lmicrohttpd

# The histories, weights, references and models that all of them work on.
$(BUILD)/bench-work/data.bin: $(BUILD)/bench-prepare
	@mkdir -p $(@D)
	$< $(@D)

# Vectors wider than the machine's are passed in memory; nobody else calls these functions.
$(BUILD)/engine/infer/kernels_amx_portable.o $(BUILD)/tests/support/kernels_lanes%.o: \
    CFLAGS += -Wno-psabi

# The bits of the definition; of libc it needs only what any processor's has.
BITS := tests/bits/main.c $(wildcard engine/infer/kernels*.c) engine/infer/panels.c \
        $(patsubst %,engine/base/%.c,random digest error)
$(BUILD)/bits: $(call objects,$(BITS))
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -lm

# The frozen answers of a numerics: made once, never again.
$(BUILD)/make-numerics: $(call objects,tests/golden/make_numerics.c tests/support/frozen.c \
                        tests/support/sample.c) $(BUILD)/libtriage.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ $(CHECK_LIB) -ljansson $(BLAS_LIB) -lm

# Fuzz targets: replayed by the tests; fuzzed with clang (make fuzz).
TARGETS := $(patsubst tests/fuzz/target_%.c,%,$(wildcard tests/fuzz/target_*.c))
READERS := $(wildcard models/trainer/data/cases*.c) $(patsubst %,models/trainer/data/%.c,csv moment dataset entry place skip)
FUZZED  := $(call objects,$(filter-out %/fuzzer.c %/replay.c,$(wildcard tests/fuzz/*.c)) \
           tests/support/drive.c tests/support/roads.c $(SERVED) $(READERS)) \
           $(BUILD)/libtriage.a
$(BUILD)/replay: $(BUILD)/tests/fuzz/replay.o $(FUZZED)
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -lmicrohttpd -ljansson $(BLAS_LIB) -lm

$(TARGETS:%=$(BUILD)/fuzz-%): $(BUILD)/fuzz-%: tests/fuzz/fuzzer.c $(FUZZED)
	$(call say,LD)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -DTARGET=$* -fsanitize=fuzzer \
	    $(LDFLAGS) -o $@ $^ -lmicrohttpd -ljansson $(BLAS_LIB) -lm

FUZZ_SECONDS ?= 60
fuzz: ## fuzz every target for FUZZ_SECONDS (60), with clang, from the committed corpus
	@$(MAKE) --no-print-directory CC=clang SAN=fuzzer-no-link,address,undefined \
	    BUILD=build-fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) $(TARGETS:%=fuzzing-%)
# What the code under test says is not wanted here; build/replay says it of a crash.
fuzzing-%: $(BUILD)/fuzz-%
	@mkdir -p $(BUILD)/found-$*
	$(BUILD)/fuzz-$* -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
	    -close_fd_mask=2 -print_final_stats=1 -verbosity=0 -artifact_prefix=$(BUILD)/crash-$*- \
	    $(BUILD)/found-$* tests/fuzz/corpus/$* $(wildcard tests/fuzz/regression/$*)

TESTERS = unit bits http replay $(if $(SAN),,oom)
test: deps ## run every test
	@$(MAKE) --no-print-directory all $(TESTERS:%=$(BUILD)/%)
	@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),--output-sync=target) \
	    $(TESTERS:%=testing-%) testing-cli testing-readme testing-prometheus
testing-unit:
	$(if $(SAN),CK_FORK=no TRIAGE_TEST_SMALL=1) $(BUILD)/unit
testing-bits:
	$(BUILD)/bits tests/golden/numerics-1/bits.sha256
	$(BUILD)/bits tests/golden/amx.sha256 amx-portable
testing-http:
	$(if $(SAN),CK_FORK=no) $(BUILD)/http
testing-replay testing-oom: testing-%:
	$(BUILD)/$*
testing-cli:
	tests/cli/run.sh $(BUILD)
testing-readme testing-prometheus: testing-%:
	tests/cli/$*.sh $(BUILD)

load: all ## measure the service under load: slow clients, crowds, overload, stopping, soak
	tests/load/run.py $(BUILD) $(EXPERIMENTS)

bench: all $(BENCHED) ## measure engine, server, reading, training, start, memory (PARTS=...)
	@tests/bench/run.sh $(BUILD) $(PARTS)

PYTHON ?= /usr/bin/python3
bench-peers: all $(BENCHED) ## the same beside PyTorch, ONNX Runtime, oneDNN, FastAPI, fastify
	@$(PYTHON) tests/bench/peers/compare.py $(BUILD) $(if $(NODE),--node $(NODE)) $(PEERS)

# The fast kernels, of answers and of training: the same text, one instruction set each; elsewhere
# the files are empty.
ON_X86     = $(if $(filter x86_64%,$(shell $(CC) -dumpmachine)),$(1))
# Clang takes forever over these with all of a fuzzer's counters in them.
UNHURRIED = $(if $(findstring fuzzer,$(SAN)),-O0)
VECTORISE = $(or $(UNHURRIED),-O3) -fno-math-errno -fno-trapping-math
$(BUILD)/engine/train/training_kernels_%.o: CFLAGS += $(VECTORISE)
$(BUILD)/engine/infer/kernels_avx2.o $(BUILD)/engine/train/training_kernels_avx2.o: \
    CFLAGS += $(call ON_X86,-mavx2 -mfma)
$(BUILD)/engine/infer/kernels_avx512.o: CFLAGS += $(call ON_X86,-mavx512f) $(UNHURRIED)
$(BUILD)/engine/infer/kernels_amx.o: \
    CFLAGS += $(call ON_X86,-mavx512f -mamx-tile -mamx-bf16) $(UNHURRIED)
$(BUILD)/engine/train/training_kernels_avx512.o: \
    CFLAGS += $(call ON_X86,-mavx512f -mprefer-vector-width=512)

$(BUILD)/engine/train/gemm.o: CPPFLAGS += $(BLAS_INC)
$(BUILD)/engine/eval/logistic.o: CPPFLAGS += $(LBFGS_INC)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

deps: ## install what is missing (Debian, Ubuntu), or name it
	@if command -v $(CC) >/dev/null && command -v curl >/dev/null && \
	    command -v pkg-config >/dev/null && \
	    pkg-config --exists libmicrohttpd jansson openblas liblbfgs check; then exit 0; fi; \
	root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	if command -v apt-get >/dev/null 2>&1; then \
	    $$root apt-get update -q && \
	    $$root env DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -q --no-install-recommends $(PACKAGES); \
	else \
	    echo "please install these, by your system's names: $(PACKAGES)" >&2; exit 1; \
	fi

run: deps ## build, and serve the shipped models on LISTEN (127.0.0.1:8080)
	@$(MAKE) --no-print-directory all
	@printf "\nAsk it from another terminal:\n\n  curl -d '%s' http://%s/predict\n\n" \
	    '$(QUESTION)' '$(LISTEN)'
	@exec $(BUILD)/triaged --listen $(LISTEN)

# One process a suite, so that `make -j valgrind` uses every processor.
MEMCHECK := CK_FORK=no valgrind -q --leak-check=full --error-exitcode=9
SUITES    = $(shell sed -n 's/^ *X(\([a-z_]*\)).*/\1/p' tests/unit/suites.h)
valgrind: deps ## run every test under valgrind's memcheck
	@$(MAKE) --no-print-directory $(BUILD)/unit $(BUILD)/http
	@$(MAKE) --no-print-directory memcheck-http $(SUITES:%=memcheck-%)
memcheck-http:
	TRIAGE_TEST_SMALL=1 $(MEMCHECK) $(BUILD)/http
memcheck-%:
	CK_RUN_SUITE=$* TRIAGE_TEST_SMALL=1 $(MEMCHECK) $(BUILD)/unit

# What the shipped models learn from; models/incident.md says how good they become.
LEARNT_FROM := $(BUILD)/incidents.jsonl
$(LEARNT_FROM): $(BUILD)/triage
	$(call say,DRAW)$(BUILD)/triage simulate --count 300000 --seed 1 >$@

models: $(BUILD)/lesson $(BUILD)/triage $(LEARNT_FROM) ## make the shipped models again, byte for byte
	$(BUILD)/lesson models/lesson.safetensors
	for model in incident incident-lstm; do \
	    $(BUILD)/triage train $(LEARNT_FROM) --recipe models/recipes/$$model.json \
	        -o models/$$model.safetensors || exit 1; done

# 100,000 histories that no training has met.
judge: $(BUILD)/triage ## judge the shipped models beside what is possible and what counting reaches
	$(BUILD)/triage simulate --count 100000 --seed 2 >$(BUILD)/fresh.jsonl
	for model in incident incident-lstm; do \
	    $(BUILD)/triage evaluate models/$$model.safetensors $(BUILD)/fresh.jsonl || exit 1; done

lint: all ## the plan of the house, formatting, clang-tidy, banned calls
	tests/lint/layers.sh
	tests/lint/banned.sh
	CC=$(CC) tests/lint/symbols.sh $(BUILD)/triaged
	@clang-format --dry-run -Werror $(SOURCES)
	@echo $(filter %.c,$(filter-out tests/%,$(SOURCES))) | xargs -n 1 -P "$$(nproc)" \
	    sh -c 'clang-tidy --quiet "$$@" -- -Iengine -Iserver -Imodels/trainer -D_GNU_SOURCE \
	           -DTRIAGE_VERSION=\"$(VERSION)\" $(BLAS_INC) -std=c11' clang-tidy

format: ## lay out every source file as .clang-format says
	clang-format -i $(SOURCES)

# The library is the two programs' own: its doors may change with any commit.
BIN     = $(DESTDIR)$(PREFIX)/bin
SHARE   = $(DESTDIR)$(PREFIX)/share/triage
DOC     = $(DESTDIR)$(PREFIX)/share/doc/triage
SHIPPED = $(wildcard models/*.safetensors models/incident*.md models/recipes/*)
install: all ## put programs, models and README under DESTDIR and PREFIX (/usr/local)
	install -d $(BIN) $(DOC)
	install $(BUILD)/triaged $(BUILD)/triage $(BIN)
	install -m 644 README.md LICENSE $(DOC)
	for file in $(SHIPPED); do install -D -m 644 $$file $(SHARE)/$$file || exit 1; done

uninstall: ## take away what install has put there
	rm -f $(BIN)/triaged $(BIN)/triage $(DOC)/README.md $(DOC)/LICENSE $(SHIPPED:%=$(SHARE)/%)
	-find $(SHARE) $(DOC) -type d -empty -delete

DIST := triage-$(VERSION)
dist: ## dist/triage-VERSION.tar.gz of the last commit, the same bytes each time
	@mkdir -p dist
	git -c tar.umask=0022 archive --prefix=$(DIST)/ -o dist/$(DIST).tar HEAD
	gzip -9nf dist/$(DIST).tar

image: ## build the service's image triage:VERSION with docker (or DOCKER=podman)
	$(or $(DOCKER),docker) build -t triage:$(VERSION) .

workshop: ## build the workshop's image triage:workshop-VERSION
	$(or $(DOCKER),docker) build -t triage:workshop-$(VERSION) --target workshop .

clean: ## remove everything that was built
	rm -rf build build-* dist

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | sort | \
	    awk -F'|' '{printf "  %-11s %s\n", $$1, $$2}'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
