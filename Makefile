# triage.  `make help` lists the targets.  Tests: tests/tests.mk; benches: tests/bench/bench.mk.

CC       ?= cc
AR       ?= ar
PREFIX   ?= /usr/local
LISTEN   ?= 127.0.0.1:8080
DOCKER   ?= docker
SAN      ?=
BUILD    ?= build$(if $(SAN),-$(firstword $(subst $(comma), ,$(SAN))))$(BUILD_SUFFIX)
comma    := ,
space    := $() $()
VERSION  := 0.1.0

# As many jobs as processors, unless -j says otherwise.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif
MAKEFLAGS += --no-print-directory

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wcast-qual -Wwrite-strings -Wvla
OPT  ?= -O2
INCLUDES := -Iengine -Iserver -Imodels/trainer
DEFINES  := -D_GNU_SOURCE -DTRIAGE_VERSION='"$(VERSION)"'
CPPFLAGS += $(INCLUDES) $(DEFINES)
CFLAGS   += -std=c11 -g $(OPT) -ffp-contract=off -pthread $(WARN) $(if $(WERROR),-Werror) \
            $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
LDFLAGS  += -pthread $(if $(SAN),-fsanitize=$(SAN))

# Expanded only in the rules that use them: the service needs neither BLAS nor L-BFGS.
pkg       = $(shell pkg-config $(1) $(2))
HTTP_LIB  = -lmicrohttpd -lz
DATA_LIB  = -lexpat -lzstd -lz
BLAS_LIB  = $(call pkg,--libs,openblas)
LBFGS_LIB = $(call pkg,--libs,liblbfgs)

# Sources that are compiled once per instruction set, NAME.c to NAME.SET.o (engine/infer/vectors.h).
ARCH     := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null)))
SETS     := $(if $(filter x86_64,$(ARCH)),avx2 avx512) $(if $(filter aarch64,$(ARCH)),neon)
TRAINING := $(patsubst %,engine/train/%.c,training_kernels_simd cell_rnn cell_lstm cell_gru)
PER_SET  := engine/infer/kernels_simd.c $(TRAINING)
per_set   = $(foreach set,$(2),$(1:.c=.$(set).c))
KERNELS  := engine/infer/kernels.c engine/infer/kernels_ref.c $(call per_set,\
            engine/infer/kernels_simd.c,$(SETS) $(if $(filter x86_64,$(ARCH)),amx) amx_portable)

