/*
 * The predictions for data without what the model was trained on are guesses, so it is said before
 * the report.  What is missing in some histories only is usual, and is not reported.
 */
#include "evaluation_warnings.h"

#include <inttypes.h>

static const double nearly_all = 0.9, half = 0.5;

static bool has_times(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (examples[i].history.has_times)
            return true;
    return false;
}

static void warn_of_absent(struct messages *messages, const struct schema *schema,
                           const struct example *examples, size_t count)
{
    const char *name;
    for (uint32_t i = 0; (name = triage_schema_field(schema, i)); i++)
        if (!triage_examples_have_field(schema, i, examples, count))
            messages_warn(messages,
                          "none of the %zu evaluated histories has the field \"%s\", "
                          "which the model was trained on",
                          count, name);
    if (triage_schema_uses_times(schema) && !has_times(examples, count))
        messages_warn(messages,
                      "none of the %zu evaluated histories has times, which the model "
                      "was trained on: is --time right?",
                      count);
}

static void warn_of_unknown(struct messages *messages,
                            const struct evaluation *evaluation)
{
    for (size_t i = 0; i < evaluation->unknown_field_count; i++) {
        const struct unknown_field *field = &evaluation->unknown_fields[i];
        double many = field->is_event_name ? half : nearly_all;
        if (field->present == 0 || (double)field->count < many * (double)field->present)
            continue;
        if (field->is_event_name)
            messages_warn(messages,
                          "the model knows %" PRIu64 " of %" PRIu64
                          " events by name: is --event right, and is the model for "
                          "this data?",
                          field->present - field->count, field->present);
        else
            messages_warn(messages,
                          "the model knows %" PRIu64 " of %" PRIu64
                          " values of the field \"%s\": is it spelt as in the training "
                          "data?",
                          field->present - field->count, field->present, field->name);
    }
}

/*
 * Two labels, each of which is mostly predicted where the other one is right: they were probably
 * exchanged, or the label has another meaning than in the training.
 */
static void warn_of_exchanged(struct messages *messages,
                              const struct evaluation *evaluation,
                              const struct model *model)
{
    enum { MIN_POSITIONS = 20 };
    const size_t C = evaluation->C;
    for (size_t a = 0; evaluation->confusion && a < C; a++)
        for (size_t b = a + 1; b < C; b++) {
            uint64_t of_a = evaluation->classes[a].support;
            uint64_t of_b = evaluation->classes[b].support;
            uint64_t a_as_b = evaluation->confusion[a * C + b];
            uint64_t b_as_a = evaluation->confusion[b * C + a];
            if (of_a < MIN_POSITIONS || of_b < MIN_POSITIONS || 3 * a_as_b < 2 * of_a ||
                3 * b_as_a < 2 * of_b)
                continue;
            const char *first = triage_model_action(model, a);
            const char *second = triage_model_action(model, b);
            messages_warn(messages,
                          "the model answers \"%s\" for %" PRIu64 " of %" PRIu64
                          " labels \"%s\", and \"%s\" for %" PRIu64 " of %" PRIu64
                          " labels \"%s\": were they exchanged?",
                          second, a_as_b, of_a, first, first, b_as_a, of_b, second);
        }
}

void evaluation_warnings_add(struct messages *messages,
                             const struct evaluation *evaluation,
                             const struct model *model,
                             const struct evaluation_data *data)
{
    warn_of_absent(messages, triage_model_schema(model), data->evaluated,
                   data->evaluated_count);
    warn_of_unknown(messages, evaluation);
    warn_of_exchanged(messages, evaluation, model);
}
