/* Drawing histories, and the forward algorithm for their posterior; both read the same tables. */
#include "simulate/incidents.h"

#include <math.h>
#include <stddef.h>

#include "base/random.h"

enum {
    NAMES_ONLY_PERCENT = 30,      /* histories that show names alone */
    NO_TIMES_PERCENT = 4,         /* histories that show everything except times */
    NO_FIELDS_PERCENT = 4,        /* the same except services and severities */
    FIRST_SECOND = 1767225600,    /* 2026-01-01T00:00:00Z; histories begin */
    SPAN_S = 26 * INCIDENT_WEEK_S /* less than so much later */
};

static enum event_source source_of(const struct incident_event *event)
{
    return event_infos[event->kind].source;
}

const char *incident_event_name(const struct incident_event *event)
{
    return event_infos[event->kind].name;
}

const char *incident_severity_name(const struct incident_event *event)
{
    return source_of(event) == PERSON ? NULL : severity_names[event->severity];
}

const char *incident_service_name(const struct incident *incident,
                                  const struct incident_event *event)
{
    return source_of(event) == PERSON ? NULL : service_names[incident->service];
}

/* end_t(s) of a phase, in percent */
static uint32_t end_percent(const struct phase *phase, uint32_t t)
{
    if (t < INCIDENT_MIN)
        return 0;
    return t < INCIDENT_MAX ? phase->stop_percent : 100;
}

/* ---- gaps ---- */

/* F(g) */
static double gap_distribution(double gap_s, double median_s)
{
    return gap_s * gap_s / (gap_s * gap_s + median_s * median_s);
}

double incident_gap_probability(uint32_t gap_s, uint32_t median_s)
{
    /* F(k+1) - F(k) = p^2 (2k + 1) / ((k^2 + p^2) ((k+1)^2 + p^2)) */
    double k = gap_s, square = (double)median_s * median_s;
    return square * (2.0 * k + 1.0) / (k * k + square) /
           ((k + 1.0) * (k + 1.0) + square) / gap_distribution(INCIDENT_WEEK_S, median_s);
}

/* Inverse transform sampling: g = p sqrt(u / (1 - u)). */
static uint32_t draw_gap(struct random *random, uint32_t median_s)
{
    double u = random_unit(random) * gap_distribution(INCIDENT_WEEK_S, median_s);
    double gap = median_s * sqrt(u / (1.0 - u));
    return gap < INCIDENT_WEEK_S ? (uint32_t)gap
                                 : INCIDENT_WEEK_S - 1; /* rounding may reach W */
}

/* ---- drawing ---- */

static bool draw_bool(struct random *random, uint32_t percent)
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

static const struct phase *draw_start(struct random *random)
{
    uint32_t left = (uint32_t)random_below(random, 1000), s = 0;
    while (left >= incident_phases[s].start_permille)
        left -= incident_phases[s++].start_permille;
    return &incident_phases[s];
}

/* The next phase, and the median of the gap before it. */
static const struct phase *draw_move(struct random *random, const struct phase *phase,
                                     uint32_t *median_s)
{
    uint32_t left = (uint32_t)random_below(random, 100);
    for (uint32_t i = 0; i < MAX_MOVES; i++) {
        const struct move *move = &phase->moves[i];
        if (left < move->percent) {
            *median_s = move->median_s;
            return &incident_phases[move->to];
        }
        left -= move->percent;
    }
    *median_s = phase->median_s;
    return phase;
}

static void draw_event(struct random *random, struct incident_event *event,
                       const struct mix *mix, const uint8_t *severities)
{
    event->kind = draw_kind(random, mix);
    event->severity =
        source_of(event) == ALERT ? draw_weighted(random, severities, 100) : 0;
}

/* Draw the service and the events; returns the last phase. */
static const struct phase *draw_events(struct random *random, struct incident *incident)
{
    const struct phase *phase = draw_start(random);
    struct incident_event *event = incident->events;
    incident->service =
        draw_weighted(random, service_weights[phase->cause], SERVICE_WEIGHTS);
    draw_event(random, event, phase->mix, phase->severities);
    event->gap_s = 0;
    incident->length = 1;
    while (!draw_bool(random, end_percent(phase, incident->length))) {
        event = &incident->events[incident->length++];
        if (draw_bool(random, NOISE_PERCENT)) {
            event->gap_s = draw_gap(random, NOISE_MEDIAN_S);
            draw_event(random, event, &noise_mix, noise_severities);
        } else {
            uint32_t median_s;
            phase = draw_move(random, phase, &median_s);
            event->gap_s = draw_gap(random, median_s);
            draw_event(random, event, phase->mix, phase->severities);
        }
    }
    return phase;
}

