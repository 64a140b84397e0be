# Benches: tests/bench/README.md says what each measures and how.

.PHONY: bench bench-peers prove-verdicts prove-hostile

BENCHED := $(patsubst %,$(BUILD)/bench-%,engine worker training read data hello work/data.bin)
$(BUILD)/bench-prepare $(BUILD)/bench-training $(BUILD)/bench-engine: $(BUILD)/bench-%: \
    $(BUILD)/tests/bench/%.o $(BUILD)/tests/bench/workload.o $(BUILD)/engine.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -ljansson $(BLAS_LIB) -lm
$(BUILD)/bench-prepare: $(call objects,tests/bench/prepare_attention.c)
$(BUILD)/bench-engine: $(call objects,$(patsubst %,tests/bench/%.c,two_threads peak))
$(BUILD)/bench-worker $(BUILD)/bench-read $(BUILD)/bench-hostile: $(BUILD)/bench-%: $(BUILD)/tests/bench/%.o \
    $(BUILD)/serving.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -ljansson -lm
$(BUILD)/bench-data: $(call objects,tests/bench/data.c) $(BUILD)/serving.a
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^
$(BUILD)/bench-hello: $(BUILD)/tests/bench/hello.o
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ -lmicrohttpd

# The histories, weights, reference probabilities and models that all benches use.
$(BUILD)/bench-work/data.bin: $(BUILD)/bench-prepare
	@mkdir -p $(@D)
	$< $(@D)

bench: all $(BENCHED) ## measure engine, server, reading, training, start, memory (PARTS=...)
	@tests/bench/run.sh $(BUILD) $(PARTS)

prove-verdicts: all ## 800 models: how often a verdict of evaluate is wrong, and how often it is found
	tests/bench/verdicts.sh $(BUILD)

prove-hostile: all $(BUILD)/bench-hostile ## hostile bodies of 8 MB: decoding time, memory, /livez beside them
	$(BUILD)/bench-hostile models/incident.safetensors
	tests/load/run.py $(BUILD) hostile

PYTHON ?= /usr/bin/python3
bench-peers: all $(BENCHED) ## the same beside PyTorch, ONNX Runtime, oneDNN, FastAPI, fastify
	@$(PYTHON) tests/bench/peers/compare.py $(BUILD) $(if $(NODE),--node $(NODE)) $(PEERS)
