#include "simulate/incidents.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/incidents_table.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "unit/suites.h"

/* ---- the tables are distributions ---- */

static void assert_mix(const char *about, const struct mix *mix)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < MIX_MOST; i++) {
        sum += mix->shares[i].percent;
        for (uint32_t j = 0; j < i && mix->shares[i].percent > 0; j++)
            if (mix->shares[j].kind == mix->shares[i].kind)
                ck_abort_msg("%s: %s twice", about,
                             event_facts[mix->shares[i].kind].name);
    }
    if (sum != 100)
        ck_abort_msg("%s: its events sum to %u %%", about, sum);
}

START_TEST(test_phases)
{
    uint32_t starts = 0;
    char about[32];

    for (uint32_t s = 0; s < incident_phase_count; s++) {
        const struct phase *phase = &incident_phases[s];
        uint32_t leaves = 0;
        (void)snprintf(about, sizeof about, "phase %u", s);
        starts += phase->start;
        assert_mix(about, phase->mix);
        ck_assert_int_eq(phase->grave[0] + phase->grave[1] + phase->grave[2], 100);
        for (uint32_t i = 0; i < MOVES_MOST; i++) {
            const struct move *move = &phase->moves[i];
            leaves += move->percent;
            if (move->percent > 0 && (incident_phases[move->to].cause != phase->cause ||
                                      move->to == s || move->pace == 0))
                ck_abort_msg("%s: move %u leaves the cause, stays or takes no time",
                             about, i);
        }
        if (leaves > 100 || phase->pace == 0 || phase->stop == 0 || phase->stop >= 100 ||
            phase->sure <= 50 || phase->sure > 100 || phase->cause >= CAUSES)
            ck_abort_msg("%s: a number is out of its range", about);
    }
    ck_assert_uint_eq(starts, 1000);
    assert_mix("noise", &noise_mix);
    for (uint32_t c = 0; c < CAUSES; c++) {
        uint32_t sum = 0;
        for (uint32_t v = 0; v < SERVICES; v++)
            sum += service_weights[c][v];
        ck_assert_uint_eq(sum, SERVICE_WEIGHTS);
    }
}
END_TEST

/* Every phase can be reached, every event happens somewhere, and names are told apart. */
START_TEST(test_nothing_is_idle)
{
    bool is_reached[PHASES_MOST] = {false};

    for (uint32_t round = 0; round < incident_phase_count; round++)
        for (uint32_t s = 0; s < incident_phase_count; s++) {
            is_reached[s] = is_reached[s] || incident_phases[s].start > 0;
            for (uint32_t i = 0; i < MOVES_MOST && is_reached[s]; i++)
                if (incident_phases[s].moves[i].percent > 0)
                    is_reached[incident_phases[s].moves[i].to] = true;
        }
    for (uint32_t s = 0; s < incident_phase_count; s++)
        if (!is_reached[s])
            ck_abort_msg("phase %u is never reached", s);
    ck_assert_uint_ge(EVENT_KINDS, 40);
    for (uint32_t k = 0; k < EVENT_KINDS; k++) {
        uint32_t uses = mix_percent(&noise_mix, k);
        for (uint32_t s = 0; s < incident_phase_count; s++)
            uses += mix_percent(incident_phases[s].mix, k);
        if (uses == 0)
            ck_abort_msg("%s never happens", event_facts[k].name);
        for (uint32_t other = 0; other < k; other++)
            ck_assert_str_ne(event_facts[k].name, event_facts[other].name);
    }
}
END_TEST

START_TEST(test_gaps)
{
    static const uint32_t paces[] = {1, 8, 60, 900, 18000};
    uint32_t pace = paces[_i];
    double sum = 0.0, below = 0.0;

    for (uint32_t k = 0; k < WEEK; k++) {
        below = k == pace ? sum : below;
        sum += gap_probability(k, pace);
    }
    assert_close("gaps sum to one", pace, sum, 1.0, 1e-9);
    assert_close("half of them are below the median", pace, below, 0.5,
                 0.5 * pace * pace / ((double)WEEK * WEEK) + 1e-9);
}
END_TEST

/* ---- the posterior is exact ---- */

/*
 * The same probabilities by going along every path of phases and of noise, in long double,
 * from the text of incidents.h.
 */
struct paths {
    const struct incident *incident;
    long double mass[INCIDENT_ACTIONS];
};

