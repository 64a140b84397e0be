/*
 * Measuring the scales of a schema's inputs: mean and standard deviation over every event of
 * the histories that learn, decoded raw.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "model/schema.h"
#include "trainer.h"

/* The scales in the order of the inputs (schema.h). */
static struct scale *scale_at(struct schema *schema, uint32_t input)
{
    if (input >= 2 * schema->numbers)
        return &schema->times[input - 2 * schema->numbers].scale;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        struct field *field = &schema->fields[i];
        if (field->kind == FIELD_NUMBER && field->index == input / 2)
            return input % 2 == 0 ? &field->number : &field->missing;
    }
    return NULL;
}

/* A number's value counts only where it is there: its flag, raw, is then 0. */
static bool counts(const struct schema *schema, const float *values, uint32_t input)
{
    bool is_value = input < 2 * schema->numbers && input % 2 == 0;

    return !is_value || values[input + 1] == 0.0f;
}

static double mean_of(const struct schema *schema, const struct history *const *histories,
                      size_t count, uint32_t input, double centre, int power)
{
    uint32_t F = schema_inputs(schema);
    double sum = 0.0, weight = 0.0;

    for (size_t i = 0; i < count; i++)
        for (uint32_t t = 0; t < histories[i]->length; t++) {
            const float *values = histories[i]->values + (size_t)t * F;
            double x = (double)values[input] - centre;
            if (!counts(schema, values, input))
                continue;
            sum += power == 2 ? x * x : x;
            weight += 1.0;
        }
    return weight > 0.0 ? sum / weight : 0.0;
}

/* More than rounding would make of a constant. */
static bool varies(double mean, float scale)
{
    return (double)scale > 1e-6 * fabs(mean) && scale > FLT_MIN;
}

static const char *name_of(const struct schema *schema, uint32_t input)
{
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].kind == FIELD_NUMBER &&
            schema->fields[i].index == input / 2)
            return schema->fields[i].name;
    return "time";
}

void triage_schema_begin_raw(struct schema *schema)
{
    schema->is_raw = true;
    schema_update(schema);
}

enum status triage_schema_end_raw(struct schema *schema,
                                  const struct history *const *histories, size_t count,
                                  struct error *err)
{
    schema->is_raw = false;
    for (uint32_t input = 0; input < schema_inputs(schema); input++) {
        double mean = mean_of(schema, histories, count, input, 0.0, 1);
        double deviation = sqrt(mean_of(schema, histories, count, input, mean, 2));
        float scale = (float)deviation;
        if (!isfinite(mean) || !isfinite(deviation) || isinf((float)mean) || isinf(scale))
            return error_set(err, STATUS_NOT_FINITE, "",
                             "the numbers of %s are too large for a mean or a spread",
                             name_of(schema, input));
        *scale_at(schema, input) =
            (struct scale){(float)mean, varies(mean, scale) ? scale : 1.0f};
    }
    schema_update(schema);
    return STATUS_OK;
}
