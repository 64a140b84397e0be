/*
 * Multinomial logistic regression on how often each event, and each pair of neighbouring
 * events, stands in the history so far: the strongest of the floors, and the only one that
 * is more than counting.
 *
 * With x the counts and c the classes met while learning, z_c = w_c x + b_c, the weights
 * make least, over the N places learnt from,
 *
 *     f = (1/N) ( sum of -ln softmax(z)_right  +  |w|^2 / 2 )
 *
 * which is scikit-learn's LogisticRegression with its default C = 1: b is free, and of two
 * classes only the second has a score (the first one's is 0).  Counts are taken as they are.
 * The optimum is unique.
 * It is gone to until ten steps of L-BFGS gain less than a millionth, or until there has been
 * work enough: has_converged says which.
 *
 * x only grows along a history, so a score is a running sum of rows of w, one for the event
 * and one for the pair that it closes; nothing is ever laid out as a matrix, and the cost is
 * linear in the events even when every place is learnt from.
 *
 * An action that was never right while learning would have probability 0; as for the other
 * floors, one more example is thought to be spread evenly:  p = (N q + 1/C) / (N + 1).
 */
#ifndef TRIAGE_LOGISTIC_H
#define TRIAGE_LOGISTIC_H

#include "base/map.h"
#include "eval/crew.h"
#include "eval/events.h"
#include "trainer.h"

struct logistic {
    size_t C;           /* actions */
    uint32_t *classes;  /* [C] score of an action, MAP_NONE: never right */
    size_t class_count; /* those met while learning */
    size_t S;           /* scores: class_count, but 1 for two classes, 0 for one */
    size_t N;           /* places learnt from */
    struct u64map rows; /* of events and pairs */
    double *w;          /* [rows + 1][S], b last */
    bool has_converged;
    uint32_t iterations;
    struct events events;
};

/* Scores that are computed in about a minute of one thread. */
#define LOGISTIC_WORK 5e9

/*
 * Learn from count examples, computing about as many scores as work says at most, but taking
 * at least 50 steps.  STATUS_TOO_LARGE when there would be more than a million
 * weights, STATUS_NO_MEMORY.
 */
struct logistic *logistic_learn(const struct example *const *examples, size_t count,
                                struct events events, size_t C, double work,
                                const struct crew *crew, struct error *err);
void logistic_free(struct logistic *logistic);

/* The key of a pair's row; events keep their ids, pairs are marked by the highest bit. */
static inline uint64_t logistic_pair(uint32_t previous, uint32_t event)
{
    return UINT64_C(1) << 63 | (uint64_t)previous << 32 | event;
}

/* A walk along a history. */
struct logistic_walk {
    double *scores; /* [S], the caller's */
    uint32_t previous;
    bool has_previous;
};

void logistic_begin(const struct logistic *logistic, struct logistic_walk *walk);
void logistic_step(const struct logistic *logistic, struct logistic_walk *walk,
                   uint32_t event);

/* p [C], after the events so far. */
void logistic_answer(const struct logistic *logistic, const struct logistic_walk *walk,
                     double *p);

#endif
