/*
 * Sums by history.  Each answerer (the model, a floor, what is possible) has two columns,
 * its right answers and its losses; every figure that is a mean, and every difference of
 * two, is a ratio of sums over the histories, so that drawing histories again costs one
 * pass over this table.
 *
 * A loss is -ln of the probability given to the right action, which counts as DBL_MIN when
 * it is less.  Where the right action is none of the model's, every answer is wrong, and
 * there is no loss.
 */
#ifndef TRIAGE_LEDGER_H
#define TRIAGE_LEDGER_H

#include <stdbool.h>

#include "eval/decisions.h"

enum { FLOORS = 7 };

/* The first of two columns of each answerer, or a count. */
enum ledger_column {
    COLUMN_DECISIONS = 0,    /* places */
    COLUMN_LOSSES = 1,       /* those whose right action is one of the model's */
    COLUMN_ORDER = 2,        /* places asked for again with the events shuffled */
    COLUMN_ORDER_LOSSES = 3, /* those whose right action is one of the model's */
    COLUMN_MODEL = 4,        /* from here on in pairs: right answers, losses */
    COLUMN_POSSIBLE = 6,     /* the exact posterior */
    COLUMN_KEPT = 8,         /* the model at the places of COLUMN_ORDER */
    COLUMN_SHUFFLED = 10,    /* likewise, with the events shuffled */
    COLUMN_FLOORS = 12,
    COLUMN_COUNT = COLUMN_FLOORS + 2 * FLOORS
};

struct ledger {
    double *sums; /* [histories][COLUMN_COUNT] */
    size_t histories;
};

enum status ledger_init(struct ledger *ledger, size_t histories, struct error *err);
void ledger_release(struct ledger *ledger);

static inline double *ledger_row(const struct ledger *ledger, size_t history)
{
    return ledger->sums + history * COLUMN_COUNT;
}

/* Count a place, in a pair of counts that begins with column. */
void ledger_count(struct ledger *ledger, const struct decision *decision,
                  enum ledger_column column);

/* Note an answer in an answerer's columns. */
void ledger_note(struct ledger *ledger, const struct decision *decision, unsigned column,
                 uint32_t chosen, double right);

/* The same for probabilities [C]. */
void ledger_note_all(struct ledger *ledger, const struct decision *decision,
                     unsigned column, const double *probabilities, size_t C);

/* The sum of a column over all histories. */
double ledger_sum(const struct ledger *ledger, unsigned column);

#endif
