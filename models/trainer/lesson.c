/*
 * lesson [FILE]: writes lesson.safetensors, the worked example of "RNNs, LSTMs, GRUs, and Sequence
 * Modeling" (LeetLLM, 2026): a plain RNN whose weights were chosen by hand.
 *
 *     h' = tanh(W_ih x + W_hh h)     logits = W_out h     x one-hot, biases 0, h_0 = 0
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "trainer.h"

static const char schema_text[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": "
    "[\"error logged\", \"reproduction confirmed\", \"rollback requested\"]}]}";

static const char golden_text[] = "{\"events\": [\"error logged\", \"reproduction "
                                  "confirmed\", \"rollback requested\"]}";

static const char *const actions[] = {"ignore", "rollback", "escalate"};

enum { ACTIONS = sizeof actions / sizeof *actions };

static const struct {
    const char *name;
    float values[6];
    size_t count;
} weights[] = {
    {.name = "rnn.weight_ih_l0",
     .values = {0.8f, 0.2f, 0.1f, 0.1f, 0.7f, 0.4f},
     .count = 6},
    {.name = "rnn.weight_hh_l0", .values = {0.5f, 0.1f, 0.0f, 0.6f}, .count = 4},
    {.name = "rnn.bias_ih_l0", .values = {0.0f, 0.0f}, .count = 2},
    {.name = "rnn.bias_hh_l0", .values = {0.0f, 0.0f}, .count = 2},
    {.name = "head.weight", .values = {0.7f, -0.3f, -0.4f, 0.8f, 0.1f, 0.2f}, .count = 6},
    {.name = "head.bias", .values = {0.0f, 0.0f, 0.0f}, .count = 3},
};

static void set_weights(struct trainer *trainer)
{
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
        size_t count;
        float *tensor = triage_trainer_tensor(trainer, weights[i].name, &count);
        memcpy(tensor, weights[i].values, weights[i].count * sizeof *tensor);
    }
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "lesson.safetensors";
    const struct spec spec = {
        .cell = CELL_RNN, .hidden = 2, .layers = 1, .directions = 1};
    const struct training training = {.threads = 1};
    struct trainer *trainer = NULL;
    struct error err = {0};
    enum status status = STATUS_NO_MEMORY;
    triage_init();
    json_t *schema_json = json_loads(schema_text, 0, NULL);
    json_t *golden = json_loads(golden_text, 0, NULL);
    struct schema *schema = triage_schema_read(schema_json, "/schema", &err);
    if (!schema)
        goto out;
    trainer =
        triage_trainer_new(schema, &spec, TASK_LAST, actions, ACTIONS, &training, &err);
    if (!trainer)
        goto out;
    set_weights(trainer);
    status =
        triage_trainer_save(trainer, path, &(struct model_annex){.golden = golden}, &err);
out:
    if (status != STATUS_OK)
        fprintf(stderr, "lesson: %s: %s\n", err.where, err.text);
    triage_trainer_free(trainer);
    triage_schema_free(schema);
    json_decref(golden);
    json_decref(schema_json);
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
