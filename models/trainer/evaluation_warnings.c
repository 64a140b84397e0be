/*
 * The predictions for data without what the model was trained on are guesses, so it is said before
 * the report.  What is missing in some histories only is usual, and is not reported.
 */
#include "evaluation_warnings.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/printable.h"

enum { NAME_BYTES = 100 };

static const double nearly_all = 0.9, half = 0.5;

static bool has_times(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (examples[i].history.has_times)
            return true;
    return false;
}

static size_t warn_of_absent(const struct schema *schema, const struct example *examples,
                             size_t count)
{
    const char *name;
    char buffer[NAME_BYTES];
    size_t lines = 0;
    for (uint32_t i = 0; (name = triage_schema_field(schema, i)); i++) {
        if (triage_examples_have_field(schema, i, examples, count))
            continue;
        fprintf(
            stderr,
            "warning: none of the %zu evaluated histories has the field \"%s\", which "
            "the model was trained on\n",
            count, printable_copy(buffer, sizeof buffer, name));
        lines++;
    }
    if (!triage_schema_uses_times(schema) || has_times(examples, count))
        return lines;
    fprintf(stderr,
            "warning: none of the %zu evaluated histories has times, which the model was "
            "trained on: is --time right?\n",
            count);
    return lines + 1;
}

static size_t warn_of_unknown(const struct evaluation *evaluation)
{
    char buffer[NAME_BYTES];
    size_t lines = 0;
    for (size_t i = 0; i < evaluation->unknown_field_count; i++) {
        const struct unknown_field *field = &evaluation->unknown_fields[i];
        double many = field->is_event_name ? half : nearly_all;
        if (field->present == 0 || (double)field->count < many * (double)field->present)
            continue;
        if (field->is_event_name)
            fprintf(
                stderr,
                "warning: the model knows %" PRIu64 " of %" PRIu64
                " events by name: is --event right, and is the model for this data?\n",
                field->present - field->count, field->present);
        else
            fprintf(stderr,
                    "warning: the model knows %" PRIu64 " of %" PRIu64
                    " values of the field \"%s\": is it spelt as in the training data?\n",
                    field->present - field->count, field->present,
                    printable_copy(buffer, sizeof buffer, field->name));
        lines++;
    }
    return lines;
}

/*
 * Two labels, each of which is mostly predicted where the other one is right: they were probably
 * exchanged, or the label has another meaning than in the training.
 */
static size_t warn_of_exchanged(const struct evaluation *evaluation,
                                const struct model *model)
{
    enum { MIN_POSITIONS = 20 };
    const size_t C = evaluation->C;
    size_t lines = 0;
    for (size_t a = 0; evaluation->confusion && a < C; a++)
        for (size_t b = a + 1; b < C; b++) {
            uint64_t of_a = evaluation->classes[a].support;
            uint64_t of_b = evaluation->classes[b].support;
            uint64_t a_as_b = evaluation->confusion[a * C + b];
            uint64_t b_as_a = evaluation->confusion[b * C + a];
            if (of_a < MIN_POSITIONS || of_b < MIN_POSITIONS || 3 * a_as_b < 2 * of_a ||
                3 * b_as_a < 2 * of_b)
                continue;
            char first[NAME_BYTES], second[NAME_BYTES];
            printable_copy(first, sizeof first, triage_model_action(model, a));
            printable_copy(second, sizeof second, triage_model_action(model, b));
            fprintf(stderr,
                    "warning: the model answers \"%s\" for %" PRIu64 " of %" PRIu64
                    " labels \"%s\", and \"%s\" for %" PRIu64 " of %" PRIu64
                    " labels \"%s\": were they exchanged?\n",
                    second, a_as_b, of_a, first, first, b_as_a, of_b, second);
            lines++;
        }
    return lines;
}

size_t evaluation_warnings_print(const struct evaluation *evaluation,
                                 const struct model *model,
                                 const struct example *examples, size_t count)
{
    return warn_of_absent(triage_model_schema(model), examples, count) +
           warn_of_unknown(evaluation) + warn_of_exchanged(evaluation, model);
}
