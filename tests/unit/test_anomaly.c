/*
 * Anomalies: what each rule finds in histories made by hand, and that settings are fixed on validation
 * alone.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation.h"
#include "infer/model.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { EVENTS = 8, MOST = 64 };

static struct model *model;
static struct anomaly_history histories[MOST];
static uint32_t ids[MOST][EVENTS];
static size_t count;

static const struct anomaly_settings settings = {.seed = 1, .resamples = 50};

static void set_up(void)
{
    static const char *const actions[] = {"a", "b", "c", "d", "e", END_OF_HISTORY};
    const struct training training = {.batch = 16, .epochs = 1, .threads = 1, .seed = 5};
    struct spec spec = sample_spec(2, 0, 5, 1, 1);
    struct schema *schema = sample_schema(sample_plain);
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, TASK_NEXT, actions, 6, &training, NULL);
    ck_assert_ptr_nonnull(trainer);
    triage_schema_free(schema);
    model = sample_finish(trainer);
    count = 0;
}

static void tear_down(void)
{
    triage_model_free(model);
}

/* A history of letters; "?" is an event that the model does not know. */
static void add(const char *events, enum anomaly_part part, bool is_anomaly)
{
    const uint32_t length = (uint32_t)strlen(events);
    ck_assert(count < MOST && length <= EVENTS);
    for (uint32_t i = 0; i < length; i++)
        ids[count][i] = events[i] == '?' ? SCHEMA_UNKNOWN
                                         : SCHEMA_FIRST + (uint32_t)(events[i] - 'a');
    histories[count] =
        (struct anomaly_history){.history = {.ids = ids[count], .length = length},
                                 .part = part,
                                 .is_anomaly = is_anomaly};
    count++;
}

static void add_many(const char *events, enum anomaly_part part, bool is_anomaly, int n)
{
    for (int i = 0; i < n; i++)
        add(events, part, is_anomaly);
}

/* abc is normal, and so is abbc; 1 of 10 of validation is abbbc. */
static void add_normal(void)
{
    add_many("abc", ANOMALY_TRAINING, false, 8);
    add_many("abbc", ANOMALY_TRAINING, false, 4);
    add_many("abc", ANOMALY_VALIDATION, false, 9);
    add("abbbc", ANOMALY_VALIDATION, false);
}

static void run(struct anomaly_evaluation *evaluation,
                const struct anomaly_settings *chosen)
{
    struct error err = {.status = STATUS_OK};
    ck_assert_msg(triage_evaluate_anomalies(evaluation, model, histories, count, chosen,
                                            &err) == STATUS_OK,
                  "%s", err.text);
}

/* No false alarm: n is the largest for which abbbc is known, as bb and bbc are but bbb is not. */
START_TEST(test_never_seen_sequences)
{
    struct anomaly_evaluation evaluation;
    add_normal();
    add("abc", ANOMALY_TEST, false);
    add("abbbbc", ANOMALY_TEST, false); /* no pair that was not seen */
    add("acb", ANOMALY_TEST, true);     /* ac */
    add("ab", ANOMALY_TEST, true);      /* b is never the last */
    add("bc", ANOMALY_TEST, true);      /* nor the first */
    add("ab?c", ANOMALY_TEST, true);
    add("abbbc", ANOMALY_TEST, true); /* not found: it is in validation */
    run(&evaluation, &settings);
    const struct anomaly_rule *rule = &evaluation.rules[RULE_UNSEEN];
    ck_assert_double_eq(rule->setting, 2.0);
    ck_assert_uint_eq(rule->validation_alarms, 0);
    ck_assert_uint_eq(rule->found, 4);
    ck_assert_uint_eq(rule->alarms, 0);
    assert_close("recall", 0, rule->recall.value, 0.8, 1e-12);
    assert_close("F1", 0, rule->f1.value, 8.0 / 9.0, 1e-12);
    ck_assert_uint_eq(evaluation.rules[RULE_UNION].validation_alarms, 0);
    ck_assert(evaluation.rules[RULE_UNION].found >= 4);
}
END_TEST

/* One alarm of 10 is allowed: abbbc may be one, so that longer sequences count. */
START_TEST(test_the_rate_of_false_alarms)
{
    struct anomaly_evaluation evaluation;
    struct anomaly_settings chosen = settings;
    add_normal();
    add("abc", ANOMALY_TEST, false);
    add("abbbbc", ANOMALY_TEST, false);
    add("acb", ANOMALY_TEST, true);
    chosen.false_alarms = 0.1;
    run(&evaluation, &chosen);
    ck_assert_double_eq(evaluation.rules[RULE_UNSEEN].setting, 6.0);
    ck_assert_uint_eq(evaluation.rules[RULE_UNSEEN].validation_alarms, 1);
    /* bbb is counted for the test, bbbb is not */
    ck_assert_uint_eq(evaluation.rules[RULE_UNSEEN].alarms, 1);
    for (unsigned rule = 0; rule < ANOMALY_RULES - 1; rule++)
        ck_assert_uint_le(evaluation.rules[rule].validation_alarms, 1);
}
END_TEST

