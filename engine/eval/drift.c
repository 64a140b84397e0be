/* Data compared with the profile of the training. */
#include <math.h>
#include <stdlib.h>

#include "evaluation.h"
#include "model/schema.h"

/* Of more values, every n-th is used. */
enum { SAMPLED = 65536 };

/* Encoded numbers that differ by less than the rounding of deciles are equal. */
static const double rounding = 1e-4;

struct comparing {
    const struct schema *schema;
    const struct example *examples; /* [count] */
    size_t count, events, stride;
    float *sample;    /* [events / stride + 1] */
    uint32_t *counts; /* [the most rows of a category] */
};

/* What a distance exceeds in one of twenty pairs of n and m values that are distributed alike. */
static double by_chance(size_t n, size_t m)
{
    const double one_of_twenty = 1.358; /* of the limit distribution of Kolmogorov */
    return one_of_twenty * sqrt(1.0 / (double)n + (m > 0 ? 1.0 / (double)m : 0.0));
}

/* The share of sorted values [count] that are at most `most`. */
static double share_up_to(const float *sorted, size_t count, double most)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if ((double)sorted[middle] <= most)
            low = middle + 1;
        else
            high = middle;
    }
    return (double)low / (double)count;
}

/*
 * At most `most`, the training had between (below - 1) and below tenths of its values, below being
 * the number of deciles there.  The distance to the nearer of the two.
 */
static double beyond_deciles(const float *sorted, size_t count, const double *deciles,
                             double most)
{
    const double tenths = PROFILE_POINTS - 1;
    int below = 0;
    while (below < PROFILE_POINTS && deciles[below] <= most)
        below++;
    const double low = below > 0 ? (below - 1) / tenths : 0.0;
    const double high = fmin(1.0, below / tenths);
    const double share = share_up_to(sorted, count, most);
    return share > high ? share - high : share < low ? low - share : 0.0;
}

/* At each decile, and just before it. */
static double decile_distance(const float *sorted, size_t count, const double *deciles,
                              double slack)
{
    double most = 0.0;
    for (int i = 0; i < PROFILE_POINTS; i++) {
        most = fmax(most, beyond_deciles(sorted, count, deciles, deciles[i] + slack));
        most = fmax(most, beyond_deciles(sorted, count, deciles, deciles[i] - slack));
    }
    return most;
}

static double share(size_t part, size_t whole)
{
    return whole > 0 ? (double)part / (double)whole : (double)NAN;
}

static void compare_number(const struct comparing *c, const struct field *field,
                           struct drift_row *row)
{
    const size_t F = schema_inputs(c->schema);
    const double mean = (double)field->number.mean, scale = (double)field->number.scale;
    size_t present = 0, sampled = 0, events = 0;
    for (size_t h = 0; h < c->count; h++) {
        const struct history *history = &c->examples[h].history;
        const float *pair = history->values + 2 * (size_t)field->index;
        const size_t before = present;
        for (uint32_t t = 0; t < history->length; t++, pair += F, events++) {
            if (pair[1] != field->flags[0])
                continue;
            present++;
            if (events % c->stride == 0)
                c->sample[sampled++] = pair[0];
        }
        row->histories += present > before;
    }
    row->missing = share(c->events - present, c->events);
    if (field->deciles)
        row->trained_missing = (double)field->missing.mean;
    if (sampled == 0)
        return;
    float points[PROFILE_POINTS];
    double deciles[PROFILE_POINTS];
    profile_deciles(c->sample, (uint32_t)sampled, points); /* sorts the sample */
    row->median = (double)points[PROFILE_POINTS / 2] * scale + mean;
    if (!field->deciles)
        return;
    row->trained_median = (double)field->deciles[PROFILE_POINTS / 2];
    for (int i = 0; i < PROFILE_POINTS; i++)
        deciles[i] = ((double)field->deciles[i] - mean) / scale;
    row->distance = decile_distance(c->sample, sampled, deciles, rounding);
    row->by_chance = by_chance(row->histories, field->histories);
}

static void compare_category(const struct comparing *c, const struct field *field,
                             struct drift_row *row)
{
    const size_t K = c->schema->categories;
    const uint32_t rows = SCHEMA_FIRST + field->values.count;
    uint32_t most = 0;
    for (uint32_t i = 0; i < rows; i++)
        c->counts[i] = 0;
    for (size_t h = 0; h < c->count; h++) {
        const struct history *history = &c->examples[h].history;
        const uint32_t *id = history->ids + field->index;
        for (uint32_t t = 0; t < history->length; t++, id += K)
            c->counts[*id]++;
        row->histories += schema_has_field(c->schema, field, history);
    }
    for (uint32_t i = 0; i < rows; i++)
        if (i != SCHEMA_MISSING && c->counts[i] > most)
            most = c->counts[i];
    const size_t present = c->events - c->counts[SCHEMA_MISSING];
    row->missing = share(c->counts[SCHEMA_MISSING], c->events);
    row->unknown = share(c->counts[SCHEMA_UNKNOWN], present);
    row->frequent = share(most, present);
    if (field->missing_share >= 0.0f)
        row->trained_missing = (double)field->missing_share;
    if (field->most_frequent >= 0.0f)
        row->trained_frequent = (double)field->most_frequent;
}

