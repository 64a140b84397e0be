/* Measures the profile of the training data. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/workers.h"
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

/*
 * The histories are measured in parts, a field of a part in a task, on all threads.  What a part shows
 * of a field is added to that of the other parts in their order, so that the profile does not depend
 * on the number of threads.
 */
enum { PARTS = 8, MAX_DIVIDED_ROWS = 65536 };

struct part_of_field {
    uint32_t *counts; /* [rows] of a category */
    float *sample;    /* [sampled] of a number */
    uint32_t sampled;
    uint32_t histories; /* that have the number */
    float smallest, largest;
};

struct measuring {
    struct schema *schema;
    const struct example *examples; /* [count] */
    size_t count, events, stride;   /* every stride-th event is in a sample */
    size_t first[PARTS + 1];        /* history of each part, and the end of the last */
    size_t first_event[PARTS];
    struct part_of_field *parts;      /* [fields][PARTS] */
    float (*deciles)[PROFILE_POINTS]; /* [fields] of numbers */
    float *lengths;                   /* a sample */
    float length_deciles[PROFILE_POINTS];
    uint32_t hours[PROFILE_HOURS]; /* histories that begin in each hour */
    bool has_hours;                /* every history has times */
    struct arena arena;            /* of all arrays above */
};

/* A category of very many values is not divided: each part would need their counts. */
static size_t parts_of(const struct field *field)
{
    bool is_divided =
        field->kind == FIELD_NUMBER || field->values.count <= MAX_DIVIDED_ROWS;
    return is_divided ? PARTS : 1;
}

/* ---- on all threads ------------------------------------------------------------------ */

static void count_values(struct measuring *m, const struct field *field,
                         struct part_of_field *part, size_t first, size_t end)
{
    const size_t K = m->schema->categories;
    for (size_t i = first; i < end; i++) {
        const struct history *history = &m->examples[i].history;
        const uint32_t *id = history->ids + field->index;
        for (uint32_t t = 0; t < history->length; t++, id += K)
            part->counts[*id]++;
    }
}

/* event is the number of the first one among all events. */
static void sample_numbers(struct measuring *m, const struct field *field,
                           struct part_of_field *part, size_t first, size_t end,
                           size_t event)
{
    const size_t F = schema_inputs(m->schema);
    size_t next = (event + m->stride - 1) / m->stride * m->stride; /* in the sample */
    part->smallest = INFINITY;
    part->largest = -INFINITY;
    for (size_t i = first; i < end; i++) {
        const struct history *history = &m->examples[i].history;
        bool has_number = false;
        const float *pair = history->values + 2 * (size_t)field->index;
        for (uint32_t t = 0; t < history->length; t++, pair += F, event++) {
            bool is_in_sample = event == next;
            if (is_in_sample)
                next += m->stride;
            if (pair[1] != field->flags[0])
                continue;
            has_number = true;
            part->smallest = fminf(part->smallest, pair[0]);
            part->largest = fmaxf(part->largest, pair[0]);
            if (is_in_sample)
                part->sample[part->sampled++] = pair[0];
        }
        part->histories += has_number;
    }
}

static void measure_hours(struct measuring *m)
{
    m->has_hours = true;
    for (size_t i = 0; i < m->count && m->has_hours; i++) {
        const struct history *history = &m->examples[i].history;
        int hour = history->has_times ? profile_hour(m->schema, history->values) : -1;
        m->has_hours = hour >= 0;
        if (hour >= 0)
            m->hours[hour]++;
    }
}

static void measure_lengths(struct measuring *m)
{
    size_t stride = m->count / SAMPLED + 1;
    uint32_t sampled = 0, shortest = UINT32_MAX, longest = 0;
    for (size_t i = 0; i < m->count; i++) {
        uint32_t length = m->examples[i].history.length;
        shortest = length < shortest ? length : shortest;
        longest = length > longest ? length : longest;
        if (i % stride == 0)
            m->lengths[sampled++] = (float)length;
    }
    profile_deciles(m->lengths, sampled, m->length_deciles);
    m->length_deciles[0] = (float)shortest;
    m->length_deciles[PROFILE_POINTS - 1] = (float)longest;
}

/* Task 0: what belongs to no field, which takes longest; the others: a part of a field each. */
static void measure_part(void *context, size_t task)
{
    struct measuring *m = context;
    if (task == 0) {
        measure_hours(m);
        measure_lengths(m);
        return;
    }
    const size_t i = task - 1;
    const struct field *field = &m->schema->fields[i / PARTS];
    const size_t p = i % PARTS, parts = parts_of(field);
    if (p >= parts)
        return;
    const size_t first = m->first[p], end = m->first[p + PARTS / parts];
    if (field->kind == FIELD_CATEGORY)
        count_values(m, field, &m->parts[i], first, end);
    else
        sample_numbers(m, field, &m->parts[i], first, end, m->first_event[p]);
}

static void sum_counts(struct measuring *m, struct field *field,
                       const struct part_of_field *parts)
{
    const uint32_t rows = SCHEMA_FIRST + field->values.count;
    uint32_t most = 0, *counts = parts[0].counts;
    for (size_t p = 1; p < parts_of(field); p++)
        for (uint32_t row = 0; row < rows; row++)
            counts[row] += parts[p].counts[row];
    for (uint32_t row = 0; row < rows; row++)
        if (row != SCHEMA_MISSING && counts[row] > most)
            most = counts[row];
    size_t present = m->events - counts[SCHEMA_MISSING];
    field->missing_share =
        rounded_share((double)counts[SCHEMA_MISSING] / (double)m->events);
    field->most_frequent =
        present == 0 ? -1.0f : rounded_share((double)most / (double)present);
}

