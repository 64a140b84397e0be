/*
 * Histories that nobody told: drawn from what a schema knows, or another history's events
 * from the last to the first.  For looking at a model, not for learning.
 */
#include <string.h>

#include "base/random.h"
#include "model/schema.h"
#include "trainer.h"

/* What draws the histories, apart from other streams of the same seed. */
static const uint64_t draw_stream = UINT64_C(0xd3a3000000000000);

/* A number's two inputs; the mean of its flag is how often it is missing. */
static void draw_number(const struct field *field, struct random *random, float pair[2])
{
    if (random_unit(random) < (double)field->missing.mean) {
        schema_encode_missing(field, pair);
        return;
    }
    pair[0] = (float)random_normal(random);
    pair[1] = field->flags[0];
}

/* One history's inputs from time, which are all there or all missing. */
static void draw_times(const struct schema *schema, uint32_t length, uint32_t F,
                       struct random *random, float *values)
{
    double chance = random_unit(random);
    bool is_missing = false;

    for (uint32_t i = 0; i < schema->time_count; i++)
        if (schema->times[i].kind == TIME_MISSING)
            is_missing = chance < (double)schema->times[i].scale.mean;
    for (uint32_t t = 0; t < length; t++)
        for (uint32_t i = 0; i < schema->time_count; i++) {
            const struct time_feature *input = &schema->times[i];
            float *x = &values[(size_t)t * F + 2 * schema->numbers + i];
            if (input->kind == TIME_MISSING)
                *x = schema_scale(schema, &input->scale, is_missing ? 1.0 : 0.0);
            else
                *x = is_missing ? 0.0f : (float)random_normal(random);
        }
}

static enum status draw(struct history *history, const struct schema *schema,
                        uint32_t length, struct random *random, struct arena *arena,
                        struct error *err)
{
    uint32_t K = schema->categories, F = schema_inputs(schema);
    uint32_t *ids = arena_array(arena, (size_t)length * K + 1, sizeof *ids);
    float *values = arena_array(arena, (size_t)length * F + 1, sizeof *values);

    if (ids == NULL || values == NULL)
        return error_no_memory(err);
    for (uint32_t t = 0; t < length; t++) {
        for (uint32_t k = 0; k < K; k++)
            ids[(size_t)t * K + k] =
                SCHEMA_FIRST +
                (uint32_t)random_below(random, schema_rows(schema, k) - SCHEMA_FIRST);
        for (uint32_t c = 0; c < schema->field_count; c++) {
            const struct field *field = &schema->fields[c];
            if (field->kind == FIELD_NUMBER)
                draw_number(field, random, values + (size_t)t * F + 2 * field->index);
        }
    }
    draw_times(schema, length, F, random, values);
    *history =
        (struct history){.ids = ids, .values = F == 0 ? NULL : values, .length = length};
    return STATUS_OK;
}

struct history *triage_histories_draw(const struct schema *schema, size_t count,
                                      uint32_t shortest, uint32_t longest, uint64_t seed,
                                      struct arena *arena, struct error *err)
{
    struct history *histories = arena_array(arena, count, sizeof *histories);
    struct random random;

    if (histories == NULL) {
        error_no_memory(err);
        return NULL;
    }
    random_init(&random, seed, draw_stream);
    for (size_t i = 0; i < count; i++) {
        uint64_t more = random_below(&random, (uint64_t)longest - shortest + 1);
        if (draw(&histories[i], schema, shortest + (uint32_t)more, &random, arena, err) !=
            STATUS_OK)
            return NULL;
    }
    return histories;
}

enum status triage_history_reverse(struct history *reversed, const struct schema *schema,
                                   const struct history *history, struct arena *arena,
                                   struct error *err)
{
    uint32_t length = history->length, K = schema->categories;
    uint32_t F = schema_inputs(schema), own = 2 * schema->numbers;
    uint32_t *ids = arena_array(arena, (size_t)length * K + 1, sizeof *ids);
    float *values = arena_array(arena, (size_t)length * F + 1, sizeof *values);

    if (ids == NULL || values == NULL)
        return error_no_memory(err);
    for (uint32_t t = 0; t < length; t++) {
        size_t from = length - 1 - t;
        memcpy(ids + (size_t)t * K, history->ids + from * K, K * sizeof *ids);
        if (F == 0)
            continue;
        float *to = values + (size_t)t * F;
        memcpy(to, history->values + from * F, own * sizeof *to);
        memcpy(to + own, history->values + (size_t)t * F + own, (F - own) * sizeof *to);
    }
    *reversed =
        (struct history){.ids = ids, .values = F == 0 ? NULL : values, .length = length};
    return STATUS_OK;
}
