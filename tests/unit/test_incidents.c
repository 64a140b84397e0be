/* The stochastic model of incidents: its tables, its draws and its exact probabilities. */
#include "simulate/incidents.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/case_count.h"
#include "support/compare.h"
#include "unit/suites.h"

/* ---- the tables are distributions ---- */

static void assert_mix(const char *about, const struct mix *mix)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < MAX_SHARES; i++) {
        sum += mix->shares[i].percent;
        for (uint32_t j = 0; j < i && mix->shares[i].percent > 0; j++)
            if (mix->shares[j].kind == mix->shares[i].kind)
                ck_abort_msg("%s: %s twice", about,
                             event_infos[mix->shares[i].kind].name);
    }
    if (sum != 100)
        ck_abort_msg("%s: its events sum to %u %%", about, sum);
}

START_TEST(test_probabilities_of_phases_sum_to_one)
{
    uint32_t starts = 0;
    char about[32];
    for (uint32_t s = 0; s < incident_phase_count; s++) {
        const struct phase *phase = &incident_phases[s];
        uint32_t leaves = 0;
        (void)snprintf(about, sizeof about, "phase %u", s);
        starts += phase->start_permille;
        assert_mix(about, phase->mix);
        ck_assert_int_eq(
            phase->severities[0] + phase->severities[1] + phase->severities[2], 100);
        for (uint32_t i = 0; i < MAX_MOVES; i++) {
            const struct move *move = &phase->moves[i];
            leaves += move->percent;
            if (move->percent > 0 && (incident_phases[move->to].cause != phase->cause ||
                                      move->to == s || move->median_s == 0))
                ck_abort_msg("%s: move %u leaves the cause, stays or takes no time",
                             about, i);
        }
        if (leaves > 100 || phase->median_s == 0 || phase->stop_percent == 0 ||
            phase->stop_percent >= 100 || phase->sure_percent <= 50 ||
            phase->sure_percent > 100 || phase->cause >= CAUSES)
            ck_abort_msg("%s: a number is out of its range", about);
    }
    ck_assert_uint_eq(starts, 1000);
    assert_mix("a noise event", &noise_mix);
    for (uint32_t c = 0; c < CAUSES; c++) {
        uint32_t sum = 0;
        for (uint32_t v = 0; v < SERVICES; v++)
            sum += service_weights[c][v];
        ck_assert_uint_eq(sum, SERVICE_WEIGHTS);
    }
}
END_TEST

/* Every phase can be reached, every event is in some mix, and names are distinct. */
START_TEST(test_every_phase_and_event_is_used)
{
    bool is_reached[MAX_PHASES] = {false};
    for (uint32_t round = 0; round < incident_phase_count; round++)
        for (uint32_t s = 0; s < incident_phase_count; s++) {
            is_reached[s] = is_reached[s] || incident_phases[s].start_permille > 0;
            for (uint32_t i = 0; i < MAX_MOVES && is_reached[s]; i++)
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
            ck_abort_msg("%s never happens", event_infos[k].name);
        for (uint32_t other = 0; other < k; other++)
            ck_assert_str_ne(event_infos[k].name, event_infos[other].name);
    }
}
END_TEST

START_TEST(test_gaps_sum_to_one_and_have_their_median)
{
    static const uint32_t medians[] = {1, 8, 60, 900, 18000};
    uint32_t median = medians[_i];
    double sum = 0.0, below = 0.0;
    for (uint32_t k = 0; k < INCIDENT_WEEK_S; k++) {
        below = k == median ? sum : below;
        sum += incident_gap_probability(k, median);
    }
    assert_close("gaps sum to one", median, sum, 1.0, 1e-9);
    assert_close("half of them are below the median", median, below, 0.5,
                 0.5 * median * median / ((double)INCIDENT_WEEK_S * INCIDENT_WEEK_S) +
                     1e-9);
}
END_TEST

/* ---- the posterior is exact ---- */

/*
 * The same probabilities as a sum over every path of phases and noise, in long double, written
 * from the comment of incidents.h.
 */
struct paths {
    const struct incident *incident;
    long double mass[INCIDENT_ACTIONS];
};

static long double gap_law(uint32_t seconds, uint32_t median)
{
    long double p = median, from = seconds, to = from + 1, week = 7 * 24 * 60 * 60;
    return (to * to / (to * to + p * p) - from * from / (from * from + p * p)) /
           (week * week / (week * week + p * p));
}

