/*
 * Standardisation: the scale of each input is its mean and standard deviation over all events of
 * the training histories, which were decoded without scaling.
 */
#include <float.h>
#include <math.h>

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

/* Is this input of an event present?  The flag of a missing number, still unscaled, is 1. */
static bool is_present(const struct schema *schema, const float *values, uint32_t input)
{
    bool is_number = input < 2 * schema->numbers && input % 2 == 0;
    return !is_number || values[input + 1] == 0.0f;
}

/* The mean of an input over the events where it is present; 0 if there are none. */
static double mean_of(const struct schema *schema, const struct history *const *histories,
                      size_t count, uint32_t input)
{
    uint32_t F = schema_inputs(schema);
    double sum = 0.0, present = 0.0;

    for (size_t i = 0; i < count; i++)
        for (uint32_t t = 0; t < histories[i]->length; t++) {
            const float *values = histories[i]->values + (size_t)t * F;
            if (!is_present(schema, values, input))
                continue;
            sum += (double)values[input];
            present += 1.0;
        }
    return present > 0.0 ? sum / present : 0.0;
}

/* The standard deviation of an input with this mean. */
static double deviation_of(const struct schema *schema,
                           const struct history *const *histories, size_t count,
                           uint32_t input, double mean)
{
    uint32_t F = schema_inputs(schema);
    double sum = 0.0, present = 0.0;

    for (size_t i = 0; i < count; i++)
        for (uint32_t t = 0; t < histories[i]->length; t++) {
            const float *values = histories[i]->values + (size_t)t * F;
            if (!is_present(schema, values, input))
                continue;
            double x = (double)values[input] - mean;
            sum += x * x;
            present += 1.0;
        }
    return present > 0.0 ? sqrt(sum / present) : 0.0;
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

enum status triage_schema_end_raw(struct schema *schema,
                                  const struct history *const *histories, size_t count,
                                  struct error *err)
{
    schema->is_raw = false;
    for (uint32_t input = 0; input < schema_inputs(schema); input++) {
        const char *name;
        struct scale *scale = scale_of(schema, input, &name);
        double mean = mean_of(schema, histories, count, input);
        double deviation = deviation_of(schema, histories, count, input, mean);
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
