/* The mean and standard deviation of each input. */
#include <math.h>

#include "base/json.h"
#include "model/schema.h"
#include "support/compare.h"
#include "support/sample.h"
#include "trainer.h"
#include "unit/suites.h"

static const char schema_text[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\"]},"
    " {\"name\": \"x\", \"kind\": \"number\"}, {\"name\": \"y\", \"kind\": \"number\"}],"
    " \"time\": [{\"name\": \"since_previous\"}]}";

static const struct {
    const char *about;
    const char *histories[3];
    struct scale x, missing;
} cases[] = {
    {"mean and deviation over all events of all histories",
     {"{\"events\": [{\"x\": 1}, {\"x\": 3}]}", "{\"events\": [{\"x\": 8}]}"},
     {4.0f, 2.94392029f},
     {0.0f, 1.0f}},
    {"a missing number counts only for its flag",
     {"{\"events\": [{\"x\": 2}, {}, \"a\"]}", "{\"events\": [{\"x\": 4}]}"},
     {3.0f, 1.0f},
     {0.5f, 0.5f}},
    {"a constant gets scale 1",
     {"{\"events\": [{\"x\": 7}, {\"x\": 7}]}"},
     {7.0f, 1.0f},
     {0.0f, 1.0f}},
    {"always missing", {"{\"events\": [\"a\", \"a\"]}"}, {0.0f, 1.0f}, {1.0f, 1.0f}},
    {"beyond the limits of scaled inputs",
     {"{\"events\": [{\"x\": 1000}, {\"x\": -1000}]}"},
     {0.0f, 1000.0f},
     {0.0f, 1.0f}},
    {"no history", {NULL}, {0.0f, 1.0f}, {0.0f, 1.0f}},
};

static void check_scale(const char *about, const struct scale *got,
                        const struct scale *expected)
{
    assert_close(about, 0, (double)got->mean, (double)expected->mean, 1e-6);
    assert_close(about, 1, (double)got->scale, (double)expected->scale, 1e-6);
}

START_TEST(test_mean_and_scale_are_measured)
{
    struct schema *schema = sample_schema(schema_text);
    struct history histories[3];
    const struct history *pointers[3];
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, SIZE_MAX);
    triage_schema_begin_raw(schema);
    for (; count < 3 && cases[_i].histories[count]; count++) {
        histories[count] = sample_history(schema, cases[_i].histories[count], &arena);
        pointers[count] = &histories[count];
    }
    ck_assert_int_eq(triage_schema_end_raw(schema, pointers, count, NULL), STATUS_OK);
    check_scale(cases[_i].about, &schema_find(schema, "x")->number, &cases[_i].x);
    check_scale(cases[_i].about, &schema_find(schema, "x")->missing, &cases[_i].missing);
    ck_assert(!schema->is_raw);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_scaled_inputs_have_mean_0_and_deviation_1)
{
    static const char text[] =
        "{\"events\": [{\"x\": 1, \"y\": 100, \"time\": 1}, {\"x\": 3, \"time\": 5},"
        " {\"x\": 8, \"y\": -100, \"time\": 6}, {\"y\": 3, \"time\": 1000}]}";
    struct schema *schema = sample_schema(schema_text);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    triage_schema_begin_raw(schema);
    struct history history = sample_history(schema, text, &arena);
    const struct history *pointer = &history;
    ck_assert_int_eq(triage_schema_end_raw(schema, &pointer, 1, NULL), STATUS_OK);
    history = sample_history(schema, text, &arena);
    uint32_t F = schema_inputs(schema);
    for (uint32_t input = 0; input < F; input++) {
        double sum = 0.0, squares = 0.0, count = 0.0;
        for (uint32_t t = 0; t < 4; t++) {
            double x = (double)history.values[t * F + input];
            bool is_present = !((input == 0 && t == 3) || (input == 2 && t == 1));
            sum += x;
            squares += x * x;
            count += is_present;
            ck_assert(is_present || x == 0.0);
        }
        assert_close("mean", input, sum / count, 0.0, 1e-6);
        assert_close("deviation", input, sqrt(squares / count), 1.0, 1e-6);
    }
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_numbers_too_large_for_a_float_are_errors)
{
    struct schema *schema = sample_schema(schema_text);
    struct error err = {.status = STATUS_OK};
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    triage_schema_begin_raw(schema);
    struct history history =
        sample_history(schema, "{\"events\": [{\"x\": 1e300}]}", &arena);
    const struct history *pointer = &history;
    ck_assert_int_eq(triage_schema_end_raw(schema, &pointer, 1, &err), STATUS_NOT_FINITE);
    ck_assert_str_eq(
        err.text,
        "the numbers of \"x\" are too large for a mean or a standard deviation");
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

Suite *standardise_suite(void)
{
    Suite *suite = suite_create("standardise");
    TCase *tc = tcase_create("standardise");
    tcase_add_loop_test(tc, test_mean_and_scale_are_measured, 0, COUNT(cases));
    tcase_add_test(tc, test_scaled_inputs_have_mean_0_and_deviation_1);
    tcase_add_test(tc, test_numbers_too_large_for_a_float_are_errors);
    suite_add_tcase(suite, tc);
    return suite;
}