static long double emission(const struct incident *incident, uint32_t t,
                            const struct mix *mix, const uint8_t *severities)
{
    const struct incident_event *event = &incident->events[t];
    long double p = 0;
    for (int i = 0; i < MAX_SHARES; i++)
        if (mix->shares[i].kind == event->kind)
            p += (long double)mix->shares[i].percent / 100;
    if (incident->has_fields && event_infos[event->kind].source == ALERT)
        p = p * severities[event->severity] / 100;
    return p;
}

static long double gap_factor(const struct incident *incident, uint32_t t,
                              uint32_t median)
{
    return incident->has_times ? gap_law(incident->events[t].gap_s, median) : 1;
}

/* p is the probability of the first t events along a path that is in phase s at the t-th. */
static void follow(struct paths *paths, uint32_t t, uint32_t s, long double p)
{
    const struct incident *incident = paths->incident;
    const struct phase *phase = &incident_phases[s];
    long double ends = t < 3 ? 0 : t == 25 ? 1 : (long double)phase->stop_percent / 100;
    long double stays = 1;
    if (!(p > 0))
        return;
    if (t == incident->length) {
        for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++)
            paths->mass[a] += p * ends *
                              (a == phase->action ? phase->sure_percent
                                                  : (100 - phase->sure_percent) / 2.0L) /
                              100;
        return;
    }
    p *= 1 - ends;
    follow(paths, t + 1, s,
           p * 0.20L * emission(incident, t, &noise_mix, noise_severities) *
               gap_factor(incident, t, 90));
    for (int i = 0; i < MAX_MOVES; i++) {
        const struct move *move = &phase->moves[i];
        const struct phase *next = &incident_phases[move->to];
        stays -= (long double)move->percent / 100;
        if (move->percent > 0)
            follow(paths, t + 1, move->to,
                   p * 0.80L * move->percent / 100 *
                       emission(incident, t, next->mix, next->severities) *
                       gap_factor(incident, t, move->median_s));
    }
    follow(paths, t + 1, s,
           p * 0.80L * stays * emission(incident, t, phase->mix, phase->severities) *
               gap_factor(incident, t, phase->median_s));
}

static void enumerate(const struct incident *incident, double posterior[INCIDENT_ACTIONS])
{
    struct paths paths = {.incident = incident};
    bool shows_service = false;
    long double sum = 0;
    for (uint32_t t = 0; t < incident->length; t++)
        shows_service = shows_service ||
                        incident_service_name(incident, &incident->events[t]) != NULL;
    for (uint32_t s = 0; s < incident_phase_count; s++) {
        const struct phase *phase = &incident_phases[s];
        long double p = (long double)phase->start_permille / 1000;
        if (incident->has_fields && shows_service)
            p = p * service_weights[phase->cause][incident->service] / 100;
        follow(&paths, 1, s, p * emission(incident, 0, phase->mix, phase->severities));
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

START_TEST(test_posterior_equals_the_sum_over_all_paths)
{
    enum { LONGEST_PATH = 10 };
    uint32_t modes[4] = {0};
    struct incident incident;
    double exact[INCIDENT_ACTIONS], posterior[INCIDENT_ACTIONS];
    for (uint32_t i = 0; i < scaled(2000); i++) {
        incident_draw(&incident, 11, i);
        if (incident.length > LONGEST_PATH)
            continue;
        modes[2 * incident.has_times + incident.has_fields]++;
        enumerate(&incident, exact);
        incident_posterior(&incident, posterior);
        for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++)
            assert_close("forward = all paths", i, posterior[a], exact[a], 1e-12);
    }
    for (int mode = 0; mode < 4; mode++)
        ck_assert_uint_gt(modes[mode], 0);
}
END_TEST

START_TEST(test_probabilities_sum_to_one)
{
    struct incident incident;
    double posterior[INCIDENT_ACTIONS];
    for (uint32_t i = 0; i < scaled(5000); i++) {
        double sum = 0.0;
        incident_draw(&incident, 12, i);
        incident_posterior(&incident, posterior);
        for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++) {
            if (!(posterior[a] > 0.0))
                ck_abort_msg("history %u: %s is impossible", i, incident_action_names[a]);
            sum += posterior[a];
        }
        assert_close("sums to one", i, sum, 1.0, 1e-12);
    }
}
END_TEST

/*
 * Among the histories whose posterior of an action is in a bin, the share with that label is the
 * mean of the posteriors.  If the draws and the posterior used different distributions, some bin
 * would be off by many standard errors.
 */
