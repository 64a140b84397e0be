/* See ledger.h. */
#include "eval/ledger.h"
#include "base/error.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum status ledger_init(struct ledger *ledger, size_t histories, struct error *err)
{
    ledger->histories = histories;
    ledger->sums = calloc(histories, COLUMN_COUNT * sizeof *ledger->sums);
    return ledger->sums == NULL ? error_no_memory(err) : STATUS_OK;
}

void ledger_release(struct ledger *ledger)
{
    free(ledger->sums);
    *ledger = (struct ledger){0};
}

void ledger_count(struct ledger *ledger, const struct decision *decision,
                  enum ledger_column column)
{
    double *row = ledger_row(ledger, decision->history);

    row[column] += 1.0;
    row[column + 1] += decision->right == ACTION_OTHER ? 0.0 : 1.0;
}

void ledger_note(struct ledger *ledger, const struct decision *decision, unsigned column,
                 uint32_t chosen, double right)
{
    double *row = ledger_row(ledger, decision->history);

    row[column] += chosen == decision->right ? 1.0 : 0.0;
    if (decision->right != ACTION_OTHER)
        row[column + 1] -= log(right > DBL_MIN ? right : DBL_MIN);
}

void ledger_note_all(struct ledger *ledger, const struct decision *decision,
                     unsigned column, const double *probabilities, size_t C)
{
    uint32_t best = 0;

    for (uint32_t c = 1; c < C; c++)
        best = probabilities[c] > probabilities[best] ? c : best;
    ledger_note(ledger, decision, column, best,
                decision->right < C ? probabilities[decision->right] : 0.0);
}

double ledger_sum(const struct ledger *ledger, unsigned column)
{
    double sum = 0.0;

    for (size_t h = 0; h < ledger->histories; h++)
        sum += ledger_row(ledger, h)[column];
    return sum;
}
