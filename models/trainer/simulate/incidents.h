/*
 * A stochastic model of incidents: labelled histories, and for each of them the exact probability
 * of every action.  A model that is trained on the histories can be compared with these
 * probabilities, which no model can beat.  The right action depends on order and time.
 *
 * A history is drawn from a Markov chain of hidden phases ("deploy finished, errors not seen yet",
 * "rollback running"), each of which belongs to one cause (a bad deploy, a failing dependency,
 * ...).  The chain begins in phase s with probability start(s), and the first event is drawn from
 * that phase.  For every further event
 *
 *     with probability q      the event is noise: the phase stays, and the event and the gap
 *                             before it are drawn from the distributions of noise;
 *     with probability 1 - q  the chain moves from s to r with probability T(s, r), or stays with
 *                             the remaining probability; the event is drawn from e(r, .), and the
 *                             gap before it has the median of that move, or of the phase if the
 *                             chain stays.
 *
 * After the t-th event, which is of phase s, the history ends with probability end_t(s): 0 before
 * the third event, 1 after the last that is possible, else stop(s).  The label is the right action
 * of the last phase; with probability 1 - sure(s) it is one of the other actions, all equally
 * likely, because people make mistakes.
 *
 * A gap is a whole number of seconds, k = 0 .. W - 1, where W is one week.  It is rounded down
 * from the log-logistic distribution of shape 2 and median p, truncated at W:
 *
 *     F(g) = g^2 / (g^2 + p^2)        P(k) = (F(k+1) - F(k)) / F(W)
 *
 * An alert has a severity drawn from its phase; pipelines and controllers report at info; events
 * of people have neither severity nor service.  A history is about one service v, drawn from
 * P(v | cause).  At random, some histories are shown without times, some without services and
 * severities, and many as names alone.
 *
 * The posterior is computed over all paths of phases by the forward algorithm (Rabiner 1989, with
 * noise and gaps); x_t is event and severity, d_t the gap before the event:
 *
 *     a_1(s) = start(s) P(v | cause(s)) e(s, x_1)
 *     a_t(r) = q e(noise, x_t) P(d_t; noise) w(r)
 *            + (1-q) sum over s of w(s) T(s, r) e(r, x_t) P(d_t; s, r)
 *              with w(s) = a_(t-1)(s) (1 - end_(t-1)(s))
 *     P(action | history) = sum over s of a_n(s) end_n(s) L(s, action), divided by its sum over
 *                           the actions
 *
 * where L(s, action) is the probability of the label, and a factor that the history does not show
 * is 1.  Only additions, multiplications, divisions and square roots are used, in a fixed order:
 * the same seed gives the same bytes on every machine with IEEE 754 doubles.
 */
#ifndef TRIAGE_INCIDENTS_H
#define TRIAGE_INCIDENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "simulate/incident_tables.h"

enum { INCIDENT_MIN = 3, INCIDENT_MAX = 25 }; /* events of a history */
enum { INCIDENT_WEEK_S = 604800 };            /* W; every gap is shorter */

struct incident_event {
    uint8_t kind;     /* enum event_kind, see incident_event_name */
    uint8_t severity; /* see incident_severity_name */
    uint32_t gap_s;   /* since the previous event; 0 for the first */
};

struct incident {
    struct incident_event events[INCIDENT_MAX];
    uint32_t length;
    bool has_times, has_fields; /* whether gaps, and services and severities are shown */
    uint8_t service;
    int64_t start_s; /* of the first event, since the epoch */
    uint8_t action;  /* the label */
};

/* Draw history `number` of a seed.  It does not depend on how many histories are drawn. */
void incident_draw(struct incident *incident, uint64_t seed, uint64_t number);

/* P(action | what is shown of the history), exact except for rounding; sums to 1. */
void incident_posterior(const struct incident *incident,
                        double posterior[INCIDENT_ACTIONS]);

/*
 * The outlook: P(the label in the end | phase s after event t), before it is known whether the history
 * ends there.  It is the same for all histories:
 *
 *     V_t(s) = end_t(s) L(s, .) + (1 - end_t(s)) (q V_(t+1)(s) + (1-q) sum over r of T(s, r) V_(t+1)(r))
 */
struct incident_outlook {
    double label[INCIDENT_MAX + 1][MAX_PHASES]
                [INCIDENT_ACTIONS]; /* [t][s][action]; t from 1 */
};
void incident_outlook_init(struct incident_outlook *outlook);

/*
 * For each t, P(label in the end | what is shown of events 1 .. t): sum over s of a_t(s) V_t(s),
 * scaled to the sum 1.  Nothing is told of later events, nor that the last one is the last.
 */
void incident_posteriors(const struct incident *incident,
                         const struct incident_outlook *outlook,
                         double posteriors[][INCIDENT_ACTIONS]); /* [length] */

/* P(gap_s): the probability of a gap of so many seconds, for that median. */
double incident_gap_probability(uint32_t gap_s, uint32_t median_s);

/* Static.  Severity and service are NULL for events of people. */
const char *incident_event_name(const struct incident_event *event);
const char *incident_severity_name(const struct incident_event *event);
const char *incident_service_name(const struct incident *incident,
                                  const struct incident_event *event);

#endif
