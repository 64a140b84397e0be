/*
 * Multinomial logistic regression on counts: the strongest baseline.
 *
 * The features x of a position are how often each event, and each pair of adjacent events,
 * occurs in the history so far.  The classes are the actions that are a label in the training
 * data.  With the logits z_c = w_c x + b_c of class c, training minimises over the N positions
 * whose label is an action of the model
 *
 *     f = (1/N) ( sum of -ln softmax(z)_label  +  |w|^2 / 2 )
 *
 * This is LogisticRegression of scikit-learn with its default regularisation: b is not penalised,
 * the counts are not scaled, and of two classes only the second has a logit; the logit of the
 * first is 0.  The minimum is unique.
 *
 * Along a history, each event adds 1 to the count of the event and 1 to the count of the pair that
 * it completes.  So the logits are running sums of rows of w.  No feature matrix is built, and the
 * cost is linear in the number of events even with a position after every event.
 *
 * An action that is not a class would have the probability 0.  So the class probabilities q are
 * mixed with the uniform distribution, as if there were one more position whose label is spread
 * evenly over the C actions:  p = (N q + 1/C) / (N + 1).
 */
#ifndef TRIAGE_LOGISTIC_H
#define TRIAGE_LOGISTIC_H

#include "base/map.h"
#include "base/workers.h"
#include "eval/predictions.h"
#include "trainer.h"

struct logistic {
    size_t C;          /* actions */
    uint32_t *classes; /* [C] class of an action; MAP_NONE: not a class */
    size_t class_count;
    size_t S;           /* logits: class_count, but 1 for two classes and 0 for one */
    size_t N;           /* training positions with a class */
    struct u64map rows; /* events and pairs -> rows of w */
    double *w;          /* [rows.count + 1][S], b is the last row */
    bool has_converged;
    uint32_t iterations; /* of training */
    struct event_ids ids;
};

/* What to train on; all borrowed. */
struct logistic_data {
    const struct example *const *examples; /* [count] */
    size_t count;
    struct event_ids ids;
    size_t C;
    double max_logits; /* stop after computing about this many, see logistic_train */
    struct workers *workers;
};

/* A usual limit of max_logits: about a minute of one thread. */
#define LOGISTIC_MAX_LOGITS 5e9

/*
 * Train with L-BFGS until the gradient is nearly 0, or ten iterations reduce f by less than a
 * millionth; or stop after about max_logits logits, but at least 50 iterations.  NULL with
 * STATUS_TOO_LARGE for more than 2^20 weights, or with STATUS_NO_MEMORY.
 */
struct logistic *logistic_train(const struct logistic_data *data, struct error *err);
void logistic_free(struct logistic *logistic);

/* The logits of a history that grows event by event. */
struct logistic_state {
    double *logits; /* [S] of the caller; [C] is always enough */
    uint32_t previous;
    bool has_previous;
};

/* Start with an empty history, and add an event to it. */
void logistic_begin(const struct logistic *logistic, struct logistic_state *state);
void logistic_step(const struct logistic *logistic, struct logistic_state *state,
                   uint32_t event);

/* Set p [C] to the probabilities after the events so far. */
void logistic_predict(const struct logistic *logistic, const struct logistic_state *state,
                      double *p);

/*
 * The function f that is minimised.  The events of all examples are stored one after another, each
 * with the rows of w that it adds to the logits:
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
    size_t row_count, S; /* w is [row_count + 1][S], b is the last row */
    size_t N;            /* labels that are not MAP_NONE */
    struct workers *workers;
    double *gradients; /* [LIKELIHOOD_CHUNKS][weights] scratch */
    double *logits;    /* [LIKELIHOOD_CHUNKS][3][S] scratch */
};

/* The number of weights, b included. */
static inline size_t likelihood_weights(const struct likelihood *likelihood)
{
    return (likelihood->row_count + 1) * likelihood->S;
}

/* Returns f at w, and sets its gradient [weights]. */
double likelihood_value(const struct likelihood *likelihood, const double *w,
                        double *gradient);

/*
 * Set squares [row_count] to the sum of x^2 over the positions, for each feature.
 * STATUS_NO_MEMORY.
 */
enum status likelihood_squares(const struct likelihood *likelihood, double *squares,
                               struct error *err);

#endif
