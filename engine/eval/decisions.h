/*
 * What is judged: one line for every place at which an answer is asked for, grouped by
 * history.  A history is what is drawn when figures are resampled, because places of one
 * history are not independent of each other.
 *
 *     history 0: a b c     target next, all three places asked for
 *     history 1: d         starts: 0 3 4
 *
 *     list: (0, 0, b) (0, 1, c) (0, 2, end) (1, 0, end)
 */
#ifndef TRIAGE_DECISIONS_H
#define TRIAGE_DECISIONS_H

#include "trainer.h"

struct decision {
    uint32_t history, place; /* the answer after event place, from 0 */
    uint32_t right;          /* 0 .. C - 1, or ACTION_OTHER */
};

struct decisions {
    struct decision *list; /* [count] */
    size_t *starts;        /* [histories + 1] where each history's begin */
    size_t count, histories;
};

/* Where to ask: after at least that many events, and not where that action is right. */
struct asked {
    uint32_t shortest; /* at least 1 */
    uint32_t but;      /* ACTION_NONE: everywhere */
};

/*
 * STATUS_BAD_INPUT when nothing is asked for, STATUS_TOO_LARGE, STATUS_NO_MEMORY.
 * decisions_release also after a failure.
 */
enum status decisions_init(struct decisions *decisions, const struct example *examples,
                           size_t count, const struct asked *asked, struct error *err);
void decisions_release(struct decisions *decisions);

/* What is kept of an answer: enough for every figure. */
struct mark {
    uint32_t chosen; /* the first of the largest probabilities */
    float top;       /* its probability */
    float right;     /* that of the right action; 0 for ACTION_OTHER */
};

/* probabilities [C] */
struct mark mark_of(const float *probabilities, size_t C, uint32_t right);

#endif
