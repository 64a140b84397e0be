/* Choosing how many events, and which histories, the gradient by lag is measured on. */
#include "lags.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/option_table.h"

enum { LAG_HISTORIES = 256 };

static int compare_lengths(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x < y) - (x > y);
}

/* So many events that half of the histories have as many; at most `longest`. */
static enum status choose_length(const struct lag_examples *from, uint32_t *length,
                                 struct error *err)
{
    uint32_t *lengths = calloc(from->count + 1, sizeof *lengths);
    if (!lengths)
        return error_no_memory(err);
    for (size_t i = 0; i < from->count; i++)
        lengths[i] = from->examples[i].history.length;
    qsort(lengths, from->count, sizeof *lengths, compare_lengths);
    uint32_t median = lengths[from->count / 2];
    *length = median < from->longest ? median : from->longest;
    free(lengths);
    return STATUS_OK;
}

enum status lags_measure(struct lags *lags, const struct model *model,
                         const struct lag_examples *from, struct arena *arena,
                         struct error *err)
{
    struct training training = {.threads = 1};
    const struct option_table table = {
        .options = triage_training_options, .values = &training, .arena = arena};
    uint32_t length;
    RETURN_IF_ERROR(option_table_set_defaults(&table, err));
    RETURN_IF_ERROR(choose_length(from, &length, err));
    if (length < 2)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "half of the histories have one event");
    struct example *chosen = arena_array(arena, LAG_HISTORIES, sizeof *chosen);
    if (!chosen)
        return error_no_memory(err);
    size_t count = 0;
    for (size_t i = 0; i < from->count && count < LAG_HISTORIES; i++)
        if (from->examples[i].history.length >= length)
            chosen[count++] = from->examples[i];
    return triage_lags_measure(lags, model, &training, chosen, count, length, arena, err);
}
