/* Random models and histories; every draw depends on the seed only. */
#include "support/sample.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/random.h"
#include "model/decoder.h"
#include "support/case_count.h"

const struct sample_cell sample_cells[SAMPLE_CELLS] = {
    {"rnn", CELL_RNN, RESET_AFTER, UPDATE_KEEP},
    {"lstm", CELL_LSTM, RESET_AFTER, UPDATE_KEEP},
    {"gru, reset after, keep", CELL_GRU, RESET_AFTER, UPDATE_KEEP},
    {"gru, reset after, write", CELL_GRU, RESET_AFTER, UPDATE_WRITE},
    {"gru, reset before, keep", CELL_GRU, RESET_BEFORE, UPDATE_KEEP},
    {"gru, reset before, write", CELL_GRU, RESET_BEFORE, UPDATE_WRITE},
};

const char sample_plain[] = "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\","
                            " \"values\": [\"a\", \"b\", \"c\", \"d\", \"e\"]}]}";

const char sample_rich[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\","
    " \"values\": [\"a\", \"b\", \"c\", \"d\", \"e\"]},"
    " {\"name\": \"latency\", \"kind\": \"number\", \"mean\": 3.5, \"scale\": 2.0,"
    " \"missing_mean\": 0.25, \"missing_scale\": 0.5},"
    " {\"name\": \"service\", \"kind\": \"category\", \"values\": [\"api\", \"db\"]},"
    " {\"name\": \"size\", \"kind\": \"number\"},"
    " {\"name\": \"is_paged\", \"kind\": \"category\", \"values\": [\"true\", "
    "\"false\"]}],"
    " \"time\": [{\"name\": \"since_previous\", \"mean\": 1.5, \"scale\": 2.5},"
    " {\"name\": \"since_first\"}, {\"name\": \"hour_sin\"}, {\"name\": \"hour_cos\"},"
    " {\"name\": \"weekday_sin\"}, {\"name\": \"weekday_cos\"}, {\"name\": "
    "\"missing\"}]}";

struct spec sample_spec(int cell, uint32_t embedding, uint32_t hidden, uint32_t layers,
                        uint32_t directions)
{
    return (struct spec){.cell = sample_cells[cell].cell,
                         .reset = sample_cells[cell].reset,
                         .update = sample_cells[cell].update,
                         .embedding = embedding,
                         .hidden = hidden,
                         .layers = layers,
                         .directions = directions,
                         .heads = 2, /* the defaults, as a file gives them */
                         .window = 512};
}

struct spec sample_self_attention(int i)
{
    return (struct spec){.cell = CELL_ATTENTION,
                         .embedding = i / 3 % 2 == 0 ? 0 : 4,
                         .hidden = 6,
                         .layers = 1 + (uint32_t)i % 3,
                         .directions = 1,
                         .head = i < 6 ? HEAD_FINAL : HEAD_ATTENTION,
                         .heads = 1 + (uint32_t)i / 2 % 3,
                         .feed_forward = i % 4 == 3 ? 7 : 0,
                         .window = i % 2 == 0 ? 3 : 512};
}

struct schema *sample_schema(const char *text)
{
    struct error err = {.status = STATUS_OK};
    json_t *json = json_read(text, strlen(text), &err);
    struct schema *schema = triage_schema_read(json, "/schema", &err);
    ck_assert_msg(schema, "%s: %s", err.where, err.text);
    json_decref(json);
    return schema;
}

struct tensor_list sample_tensors(const char *schema_text, const struct spec *spec,
                                  struct arena *arena)
{
    struct schema *schema = sample_schema(schema_text);
    struct tensor_list tensors;
    ck_assert_int_eq(tensors_init(&tensors, spec, schema, SAMPLE_ACTIONS, arena, NULL),
                     STATUS_OK);
    triage_schema_free(schema);
    return tensors;
}

static void draw_weights(struct trainer *trainer, const struct tensor_list *tensors,
                         uint32_t members, float size, uint64_t seed)
{
    struct random random;
    random_init(&random, seed, 0);
    for (size_t i = 0; i < members * tensors->count; i++) {
        const char *in_network = tensors->items[i % tensors->count].name;
        char name[64];
        size_t count;
        (void)snprintf(name, sizeof name, "member.%zu.%s", i / tensors->count,
                       in_network);
        float *w =
            triage_trainer_tensor(trainer, members == 1 ? in_network : name, &count);
        for (size_t j = 0; j < count; j++)
            w[j] = size * (float)(2.0 * random_unit(&random) - 1.0);
    }
}

struct trainer *sample_trainer(const char *schema_text, const struct spec *spec,
                               float size, uint64_t seed)
{
    return sample_members(schema_text, spec, 1, size, seed);
}

struct trainer *sample_members(const char *schema_text, const struct spec *spec,
                               uint32_t members, float size, uint64_t seed)
{
    static const char *const actions[SAMPLE_ACTIONS] = {"ignore", "rollback", "escalate"};
    const struct training training = {
        .batch = 16, .epochs = 1, .members = members, .threads = 1};
    struct error err = {.status = STATUS_OK};
    struct schema *schema = sample_schema(schema_text);
    struct trainer *trainer = triage_trainer_new(schema, spec, TASK_LAST, actions,
                                                 SAMPLE_ACTIONS, &training, &err);
    ck_assert_msg(trainer, "%s: %s", err.where, err.text);
    triage_schema_free(schema);

    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct tensor_list tensors = sample_tensors(schema_text, spec, &arena);
    draw_weights(trainer, &tensors, members, size, seed);
    arena_release(&arena);
    return trainer;
}

struct model *sample_model(const char *schema, const struct spec *spec, float size,
                           uint64_t seed)
{
    return sample_finish(sample_trainer(schema, spec, size, seed));
}

struct model *sample_finish(struct trainer *trainer)
{
    struct error err = {.status = STATUS_OK};
    struct model *model;
    size_t length;
    char *bytes;
    ck_assert_int_eq(triage_trainer_write(trainer, NULL, &bytes, &length, &err),
                     STATUS_OK);
    model = triage_model_read("a sample", bytes, length, &err);
    ck_assert_msg(model, "%s: %s", err.where, err.text);
    free(bytes);
    triage_trainer_free(trainer);
    return model;
}

struct history *sample_histories(const struct schema *schema, size_t count,
                                 uint32_t longest, struct arena *arena, uint64_t seed)
{
    struct history *histories = arena_array(arena, count, sizeof *histories);
    uint32_t K = schema->categories, F = schema_inputs(schema);
    struct random random;
    random_init(&random, seed, 1);
    for (size_t i = 0; i < count; i++) {
        uint32_t length = 1 + (uint32_t)random_below(&random, longest);
        uint32_t *ids = arena_array(arena, (size_t)length * K, sizeof *ids);
        float *values = arena_array(arena, (size_t)length * F + 1, sizeof *values);
        for (uint32_t j = 0; j < length * K; j++)
            ids[j] = (uint32_t)random_below(&random, schema_rows(schema, j % K));
        for (uint32_t j = 0; j < length * F; j++)
            values[j] = (float)random_normal(&random);
        histories[i] = (struct history){
            .ids = ids, .values = F == 0 ? NULL : values, .length = length};
    }
    return histories;
}

struct history sample_history(const struct schema *schema, const char *text,
                              struct arena *arena)
{
    struct error err = {.status = STATUS_OK};
    struct history history;
    ck_assert_msg(decoder_decode_golden(&history, schema, text, strlen(text), arena,
                                        &err) == STATUS_OK,
                  "%s: %s", err.where, err.text);
    return history;
}

struct model *sample_shape(int i, const char **name)
{
    if (i >= SAMPLE_RECURRENT) {
        const struct spec self = sample_self_attention(i - SAMPLE_RECURRENT);
        *name = "self-attention";
        return sample_model(self.embedding > 0 ? sample_rich : sample_plain, &self, 0.9f,
                            (uint64_t)i);
    }
    bool has_attention = i >= SAMPLE_FINAL_HEADS;
    int cell = i % SAMPLE_CELLS;
    int rest = (has_attention ? i - SAMPLE_FINAL_HEADS : i) / SAMPLE_CELLS;
    uint32_t layers = 1 + (uint32_t)rest % 3;
    uint32_t directions = has_attention ? 1 : 1 + (uint32_t)rest / 3 % 2;
    bool is_rich = rest / (has_attention ? 3 : 6) % 2 == 1;
    struct spec spec =
        sample_spec(cell, is_rich && layers < 3 ? 4 : 0, 5, layers, directions);
    spec.head = has_attention ? HEAD_ATTENTION : HEAD_FINAL;
    *name = sample_cells[cell].name;
    return sample_model(is_rich ? sample_rich : sample_plain, &spec, 0.9f, (uint64_t)i);
}

enum { REDUCED = 3, STRIDE = 7 /* without a divisor of SAMPLE_SHAPES */ };

int sample_rounds(void)
{
    return case_count(SAMPLE_SHAPES, REDUCED);
}

int sample_round(int i)
{
    return case_count_is_reduced() ? i * STRIDE % SAMPLE_SHAPES : i;
}

float *sample_alone(const struct model *model, const struct history *histories,
                    size_t count, uint32_t longest)
{
    struct classifier *classifier = triage_classifier_new(model, 1, longest, NULL);
    float *answers = malloc(count * SAMPLE_ACTIONS * sizeof *answers);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(triage_classifier_run(classifier, &histories[i], 1,
                                               answers + i * SAMPLE_ACTIONS, NULL),
                         STATUS_OK);
    triage_classifier_free(classifier);
    return answers;
}