static long double law(uint32_t seconds, uint32_t pace)
{
    long double p = pace, from = seconds, to = from + 1, week = 7 * 24 * 60 * 60;

    return (to * to / (to * to + p * p) - from * from / (from * from + p * p)) /
           (week * week / (week * week + p * p));
}

static long double shown(const struct incident *incident, uint32_t t,
                         const struct mix *mix, const uint8_t *grave)
{
    const struct incident_event *event = &incident->events[t];
    long double p = 0;

    for (int i = 0; i < MIX_MOST; i++)
        if (mix->shares[i].kind == event->kind)
            p += (long double)mix->shares[i].percent / 100;
    if (incident->has_fields && event_facts[event->kind].source == ALERT)
        p = p * grave[event->severity] / 100;
    return p;
}

static long double waited(const struct incident *incident, uint32_t t, uint32_t pace)
{
    return incident->has_times ? law(incident->events[t].gap, pace) : 1;
}

/* Events before the t-th are explained with probability p, the last of them by phase s. */
static void follow(struct paths *paths, uint32_t t, uint32_t s, long double p)
{
    const struct incident *incident = paths->incident;
    const struct phase *phase = &incident_phases[s];
    long double ends = t < 3 ? 0 : t == 25 ? 1 : (long double)phase->stop / 100;
    long double stays = 1;

    if (!(p > 0))
        return;
    if (t == incident->length) {
        for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++)
            paths->mass[a] +=
                p * ends *
                (a == phase->action ? phase->sure : (100 - phase->sure) / 2.0L) / 100;
        return;
    }
    p *= 1 - ends;
    follow(paths, t + 1, s,
           p * 0.20L * shown(incident, t, &noise_mix, noise_grave) *
               waited(incident, t, 90));
    for (int i = 0; i < MOVES_MOST; i++) {
        const struct move *move = &phase->moves[i];
        const struct phase *next = &incident_phases[move->to];
        stays -= (long double)move->percent / 100;
        if (move->percent > 0)
            follow(paths, t + 1, move->to,
                   p * 0.80L * move->percent / 100 *
                       shown(incident, t, next->mix, next->grave) *
                       waited(incident, t, move->pace));
    }
    follow(paths, t + 1, s,
           p * 0.80L * stays * shown(incident, t, phase->mix, phase->grave) *
               waited(incident, t, phase->pace));
}

static void enumerate(const struct incident *incident, double posterior[INCIDENT_ACTIONS])
{
    struct paths paths = {.incident = incident};
    bool names_service = false;
    long double sum = 0;

    for (uint32_t t = 0; t < incident->length; t++)
        names_service = names_service ||
                        incident_service_name(incident, &incident->events[t]) != NULL;
    for (uint32_t s = 0; s < incident_phase_count; s++) {
        const struct phase *phase = &incident_phases[s];
        long double p = (long double)phase->start / 1000;
        if (incident->has_fields && names_service)
            p = p * service_weights[phase->cause][incident->service] / 100;
        follow(&paths, 1, s, p * shown(incident, 0, phase->mix, phase->grave));
    }
    for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++)
        sum += paths.mass[a];
    for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++)
        posterior[a] = (double)(paths.mass[a] / sum);
}

static uint32_t scaled(int count)
{
    return (uint32_t)case_count(count, 20);
}

START_TEST(test_exact)
{
    enum { LONGEST_PATH = 10 };
    uint32_t modes[4] = {0};
    struct incident incident;
    double exact[INCIDENT_ACTIONS], posterior[INCIDENT_ACTIONS];

    for (uint32_t i = 0; i < scaled(2000); i++) {
        incidents_draw(&incident, 11, i);
        if (incident.length > LONGEST_PATH)
            continue;
        modes[2 * incident.has_times + incident.has_fields]++;
        enumerate(&incident, exact);
        incidents_posterior(&incident, posterior);
        for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++)
            assert_close("forward = all paths", i, posterior[a], exact[a], 1e-12);
    }
    for (int mode = 0; mode < 4; mode++)
        ck_assert_uint_gt(modes[mode], 0);
}
END_TEST

START_TEST(test_sums)
{
    struct incident incident;
    double posterior[INCIDENT_ACTIONS];

    for (uint32_t i = 0; i < scaled(5000); i++) {
        double sum = 0.0;
        incidents_draw(&incident, 12, i);
        incidents_posterior(&incident, posterior);
        for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++) {
            if (!(posterior[a] > 0.0))
                ck_abort_msg("history %u: %s is impossible", i, incident_actions[a]);
            sum += posterior[a];
        }
        assert_close("sums to one", i, sum, 1.0, 1e-12);
    }
}
END_TEST

