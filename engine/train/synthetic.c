/*
 * Synthetic histories, with which a model is checked: random ones, drawn from the schema, and
 * reversed ones.  They are never trained on.
 */
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "model/schema.h"
#include "trainer.h"

static const uint64_t draw_stream = UINT64_C(0xd3a3000000000000);

/* The two inputs of a number.  The mean of its flag is the probability that it is missing. */
static void draw_number(const struct field *field, struct random *random, float pair[2])
{
    if (random_unit(random) < (double)field->missing.mean) {
        schema_encode_missing(field, pair);
        return;
    }
    pair[0] = (float)random_normal(random);
    pair[1] = field->flags[0];
}

/* The time features, [length] rows F apart.  A history has the times of all events or of none. */
static void draw_times(const struct schema *schema, uint32_t length, uint32_t F,
                       struct random *random, float *values)
{
    double u = random_unit(random);
    bool is_missing = false;

    for (uint32_t i = 0; i < schema->time_count; i++)
        if (schema->times[i].kind == TIME_MISSING)
            is_missing = u < (double)schema->times[i].scale.mean;
    for (uint32_t t = 0; t < length; t++)
        for (uint32_t i = 0; i < schema->time_count; i++) {
            const struct time_feature *feature = &schema->times[i];
            float *x = &values[(size_t)t * F + 2 * schema->numbers + i];
            if (feature->kind == TIME_MISSING)
                *x = schema_scale(schema, &feature->scale, is_missing ? 1.0 : 0.0);
            else
                *x = is_missing ? 0.0f : (float)random_normal(random);
        }
}

/* Allocate ids [length][K] and values [length][F] in the arena. */
static enum status allocate(uint32_t **ids, float **values, const struct schema *schema,
                            uint32_t length, struct arena *arena, struct error *err)
{
    *ids = arena_array(arena, (size_t)length * schema->categories + 1, sizeof **ids);
    *values =
        arena_array(arena, (size_t)length * schema_inputs(schema) + 1, sizeof **values);
    return *ids && *values ? STATUS_OK : error_no_memory(err);
}

static enum status draw_history(struct history *history, const struct schema *schema,
                                uint32_t length, struct random *random,
                                struct arena *arena, struct error *err)
{
    uint32_t K = schema->categories, F = schema_inputs(schema);
    uint32_t *ids;
    float *values;

    RETURN_IF_ERROR(allocate(&ids, &values, schema, length, arena, err));
    for (uint32_t t = 0; t < length; t++) {
        for (uint32_t k = 0; k < K; k++) {
            uint64_t known = schema_rows(schema, k) - SCHEMA_FIRST;
            ids[(size_t)t * K + k] = SCHEMA_FIRST + (uint32_t)random_below(random, known);
        }
        for (uint32_t i = 0; i < schema->field_count; i++) {
            const struct field *field = &schema->fields[i];
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
    if (!histories) {
        error_no_memory(err);
        return NULL;
    }
    struct random random;
    random_init(&random, seed, draw_stream);
    for (size_t i = 0; i < count; i++) {
        uint64_t more = random_below(&random, (uint64_t)longest - shortest + 1);
        if (draw_history(&histories[i], schema, shortest + (uint32_t)more, &random, arena,
                         err) != STATUS_OK)
            return NULL;
    }
    return histories;
}

enum status triage_history_reverse(struct history *reversed, const struct schema *schema,
                                   const struct history *history, struct arena *arena,
                                   struct error *err)
{
    uint32_t length = history->length, K = schema->categories, F = schema_inputs(schema);
    uint32_t numbers = F - schema->time_count; /* they come before the time features */
    uint32_t *ids;
    float *values;

    RETURN_IF_ERROR(allocate(&ids, &values, schema, length, arena, err));
    for (uint32_t t = 0; t < length; t++) {
        size_t from = length - 1 - t;
        memcpy(ids + (size_t)t * K, history->ids + from * K, K * sizeof *ids);
        if (F == 0)
            continue;
        float *to = values + (size_t)t * F;
        memcpy(to, history->values + from * F, numbers * sizeof *to);
        memcpy(to + numbers, history->values + (size_t)t * F + numbers,
               schema->time_count * sizeof *to);
    }
    *reversed =
        (struct history){.ids = ids, .values = F == 0 ? NULL : values, .length = length};
    return STATUS_OK;
}
