/*
 * The exact probabilities of incidents.h by the forward algorithm, over all phases at once.
 * Weights are scaled to sum to one after every event, which changes no ratio.
 */
#include "simulate/incidents.h"
#include "simulate/incidents_table.h"

static const double PERCENT = 0.01;

/* Of an event's name and, when fields are shown, its severity. */
static double emission(const struct incident *incident,
                       const struct incident_event *event, const struct mix *mix,
                       const uint8_t *severities)
{
    double p = mix_percent(mix, event->kind) * PERCENT;

    if (incident->has_fields && event_facts[event->kind].source == ALERT)
        p *= severities[event->severity] * PERCENT;
    return p;
}

/* Of the gap before an event. */
static double gap(const struct incident *incident, const struct incident_event *event,
                  uint32_t pace)
{
    return incident->has_times ? gap_probability(event->gap, pace) : 1.0;
}

/* Is the service stated by any event? */
static bool shows_service(const struct incident *incident)
{
    for (uint32_t t = 0; t < incident->length && incident->has_fields; t++)
        if (event_facts[incident->events[t].kind].source != PERSON)
            return true;
    return false;
}

static void begin(const struct incident *incident, double *weights)
{
    bool has_service = shows_service(incident);

    for (uint32_t s = 0; s < incident_phase_count; s++) {
        const struct phase *phase = &incident_phases[s];
        weights[s] = phase->start * 0.001 *
                     emission(incident, &incident->events[0], phase->mix, phase->grave);
        if (has_service)
            weights[s] *= (double)service_weights[phase->cause][incident->service] /
                          SERVICE_WEIGHTS;
    }
}

/* Every way that leads to the event, from every phase. */
static void step(const struct incident *incident, const struct incident_event *event,
                 const double *weights, double *next)
{
    double emitted[PHASES_MOST];
    double noise = NOISE_PERCENT * PERCENT *
                   emission(incident, event, &noise_mix, noise_grave) *
                   gap(incident, event, NOISE_PACE);

    for (uint32_t s = 0; s < incident_phase_count; s++) {
        emitted[s] =
            (1.0 - NOISE_PERCENT * PERCENT) *
            emission(incident, event, incident_phases[s].mix, incident_phases[s].grave);
        next[s] = weights[s] * noise;
    }
    for (uint32_t s = 0; s < incident_phase_count; s++) {
        const struct phase *phase = &incident_phases[s];
        uint32_t stays = 100;
        for (uint32_t i = 0; i < MOVES_MOST && weights[s] > 0.0; i++) {
            const struct move *move = &phase->moves[i];
            stays -= move->percent;
            if (move->percent > 0 && emitted[move->to] > 0.0)
                next[move->to] += weights[s] * (move->percent * PERCENT) *
                                  emitted[move->to] * gap(incident, event, move->pace);
        }
        if (emitted[s] > 0.0)
            next[s] += weights[s] * (stays * PERCENT) * emitted[s] *
                       gap(incident, event, phase->pace);
    }
}

/* The history goes on after its t-th event, or is over; then to the sum 1. */
static void end(uint32_t t, bool goes_on, double *weights)
{
    double sum = 0.0;

    for (uint32_t s = 0; s < incident_phase_count; s++) {
        uint32_t percent = phase_end(&incident_phases[s], t);
        weights[s] *= (goes_on ? 100 - percent : percent) * PERCENT;
        sum += weights[s];
    }
    for (uint32_t s = 0; s < incident_phase_count; s++)
        weights[s] /= sum;
}

void incidents_posterior(const struct incident *incident,
                         double posterior[INCIDENT_ACTIONS])
{
    double rooms[2][PHASES_MOST], *weights = rooms[0], *next = rooms[1];

    begin(incident, weights);
    for (uint32_t t = 1; t < incident->length; t++) {
        end(t, true, weights);
        step(incident, &incident->events[t], weights, next);
        double *swapped = weights;
        weights = next;
        next = swapped;
    }
    end(incident->length, false, weights);
    for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++)
        posterior[a] = 0.0;
    for (uint32_t s = 0; s < incident_phase_count; s++)
        for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++) {
            uint32_t sure = incident_phases[s].sure;
            posterior[a] += weights[s] * PERCENT *
                            (a == incident_phases[s].action
                                 ? (double)sure
                                 : (100.0 - sure) / (INCIDENT_ACTIONS - 1));
        }
}