/*
 * Among the histories whose posterior of an action lies in a bin, the action is the label as
 * often as the posteriors say.  Were any law by which histories are drawn another one than that
 * of the posterior, some bin would be off by many standard errors.
 */
START_TEST(test_calibrated)
{
    enum { BINS = 20, SHOWN = 4, LEAST = 50 };
    static double excess[SHOWN][INCIDENT_ACTIONS][BINS],
        variance[SHOWN][INCIDENT_ACTIONS][BINS];
    struct incident incident;
    double posterior[INCIDENT_ACTIONS], likely = 0.0, squares = 0.0;
    uint32_t count = scaled(60000);

    for (uint32_t i = 0; i < count; i++) {
        incidents_draw(&incident, 13, i);
        incidents_posterior(&incident, posterior);
        likely += posterior[incident.action];
        for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++) {
            double p = posterior[a];
            int mode = 2 * incident.has_times + incident.has_fields;
            int bin = p < 1.0 ? (int)(p * BINS) : BINS - 1;
            squares += p * p;
            excess[mode][a][bin] += (a == incident.action) - p;
            variance[mode][a][bin] += p * (1 - p);
        }
    }
    assert_close("mean posterior of the label, and its expectation", 0, likely / count,
                 squares / count, 2.0 / sqrt(count));
    for (int mode = 0; mode < SHOWN; mode++)
        for (int a = 0; a < INCIDENT_ACTIONS; a++)
            for (int bin = 0; bin < BINS; bin++)
                if (variance[mode][a][bin] > LEAST * 0.01)
                    assert_close("standard errors off", (size_t)bin,
                                 excess[mode][a][bin] / sqrt(variance[mode][a][bin]), 0.0,
                                 4.5);
}
END_TEST

/* Pairs of neighbours that can only come about in one way, and what it says of the gap. */
static const struct {
    const char *about;
    int before, after; /* before -1: any */
    uint32_t pace;
} pairs[] = {
    {"noise", -1, NOTE_ADDED, 90},
    {"a phase is entered", FAILOVER_STARTED, FAILOVER_FINISHED, 60},
    {"a phase goes on", FAILOVER_FINISHED, FAILOVER_FINISHED, 30},
};

/* Are the gaps drawn by the law that the posterior knows?  At a third, once and thrice the median. */
START_TEST(test_drawn_gaps)
{
    enum { POINTS = 3 };
    const uint32_t pace = pairs[_i].pace, points[POINTS] = {pace / 3, pace, 3 * pace};
    double expected[POINTS] = {0.0}, below[POINTS] = {0.0}, count = 0.0;
    struct incident incident;

    for (int i = 0; i < POINTS; i++)
        for (uint32_t k = 0; k < points[i]; k++)
            expected[i] += gap_probability(k, pace);
    for (uint32_t n = 0; n < 60000; n++) {
        incidents_draw(&incident, 14, n);
        for (uint32_t t = 1; t < incident.length; t++) {
            const struct incident_event *event = &incident.events[t];
            if (event->kind != pairs[_i].after ||
                (pairs[_i].before >= 0 && event[-1].kind != pairs[_i].before))
                continue;
            count++;
            for (int i = 0; i < POINTS; i++)
                below[i] += event->gap < points[i];
        }
    }
    ck_assert(count > 200.0);
    for (int i = 0; i < POINTS; i++) {
        double error = sqrt(expected[i] * (1.0 - expected[i]) / count);
        assert_close(pairs[_i].about, (size_t)i, below[i] / count, expected[i],
                     4.5 * error);
    }
}
END_TEST

/* ---- what is right depends on order and time ---- */

enum { MINUTES = 60, HOURS = 3600 };

