/* See decisions.h. */
#include "eval/decisions.h"
#include "base/error.h"

#include <stdlib.h>

#include "base/elementary.h"

/* The place is asked for; *right receives the action. */
static bool is_asked(const struct example *example, uint32_t t, const struct asked *asked,
                     uint32_t *right)
{
    *right = example_action(example, t);
    return *right != ACTION_NONE && *right != asked->but && t + 1 >= asked->shortest;
}

static size_t count_asked(const struct example *examples, size_t count,
                          const struct asked *asked)
{
    size_t sum = 0;
    uint32_t right;

    for (size_t h = 0; h < count; h++)
        for (uint32_t t = 0; t < examples[h].history.length; t++)
            sum += is_asked(&examples[h], t, asked, &right);
    return sum;
}

enum status decisions_init(struct decisions *decisions, const struct example *examples,
                           size_t count, const struct asked *asked, struct error *err)
{
    size_t places, at = 0;
    uint32_t right;

    *decisions = (struct decisions){.histories = count};
    if (count > UINT32_MAX - 1)
        return error_set(err, STATUS_TOO_LARGE, "", "there are more than %u histories",
                         UINT32_MAX - 1);
    places = count_asked(examples, count, asked);
    if (places == 0)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "there is no place to be judged in %zu histories", count);
    decisions->list = calloc(places, sizeof *decisions->list);
    decisions->starts = calloc(count + 1, sizeof *decisions->starts);
    if (decisions->list == NULL || decisions->starts == NULL)
        return error_no_memory(err);
    for (size_t h = 0; h < count; h++) {
        decisions->starts[h] = at;
        for (uint32_t t = 0; t < examples[h].history.length; t++)
            if (is_asked(&examples[h], t, asked, &right))
                decisions->list[at++] = (struct decision){(uint32_t)h, t, right};
    }
    decisions->starts[count] = decisions->count = at;
    return STATUS_OK;
}

void decisions_release(struct decisions *decisions)
{
    free(decisions->list);
    free(decisions->starts);
    *decisions = (struct decisions){0};
}

struct mark mark_of(const float *probabilities, size_t C, uint32_t right)
{
    size_t best = argmax(probabilities, C);

    return (struct mark){(uint32_t)best, probabilities[best],
                         right < C ? probabilities[right] : 0.0f};
}
