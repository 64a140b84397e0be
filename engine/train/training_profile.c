/* Measures the profile of the training data. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/profile.h"
#include "model/schema.h"
#include "trainer.h"

/* Of more events, a sample of about as many gives the deciles between the smallest and the largest. */
enum { SAMPLED = 65536 };

static float rounded_share(double share)
{
    return (float)(round(share * 1e4) / 1e4);
}

/*
 * A number from its encoded value, rounded to the decimal digits that a float of it still has; see
 * schema_training_bounds.
 */
static float decoded(const struct scale *scale, float value)
{
    double distance = (double)value * (double)scale->scale, mean = (double)scale->mean;
    double step = pow(10.0, ceil(log10(5e-7 * (fabs(distance) + fabs(mean)))));
    if (!(step > 0.0) || !isfinite(step))
        return (float)(distance + mean);
    double steps = round((distance + mean) / step);
    return (float)(step < 1.0 ? steps / round(1.0 / step) : steps * step);
}

/* Training histories, and memory for a sample of their values. */
struct measuring {
    struct schema *schema;
    const struct example *examples; /* [count] */
    size_t count, events, stride;   /* every stride-th event is in a sample */
    float *sample;                  /* [events / stride + 1] */
    uint32_t *counts;               /* [the most rows of a category] */
};

static enum status keep(struct measuring *m, const float *values, uint32_t count,
                        const float **kept, struct error *err)
{
    float *copy = arena_array(&m->schema->arena, count, sizeof *copy);
    if (!copy)
        return error_no_memory(err);
    memcpy(copy, values, count * sizeof *copy);
    *kept = copy;
    return STATUS_OK;
}

static enum status measure_number(struct measuring *m, struct field *field,
                                  struct error *err)
{
    const size_t F = schema_inputs(m->schema);
    float smallest = INFINITY, largest = -INFINITY, deciles[PROFILE_POINTS];
    uint32_t sampled = 0, histories = 0;
    size_t events = 0;
    for (size_t i = 0; i < m->count; i++) {
        const struct history *history = &m->examples[i].history;
        bool has_number = false;
        const float *pair = history->values + 2 * (size_t)field->index;
        for (uint32_t t = 0; t < history->length; t++, pair += F, events++) {
            if (pair[1] != field->flags[0])
                continue;
            has_number = true;
            smallest = fminf(smallest, pair[0]);
            largest = fmaxf(largest, pair[0]);
            if (events % m->stride == 0)
                m->sample[sampled++] = pair[0];
        }
        histories += has_number;
    }
    field->histories = 0;
    if (sampled == 0)
        return STATUS_OK;
    profile_deciles(m->sample, sampled, deciles);
    deciles[0] = smallest;
    deciles[PROFILE_POINTS - 1] = largest;
    field->histories = histories;
    for (uint32_t i = 0; i < PROFILE_POINTS; i++)
        deciles[i] = decoded(&field->number, deciles[i]);
    return keep(m, deciles, PROFILE_POINTS, &field->deciles, err);
}

static void measure_category(struct measuring *m, struct field *field)
{
    const size_t K = m->schema->categories;
    const uint32_t rows = SCHEMA_FIRST + field->values.count;
    uint32_t most = 0;
    memset(m->counts, 0, rows * sizeof *m->counts);
    for (size_t i = 0; i < m->count; i++) {
        const struct history *history = &m->examples[i].history;
        const uint32_t *id = history->ids + field->index;
        for (uint32_t t = 0; t < history->length; t++, id += K)
            m->counts[*id]++;
    }
    for (uint32_t row = 0; row < rows; row++)
        if (row != SCHEMA_MISSING && m->counts[row] > most)
            most = m->counts[row];
    size_t present = m->events - m->counts[SCHEMA_MISSING];
    field->missing_share =
        rounded_share((double)m->counts[SCHEMA_MISSING] / (double)m->events);
    field->most_frequent =
        present == 0 ? -1.0f : rounded_share((double)most / (double)present);
}

static enum status measure_hours(struct measuring *m, struct error *err)
{
    const double histories = (double)m->count;
    float hours[PROFILE_HOURS];
    size_t counts[PROFILE_HOURS] = {0}, timed = 0;
    for (size_t i = 0; i < m->count; i++) {
        const struct history *history = &m->examples[i].history;
        int hour = history->has_times ? profile_hour(m->schema, history->values) : -1;
        if (hour >= 0)
            counts[hour]++;
        timed += hour >= 0;
    }
    if (timed < m->count)
        return STATUS_OK; /* nothing is comparable */
    for (int hour = 0; hour < PROFILE_HOURS; hour++)
        hours[hour] = rounded_share((double)counts[hour] / histories);
    return keep(m, hours, PROFILE_HOURS, &m->schema->hours, err);
}

static enum status measure_lengths(struct measuring *m, struct error *err)
{
    float deciles[PROFILE_POINTS];
    size_t stride = m->count / SAMPLED + 1;
    uint32_t sampled = 0, shortest = UINT32_MAX, longest = 0;
    for (size_t i = 0; i < m->count; i++) {
        uint32_t length = m->examples[i].history.length;
        shortest = length < shortest ? length : shortest;
        longest = length > longest ? length : longest;
        if (i % stride == 0)
            m->sample[sampled++] = (float)length;
    }
    profile_deciles(m->sample, sampled, deciles);
    deciles[0] = (float)shortest;
    deciles[PROFILE_POINTS - 1] = (float)longest;
    return keep(m, deciles, PROFILE_POINTS, &m->schema->length_deciles, err);
}

static enum status measure(struct measuring *m, struct error *err)
{
    RETURN_IF_ERROR(measure_lengths(m, err));
    RETURN_IF_ERROR(measure_hours(m, err));
    for (uint32_t i = 0; i < m->schema->field_count; i++) {
        struct field *field = &m->schema->fields[i];
        if (field->kind == FIELD_CATEGORY)
            measure_category(m, field);
        else
            RETURN_IF_ERROR(measure_number(m, field, err));
    }
    schema_update(m->schema);
    return STATUS_OK;
}

enum status triage_schema_measure_profile(struct schema *schema,
                                          const struct example *examples, size_t count,
                                          struct error *err)
{
    struct measuring m = {.schema = schema, .examples = examples, .count = count};
    uint32_t most_rows = 1;
    for (size_t i = 0; i < count; i++)
        m.events += examples[i].history.length;
    for (uint32_t k = 0; k < schema->categories; k++)
        if (schema_rows(schema, k) > most_rows)
            most_rows = schema_rows(schema, k);
    if (m.events == 0)
        return STATUS_OK;
    m.stride = m.events / SAMPLED + 1;
    size_t sample = m.events / m.stride + count / (count / SAMPLED + 1) + 2;
    m.sample = malloc(sample * sizeof *m.sample);
    m.counts = malloc(most_rows * sizeof *m.counts);
    enum status status = m.sample && m.counts ? measure(&m, err) : error_no_memory(err);
    free(m.sample);
    free(m.counts);
    return status;
}