static uint8_t draw_label(struct random *random, const struct phase *phase)
{
    if (draw_bool(random, phase->sure_percent))
        return phase->action;
    return (uint8_t)((phase->action + 1 + random_below(random, INCIDENT_ACTIONS - 1)) %
                     INCIDENT_ACTIONS);
}

void incident_draw(struct incident *incident, uint64_t seed, uint64_t number)
{
    struct random random;
    random_init(&random, seed, number);
    uint32_t shown = (uint32_t)random_below(&random, 100);
    incident->has_times = shown >= NAMES_ONLY_PERCENT + NO_TIMES_PERCENT;
    incident->has_fields = shown >= NAMES_ONLY_PERCENT && shown < 100 - NO_FIELDS_PERCENT;
    incident->start_s = FIRST_SECOND + (int64_t)random_below(&random, SPAN_S);
    incident->action = draw_label(&random, draw_events(&random, incident));
}

/* ---- posterior ---- */

static const double PERCENT = 0.01;

/* e(., x): probability of the event's name and, if fields are shown, of its severity. */
static double emission(const struct incident *incident,
                       const struct incident_event *event, const struct mix *mix,
                       const uint8_t *severities)
{
    double p = mix_percent(mix, event->kind) * PERCENT;
    if (incident->has_fields && source_of(event) == ALERT)
        p *= severities[event->severity] * PERCENT;
    return p;
}

/* P(d): probability of the gap before the event, if times are shown. */
static double gap_probability(const struct incident *incident,
                              const struct incident_event *event, uint32_t median_s)
{
    return incident->has_times ? incident_gap_probability(event->gap_s, median_s) : 1.0;
}

static bool shows_service(const struct incident *incident)
{
    for (uint32_t t = 0; t < incident->length && incident->has_fields; t++)
        if (source_of(&incident->events[t]) != PERSON)
            return true;
    return false;
}

/* The factor P(v | cause), once the service has been shown. */
static double service_probability(const struct incident *incident, uint32_t cause)
{
    return (double)service_weights[cause][incident->service] / SERVICE_WEIGHTS;
}

/* a_1; has_service: with the factor P(v | cause) */
static void forward_first(const struct incident *incident, bool has_service,
                          double *weights)
{
    for (uint32_t s = 0; s < incident_phase_count; s++) {
        const struct phase *phase = &incident_phases[s];
        weights[s] =
            phase->start_permille * 0.001 *
            emission(incident, &incident->events[0], phase->mix, phase->severities);
        if (has_service)
            weights[s] *= service_probability(incident, phase->cause);
    }
}

/* a_t from w = a_(t-1) (1 - end_(t-1)) */
static void forward(const struct incident *incident, const struct incident_event *event,
                    const double *w, double *next)
{
    double emitted[MAX_PHASES];
    double noise = NOISE_PERCENT * PERCENT *
                   emission(incident, event, &noise_mix, noise_severities) *
                   gap_probability(incident, event, NOISE_MEDIAN_S);
    for (uint32_t s = 0; s < incident_phase_count; s++) {
        const struct phase *phase = &incident_phases[s];
        emitted[s] = (1.0 - NOISE_PERCENT * PERCENT) *
                     emission(incident, event, phase->mix, phase->severities);
        next[s] = w[s] * noise;
    }
    for (uint32_t s = 0; s < incident_phase_count; s++) {
        const struct phase *phase = &incident_phases[s];
        uint32_t stay_percent = 100;
        for (uint32_t i = 0; i < MAX_MOVES && w[s] > 0.0; i++) {
            const struct move *move = &phase->moves[i];
            stay_percent -= move->percent;
            if (move->percent > 0 && emitted[move->to] > 0.0)
                next[move->to] += w[s] * (move->percent * PERCENT) * emitted[move->to] *
                                  gap_probability(incident, event, move->median_s);
        }
        if (emitted[s] > 0.0)
            next[s] += w[s] * (stay_percent * PERCENT) * emitted[s] *
                       gap_probability(incident, event, phase->median_s);
    }
}

/*
 * Multiply by the probability that the history ends, or goes on, after its t-th event.  Then scale
 * to the sum 1, which changes no ratio and prevents underflow.
 */
