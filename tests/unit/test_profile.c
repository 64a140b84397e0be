/* What a schema keeps of the training histories. */
#include "model/profile.h"

#include <string.h>

#include "model/schema.h"
#include "support/sample.h"
#include "unit/suites.h"

static const char schema_text[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"b\"]}, "
    "{\"name\": \"x\", \"kind\": \"number\", \"mean\": 251.3, \"scale\": 210.7}, "
    "{\"name\": \"zone\", \"kind\": \"category\", \"values\": [\"n\", \"s\"]}], "
    "\"time\": [{\"name\": \"hour_sin\"}, {\"name\": \"hour_cos\", \"scale\": 0.7}]}";

enum { MOST = 3 };

static const struct {
    const char *about, *histories[MOST];
    const char *kept; /* is in the schema */
} cases[] = {
    {"numbers, rounded as they were",
     {"{\"events\": [{\"event\": \"a\", \"x\": 2.7}, {\"event\": \"a\", \"x\": 0.4}]}",
      "{\"events\": [{\"event\": \"a\", \"x\": 599.5}, {\"event\": \"b\"}]}"},
     "\"deciles\": [0.4, 0.4, 0.4, 2.7, 2.7, 2.7, 2.7, 2.7, 599.5, 599.5, 599.5], "
     "\"histories\": 2"},
    {"numbers that are clamped are as the model reads them",
     {"{\"events\": [{\"event\": \"a\", \"x\": 1e9}]}"},
     "\"deciles\": [3622.5, 3622.5, 3622.5, "},
    {"no number",
     {"{\"events\": [\"a\"]}"},
     "\"missing_scale\": 1.0}, {\"name\": \"zone\""},
    {"shares of a category of which one value is unknown and one missing",
     {"{\"events\": [{\"event\": \"a\", \"zone\": \"n\"}, {\"event\": \"a\", \"zone\": "
      "\"n\"}, {\"event\": \"a\", \"zone\": \"?!\"}, \"a\"]}"},
     "\"most_frequent\": 0.6667, \"missing_share\": 0.25}"},
    {"a category that is always missing",
     {"{\"events\": [\"a\", \"b\"]}"},
     "\"values\": [\"n\", \"s\"], \"missing_share\": 1.0}"},
    {"lengths",
     {"{\"events\": [\"a\", \"b\", \"b\", \"b\", \"b\"]}", "{\"events\": [\"b\"]}",
      "{\"events\": [\"a\", \"b\"]}"},
     "\"length_deciles\": [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 5.0, 5.0, 5.0]"},
    {"the hours in which histories begin",
     {"{\"events\": [{\"event\": \"a\", \"time\": \"2026-01-05T01:59:59Z\"}, {\"event\": "
      "\"a\", \"time\": \"2026-01-05T07:00:00Z\"}]}",
      "{\"events\": [{\"event\": \"a\", \"time\": \"2026-01-06T03:00:00Z\"}]}"},
     "\"hours\": [0.0, 0.5, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0,"},
    {"no hours where a history has no times",
     {"{\"events\": [{\"event\": \"a\", \"time\": \"2026-01-05T01:59:59Z\"}]}",
      "{\"events\": [\"a\"]}"},
     "\"length_deciles\": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]}"},
};

START_TEST(test_the_profile_is_measured)
{
    struct schema *schema = sample_schema(schema_text);
    struct example examples[MOST];
    struct error err = {.status = STATUS_OK};
    struct arena arena;
    struct strbuf text;
    size_t count = 0;
    arena_init(&arena, SIZE_MAX);
    strbuf_init(&text, SIZE_MAX);
    for (; count < MOST && cases[_i].histories[count]; count++)
        examples[count].history =
            sample_history(schema, cases[_i].histories[count], &arena);
    ck_assert_int_eq(triage_schema_measure_profile(schema, examples, count, 2, &err),
                     STATUS_OK);
    triage_schema_write(schema, &text);
    ck_assert_msg(strstr(text.bytes, cases[_i].kept) != NULL, "%s: %s", cases[_i].about,
                  text.bytes);
    strbuf_release(&text);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

/* Far more events than are sampled: the ends are exact. */
START_TEST(test_the_smallest_and_the_largest_are_never_left_out)
{
    enum { EVENTS = 300000 };
    static uint32_t ids[2 * EVENTS];
    static float values[4 * EVENTS];
    struct schema *schema = sample_schema(schema_text);
    struct error err = {.status = STATUS_OK};
    for (size_t t = 0; t < EVENTS; t++) {
        ids[2 * t] = SCHEMA_FIRST;
        ids[2 * t + 1] = SCHEMA_MISSING;
        schema_encode_number(schema, schema_find(schema, "x"), (double)(t % 1000),
                             values + 4 * t);
    }
    schema_encode_number(schema, schema_find(schema, "x"), -5.0, values + 4 * 777);
    schema_encode_number(schema, schema_find(schema, "x"), 1234.5, values + 4 * 200001);
    const struct example example = {
        .history = {.ids = ids, .values = values, .length = EVENTS}};
    ck_assert_int_eq(triage_schema_measure_profile(schema, &example, 1, 2, &err),
                     STATUS_OK);
    const float *deciles = schema_find(schema, "x")->deciles;
    ck_assert(deciles[0] == -5.0f && deciles[PROFILE_POINTS - 1] == 1234.5f);
    ck_assert(deciles[5] > 450.0f && deciles[5] < 550.0f);
    triage_schema_free(schema);
}
END_TEST

/* The histories are measured in parts, on several threads. */
START_TEST(test_the_profile_is_that_of_all_parts_with_any_number_of_threads)
{
    enum { EVENTS = 9000, LONGEST = 13, THREADS = 3 };
    static uint32_t ids[2 * EVENTS];
    static float values[4 * EVENTS];
    static struct example examples[EVENTS];
    struct strbuf text[THREADS];
    size_t count = 0;
    for (uint32_t threads = 1; threads <= THREADS; threads++) {
        struct schema *schema = sample_schema(schema_text);
        struct error err = {.status = STATUS_OK};
        for (size_t t = 0; t < EVENTS; t++) {
            ids[2 * t] = SCHEMA_FIRST + (t % 3 == 0);
            ids[2 * t + 1] = t % 4 == 0 ? SCHEMA_MISSING : SCHEMA_FIRST;
            schema_encode_number(schema, schema_find(schema, "x"), (double)(t * 7 % 1000),
                                 values + 4 * t);
        }
        count = 0;
        for (uint32_t t = 0, length; t < EVENTS; t += length, count++) {
            length = 1 + (uint32_t)count % LONGEST;
            length = t + length > EVENTS ? EVENTS - t : length;
            examples[count].history = (struct history){
                .ids = ids + 2 * t, .values = values + 4 * t, .length = length};
        }
        ck_assert_int_eq(
            triage_schema_measure_profile(schema, examples, count, threads, &err),
            STATUS_OK);
        ck_assert_uint_eq(schema_find(schema, "x")->histories, count);
        ck_assert(schema_find(schema, "event")->most_frequent == 0.6667f);
        ck_assert(schema_find(schema, "zone")->missing_share == 0.25f);
        strbuf_init(&text[threads - 1], SIZE_MAX);
        triage_schema_write(schema, &text[threads - 1]);
        ck_assert_str_eq(text[threads - 1].bytes, text[0].bytes);
        triage_schema_free(schema);
    }
    for (size_t i = 0; i < THREADS; i++)
        strbuf_release(&text[i]);
}
END_TEST

Suite *profile_suite(void)
{
    Suite *suite = suite_create("profile");
    TCase *tc = tcase_create("profile");
    tcase_add_loop_test(tc, test_the_profile_is_measured, 0, COUNT(cases));
    tcase_add_test(tc, test_the_profile_is_that_of_all_parts_with_any_number_of_threads);
    tcase_add_test(tc, test_the_smallest_and_the_largest_are_never_left_out);
    suite_add_tcase(suite, tc);
    return suite;
}
