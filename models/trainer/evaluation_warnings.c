/*
 * The predictions for data without what the model was trained on are guesses, so it is said before
 * the report.  What is missing in some histories only is usual, and is not reported.
 */
#include "evaluation_warnings.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/printable.h"

enum { NAME_BYTES = 100 };

static const double nearly_all = 0.9;

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
        if (field->present == 0 ||
            (double)field->count < nearly_all * (double)field->present)
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

size_t evaluation_warnings_print(const struct evaluation *evaluation,
                                 const struct schema *schema,
                                 const struct example *examples, size_t count)
{
    return warn_of_absent(schema, examples, count) + warn_of_unknown(evaluation);
}
