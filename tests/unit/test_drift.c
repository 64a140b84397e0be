/* Data beside the profile of the training: a distance for numbers, lengths and hours, and shares. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "evaluation.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { HISTORIES = 240, TEXT_BYTES = 800 };

static const char with_profile[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"b\"], \"most_frequent\": 0.5, \"missing_share\": 0}, "
    "{\"name\": \"x\", \"kind\": \"number\", \"mean\": 50, \"scale\": 30, "
    "\"missing_mean\": 0.1, \"missing_scale\": 0.3, \"deciles\": [0, 10, 20, 30, 40, 50, "
    "60, 70, 80, 90, 100], \"histories\": 240}], "
    "\"time\": [{\"name\": \"hour_sin\"}, {\"name\": \"hour_cos\"}], "
    "\"length_deciles\": [1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2], "
    "\"hours\": [0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
    "0, 0]}";

static const char without[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"b\"]}, {\"name\": \"x\", \"kind\": \"number\"}], "
    "\"time\": [{\"name\": \"hour_sin\"}, {\"name\": \"hour_cos\"}]}";

static const struct {
    const char *about;
    double offset;       /* of the numbers */
    int hours;           /* later */
    bool is_short;       /* all histories have one event */
    const char *name;    /* of the second event */
    double distances[3]; /* of x, length and hour */
    double unknown;      /* share of the names of events */
} cases[] = {
    {"data like that of the training", 0.0, 0, false, "b", {0.0, 0.0, 0.0}, 0.0},
    {"numbers that are 25 higher", 25.0, 0, false, "b", {0.25, 0.0, 0.0}, 0.0},
    {"numbers that are out of reach", 500.0, 0, false, "b", {1.0, 0.0, 0.0}, 0.0},
    {"short histories", 0.0, 0, true, "b", {0.0, 0.5, 0.0}, 0.0},
    {"an hour later", 0.0, 1, false, "b", {0.0, 0.0, 0.5}, 0.0},
    {"names that are unknown", 0.0, 0, false, "?", {0.0, 0.0, 0.0}, 1.0 / 3},
};

/* The numbers are 0.2, 0.6, 1.0 ...; half of the histories have two events, the second without. */
static const char *write_history(char text[TEXT_BYTES], int i, int h)
{
    const double x = (h + 0.5) * 100.0 / HISTORIES + cases[i].offset;
    const int hour = 8 + h / 2 % 2 + cases[i].hours;
    const bool is_long = h % 2 == 1 && !cases[i].is_short;
    int length = snprintf(text, TEXT_BYTES,
                          "{\"events\": [{\"event\": \"a\", \"time\": "
                          "\"2026-01-05T%02d:10:00Z\", \"x\": %.17g}",
                          hour, x);
    snprintf(text + length, (size_t)(TEXT_BYTES - length),
             is_long ? ", {\"event\": \"%s\", \"time\": \"2026-01-05T23:00:00Z\"}]}"
                     : "]}",
             cases[i].name);
    return text;
}

static struct model *make_model(const char *text)
{
    const struct spec spec = sample_spec(0, 0, 2, 1, 1);
    return sample_model(text, &spec, 1.0f, 1);
}

static void make_examples(const struct model *model, int i, struct example *examples,
                          struct arena *arena)
{
    char text[TEXT_BYTES];
    for (int h = 0; h < HISTORIES; h++)
        examples[h] =
            (struct example){.history = sample_history(triage_model_schema(model),
                                                       write_history(text, i, h), arena)};
}

START_TEST(test_distances_to_the_training)
{
    static struct example examples[HISTORIES];
    struct model *model = make_model(with_profile);
    struct drift drift;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    make_examples(model, _i, examples, &arena);
    ck_assert_int_eq(triage_drift_measure(&drift, model, examples, HISTORIES, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(drift.count, 4);
    for (size_t k = 0; k < 3; k++) {
        const struct drift_row *row = &drift.rows[k + 1];
        assert_close(cases[_i].about, k, row->distance, cases[_i].distances[k], 0.03);
        ck_assert_msg((row->distance > row->by_chance) == (cases[_i].distances[k] > 0.0),
                      "%s: %s: %g, by chance %g", cases[_i].about, row->name,
                      row->distance, row->by_chance);
    }
    const struct drift_row *event = &drift.rows[0], *x = &drift.rows[1];
    ck_assert_str_eq(event->name, "event");
    assert_close(cases[_i].about, 0, event->unknown, cases[_i].unknown, 1e-9);
    assert_close(cases[_i].about, 1, x->missing, cases[_i].is_short ? 0.0 : 1.0 / 3,
                 1e-9);
    assert_close(cases[_i].about, 2, x->trained_missing, 0.1, 1e-6);
    assert_close(cases[_i].about, 3, x->trained_median, 50.0, 1e-4);
    ck_assert(isnan(event->distance));
    triage_drift_release(&drift);
    triage_model_free(model);
    arena_release(&arena);
}
END_TEST

START_TEST(test_a_model_without_a_profile_says_less)
{
    static struct example examples[HISTORIES];
    struct model *model = make_model(without);
    struct drift drift;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    make_examples(model, 0, examples, &arena);
    ck_assert_int_eq(triage_drift_measure(&drift, model, examples, HISTORIES, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(drift.count, 3); /* no hours to compare with */
    for (size_t i = 0; i < drift.count; i++) {
        ck_assert(isnan(drift.rows[i].distance));
        ck_assert(isnan(drift.rows[i].trained_median));
        ck_assert(isnan(drift.rows[i].trained_missing));
    }
    triage_drift_release(&drift);
    ck_assert_int_eq(triage_drift_measure(&drift, model, examples, 0, NULL), STATUS_OK);
    ck_assert_uint_eq(drift.count, 0);
    triage_drift_release(&drift);
    triage_model_free(model);
    arena_release(&arena);
}
END_TEST

START_TEST(test_it_ends_cleanly_when_memory_runs_out)
{
    static struct example examples[HISTORIES];
    struct model *model = make_model(with_profile);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    make_examples(model, 0, examples, &arena);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct drift drift;
        ck_assert_int_eq(triage_drift_measure(&drift, model, examples, HISTORIES, NULL),
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        triage_drift_release(&drift);
    }
    triage_model_free(model);
    arena_release(&arena);
}
END_TEST

Suite *drift_suite(void)
{
    Suite *suite = suite_create("drift");
    TCase *tc = tcase_create("drift");
    tcase_add_loop_test(tc, test_distances_to_the_training, 0, COUNT(cases));
    tcase_add_test(tc, test_a_model_without_a_profile_says_less);
    tcase_add_test(tc, test_it_ends_cleanly_when_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
