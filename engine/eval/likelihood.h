/*
 * The function that the logistic floor makes least, and its gradient (see logistic.h).
 *
 * Learning examples are laid end to end, each event with the rows of w that it adds:
 *
 *     example 0: a b       rows  a -   b ab      rights  -  1       starts 0 2 3
 *     example 1: c         rows  c -             rights  0
 */
#ifndef TRIAGE_LIKELIHOOD_H
#define TRIAGE_LIKELIHOOD_H

#include <stdbool.h>

#include "base/map.h"
#include "eval/crew.h"

enum { LIKELIHOOD_CHUNKS = 8 };

struct likelihood {
    size_t count;        /* examples */
    size_t *starts;      /* [count + 1] */
    uint32_t (*rows)[2]; /* [events] of the event and of the pair, MAP_NONE: no row */
    uint32_t *rights;    /* [events] class, MAP_NONE: not asked */
    size_t row_count, S; /* w is [row_count + 1][S], the bias last */
    size_t N;            /* places with a class */
    const struct crew *crew;
    double *gradients; /* [LIKELIHOOD_CHUNKS][weights], scratch */
    double *rooms;     /* [LIKELIHOOD_CHUNKS][3 * S], scratch */
};

static inline size_t likelihood_weights(const struct likelihood *likelihood)
{
    return (likelihood->row_count + 1) * likelihood->S;
}

/* f at w, and its gradient; the sums are always taken in the same order. */
double likelihood_value(const struct likelihood *likelihood, const double *w,
                        double *gradient);

/*
 * squares [row_count]: over all places with a class, the sum of the square of how often each
 * row has been added by then.  STATUS_NO_MEMORY.
 */
enum status likelihood_squares(const struct likelihood *likelihood, double *squares,
                               struct error *err);

/*
 * softmax of S scores, in place; where S is 1, probabilities[0] is that of the second class.
 * Returns -ln of the right class's probability (0 for MAP_NONE).
 */
double likelihood_softmax(double *scores, size_t S, uint32_t right);

#endif