static void join_samples(struct field *field, const struct part_of_field *parts,
                         float deciles[PROFILE_POINTS])
{
    float smallest = INFINITY, largest = -INFINITY, *sample = parts[0].sample;
    uint32_t sampled = 0, histories = 0;
    for (size_t p = 0; p < PARTS; p++) {
        memmove(sample + sampled, parts[p].sample, parts[p].sampled * sizeof *sample);
        sampled += parts[p].sampled;
        histories += parts[p].histories;
        smallest = fminf(smallest, parts[p].smallest);
        largest = fmaxf(largest, parts[p].largest);
    }
    field->histories = sampled > 0 ? histories : 0;
    if (sampled == 0)
        return;
    profile_deciles(sample, sampled, deciles);
    deciles[0] = smallest;
    deciles[PROFILE_POINTS - 1] = largest;
    for (uint32_t i = 0; i < PROFILE_POINTS; i++)
        deciles[i] = decoded(&field->number, deciles[i]);
}

/* Task i: field i, from its parts. */
static void join_parts(void *context, size_t i)
{
    struct measuring *m = context;
    struct field *field = &m->schema->fields[i];
    const struct part_of_field *parts = m->parts + i * PARTS;
    if (field->kind == FIELD_CATEGORY)
        sum_counts(m, field, parts);
    else
        join_samples(field, parts, m->deciles[i]);
}

/* ---- before and after ---------------------------------------------------------------- */

/* Parts of about as many events. */
static void divide(struct measuring *m)
{
    size_t event = 0, p = 0;
    for (size_t i = 0; i < m->count; i++) {
        while (p < PARTS && event >= m->events / PARTS * p) {
            m->first[p] = i;
            m->first_event[p++] = event;
        }
        event += m->examples[i].history.length;
    }
    for (; p < PARTS; p++) {
        m->first[p] = m->count;
        m->first_event[p] = event;
    }
    m->first[PARTS] = m->count;
}

static enum status allocate(struct measuring *m, struct error *err)
{
    const size_t fields = m->schema->field_count, events = m->events / m->stride + 1;
    m->parts = arena_array(&m->arena, fields * PARTS + 1, sizeof *m->parts);
    m->deciles = arena_array(&m->arena, fields + 1, sizeof *m->deciles);
    m->lengths = arena_array(&m->arena, m->count / (m->count / SAMPLED + 1) + 1,
                             sizeof *m->lengths);
    if (!m->parts || !m->deciles || !m->lengths)
        return error_no_memory(err);
    for (size_t i = 0; i < fields; i++) {
        const struct field *field = &m->schema->fields[i];
        struct part_of_field *parts = m->parts + i * PARTS;
        bool is_number = field->kind == FIELD_NUMBER;
        float *sample = is_number ? arena_floats(&m->arena, 1, events) : NULL;
        if (is_number && !sample)
            return error_no_memory(err);
        for (size_t p = 0; p < parts_of(field); p++) {
            if (is_number)
                parts[p].sample =
                    sample + (m->first_event[p] + m->stride - 1) / m->stride;
            else
                parts[p].counts =
                    arena_array(&m->arena, SCHEMA_FIRST + field->values.count,
                                sizeof *parts[p].counts);
            if (!is_number && !parts[p].counts)
                return error_no_memory(err);
        }
    }
    return STATUS_OK;
}

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

static enum status keep_all(struct measuring *m, struct error *err)
{
    struct schema *schema = m->schema;
    float hours[PROFILE_HOURS];
    RETURN_IF_ERROR(
        keep(m, m->length_deciles, PROFILE_POINTS, &schema->length_deciles, err));
    for (int hour = 0; hour < PROFILE_HOURS; hour++)
        hours[hour] = rounded_share((double)m->hours[hour] / (double)m->count);
    if (m->has_hours)
        RETURN_IF_ERROR(keep(m, hours, PROFILE_HOURS, &schema->hours, err));
    for (uint32_t i = 0; i < schema->field_count; i++) {
        struct field *field = &schema->fields[i];
        if (field->kind == FIELD_NUMBER && field->histories > 0)
            RETURN_IF_ERROR(keep(m, m->deciles[i], PROFILE_POINTS, &field->deciles, err));
    }
    schema_update(schema);
    return STATUS_OK;
}

static enum status measure(struct measuring *m, uint32_t threads, struct error *err)
{
    const size_t fields = m->schema->field_count;
    divide(m);
    RETURN_IF_ERROR(allocate(m, err));
    struct workers *workers = workers_new(workers_threads(threads), err);
    if (!workers)
        return STATUS_NO_MEMORY;
    workers_run(workers, measure_part, m, fields * PARTS + 1);
    workers_run(workers, join_parts, m, fields);
    workers_free(workers);
    return keep_all(m, err);
}

enum status triage_schema_measure_profile(struct schema *schema,
                                          const struct example *examples, size_t count,
                                          uint32_t threads, struct error *err)
{
    struct measuring m = {.schema = schema, .examples = examples, .count = count};
    for (size_t i = 0; i < count; i++)
        m.events += examples[i].history.length;
    if (m.events == 0)
        return STATUS_OK;
    m.stride = m.events / SAMPLED + 1;
    arena_init(&m.arena, SIZE_MAX);
    enum status status = measure(&m, threads, err);
    arena_release(&m.arena);
    return status;
}
