/* See unknown.h. */
#include "eval/unknown.h"
#include "base/error.h"

#include <stdlib.h>

#include "eval/events.h"

static void add_history(struct evaluation *judgement, const struct history *history)
{
    size_t K = judgement->field_count;

    judgement->events += history->length;
    for (size_t t = 0; t < history->length; t++)
        for (size_t k = 0; k < K; k++)
            judgement->fields[k].unknown += history->ids[t * K + k] == SCHEMA_UNKNOWN;
}

enum status unknown_count(struct evaluation *judgement, const struct model *model,
                          const struct evaluation_data *evidence, struct error *err)
{
    const struct schema *schema = triage_model_schema(model);
    struct events names = events_of(schema);

    judgement->fields = calloc((size_t)schema->categories + 1, sizeof *judgement->fields);
    if (judgement->fields == NULL)
        return error_no_memory(err);
    judgement->field_count = schema->categories;
    for (uint32_t k = 0; k < schema->categories; k++)
        judgement->fields[k] = (struct unknown_field){
            .name = schema_category(schema, k)->name, .names_events = k == names.column};
    for (size_t h = 0; h < evidence->judged_count; h++)
        add_history(judgement, &evidence->judged[h].history);
    return STATUS_OK;
}
