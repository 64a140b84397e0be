/*
 * A stochastic model of incidents: histories whose right action hangs on order and time, and
 * for each the exact probability of every action, so that a model trained on them can be
 * measured against what is possible at all.
 *
 * Behind a history stands a chain of hidden phases ("deploy finished, trouble not seen yet",
 * "rollback under way"), each of them part of one cause (a bad deploy, a dependency that
 * fails, ...).  The chain begins in phase s with probability start(s).  Its first event is
 * drawn from the phase; for every further event
 *
 *     with probability q     something harmless: the phase stays, the event and the gap before
 *                            it are those of noise;
 *     with probability 1-q   the chain goes from s to r with probability T(s, r), to itself
 *                            with what is left; the event is drawn from e(r, .), and the gap
 *                            before it has the pace of that move, or of the phase if it stays.
 *
 * After an event of phase s the history is over, which is when the action is asked for, with
 * probability end_t(s): 0 before the third event, 1 at the last that fits, stop(s) between.
 * The label is the action that is right in the last phase; with probability 1 - sure(s) it is
 * one of the others, each as likely: people err.
 *
 * A gap is a whole number of seconds, k = 0 .. W - 1 with W one week, rounded down from the
 * log-logistic distribution of shape 2 and median p, cut off at W:
 *
 *     F(g) = g^2 / (g^2 + p^2)        P(k) = (F(k+1) - F(k)) / F(W)
 *
 * An alert carries a severity drawn from its phase; pipelines and controllers speak at level
 * info; what people do carries neither severity nor service.  A history is about one service,
 * v, drawn with a probability that the cause favours, P(v | cause).  Some histories are kept
 * without times, some without services and severities, many as names alone, whatever
 * happened in them.
 *
 * Then, over all paths of phases (forward algorithm; x_t event and severity, d_t gap),
 *
 *     a_1(s) = start(s) P(v | cause(s)) e(s, x_1)
 *     a_t(r) = q e(noise, x_t) P(d_t; noise) w(r)
 *            + (1-q) sum over s of w(s) T(s, r) e(r, x_t) P(d_t; s, r)
 *              with w(s) = a_(t-1)(s) (1 - end_(t-1)(s))
 *     P(action | history) = sum over s of a_n(s) end_n(s) L(s, action), divided by its sum
 *
 * where a factor that the history does not show is 1.  Only additions, multiplications,
 * divisions and square roots are used, in a fixed order: the same seed gives the same bytes
 * on every machine with IEEE 754 doubles.
 */
#ifndef TRIAGE_INCIDENTS_H
#define TRIAGE_INCIDENTS_H

#include <stdbool.h>
#include <stdint.h>

enum { INCIDENT_LEAST = 3, INCIDENT_MOST = 25 }; /* events of a history */

enum incident_action { ESCALATE, IGNORE, ROLLBACK, INCIDENT_ACTIONS };

struct incident_event {
    uint8_t kind;     /* incident_event_name */
    uint8_t severity; /* incident_severity_name; NULL for what people do */
    uint32_t gap;     /* seconds since the event before; 0 for the first */
};

struct incident {
    struct incident_event events[INCIDENT_MOST];
    uint32_t length;
    bool has_times, has_fields; /* what is shown of it: gaps; services and severities */
    uint8_t service;
    int64_t start;  /* of the first event, seconds since the epoch */
    uint8_t action; /* the label */
};

/*
 * The number-th history of a seed.  It depends on nothing else, so the first ten of a thousand
 * are those of ten.
 */
void incidents_draw(struct incident *incident, uint64_t seed, uint64_t number);

/* P(action | what is shown of the history), exact but for rounding; sums to 1. */
void incidents_posterior(const struct incident *incident,
                         double posterior[INCIDENT_ACTIONS]);

/* Borrowed, for ever.  NULL: the event has no severity, or belongs to no service. */
const char *incident_event_name(const struct incident_event *event);
const char *incident_severity_name(const struct incident_event *event);
const char *incident_service_name(const struct incident *incident,
                                  const struct incident_event *event);

/* In the order of enum incident_action. */
extern const char *const incident_actions[INCIDENT_ACTIONS];

#endif