static const struct {
    const char *about;
    uint32_t length;
    struct incident_event events[8];
    bool has_times;
    enum incident_action action;
    double least;
} stories[] = {
    {"an error after a deploy",
     3,
     {{DEPLOY_STARTED, 0, 0}, {DEPLOY_FINISHED, 0, 0}, {ERROR_RATE_HIGH, 0, 0}},
     false,
     ROLLBACK,
     0.75},
    {"is not an error before it",
     3,
     {{ERROR_RATE_HIGH, 0, 0}, {DEPLOY_STARTED, 0, 0}, {DEPLOY_FINISHED, 0, 0}},
     false,
     ESCALATE,
     0.9},
    {"an error minutes after a deploy",
     3,
     {{DEPLOY_STARTED, 0, 0},
      {DEPLOY_FINISHED, 0, 4 * MINUTES},
      {ERROR_RATE_HIGH, 0, 3 * MINUTES}},
     true,
     ROLLBACK,
     0.9},
    {"is not one hours after",
     3,
     {{DEPLOY_STARTED, 0, 0},
      {DEPLOY_FINISHED, 0, 4 * MINUTES},
      {ERROR_RATE_HIGH, 0, 5 * HOURS}},
     true,
     ESCALATE,
     0.9},
    {"rollback requested and errors cleared: over",
     6,
     {{DEPLOY_STARTED, 0, 0},
      {DEPLOY_FINISHED, 0, 0},
      {ERROR_RATE_HIGH, 0, 0},
      {ROLLBACK_REQUESTED, 0, 0},
      {ROLLBACK_FINISHED, 0, 0},
      {ERRORS_CLEARED, 0, 0}},
     false,
     IGNORE,
     0.9},
    {"errors back after the rollback: it was not the deploy",
     6,
     {{DEPLOY_STARTED, 0, 0},
      {DEPLOY_FINISHED, 0, 0},
      {ERROR_RATE_HIGH, 0, 0},
      {ROLLBACK_REQUESTED, 0, 0},
      {ROLLBACK_FINISHED, 0, 0},
      {ERROR_RATE_HIGH, 0, 0}},
     false,
     ESCALATE,
     0.9},
    {"damage to data after a deploy: no rollback mends it",
     4,
     {{DEPLOY_STARTED, 0, 0},
      {DEPLOY_FINISHED, 0, 0},
      {CONSTRAINT_VIOLATION, 0, 0},
      {CHECKSUM_MISMATCH, 0, 0}},
     false,
     ESCALATE,
     0.9},
    {"a check that fails and passes",
     4,
     {{HEALTH_CHECK_FAILED, 0, 0},
      {HEALTH_CHECK_PASSED, 0, 0},
      {HEALTH_CHECK_FAILED, 0, 0},
      {HEALTH_CHECK_PASSED, 0, 0}},
     false,
     IGNORE,
     0.9},
};

START_TEST(test_order_and_time)
{
    struct incident incident = {.length = stories[_i].length,
                                .has_times = stories[_i].has_times};
    double posterior[INCIDENT_ACTIONS];

    memcpy(incident.events, stories[_i].events,
           stories[_i].length * sizeof *incident.events);
    incidents_posterior(&incident, posterior);
    if (!(posterior[stories[_i].action] >= stories[_i].least))
        ck_abort_msg("%s: %s has %.4f, expected %.2f or more", stories[_i].about,
                     incident_actions[stories[_i].action], posterior[stories[_i].action],
                     stories[_i].least);
}
END_TEST

/* ---- seeds ---- */

static bool is_same(const struct incident *a, const struct incident *b)
{
    bool same = a->length == b->length && a->start == b->start &&
                a->action == b->action && a->service == b->service &&
                a->has_times == b->has_times;

    for (uint32_t t = 0; same && t < a->length; t++)
        same = a->events[t].kind == b->events[t].kind &&
               a->events[t].severity == b->events[t].severity &&
               a->events[t].gap == b->events[t].gap;
    return same;
}

START_TEST(test_seeds)
{
    struct incident first, again, other;

    for (uint32_t i = 0; i < 100; i++) {
        incidents_draw(&first, 7, i);
        incidents_draw(&again, 7, i);
        incidents_draw(&other, 8, i);
        if (!is_same(&first, &again) || is_same(&first, &other))
            ck_abort_msg("history %u of seeds 7, 7 and 8", i);
        if (first.length < INCIDENT_LEAST || first.length > INCIDENT_MOST)
            ck_abort_msg("history %u has %u events", i, first.length);
    }
}
END_TEST

Suite *incidents_suite(void)
{
    Suite *suite = suite_create("incidents");
    TCase *tcase = tcase_create("incidents");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, test_phases);
    tcase_add_test(tcase, test_nothing_is_idle);
    tcase_add_loop_test(tcase, test_gaps, 0, 5);
    tcase_add_test(tcase, test_exact);
    tcase_add_test(tcase, test_sums);
    tcase_add_test(tcase, test_calibrated);
    tcase_add_loop_test(tcase, test_drawn_gaps, 0, COUNT(pairs));
    tcase_add_loop_test(tcase, test_order_and_time, 0, COUNT(stories));
    tcase_add_test(tcase, test_seeds);
    suite_add_tcase(suite, tcase);
    return suite;
}
