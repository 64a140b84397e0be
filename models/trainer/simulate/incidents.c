/* See incidents.h.  Here: drawing a history. */
#include "simulate/incidents.h"

#include <math.h>

#include "base/random.h"
#include "simulate/incidents_table.h"

enum {
    NAMES_ALONE = 30,          /* percentage of histories without anything else */
    NO_TIMES = 4,              /* and of those that lack the times only, */
    NO_FIELDS = 4,             /* or services and severities only */
    FIRST_SECOND = 1767225600, /* 2026-01-01T00:00:00Z */
    SPAN = 26 * WEEK           /* over which histories begin */
};

static bool chance(struct random *random, uint32_t percent)
{
    return random_below(random, 100) < percent;
}

static uint8_t draw_kind(struct random *random, const struct mix *mix)
{
    uint32_t left = (uint32_t)random_below(random, 100), i = 0;

    while (left >= mix->shares[i].percent)
        left -= mix->shares[i++].percent;
    return mix->shares[i].kind;
}

static uint8_t draw_weighted(struct random *random, const uint8_t *weights, uint32_t sum)
{
    uint32_t left = (uint32_t)random_below(random, sum);
    uint8_t i = 0;

    while (left >= weights[i])
        left -= weights[i++];
    return i;
}

/* F, before it is cut off. */
static double gap_below(double seconds, double pace)
{
    return seconds * seconds / (seconds * seconds + pace * pace);
}

/* By the inverse of F: g = p sqrt(u / (1 - u)). */
static uint32_t draw_gap(struct random *random, uint32_t pace)
{
    double u = random_unit(random) * gap_below(WEEK, pace);
    double gap = pace * sqrt(u / (1.0 - u));

    return gap < WEEK ? (uint32_t)gap : WEEK - 1; /* rounding may reach the edge */
}

double gap_probability(uint32_t seconds, uint32_t pace)
{
    /* F(k+1) - F(k) = p^2 (2k + 1) / ((k^2 + p^2) ((k+1)^2 + p^2)) */
    double k = seconds, square = (double)pace * pace;

    return square * (2.0 * k + 1.0) / (k * k + square) /
           ((k + 1.0) * (k + 1.0) + square) / gap_below(WEEK, pace);
}

static const struct phase *draw_start(struct random *random)
{
    uint32_t left = (uint32_t)random_below(random, 1000), s = 0;

    while (left >= incident_phases[s].start)
        left -= incident_phases[s++].start;
    return &incident_phases[s];
}

/* Where the chain goes from a phase, and at what pace. */
static const struct phase *draw_move(struct random *random, const struct phase *phase,
                                     uint32_t *pace)
{
    uint32_t left = (uint32_t)random_below(random, 100);

    for (uint32_t i = 0; i < MOVES_MOST; i++) {
        const struct move *move = &phase->moves[i];
        if (left < move->percent) {
            *pace = move->pace;
            return &incident_phases[move->to];
        }
        left -= move->percent;
    }
    *pace = phase->pace;
    return phase;
}

static void draw_event(struct random *random, struct incident_event *event,
                       const struct mix *mix, const uint8_t *severities)
{
    event->kind = draw_kind(random, mix);
    event->severity = event_facts[event->kind].source == ALERT
                          ? draw_weighted(random, severities, 100)
                          : 0;
}

/* The events; returns the phase that they end in. */
static const struct phase *draw_events(struct random *random, struct incident *incident)
{
    const struct phase *phase = draw_start(random);
    struct incident_event *event = incident->events;
    uint32_t pace;

    event->gap = 0;
    incident->service =
        draw_weighted(random, service_weights[phase->cause], SERVICE_WEIGHTS);
    draw_event(random, event, phase->mix, phase->grave);
    incident->length = 1;
    while (!chance(random, phase_end(phase, incident->length))) {
        event = &incident->events[incident->length++];
        if (chance(random, NOISE_PERCENT)) {
            event->gap = draw_gap(random, NOISE_PACE);
            draw_event(random, event, &noise_mix, noise_grave);
        } else {
            phase = draw_move(random, phase, &pace);
            event->gap = draw_gap(random, pace);
            draw_event(random, event, phase->mix, phase->grave);
        }
    }
    return phase;
}

static uint8_t draw_label(struct random *random, const struct phase *phase)
{
    if (chance(random, phase->sure))
        return phase->action;
    return (uint8_t)((phase->action + 1 + random_below(random, INCIDENT_ACTIONS - 1)) %
                     INCIDENT_ACTIONS);
}

void incidents_draw(struct incident *incident, uint64_t seed, uint64_t number)
{
    struct random random;
    uint32_t shown;

    random_init(&random, seed, number);
    shown = (uint32_t)random_below(&random, 100);
    incident->has_times = shown >= NAMES_ALONE + NO_TIMES;
    incident->has_fields = shown >= NAMES_ALONE && shown < 100 - NO_FIELDS;
    incident->start = FIRST_SECOND + (int64_t)random_below(&random, SPAN);
    incident->action = draw_label(&random, draw_events(&random, incident));
}