# What the service links of the engine; all of the engine; the two programs.
SERVING := $(filter-out $(PER_SET),$(wildcard $(patsubst %,engine/%/*.c,base model infer)))
SERVING := $(sort $(SERVING) $(KERNELS))
ENGINE  := $(filter-out $(PER_SET),$(wildcard engine/*/*.c)) $(SERVING)
ENGINE  := $(sort $(ENGINE) $(call per_set,$(TRAINING),$(SETS) portable))
SERVER  := $(wildcard server/*.c server/*/*.c)
TRAINER := $(filter-out %/lesson.c,$(wildcard $(patsubst %,models/trainer/%.c,* */* */*/*)))
SOURCES  = $(shell find engine server models tests -name '*.[ch]')
objects  = $(patsubst %.c,$(BUILD)/%.o,$(1))
say      = $(if $(V),,@printf '  %-5s %s\n' $(1) $@;)

.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
.PHONY: all run deps models evaluate lint format install uninstall dist image trainer workshop \
        clean help

all: $(BUILD)/triaged $(BUILD)/triage ## build the service and the trainer

$(BUILD)/triaged: $(call objects,$(SERVER)) $(BUILD)/serving.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ $(HTTP_LIB) -ljansson -lm

$(BUILD)/triage: $(call objects,$(TRAINER)) $(BUILD)/engine.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ $(DATA_LIB) -ljansson $(BLAS_LIB) $(LBFGS_LIB) -lm

$(BUILD)/lesson: $(BUILD)/models/trainer/lesson.o $(BUILD)/engine.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -ljansson $(BLAS_LIB) -lm

$(BUILD)/serving.a: $(call objects,$(SERVING))
$(BUILD)/engine.a: $(call objects,$(ENGINE))
$(BUILD)/serving.a $(BUILD)/engine.a:
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

# The installed library: one object that exports nothing but triage_...
$(BUILD)/libtriage.a: $(call objects,$(ENGINE))
	$(call say,AR)$(LD) -r -o $(@:.a=.o) $^ && rm -f $@ && \
	    objcopy --wildcard --keep-global-symbol='triage_*' $(@:.a=.o) && \
	    $(AR) rcs $@ $(@:.a=.o)

define compile
@mkdir -p $(@D)
$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
endef
$(BUILD)/%.o: %.c
	$(compile)

# The instruction sets and their flags.  Clang is very slow on them with a fuzzer's counters.
NO_OPT    = $(if $(findstring fuzzer,$(SAN)),-O0)
VECTORISE = $(or $(NO_OPT),-O3) -fno-math-errno -fno-trapping-math
define rules_of_set
$(BUILD)/%.$(1).o: CPPFLAGS += -DINSTRUCTION_SET=$(1)
$(BUILD)/engine/train/%.$(1).o: CFLAGS += $$(VECTORISE)
$(BUILD)/%.$(1).o: %.c
	$$(compile)
endef
$(foreach set,avx2 avx512 neon amx amx_portable portable,$(eval $(call rules_of_set,$(set))))
$(BUILD)/%.avx2.o: CFLAGS += -DVECTORS_AVX2 -mavx2 -mfma
$(BUILD)/%.avx512.o: CFLAGS += -DVECTORS_AVX512 -mavx512f $(NO_OPT)
$(BUILD)/%.neon.o: CFLAGS += -DVECTORS_NEON
$(BUILD)/%.amx.o: CFLAGS += -DVECTORS_AVX512 -DKERNELS_AMX -mavx512f -mamx-tile -mamx-bf16 $(NO_OPT)
# Vectors wider than the machine's are passed in memory; no other file calls these functions.
$(BUILD)/%.amx_portable.o: CFLAGS += -DLANES=16 -DKERNELS_AMX -Wno-psabi
$(BUILD)/engine/train/%.avx512.o: CFLAGS += -mprefer-vector-width=512

$(BUILD)/server/api/openapi.o: server/api/openapi.json
$(BUILD)/models/trainer/report/page.o: models/trainer/report/style.css
$(BUILD)/models/trainer/report/chart.o: models/trainer/report/chart.css

$(BUILD)/engine/train/gemm.o: CPPFLAGS += $(call pkg,--cflags,openblas)
$(BUILD)/engine/eval/logistic.o: CPPFLAGS += $(call pkg,--cflags,liblbfgs)

# Debian's names of what is needed, each with the pkg-config module or the command that shows it.
SERVICE_NEEDS := gcc=$(CC) libc6-dev=stdio.h make=make pkg-config=pkg-config \
                 libmicrohttpd-dev=libmicrohttpd.pc libjansson-dev=jansson.pc \
                 zlib1g-dev=zlib.pc curl=curl jq=jq
ALL_NEEDS     := $(SERVICE_NEEDS) libzstd-dev=libzstd.pc libexpat1-dev=expat.pc binutils=objcopy libopenblas-pthread-dev=openblas.pc \
                 liblbfgs-dev=liblbfgs.pc check=check.pc
deps: ## install the packages that are missing (Debian, Ubuntu), or name them
	@deploy/install-missing.sh $(ALL_NEEDS)

QUESTION := {"events":["deploy_started","deploy_finished","error_rate_high"]}
run: ## install what is missing, build the service, serve the shipped models on LISTEN
	@deploy/install-missing.sh $(SERVICE_NEEDS)
	@$(MAKE) $(BUILD)/triaged
	@printf "\nAsk it from another terminal:\n\n  curl -d '%s' http://%s/predict\n\n" \
	    '$(QUESTION)' '$(LISTEN)'
	@exec $(BUILD)/triaged --listen $(LISTEN)

# The data that the shipped models are trained on; models/incident.md has their figures.
$(BUILD)/incidents.jsonl: $(BUILD)/triage
	$(call say,DATA)$(BUILD)/triage simulate --count 900000 --seed 1 >$@

models: $(BUILD)/lesson $(BUILD)/triage $(BUILD)/incidents.jsonl ## make the shipped models again, byte for byte
	$(BUILD)/lesson models/lesson.safetensors
	for model in incident incident-lstm; do \
	    $(BUILD)/triage train $(BUILD)/incidents.jsonl --recipe models/recipes/$$model.json \
	        -o models/$$model.safetensors || exit 1; done

evaluate: $(BUILD)/triage $(BUILD)/incidents.jsonl ## evaluate the shipped models on 100,000 histories not used in training
	$(BUILD)/triage simulate --count 100000 --seed 2 --posteriors >$(BUILD)/fresh.jsonl
	for model in incident incident-lstm; do \
	    $(BUILD)/triage evaluate models/$$model.safetensors $(BUILD)/fresh.jsonl \
	        --against $(BUILD)/incidents.jsonl || exit 1; done

BIN     = $(DESTDIR)$(PREFIX)/bin
LIB     = $(DESTDIR)$(PREFIX)/lib
INCLUDE = $(DESTDIR)$(PREFIX)/include/triage
SHARE   = $(DESTDIR)$(PREFIX)/share/triage
DOC     = $(DESTDIR)$(PREFIX)/share/doc/triage
SHIPPED = $(wildcard models/*.safetensors models/incident*.md models/recipes/*)
HEADERS = engine.h trainer.h evaluation.h
install: all $(BUILD)/libtriage.a ## install programs, library, headers, models under DESTDIR and PREFIX
	install -d "$(BIN)" "$(LIB)/pkgconfig" "$(INCLUDE)" "$(DOC)"
	install $(BUILD)/triaged $(BUILD)/triage "$(BIN)"
	install -m 644 $(BUILD)/libtriage.a "$(LIB)"
	for header in $(HEADERS); do \
	    engine/expand-header.sh $$header >"$(INCLUDE)/$$header" || exit 1; done
	sed 's|@PREFIX@|$(subst $(space),\\ ,$(PREFIX))|; s|@VERSION@|$(VERSION)|' engine/triage.pc.in \
	    >"$(LIB)/pkgconfig/triage.pc"
	install -m 644 README.md LICENSE "$(DOC)"
	for file in $(SHIPPED); do install -D -m 644 $$file "$(SHARE)/$$file" || exit 1; done

uninstall: ## remove what install has put there
	rm -f "$(BIN)/triaged" "$(BIN)/triage" "$(LIB)/libtriage.a" "$(LIB)/pkgconfig/triage.pc" \
	    "$(DOC)/README.md" "$(DOC)/LICENSE"
	for header in $(HEADERS); do rm -f "$(INCLUDE)/$$header" || exit 1; done
	for file in $(SHIPPED); do rm -f "$(SHARE)/$$file" || exit 1; done
	-find "$(SHARE)" "$(DOC)" "$(INCLUDE)" -type d -empty -delete

DIST := triage-$(VERSION)
dist: ## dist/triage-VERSION.tar.gz of the last commit, the same bytes each time
	@mkdir -p dist
	git -c tar.umask=0022 archive --prefix=$(DIST)/ -o dist/$(DIST).tar HEAD
	gzip -9nf dist/$(DIST).tar

image: ## build the image triage:VERSION with docker (or DOCKER=podman)
	$(DOCKER) build -t triage:$(VERSION) .

trainer: ## build the trainer's image triage:trainer-VERSION
	$(DOCKER) build -t triage:trainer-$(VERSION) --target trainer .

workshop: trainer # the older name of this target

clean: ## remove everything that was built
	rm -rf build build-* dist compile_commands.json

help: ## show this list
	@sed -n 's/^\([a-z_.-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | sort | \
	    awk -F'|' '{printf "  %-21s %s\n", $$1, $$2}'

include tests/tests.mk tests/bench/bench.mk
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
