/*
 * Two fields that tell the label together, by their last values.  A sample of the histories is
 * enough: what tells nearly all labels does so in any part of them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "data/warnings/leaks.h"
#include "model/schema.h"

enum {
    MAX_SAMPLES = 2048,
    MIN_SAMPLES = 50,
    MAX_FIELDS = 12, /* of which pairs are examined */
    MAX_VALUES = 64,
    MAX_LABELS = 64
};

/* Of the entropy that remains, and of the labels that are predicted: beyond these, a warning. */
static const double SMALL_LOSS = 0.25, NEARLY_ALL = 0.98;

/* Of the labels that one of the fields predicts alone: with more, the other one adds little. */
static const double MOST_ALONE = 0.9;

struct coded_field {
    const struct field *field;
    uint8_t codes[MAX_SAMPLES];
    uint32_t values;
};

struct pair_search {
    const struct leak_data *data;
    struct coded_field fields[MAX_FIELDS];
    size_t field_count, count;
    uint8_t labels[MAX_SAMPLES];
    uint32_t examples[MAX_SAMPLES];
    double shares[MAX_LABELS], entropy;
    uint32_t *table; /* [MAX_VALUES * MAX_VALUES][actions] */
};

static void draw_samples(struct pair_search *search)
{
    const struct leak_data *data = search->data;
    const size_t stride = 1 + data->count / MAX_SAMPLES;
    for (size_t i = 0; i < data->count; i += stride) {
        uint32_t label = data->examples[i].action;
        if (label >= data->actions)
            continue;
        search->labels[search->count] = (uint8_t)label;
        search->examples[search->count++] = (uint32_t)i;
        search->shares[label] += 1.0;
    }
    for (size_t c = 0; c < data->actions && search->count > 0; c++) {
        double share = search->shares[c] / (double)search->count;
        search->shares[c] = share;
        search->entropy -= share > 0.0 ? share * log(share) : 0.0;
    }
}

/* Number the last values of a field.  False without memory. */
static bool code_field(struct pair_search *search, const struct field *field)
{
    struct coded_field *coded = &search->fields[search->field_count];
    struct u64map values = {.count = 0};
    bool is_coded = true, has_memory = true;
    for (size_t i = 0; i < search->count && is_coded; i++) {
        const struct history *history =
            &search->data->examples[search->examples[i]].history;
        uint32_t code =
            u64map_add(&values, leak_last_value(search->data->schema, field, history,
                                                history->length - 1));
        has_memory = code != MAP_NONE;
        is_coded = code < MAX_VALUES;
        coded->codes[i] = (uint8_t)code;
    }
    coded->field = field;
    coded->values = values.count;
    search->field_count += is_coded && values.count > 1;
    u64map_release(&values);
    return has_memory;
}

/* What predicting each label from the others with the same codes loses; *right: how many it tells. */
static double predict(const struct pair_search *search, const struct coded_field *a,
                      const struct coded_field *b, size_t *right)
{
    const size_t C = search->data->actions, V = b ? b->values : 1;
    double loss = 0.0;
    memset(search->table, 0, a->values * V * C * sizeof *search->table);
    for (size_t i = 0; i < search->count; i++)
        search
            ->table[(a->codes[i] * V + (b ? b->codes[i] : 0)) * C + search->labels[i]]++;
    *right = 0;
    for (size_t v = 0; v < a->values * V; v++) {
        const uint32_t *of_value = search->table + v * C;
        size_t all = 0, most = 0;
        for (size_t c = 0; c < C; c++)
            all += of_value[c];
        for (size_t c = 0; c < C; c++) {
            if (of_value[c] > 0)
                loss -=
                    (double)of_value[c] *
                    log(((double)(of_value[c] - 1) + search->shares[c]) / (double)all);
            most = of_value[c] > most ? of_value[c] : most;
        }
        *right += all > 1 ? most : 0;
    }
    return loss;
}

static void compare_pair(const struct pair_search *search, const struct coded_field *a,
                         const struct coded_field *b, struct messages *messages)
{
    const double samples = (double)search->count;
    size_t alone[2], right;
    double loss = predict(search, a, b, &right);
    if (loss >= SMALL_LOSS * search->entropy * samples ||
        (double)right < NEARLY_ALL * samples)
        return;
    (void)predict(search, a, NULL, &alone[0]);
    (void)predict(search, b, NULL, &alone[1]);
    if ((double)alone[0] > MOST_ALONE * samples ||
        (double)alone[1] > MOST_ALONE * samples)
        return;
    messages_warn(
        messages,
        "fields \"%s\" and \"%s\" together tell the label in %zu of %zu histories "
        "(by their last values), alone in %zu and %zu: are both known before the "
        "decision?",
        a->field->name, b->field->name, right, search->count, alone[0], alone[1]);
}

/* False without memory. */
static bool search_pairs(struct pair_search *search, struct messages *messages)
{
    const struct schema *schema = search->data->schema;
    draw_samples(search);
    if (search->count < MIN_SAMPLES || !(search->entropy > 0.0))
        return true;
    for (size_t i = 0; i < schema->field_count && search->field_count < MAX_FIELDS; i++)
        if (strcmp(schema->fields[i].name, "event") != 0 &&
            !code_field(search, &schema->fields[i]))
            return false;
    for (size_t i = 0; i < search->field_count; i++)
        for (size_t j = i + 1; j < search->field_count; j++)
            compare_pair(search, &search->fields[i], &search->fields[j], messages);
    return true;
}

enum status warn_about_leak_pairs(struct messages *messages, const struct leak_data *data,
                                  struct error *err)
{
    if (data->task != TASK_LAST || data->actions > MAX_LABELS)
        return STATUS_OK;
    struct pair_search *search = calloc(1, sizeof *search);
    if (!search)
        return error_no_memory(err);
    search->data = data;
    search->table = calloc((size_t)MAX_VALUES * MAX_VALUES * data->actions + 1,
                           sizeof *search->table);
    bool is_done = search->table && search_pairs(search, messages);
    free(search->table);
    free(search);
    return is_done ? STATUS_OK : error_no_memory(err);
}
