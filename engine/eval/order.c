/* See order.h. */
#include "eval/order.h"

#include <stdlib.h>

#include "base/random.h"

static const uint64_t stream = UINT64_C(0x91ac000000000000);

/* One decision of each history that has any. */
static size_t pick(const struct decisions *decisions, uint64_t seed, size_t *picks)
{
    size_t count = 0;

    for (size_t h = 0; h < decisions->histories; h++) {
        size_t first = decisions->starts[h], many = decisions->starts[h + 1] - first;
        struct random random;
        if (many == 0)
            continue;
        random_init(&random, seed, stream + h);
        picks[count++] = first + (size_t)random_below(&random, many);
    }
    return count;
}

enum status order_run(const struct asking *asking, const struct mark *marks,
                      uint64_t seed, struct ledger *ledger, struct error *err)
{
    const struct decisions *decisions = asking->decisions;
    size_t *picks = calloc(decisions->histories + 1, sizeof *picks), count;
    struct mark *shuffled = calloc(decisions->histories + 1, sizeof *shuffled);
    enum status status = STATUS_OK;

    if (picks == NULL || shuffled == NULL) {
        status = error_no_memory(err);
    } else {
        count = pick(decisions, seed, picks);
        status = answers_shuffle(asking, picks, count, seed, shuffled, err);
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            const struct decision *decision = &decisions->list[picks[i]];
            const struct mark *kept = &marks[picks[i]], *moved = &shuffled[i];
            ledger_count(ledger, decision, COLUMN_ORDER);
            ledger_note(ledger, decision, COLUMN_KEPT, kept->chosen, (double)kept->right);
            ledger_note(ledger, decision, COLUMN_SHUFFLED, moved->chosen,
                        (double)moved->right);
        }
    }
    free(picks);
    free(shuffled);
    return status;
}
