# Tests, fuzzing, valgrind, lint.  tests/README.md says what each program shows.

CHECK_LIB = $(call pkg,--libs,check)
COMMANDS := $(filter-out models/trainer/main.c,$(TRAINER))
SERVICE  := $(filter-out server/main.c,$(SERVER))
UNIT     := $(wildcard tests/unit/*.c) $(filter-out tests/support/drive.c,$(wildcard tests/support/*.c)) \
            $(call per_set,engine/infer/kernels_simd.c,lanes16 lanes4)

.PHONY: test test-programs prove-self-attention clients fuzz valgrind load lint format compile_commands.json

$(BUILD)/tests/%.o: CPPFLAGS += -Itests -I.
# The shapes of AVX-512 and NEON, on any processor.
$(foreach set,lanes16 lanes4,$(eval $(call rules_of_set,$(set))))
$(BUILD)/%.lanes16.o: CFLAGS += -DLANES=16 -Wno-psabi
$(BUILD)/%.lanes4.o: CFLAGS += -DLANES=4

# Allocations can be made to fail: tests/support/failing_malloc.c.
WRAPPED := malloc calloc realloc aligned_alloc posix_memalign emalloc erealloc
$(BUILD)/unit: LDFLAGS += $(WRAPPED:%=-Wl,--wrap=%)
$(BUILD)/unit: $(call objects,$(UNIT) $(COMMANDS)) $(BUILD)/engine.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ $(CHECK_LIB) $(DATA_LIB) -ljansson $(BLAS_LIB) $(LBFGS_LIB) -lm

$(BUILD)/http: $(call objects,$(wildcard tests/http/*.c) \
               $(patsubst %,tests/support/%.c,client requests json_schema_validator tmpdir) $(SERVICE)) \
               $(BUILD)/serving.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ $(CHECK_LIB) $(HTTP_LIB) -ljansson -lm

# It brings its own malloc, which no sanitizer supports.
$(BUILD)/oom: $(call objects,$(wildcard tests/oom/*.c) tests/support/drive.c $(SERVICE)) \
              $(BUILD)/serving.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ $(HTTP_LIB) -ljansson -lm

# The definition's bits; needs of libc only what every processor has.
BITS := tests/bits/main.c $(KERNELS) $(patsubst %,engine/base/%.c,random digest error utf8 suggest)
$(BUILD)/bits: $(call objects,$(BITS))
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -lm

# The frozen answers of numerics 1 to 4: made once, never again.
$(BUILD)/make-numerics: $(call objects,tests/golden/make_numerics.c tests/support/frozen_answers.c \
                        tests/support/sample.c) $(BUILD)/engine.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ $(CHECK_LIB) -ljansson $(BLAS_LIB) -lm

# Fuzz targets: replayed by the tests; fuzzed with clang (make fuzz).
TARGETS := $(patsubst tests/fuzz/target_%.c,%,$(wildcard tests/fuzz/target_*.c))
DECODERS := $(patsubst %,tests/support/%.c,decoders tree_decoder drawn_requests)
FUZZED  := $(call objects,$(filter-out %/fuzzer.c %/replay.c %/prove_decoder.c,$(wildcard \
           tests/fuzz/*.c)) tests/support/drive.c $(DECODERS) $(SERVICE) $(COMMANDS)) \
           $(BUILD)/engine.a
FUZZ_LIB = $(DATA_LIB) $(HTTP_LIB) -ljansson $(BLAS_LIB) $(LBFGS_LIB) -lm
$(BUILD)/replay: $(BUILD)/tests/fuzz/replay.o $(FUZZED)
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ $(FUZZ_LIB)

$(TARGETS:%=$(BUILD)/fuzz-%): $(BUILD)/fuzz-%: tests/fuzz/fuzzer.c $(FUZZED)
	$(call say,LD)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -DTARGET=$* -fsanitize=fuzzer \
	    $(LDFLAGS) -o $@ $^ $(FUZZ_LIB)

# The decoder of requests against the one over jansson's tree, on PROVE_TEXTS drawn texts.
$(BUILD)/prove-decoder: $(call objects,tests/fuzz/prove_decoder.c $(DECODERS)) $(BUILD)/serving.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -ljansson -lm
PROVE_TEXTS ?= 100000000
PROVE_SEED  ?= 1
prove-decoder: $(BUILD)/prove-decoder ## compare the decoder with one over jansson's tree on PROVE_TEXTS (10^8) texts
	$(BUILD)/prove-decoder $(PROVE_TEXTS) $(PROVE_SEED)

FUZZ_SECONDS ?= 60
fuzz: ## fuzz every target for FUZZ_SECONDS (60), with clang, from the committed corpus
	@$(MAKE) CC=clang SAN=fuzzer-no-link,address,undefined BUILD=build-fuzz \
	    FUZZ_SECONDS=$(FUZZ_SECONDS) $(TARGETS:%=fuzzing-%)
# The messages of the code under test are not shown; build/replay shows those of a crash.
fuzzing-%: $(BUILD)/fuzz-%
	@mkdir -p $(BUILD)/found-$*
	env --default-signal timeout -k 10 $$(($(FUZZ_SECONDS) * 2 + 300)) \
	    $(BUILD)/fuzz-$* -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
	    -close_fd_mask=2 -print_final_stats=1 -verbosity=0 -artifact_prefix=$(BUILD)/crash-$*- \
	    $(BUILD)/found-$* tests/fuzz/corpus/$* $(wildcard tests/fuzz/regression/$*)

# A test program that waits for ever fails instead, on a machine that is several times slower than
# usual too.  The signals that the caller ignores, as nohup does, have their defaults.
LIMIT_S ?= 900
LIMIT    = env --default-signal timeout $(1) -k 10 $(LIMIT_S)
PROGRAM  = $(call LIMIT,-s QUIT) # tests/support/limit.h

TESTERS = unit bits http replay $(if $(SAN),,oom)
# Scripts of tests/cli; the longest first, so that none of them is left alone at the end.
# With threads watched, those whose threads others start, too, are left out.
SCRIPTS = run operations training search surprise forecast going_on prometheus readme \
          $(if $(findstring thread,$(SAN)),,compare formats joined exports) $(if $(SAN),,install)
test: ## install what is missing, build and run every test
	@deploy/install-missing.sh $(ALL_NEEDS)
	@echo "make test: a few minutes on two processors"
	@start=$$(date +%s); \
	$(MAKE) all $(TESTERS:%=$(BUILD)/%) $(if $(SAN),,$(BUILD)/libtriage.a) && \
	$(MAKE) --output-sync=target testing-unit testing-http $(SCRIPTS:%=testing-%) \
	    $(TESTERS:%=testing-%) && \
	echo "make test: everything passed, in $$(($$(date +%s) - start)) s"
test-programs: ## the tests that are programs, without the scripts of tests/cli
	@$(MAKE) all $(TESTERS:%=$(BUILD)/%)
	@$(MAKE) --output-sync=target $(TESTERS:%=testing-%)
testing-unit:
	$(if $(SAN),CK_FORK=no TRIAGE_TEST_SMALL=1) $(PROGRAM) $(BUILD)/unit
testing-bits:
	$(LIMIT) $(BUILD)/bits tests/golden/numerics-1/bits.sha256
	$(LIMIT) $(BUILD)/bits --attention tests/golden/numerics-3/bits.sha256
	$(LIMIT) $(BUILD)/bits --self-attention tests/golden/numerics-4/bits.sha256
	$(LIMIT) $(BUILD)/bits tests/golden/amx.sha256 amx-portable
testing-http:
	$(if $(SAN),CK_FORK=no TRIAGE_TEST_SMALL=1) $(PROGRAM) $(BUILD)/http
testing-replay testing-oom: testing-%:
	$(LIMIT) $(BUILD)/$*
$(SCRIPTS:%=testing-%): testing-%:
	$(LIMIT) tests/cli/$*.sh $(BUILD)

prove-self-attention: $(BUILD)/unit ## 10,000 histories of up to 2,000 events: the bits of every kernel and traffic
	TRIAGE_PROVE=10000 CK_RUN_SUITE=self_attention $(BUILD)/unit

clients: all ## generate clients from the OpenAPI document, compile them and ask the service
	$(LIMIT) tests/clients/run.sh $(BUILD)

load: all ## measure the service under load: slow clients, crowds, overload, stopping, soak
	tests/load/run.py $(BUILD) $(EXPERIMENTS)

# One process a suite, so that valgrind uses every processor; those that take longest first.
MEMCHECK   = CK_RUN_SUITE=$* CK_FORK=no TRIAGE_TEST_SMALL=1 \
             $(PROGRAM) valgrind -q --leak-check=full --error-exitcode=9
suites     = $(shell sed -n 's/^ *X(\([a-z0-9_]*\)).*/\1/p' tests/$(1)/suites.h)
MEMCHECKS  = $(patsubst %,memcheck-http-%,$(call suites,http)) \
             $(patsubst %,memcheck-unit-%,$(call suites,unit))
LONGEST   := $(addprefix memcheck-,http-cases unit-trainer unit-classifier http-suspended \
             http-codings unit-training_kernels unit-numerics unit-checkpoint)
valgrind: ## run every test under valgrind's memcheck
	@deploy/install-missing.sh $(ALL_NEEDS) valgrind=valgrind
	@$(MAKE) $(BUILD)/unit $(BUILD)/http
	@$(MAKE) --output-sync=target $(LONGEST) $(filter-out $(LONGEST),$(MEMCHECKS))
memcheck-http-%:
	$(MEMCHECK) $(BUILD)/http
memcheck-unit-%:
	$(MEMCHECK) $(BUILD)/unit

lint: all ## layers, banned calls, symbols, formatting, clang-tidy
	tests/lint/layers.sh
	tests/lint/banned.sh
	CC='$(CC)' tests/lint/symbols.sh $(BUILD)/triaged
	@clang-format --dry-run -Werror $(SOURCES)
	@echo $(filter %.c,$(filter-out tests/%,$(SOURCES))) | xargs -n 1 -P "$$(nproc)" \
	    sh -c 'clang-tidy --quiet "$$@" -- $(INCLUDES) -D_GNU_SOURCE \
	           -DTRIAGE_VERSION=\"$(VERSION)\" $(call pkg,--cflags,openblas) -std=c11' clang-tidy

format: ## lay out every source file as .clang-format says
	@clang-format -i $(SOURCES)

compile_commands.json: ## the compilation database for editors
	@$(MAKE) -nB -j1 V=1 BUILD=$(BUILD) all $(TESTERS:%=$(BUILD)/%) | \
	    sed -n 's|.* -c -o [^ ]* \([^ ]*\.c\)$$|\1\t&|p' | sort -u -k1,1 | \
	    awk -F'\t' -v folder="$(CURDIR)" 'BEGIN { print "[" } \
	        { gsub(/\\/, "\\\\", $$2); gsub(/"/, "\\\"", $$2); \
	          printf "%s{\"directory\": \"%s\", \"file\": \"%s\", \"command\": \"%s\"}", \
	              (NR > 1 ? ",\n" : ""), folder, $$1, $$2 } \
	        END { print "\n]" }' >$@
