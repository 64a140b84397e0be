/*
 * Standardisation: the scale of each input is its mean and standard deviation over all events of
 * the training histories, which were decoded without scaling.
 */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/schema.h"
#include "trainer.h"

/*
 * The scale of an input, and the name of its field.  schema.h has the order of inputs: two per
 * number (the number, the flag "missing"), then the time features.
 */
static struct scale *scale_of(struct schema *schema, uint32_t input, const char **name)
{
    *name = "time";
    if (input >= 2 * schema->numbers)
        return &schema->times[input - 2 * schema->numbers].scale;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        struct field *field = &schema->fields[i];
        if (field->kind != FIELD_NUMBER || field->index != input / 2)
            continue;
        *name = field->name;
        return input % 2 == 0 ? &field->number : &field->missing;
    }
    return NULL;
}

struct measurement {
    struct schema *schema;
    uint32_t inputs;
    double *sums, *present, *means; /* [inputs] */
    bool has_means;
};

struct measurement *triage_measurement_new(struct schema *schema, struct error *err)
{
    struct measurement *m = calloc(1, sizeof *m);
    uint32_t inputs = schema_inputs(schema);
    double *numbers = calloc(3 * (size_t)inputs + 1, sizeof *numbers);
    if (!m || !numbers) {
        free(m);
        free(numbers);
        error_no_memory(err);
        return NULL;
    }
    *m = (struct measurement){.schema = schema,
                              .inputs = inputs,
                              .sums = numbers,
                              .present = numbers + inputs,
                              .means = numbers + 2 * (size_t)inputs};
    return m;
}

void triage_measurement_free(struct measurement *m)
{
    if (!m)
        return;
    free(m->sums);
    free(m);
}

enum { TOGETHER = 8 };

/*
 * Add the events to the sums of up to TOGETHER inputs.  The sums are on the stack meanwhile: threads
 * that add to neighbouring inputs would contend for the memory between them.
 */
static void add_inputs(struct measurement *m, const float *values, size_t events,
                       uint32_t first, uint32_t count)
{
    uint32_t flags = 2 * m->schema->numbers;
    double sums[TOGETHER], present[TOGETHER], means[TOGETHER];
    bool is_number[TOGETHER];
    for (uint32_t i = 0; i < count; i++) {
        sums[i] = m->sums[first + i];
        present[i] = m->present[first + i];
        means[i] = m->has_means ? m->means[first + i] : 0.0;
        is_number[i] = first + i < flags && (first + i) % 2 == 0;
    }
    values += first;
    for (size_t t = 0; t < events; t++, values += m->inputs)
        for (uint32_t i = 0; i < count; i++) {
            /* of a missing number the flag, still unscaled, is 1 */
            if (is_number[i] && values[i + 1] != 0.0f)
                continue;
            double x = (double)values[i] - means[i];
            sums[i] += m->has_means ? x * x : x;
            present[i] += 1.0;
        }
    memcpy(m->sums + first, sums, count * sizeof *sums);
    memcpy(m->present + first, present, count * sizeof *present);
}

/* The sums of each input are independent: an input is always summed in the order of the events. */
void triage_measurement_add(struct measurement *m, const float *values, size_t events,
                            uint32_t first, uint32_t end)
{
    for (uint32_t count; first < end; first += count) {
        count = end - first < TOGETHER ? end - first : TOGETHER;
        add_inputs(m, values, events, first, count);
    }
}

void triage_measurement_second_pass(struct measurement *m)
{
    for (uint32_t i = 0; i < m->inputs; i++) {
        m->means[i] = m->present[i] > 0.0 ? m->sums[i] / m->present[i] : 0.0;
        m->sums[i] = m->present[i] = 0.0;
    }
    m->has_means = true;
}

/* Is the deviation larger than the rounding error of a constant input? */
static bool is_varying(double mean, float deviation)
{
    return (double)deviation > 1e-6 * fabs(mean) && deviation > FLT_MIN;
}

void triage_schema_begin_raw(struct schema *schema)
{
    schema->is_raw = true;
    schema_update(schema);
}

enum status triage_measurement_finish(struct measurement *m, struct error *err)
{
    struct schema *schema = m->schema;
    schema->is_raw = false;
    for (uint32_t input = 0; input < m->inputs; input++) {
        const char *name;
        struct scale *scale = scale_of(schema, input, &name);
        double mean = m->means[input], present = m->present[input];
        double deviation = present > 0.0 ? sqrt(m->sums[input] / present) : 0.0;
        if (!isfinite(mean) || !isfinite(deviation) || isinf((float)mean) ||
            isinf((float)deviation))
            return error_set(err, STATUS_NOT_FINITE, "",
                             "the numbers of \"%s\" are too large for a mean or a "
                             "standard deviation",
                             name);
        scale->mean = (float)mean;
        scale->scale = is_varying(mean, (float)deviation) ? (float)deviation : 1.0f;
    }
    schema_update(schema);
    return STATUS_OK;
}

enum status triage_schema_end_raw(struct schema *schema,
                                  const struct history *const *histories, size_t count,
                                  struct error *err)
{
    struct measurement *m = triage_measurement_new(schema, err);
    if (!m)
        return STATUS_NO_MEMORY;
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1)
            triage_measurement_second_pass(m);
        for (size_t i = 0; i < count; i++)
            triage_measurement_add(m, histories[i]->values, histories[i]->length, 0,
                                   m->inputs);
    }
    enum status status = triage_measurement_finish(m, err);
    triage_measurement_free(m);
    return status;
}