static void compare_lengths(const struct comparing *c, struct drift_row *row)
{
    const float *trained = c->schema->length_deciles;
    const size_t stride = c->count / SAMPLED + 1;
    float points[PROFILE_POINTS];
    double deciles[PROFILE_POINTS];
    size_t sampled = 0;
    for (size_t h = 0; h < c->count; h += stride)
        c->sample[sampled++] = (float)c->examples[h].history.length;
    profile_deciles(c->sample, (uint32_t)sampled, points);
    row->histories = c->count;
    row->median = (double)points[PROFILE_POINTS / 2];
    if (!trained)
        return;
    row->trained_median = (double)trained[PROFILE_POINTS / 2];
    for (int i = 0; i < PROFILE_POINTS; i++)
        deciles[i] = (double)trained[i];
    row->distance = decile_distance(c->sample, sampled, deciles, 0.5);
    row->by_chance = by_chance(c->count, 0);
}

static void compare_hours(const struct comparing *c, struct drift_row *row)
{
    size_t counts[PROFILE_HOURS] = {0};
    double now = 0.0, then = 0.0;
    for (size_t h = 0; h < c->count; h++) {
        const struct history *history = &c->examples[h].history;
        int hour = history->has_times ? profile_hour(c->schema, history->values) : -1;
        if (hour < 0)
            continue;
        counts[hour]++;
        row->histories++;
    }
    row->missing = share(c->count - row->histories, c->count);
    if (row->histories == 0 || !c->schema->hours)
        return;
    row->trained_missing = 0.0;
    row->distance = 0.0;
    for (int hour = 0; hour < PROFILE_HOURS; hour++) {
        now += share(counts[hour], row->histories);
        then += (double)c->schema->hours[hour];
        row->distance = fmax(row->distance, fabs(now - then));
    }
    row->by_chance = by_chance(row->histories, 0);
}

static struct drift_row *add_row(struct drift *drift, const char *name,
                                 enum drift_kind kind)
{
    const double none = (double)NAN;
    struct drift_row *row = &drift->rows[drift->count++];
    *row = (struct drift_row){.name = name,
                              .kind = kind,
                              .distance = none,
                              .by_chance = none,
                              .median = none,
                              .trained_median = none,
                              .missing = none,
                              .trained_missing = none,
                              .unknown = none,
                              .frequent = none,
                              .trained_frequent = none};
    return row;
}

static void compare(const struct comparing *c, struct drift *drift)
{
    const struct schema *schema = c->schema;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        if (field->kind == FIELD_NUMBER)
            compare_number(c, field, add_row(drift, field->name, DRIFT_NUMBER));
        else
            compare_category(c, field, add_row(drift, field->name, DRIFT_CATEGORY));
    }
    compare_lengths(c, add_row(drift, "events of a history", DRIFT_LENGTH));
    if (schema->hours)
        compare_hours(c, add_row(drift, "hour of the first event", DRIFT_HOUR));
}

enum status triage_drift_measure(struct drift *drift, const struct model *model,
                                 const struct example *examples, size_t count,
                                 struct error *err)
{
    const struct schema *schema = triage_model_schema(model);
    struct comparing c = {.schema = schema, .examples = examples, .count = count};
    uint32_t most_rows = SCHEMA_FIRST;
    *drift = (struct drift){.histories = count};
    if (count == 0)
        return STATUS_OK;
    for (size_t h = 0; h < count; h++)
        c.events += examples[h].history.length;
    for (uint32_t k = 0; k < schema->categories; k++)
        if (schema_rows(schema, k) > most_rows)
            most_rows = schema_rows(schema, k);
    drift->events = c.events;
    c.stride = c.events / SAMPLED + 1;
    c.sample = malloc((c.events / c.stride + count / (count / SAMPLED + 1) + 2) *
                      sizeof *c.sample);
    c.counts = calloc(most_rows, sizeof *c.counts);
    drift->rows = calloc((size_t)schema->field_count + 2, sizeof *drift->rows);
    enum status status = STATUS_OK;
    if (c.sample && c.counts && drift->rows)
        compare(&c, drift);
    else
        status = error_no_memory(err);
    free(c.sample);
    free(c.counts);
    return status;
}

void triage_drift_release(struct drift *drift)
{
    free(drift->rows);
    *drift = (struct drift){.count = 0};
}
