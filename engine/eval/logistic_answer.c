/* See logistic.h: the walk along a history, and the answer on the way. */
#include "eval/logistic.h"

#include <string.h>

#include "eval/likelihood.h"

void logistic_begin(const struct logistic *logistic, struct logistic_walk *walk)
{
    walk->has_previous = false;
    if (logistic->S > 0)
        memcpy(walk->scores, logistic->w + logistic->rows.count * logistic->S,
               logistic->S * sizeof *walk->scores);
}

/* Events and pairs that were never met while learning have no row. */
static void add_row(const struct logistic *x, struct logistic_walk *walk, uint64_t key)
{
    uint32_t row = u64map_find(&x->rows, key);

    for (size_t c = 0; row != MAP_NONE && c < x->S; c++)
        walk->scores[c] += x->w[row * x->S + c];
}

void logistic_step(const struct logistic *logistic, struct logistic_walk *walk,
                   uint32_t event)
{
    add_row(logistic, walk, event);
    if (walk->has_previous)
        add_row(logistic, walk, logistic_pair(walk->previous, event));
    walk->previous = event;
    walk->has_previous = true;
}

/* softmax over the classes met, which stand in the order of actions. */
static void spread(const struct logistic *x, const double *scores, double *p)
{
    double second;

    memset(p, 0, x->C * sizeof *p);
    if (x->class_count > 2)
        memcpy(p, scores, x->S * sizeof *p);
    else
        p[0] = 1.0;
    if (x->class_count == 2) {
        second = scores[0];
        (void)likelihood_softmax(&second, 1, MAP_NONE);
        p[0] = 1.0 - second;
        p[1] = second;
    } else if (x->class_count > 2) {
        (void)likelihood_softmax(p, x->S, MAP_NONE);
    }
    for (size_t c = x->C; c-- > 0;) /* backwards, because they only move up */
        p[c] = x->classes[c] == MAP_NONE ? 0.0 : p[x->classes[c]];
}

void logistic_answer(const struct logistic *logistic, const struct logistic_walk *walk,
                     double *p)
{
    double N = (double)logistic->N, even = 1.0 / (double)logistic->C;

    spread(logistic, walk->scores, p);
    for (size_t c = 0; c < logistic->C; c++)
        p[c] = (N * p[c] + even) / (N + 1.0);
}