/* Of abbbc of validation, one event more than abbc, there is no alarm: k is 1. */
START_TEST(test_distance_of_counts)
{
    struct anomaly_evaluation evaluation;
    add_normal();
    add("abc", ANOMALY_TEST, false);
    add("cba", ANOMALY_TEST, false);    /* as often as in abc */
    add("abbbbc", ANOMALY_TEST, false); /* 1 more than in abbbc of validation */
    add("aabbc?", ANOMALY_TEST, true);  /* 2 more than in abbc */
    add("a", ANOMALY_TEST, true);       /* 2 less than in abc */
    add("abd", ANOMALY_TEST, true);     /* another event instead of one are two */
    add("ab", ANOMALY_TEST, true);      /* not found */
    run(&evaluation, &settings);
    const struct anomaly_rule *rule = &evaluation.rules[RULE_COUNTS];
    ck_assert_double_eq(rule->setting, 1.0);
    ck_assert_uint_eq(rule->validation_alarms, 0);
    ck_assert_uint_eq(rule->found, 3);
    ck_assert_uint_eq(rule->alarms, 0);
}
END_TEST

/* With one alarm of 10 allowed, k is 0, and counts that no normal history has are an alarm. */
START_TEST(test_counts_never_seen)
{
    struct anomaly_evaluation evaluation;
    struct anomaly_settings chosen = settings;
    add_normal();
    add("cba", ANOMALY_TEST, false);
    add("abbbbc", ANOMALY_TEST, false);
    add("ab", ANOMALY_TEST, true);
    chosen.false_alarms = 0.1;
    run(&evaluation, &chosen);
    const struct anomaly_rule *rule = &evaluation.rules[RULE_COUNTS];
    ck_assert_double_eq(rule->setting, 0.0);
    ck_assert_uint_eq(rule->validation_alarms, 1);
    ck_assert_uint_eq(rule->found, 1);
    ck_assert_uint_eq(rule->alarms, 1);
}
END_TEST

/* At a rate that lets n-grams and counts raise one alarm each, on different histories. */
START_TEST(test_a_union_keeps_the_rate)
{
    struct anomaly_evaluation evaluation;
    struct anomaly_settings chosen = settings;
    add_many("abab", ANOMALY_TRAINING, false, 8);
    add_many("ababab", ANOMALY_TRAINING, false, 8);
    add_many("abab", ANOMALY_VALIDATION, false, 8);
    add("abba", ANOMALY_VALIDATION, false);     /* bb was never seen; as often as abab */
    add("abababab", ANOMALY_VALIDATION, false); /* 2 more; all of its 6-grams were seen */
    add("abab", ANOMALY_TEST, false);
    add("babbaaba", ANOMALY_TEST, true); /* unseen pairs */
    add("ab", ANOMALY_TEST, true);       /* 2 less than abab; no alarm of the union */
    chosen.false_alarms = 0.1;
    run(&evaluation, &chosen);
    ck_assert_uint_eq(evaluation.rules[RULE_UNSEEN].validation_alarms, 1);
    ck_assert_uint_eq(evaluation.rules[RULE_COUNTS].validation_alarms, 1);
    ck_assert_double_eq(evaluation.rules[RULE_COUNTS].setting, 0.0);
    ck_assert_double_eq(evaluation.rules[RULE_UNSEEN_COUNTS].setting, 2.0);
    for (unsigned rule = RULE_UNSEEN_COUNTS; rule < ANOMALY_RULES; rule++)
        ck_assert_uint_eq(evaluation.rules[rule].validation_alarms, 1);
}
END_TEST

/* n-grams find cab, counts find abab, and the unions that have both find both. */
START_TEST(test_a_union_has_the_alarms_of_its_rules)
{
    struct anomaly_evaluation evaluation;
    const struct anomaly_rule *rules = evaluation.rules;
    add_many("ab", ANOMALY_TRAINING, false, 8);
    add_many("ababab", ANOMALY_TRAINING, false, 8);
    add_many("ab", ANOMALY_VALIDATION, false, 10);
    add("ab", ANOMALY_TEST, false);
    add("abab", ANOMALY_TEST, true); /* 2 more than ab; its 6-grams are in ababab */
    add("ba", ANOMALY_TEST, true);   /* as often as ab */
    run(&evaluation, &settings);
    ck_assert_uint_eq(rules[RULE_COUNTS].found, 1);
    ck_assert_uint_eq(rules[RULE_UNSEEN_COUNTS].found, 2);
    ck_assert_uint_eq(rules[RULE_UNION_ALL].found, 2);
    ck_assert_uint_eq(rules[RULE_UNSEEN_COUNTS].alarms, 0);
}
END_TEST

