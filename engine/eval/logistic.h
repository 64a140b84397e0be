/*
 * Multinomial logistic regression on counts: the strongest baseline.
 *
 * The features x of a position are how often each event, and each pair of adjacent events,
 * occurs in the history so far.  With the classes c that are a label in the training data, and the
 * logits z_c = w_c x + b_c, training minimises over the N positions with a class
 *
 *     f = (1/N) ( sum of -ln softmax(z)_label  +  |w|^2 / 2 )
 *
 * This is LogisticRegression of scikit-learn with its default C = 1: b is not penalised, the
 * counts are not scaled, and of two classes only the second has a logit (the first one's is 0).
 * The minimum is unique.
 *
 * The features only grow along a history, so logits are running sums of rows of w, one for the
 * event and one for the pair that it completes.  No feature matrix is built, and the cost is
 * linear in the events even with a position after every event.
 *
 * An action that was never a label would have probability 0.  So one more position is
 * added whose label is spread evenly over the C actions:  p = (N q + 1/C) / (N + 1).
 */
#ifndef TRIAGE_LOGISTIC_H
#define TRIAGE_LOGISTIC_H

#include "base/map.h"
#include "base/workers.h"
#include "eval/predictions.h"
#include "trainer.h"

struct logistic {
    size_t C;          /* actions */
    uint32_t *classes; /* [C] class of an action; MAP_NONE: never a label */
    size_t class_count;
    size_t S;           /* logits: class_count, but 1 for two classes and 0 for one */
    size_t N;           /* positions with a class */
    struct u64map rows; /* events and pairs -> rows of w */
    double *w;          /* [rows + 1][S], b last */
    bool has_converged;
    uint32_t iterations;
    struct event_ids ids;
};

/* Limit of the work of training, in logits: about a minute of one thread. */
#define LOGISTIC_WORK 5e9

/*
 * Train on count examples with L-BFGS until ten iterations reduce f by less than a millionth, or
 * until about as many logits as work says have been computed (but at least 50 iterations).
 * NULL with STATUS_TOO_LARGE for more than a million weights, or with STATUS_NO_MEMORY.
 */
struct logistic *logistic_train(const struct example *const *examples, size_t count,
                                struct event_ids ids, size_t C, double work,
                                struct workers *workers, struct error *err);
void logistic_free(struct logistic *logistic);

/* The prediction for a history that grows event by event. */
struct logistic_state {
    double *logits; /* [S] the caller's; C are enough */
    uint32_t previous;
    bool has_previous;
};

void logistic_begin(const struct logistic *logistic, struct logistic_state *state);
void logistic_step(const struct logistic *logistic, struct logistic_state *state,
                   uint32_t event);

/* p [C], after the events so far. */
void logistic_predict(const struct logistic *logistic, const struct logistic_state *state,
                      double *p);

/*
 * The function that is minimised.  Examples are laid end to end, each event with the rows of w
 * that it adds to the logits:
 *
 *     example 0: a b       rows  a -   b ab      labels  -  1       starts 0 2 3
 *     example 1: c         rows  c -             labels  0
 *
 * Examples are summed in a fixed number of chunks, so the result is the same for any number of
 * threads.
 */
enum { LIKELIHOOD_CHUNKS = 8 };

struct likelihood {
    size_t count;        /* examples */
    size_t *starts;      /* [count + 1] */
    uint32_t (*rows)[2]; /* [events] of the event and of the pair; MAP_NONE: no row */
    uint32_t *labels;    /* [events] class; MAP_NONE: no position */
    size_t row_count, S; /* w is [row_count + 1][S], b last */
    size_t N;            /* labels with a class */
    struct workers *workers;
    double *gradients; /* [LIKELIHOOD_CHUNKS][weights] scratch */
    double *logits;    /* [LIKELIHOOD_CHUNKS][3][S] scratch */
};

static inline size_t likelihood_weights(const struct likelihood *likelihood)
{
    return (likelihood->row_count + 1) * likelihood->S;
}

/* f at w, and its gradient [weights]. */
double likelihood_value(const struct likelihood *likelihood, const double *w,
                        double *gradient);

/*
 * squares [row_count]: the sum of x^2 over the positions with a class, for each feature.
 * STATUS_NO_MEMORY.
 */
enum status likelihood_squares(const struct likelihood *likelihood, double *squares,
                               struct error *err);

#endif
