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
CPPFLAGS += -Iengine -D_GNU_SOURCE -DTRIAGE_VERSION='"$(VERSION)"'
CFLAGS   += -std=c11 -g $(OPT) -ffp-contract=off -pthread $(WARN) $(if $(WERROR),-Werror) \
            $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
LDFLAGS  += -pthread $(if $(SAN),-fsanitize=$(SAN))

# Asked for only by the rules that need them, so that `make deps` runs on a bare machine.
pkg       = $(shell pkg-config $(1) $(2))
BLAS_INC  = $(call pkg,--cflags,openblas)
BLAS_LIB  = $(call pkg,--libs,openblas)
CHECK_LIB = $(call pkg,--libs,check)

ENGINE := $(wildcard engine/*/*.c)
SERVER := $(wildcard server/*.c)
WORK   := $(filter-out models/lesson.c,$(wildcard models/*.c))
TESTS  := $(wildcard tests/unit/*.c tests/support/*.c)
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
say     = $(if $(V),,@printf '  %-5s %s\n' $(1) $@;)

.DELETE_ON_ERROR:
.PHONY: all deps run test golden models lint format image install clean help
.DEFAULT_GOAL := all

all: $(BUILD)/triaged $(BUILD)/triage ## build the service and the workshop

$(BUILD)/libtriage.a: $(call objects,$(ENGINE))
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

# The service links no BLAS: nothing that it reaches in the library refers to it.
$(BUILD)/triaged: $(call objects,$(SERVER)) $(BUILD)/libtriage.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -lmicrohttpd -ljansson -lm

$(BUILD)/triage: $(call objects,$(WORK)) $(BUILD)/libtriage.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -ljansson $(BLAS_LIB) -lm

$(BUILD)/lesson: $(BUILD)/models/lesson.o $(BUILD)/libtriage.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -ljansson -lm

$(BUILD)/engine/math/gemm.o: CPPFLAGS += $(BLAS_INC)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

clean: ## remove everything that was built
	rm -rf build build-*

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | sort | \
	    awk -F'|' '{printf "  %-10s %s\n", $$1, $$2}'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