/* The alarms of the test do not change the settings. */
START_TEST(test_settings_do_not_depend_on_the_test)
{
    struct anomaly_evaluation with, without;
    add_normal();
    add("abc", ANOMALY_TEST, false);
    add("eeee", ANOMALY_TEST, true);
    run(&without, &settings);
    add_many("dddd", ANOMALY_TEST, false, 5);
    add_many("abc", ANOMALY_TEST, true, 5);
    add("eded", ANOMALY_TRAINING, true);   /* an anomaly is not counted */
    add("eded", ANOMALY_VALIDATION, true); /* nor does it count as false alarm */
    run(&with, &settings);
    ck_assert_uint_eq(with.training, without.training);
    ck_assert_uint_eq(with.validation, without.validation);
    for (unsigned rule = 0; rule < ANOMALY_RULES; rule++)
        ck_assert_double_eq(with.rules[rule].setting, without.rules[rule].setting);
    ck_assert_uint_eq(with.rules[RULE_UNSEEN].alarms, 5);
}
END_TEST

/* Half of the sample of normal histories is an alarm, so half of all are. */
START_TEST(test_a_sample_of_normal_histories)
{
    struct anomaly_evaluation evaluation;
    struct anomaly_settings chosen = settings;
    add_normal();
    add("abc", ANOMALY_TEST, false);
    add("ca", ANOMALY_TEST, false);
    add("cab", ANOMALY_TEST, true);
    chosen.normals = 200;
    run(&evaluation, &chosen);
    const struct anomaly_rule *rule = &evaluation.rules[RULE_UNSEEN];
    ck_assert_uint_eq(rule->alarms, 1);
    assert_close("precision", 0, rule->precision.value, 1.0 / 101.0, 1e-12);
    ck_assert(rule->f1.low <= rule->f1.value && rule->f1.value <= rule->f1.high);
}
END_TEST

/* A history of at most 2 events is an alarm by rank, and of others only later events count. */
START_TEST(test_window_of_ranks)
{
    struct anomaly_evaluation evaluation;
    struct anomaly_settings chosen = settings;
    add_normal();
    add("?bc", ANOMALY_TEST, false);
    add("ab", ANOMALY_TEST, true);
    add("ab?c", ANOMALY_TEST, true);
    chosen.window = 2;
    run(&evaluation, &chosen);
    const unsigned rules[] = {RULE_COUNTED_RANK, RULE_RANK};
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(evaluation.rules[rules[i]].found, 2);
        ck_assert_uint_eq(evaluation.rules[rules[i]].alarms, 0);
    }
}
END_TEST

START_TEST(test_ranks_by_counts)
{
    struct anomaly_evaluation evaluation;
    add_normal();
    add("abc", ANOMALY_TEST, false);
    add("ab?c", ANOMALY_TEST, true);
    run(&evaluation, &settings);
    const struct anomaly_rule *rule = &evaluation.rules[RULE_COUNTED_RANK];
    ck_assert(rule->setting >= 2.0 && rule->setting <= 6.0); /* bbb: b is not the first */
    ck_assert_uint_eq(rule->found, 1);
    ck_assert_uint_eq(rule->alarms, 0);
    ck_assert_double_eq(rule->f1_gain.value, 0.0);
}
END_TEST

static const struct {
    const char *about;
    size_t left_out; /* the index of the part, of all in order */
    const char *error;
} missing[] = {
    {"nothing to count", 0, "there is no normal history in train"},
    {"nothing to fix settings on", 1, "there is no normal history in val"},
    {"no normal history", 2, "there is no normal history in test"},
    {"no anomaly", 3, "there is no anomaly in test"},
};

START_TEST(test_parts_that_are_missing)
{
    struct anomaly_evaluation evaluation;
    struct error err = {.status = STATUS_OK};
    for (size_t i = 0; i < 4; i++)
        if (i != missing[_i].left_out)
            add("abc", i < 3 ? (enum anomaly_part)i : ANOMALY_TEST, i == 3);
    ck_assert_int_eq(
        triage_evaluate_anomalies(&evaluation, model, histories, count, &settings, &err),
        STATUS_BAD_INPUT);
    ck_assert_msg(strcmp(err.text, missing[_i].error) == 0, "%s: %s", missing[_i].about,
                  err.text);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    add_normal();
    add("abc", ANOMALY_TEST, false);
    add("ab?c", ANOMALY_TEST, true);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct anomaly_evaluation evaluation;
        enum status status = triage_evaluate_anomalies(&evaluation, model, histories,
                                                       count, &settings, NULL);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
    }
}
END_TEST

Suite *anomaly_suite(void)
{
    Suite *suite = suite_create("anomaly");
    TCase *tc = tcase_create("anomaly");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_never_seen_sequences);
    tcase_add_test(tc, test_the_rate_of_false_alarms);
    tcase_add_test(tc, test_distance_of_counts);
    tcase_add_test(tc, test_counts_never_seen);
    tcase_add_test(tc, test_a_union_keeps_the_rate);
    tcase_add_test(tc, test_a_union_has_the_alarms_of_its_rules);
    tcase_add_test(tc, test_settings_do_not_depend_on_the_test);
    tcase_add_test(tc, test_a_sample_of_normal_histories);
    tcase_add_test(tc, test_window_of_ranks);
    tcase_add_test(tc, test_ranks_by_counts);
    tcase_add_loop_test(tc, test_parts_that_are_missing, 0, COUNT(missing));
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