START_TEST(test_posterior_is_calibrated)
{
    enum { BINS = 20, SHOWN = 4, LEAST = 50 };
    static double excess[SHOWN][INCIDENT_ACTIONS][BINS],
        variance[SHOWN][INCIDENT_ACTIONS][BINS];
    struct incident incident;
    double posterior[INCIDENT_ACTIONS], likely = 0.0, squares = 0.0;
    uint32_t count = scaled(60000);
    for (uint32_t i = 0; i < count; i++) {
        incident_draw(&incident, 13, i);
        incident_posterior(&incident, posterior);
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

/* ---- the posteriors after every event ---- */

START_TEST(test_last_posterior_of_the_longest_histories_knows_the_end)
{
    struct incident_outlook *outlook = malloc(sizeof *outlook);
    struct incident incident;
    double posterior[INCIDENT_ACTIONS], posteriors[INCIDENT_MAX][INCIDENT_ACTIONS];
    uint32_t longest = 0;
    ck_assert_ptr_nonnull(outlook);
    incident_outlook_init(outlook);
    for (uint32_t i = 0; i < scaled(20000) || longest == 0; i++) {
        incident_draw(&incident, 15, i);
        if (incident.length < INCIDENT_MAX)
            continue;
        longest++;
        incident_posterior(&incident, posterior);
        incident_posteriors(&incident, outlook, posteriors);
        for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++)
            assert_close("after the last event that is possible", i,
                         posteriors[INCIDENT_MAX - 1][a], posterior[a], 1e-12);
    }
    free(outlook);
}
END_TEST

/* What is known so far, and no more: later events do not change it. */
START_TEST(test_posteriors_depend_on_the_events_so_far_only)
{
    struct incident_outlook *outlook = malloc(sizeof *outlook);
    struct incident incident, begun;
    double posteriors[INCIDENT_MAX][INCIDENT_ACTIONS],
        again[INCIDENT_MAX][INCIDENT_ACTIONS];
    ck_assert_ptr_nonnull(outlook);
    incident_outlook_init(outlook);
    for (uint32_t i = 0; i < scaled(500); i++) {
        incident_draw(&incident, 16, i);
        incident_posteriors(&incident, outlook, posteriors);
        begun = incident;
        begun.length = 1 + i % incident.length;
        incident_posteriors(&begun, outlook, again);
        ck_assert_mem_eq(posteriors, again, begun.length * sizeof *again);
    }
    free(outlook);
}
END_TEST

/* As test_posterior_is_calibrated, after event 1, 3, 5, ... */
START_TEST(test_posteriors_are_calibrated_after_every_event)
{
    enum { BINS = 10, STEPS = 6, LEAST = 50 };
    static double excess[STEPS][INCIDENT_ACTIONS][BINS],
        variance[STEPS][INCIDENT_ACTIONS][BINS];
    struct incident_outlook *outlook = malloc(sizeof *outlook);
    struct incident incident;
    double posteriors[INCIDENT_MAX][INCIDENT_ACTIONS];
    ck_assert_ptr_nonnull(outlook);
    incident_outlook_init(outlook);
    for (uint32_t i = 0; i < scaled(40000); i++) {
        incident_draw(&incident, 17, i);
        incident_posteriors(&incident, outlook, posteriors);
        for (uint32_t t = 0; t < incident.length && t < 2 * STEPS; t += 2)
            for (uint32_t a = 0; a < INCIDENT_ACTIONS; a++) {
                double p = posteriors[t][a];
                int bin = p < 1.0 ? (int)(p * BINS) : BINS - 1;
                excess[t / 2][a][bin] += (a == incident.action) - p;
                variance[t / 2][a][bin] += p * (1 - p);
            }
    }
    free(outlook);
    for (int t = 0; t < STEPS; t++)
        for (int a = 0; a < INCIDENT_ACTIONS; a++)
            for (int bin = 0; bin < BINS; bin++)
                if (variance[t][a][bin] > LEAST * 0.01)
                    assert_close("standard errors off", (size_t)bin,
                                 excess[t][a][bin] / sqrt(variance[t][a][bin]), 0.0, 4.5);
}
END_TEST

/* Pairs of consecutive events that only one transition can produce, and the median of its gap. */
static const struct {
    const char *about;
    int before, after; /* before -1: any */
    uint32_t median;
} pairs[] = {
    {"a noise event", -1, NOTE_ADDED, 90},
    {"a move to another phase", FAILOVER_STARTED, FAILOVER_FINISHED, 60},
    {"the same phase twice", FAILOVER_FINISHED, FAILOVER_FINISHED, 30},
};

/* The gaps have the distribution that the posterior assumes, at 1/3, 1 and 3 medians. */
START_TEST(test_drawn_gaps_have_the_assumed_distribution)
{
    enum { POINTS = 3 };
    const uint32_t median = pairs[_i].median,
                   points[POINTS] = {median / 3, median, 3 * median};
    double expected[POINTS] = {0.0}, below[POINTS] = {0.0}, count = 0.0;
    struct incident incident;
    for (int i = 0; i < POINTS; i++)
        for (uint32_t k = 0; k < points[i]; k++)
            expected[i] += incident_gap_probability(k, median);
    for (uint32_t n = 0; n < 60000; n++) {
        incident_draw(&incident, 14, n);
        for (uint32_t t = 1; t < incident.length; t++) {
            const struct incident_event *event = &incident.events[t];
            if (event->kind != pairs[_i].after ||
                (pairs[_i].before >= 0 && event[-1].kind != pairs[_i].before))
                continue;
            count++;
            for (int i = 0; i < POINTS; i++)
                below[i] += event->gap_s < points[i];
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

/* ---- the right action depends on order and time ---- */

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
    {"an error before a deploy",
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
    {"an error hours after a deploy",
     3,
     {{DEPLOY_STARTED, 0, 0},
      {DEPLOY_FINISHED, 0, 4 * MINUTES},
      {ERROR_RATE_HIGH, 0, 5 * HOURS}},
     true,
     ESCALATE,
     0.9},
    {"rollback requested and errors cleared",
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
    {"errors again after the rollback: the deploy was not the cause",
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
    {"damaged data after a deploy: a rollback does not repair it",
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

START_TEST(test_order_and_time_change_the_posterior)
{
    struct incident incident = {.length = stories[_i].length,
                                .has_times = stories[_i].has_times};
    double posterior[INCIDENT_ACTIONS];
    memcpy(incident.events, stories[_i].events,
           stories[_i].length * sizeof *incident.events);
    incident_posterior(&incident, posterior);
    if (!(posterior[stories[_i].action] >= stories[_i].least))
        ck_abort_msg("%s: %s has %.4f, expected %.2f or more", stories[_i].about,
                     incident_action_names[stories[_i].action],
                     posterior[stories[_i].action], stories[_i].least);
}
END_TEST

/* ---- seeds ---- */

static bool is_same(const struct incident *a, const struct incident *b)
{
    bool same = a->length == b->length && a->start_s == b->start_s &&
                a->action == b->action && a->service == b->service &&
                a->has_times == b->has_times;
    for (uint32_t t = 0; same && t < a->length; t++)
        same = a->events[t].kind == b->events[t].kind &&
               a->events[t].severity == b->events[t].severity &&
               a->events[t].gap_s == b->events[t].gap_s;
    return same;
}

START_TEST(test_same_seed_gives_the_same_histories)
{
    struct incident first, again, other;
    for (uint32_t i = 0; i < 100; i++) {
        incident_draw(&first, 7, i);
        incident_draw(&again, 7, i);
        incident_draw(&other, 8, i);
        if (!is_same(&first, &again) || is_same(&first, &other))
            ck_abort_msg("history %u of seeds 7, 7 and 8", i);
        if (first.length < INCIDENT_MIN || first.length > INCIDENT_MAX)
            ck_abort_msg("history %u has %u events", i, first.length);
    }
}
END_TEST

Suite *incidents_suite(void)
{
    Suite *suite = suite_create("incidents");
    TCase *tcase = tcase_create("incidents");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, test_probabilities_of_phases_sum_to_one);
    tcase_add_test(tcase, test_every_phase_and_event_is_used);
    tcase_add_loop_test(tcase, test_gaps_sum_to_one_and_have_their_median, 0, 5);
    tcase_add_test(tcase, test_posterior_equals_the_sum_over_all_paths);
    tcase_add_test(tcase, test_probabilities_sum_to_one);
    tcase_add_test(tcase, test_posterior_is_calibrated);
    tcase_add_test(tcase, test_last_posterior_of_the_longest_histories_knows_the_end);
    tcase_add_test(tcase, test_posteriors_depend_on_the_events_so_far_only);
    tcase_add_test(tcase, test_posteriors_are_calibrated_after_every_event);
    tcase_add_loop_test(tcase, test_drawn_gaps_have_the_assumed_distribution, 0,
                        COUNT(pairs));
    tcase_add_loop_test(tcase, test_order_and_time_change_the_posterior, 0,
                        COUNT(stories));
    tcase_add_test(tcase, test_same_seed_gives_the_same_histories);
    suite_add_tcase(suite, tcase);
    return suite;
}