static void apply_end(uint32_t t, bool goes_on, double *weights)
{
    double sum = 0.0;
    for (uint32_t s = 0; s < incident_phase_count; s++) {
        uint32_t percent = end_percent(&incident_phases[s], t);
        weights[s] *= (goes_on ? 100 - percent : percent) * PERCENT;
        sum += weights[s];
    }
    for (uint32_t s = 0; s < incident_phase_count; s++)
        weights[s] /= sum;
}

/* L(s, action), in percent */
static double label_percent(const struct phase *phase, uint32_t action)
{
    uint32_t sure = phase->sure_percent;
    return action == phase->action ? (double)sure
                                   : (100.0 - sure) / (INCIDENT_ACTIONS - 1);
}

void incident_posterior(const struct incident *incident,
                        double posterior[INCIDENT_ACTIONS])
{
    double buffers[2][MAX_PHASES] = {{0.0}}, *weights = buffers[0], *next = buffers[1];
    forward_first(incident, shows_service(incident), weights);
    for (uint32_t t = 1; t < incident->length; t++) {
        apply_end(t, true, weights);
        forward(incident, &incident->events[t], weights, next);
        double *swapped = weights;
        weights = next;
        next = swapped;
    }
    apply_end(incident->length, false, weights);
    for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++)
        posterior[a] = 0.0;
    for (uint32_t s = 0; s < incident_phase_count; s++)
        for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++) {
            posterior[a] += weights[s] * PERCENT * label_percent(&incident_phases[s], a);
        }
}

/* ---- posteriors after every event ---- */

/* sum over r of T(s, r) V(r) */
static double expected_label(uint32_t s, uint32_t action,
                             const double (*next)[INCIDENT_ACTIONS])
{
    const struct phase *phase = &incident_phases[s];
    uint32_t stay_percent = 100;
    double sum = 0.0;
    for (uint32_t i = 0; i < MAX_MOVES; i++) {
        const struct move *move = &phase->moves[i];
        stay_percent -= move->percent;
        sum += move->percent * PERCENT * next[move->to][action];
    }
    return sum + stay_percent * PERCENT * next[s][action];
}

void incident_outlook_init(struct incident_outlook *outlook)
{
    const double noise = NOISE_PERCENT * PERCENT;
    *outlook = (struct incident_outlook){.label = {{{0.0}}}};
    for (uint32_t t = INCIDENT_MAX; t > 0; t--)
        for (uint32_t s = 0; s < incident_phase_count; s++)
            for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++) {
                uint32_t percent = end_percent(&incident_phases[s], t);
                double now = label_percent(&incident_phases[s], a) * PERCENT, later = 0.0;
                if (t < INCIDENT_MAX)
                    later = noise * outlook->label[t + 1][s][a] +
                            (1.0 - noise) * expected_label(s, a, outlook->label[t + 1]);
                outlook->label[t][s][a] =
                    percent * PERCENT * now + (100 - percent) * PERCENT * later;
            }
}

static void posterior_so_far(const double *weights,
                             const double (*label)[INCIDENT_ACTIONS],
                             double posterior[INCIDENT_ACTIONS])
{
    double sum = 0.0;
    for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++) {
        posterior[a] = 0.0;
        for (uint32_t s = 0; s < incident_phase_count; s++)
            posterior[a] += weights[s] * label[s][a];
        sum += posterior[a];
    }
    for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++)
        posterior[a] /= sum;
}

void incident_posteriors(const struct incident *incident,
                         const struct incident_outlook *outlook,
                         double posteriors[][INCIDENT_ACTIONS])
{
    double buffers[2][MAX_PHASES] = {{0.0}}, *weights = buffers[0], *next = buffers[1];
    bool has_service = false;
    for (uint32_t t = 0; t < incident->length; t++) {
        if (t == 0) {
            forward_first(incident, false, weights);
        } else {
            apply_end(t, true, weights);
            forward(incident, &incident->events[t], weights, next);
            double *swapped = weights;
            weights = next;
            next = swapped;
        }
        /* the first event that shows the service; no phase is left for another cause */
        bool is_shown = incident->has_fields && source_of(&incident->events[t]) != PERSON;
        for (uint32_t s = 0; is_shown && !has_service && s < incident_phase_count; s++)
            weights[s] *= service_probability(incident, incident_phases[s].cause);
        has_service = has_service || is_shown;
        posterior_so_far(weights, outlook->label[t + 1], posteriors[t]);
    }
}
