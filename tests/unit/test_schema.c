/*
 * Schemas: what reading refuses, lookups, scaling, writing, and the encoding of times.
 */
#include "model/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "trainer.h"
#include "unit/suites.h"

#define EVENT "{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", \"b\"]}"
#define EVENT_AND(more) "{\"fields\": [" EVENT ", " more "]}"
#define EVENT_TIME(more) "{\"fields\": [" EVENT "], \"time\": " more "}"

static const struct {
    const char *about, *json, *where, *text;
} bad[] = {
    {"not an object", "[]", "/schema", "a schema must be an object"},
    {"no fields", "{}", "/schema/fields", "expected 1 to 256 fields"},
    {"fields is not an array", "{\"fields\": {}}", "/schema/fields",
     "expected 1 to 256 fields"},
    {"an empty array", "{\"fields\": []}", "/schema/fields", "expected 1 to 256 fields"},
    {"a field that is not an object", EVENT_AND("3"), "/schema/fields/1",
     "a field needs a \"name\" of 1 to 200 bytes that is not \"time\""},
    {"a field without a name", EVENT_AND("{\"kind\": \"number\"}"), "/schema/fields/1",
     "a field needs a \"name\" of 1 to 200 bytes that is not \"time\""},
    {"an empty name", EVENT_AND("{\"name\": \"\", \"kind\": \"number\"}"),
     "/schema/fields/1",
     "a field needs a \"name\" of 1 to 200 bytes that is not \"time\""},
    {"a field named time", EVENT_AND("{\"name\": \"time\", \"kind\": \"number\"}"),
     "/schema/fields/1",
     "a field needs a \"name\" of 1 to 200 bytes that is not \"time\""},
    {"no kind", EVENT_AND("{\"name\": \"x\"}"), "/schema/fields/1",
     "field \"x\" has no known \"kind\""},
    {"an unknown kind", EVENT_AND("{\"name\": \"x\", \"kind\": \"text\"}"),
     "/schema/fields/1", "field \"x\" has no known \"kind\""},
    {"no values", EVENT_AND("{\"name\": \"x\", \"kind\": \"category\"}"),
     "/schema/fields/1/values", "expected 1 to 1000000 distinct strings"},
    {"an empty array of values",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"category\", \"values\": []}"),
     "/schema/fields/1/values", "expected 1 to 1000000 distinct strings"},
    {"a value that is not a string",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"category\", \"values\": [\"a\", 1]}"),
     "/schema/fields/1/values/1", "expected a string"},
    {"a value twice",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"category\", \"values\": [\"a\", \"a\"]}"),
     "/schema/fields/1/values", "\"a\" is given twice"},
    {"a name twice", EVENT_AND(EVENT), "/schema/fields", "\"event\" is given twice"},
    {"no field event", "{\"fields\": [{\"name\": \"x\", \"kind\": \"number\"}]}",
     "/schema/fields", "there must be a field \"event\" of kind \"category\""},
    {"event is a number", "{\"fields\": [{\"name\": \"event\", \"kind\": \"number\"}]}",
     "/schema/fields", "there must be a field \"event\" of kind \"category\""},
    {"booleans that are a word",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"number\", \"booleans\": \"yes\"}"),
     "/schema/fields/1/booleans", "expected true or false"},
    {"booleans of a category",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"category\", "
               "\"values\": [\"a\"], \"booleans\": true}"),
     "/schema/fields/1/booleans", "unknown key \"booleans\""},
    {"keys that are a list", "{\"fields\": [" EVENT "], \"keys\": []}", "/schema/keys",
     "expected an object"},
    {"a range of times that is a list", "{\"fields\": [" EVENT "], \"time_range\": []}",
     "/schema/time_range", "expected an object"},
    {"a range of times without a last time",
     "{\"fields\": [" EVENT "], \"time_range\": {\"first\": \"2026-01-05T04:08:44Z\"}}",
     "/schema/time_range/last", "cannot be read as a time"},
    {"a gap that is less than nothing",
     "{\"fields\": [" EVENT "], \"time_range\": {\"first\": \"2026-01-05T04:08:44Z\", "
     "\"last\": \"2026-01-05T04:08:44Z\", \"longest_gap\": -1, \"longest_span\": 0}}",
     "/schema/time_range/longest_gap", "expected a number of seconds"},
    {"an unknown key of the range of times",
     "{\"fields\": [" EVENT "], \"time_range\": {\"frist\": 1}}",
     "/schema/time_range/frist", "unknown key \"frist\" (did you mean \"first\"?)"},
    {"deciles that are too few",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"number\", \"deciles\": [1, 2]}"),
     "/schema/fields/1/deciles", "expected 11 numbers"},
    {"deciles that fall",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"number\", \"deciles\": [1, 2, 3, 2, 5, 6, "
               "7, 8, 9, 10, 11]}"),
     "/schema/fields/1/deciles/3", "no such number is possible here"},
    {"deciles of a category",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"category\", \"values\": [\"a\"], "
               "\"deciles\": []}"),
     "/schema/fields/1/deciles", "unknown key \"deciles\""},
    {"a count below 0",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"number\", \"histories\": -1}"),
     "/schema/fields/1/histories", "a count is from 0 to 4294967295"},
    {"a count that is no whole number",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"number\", \"histories\": 1.5}"),
     "/schema/fields/1/histories", "a count is from 0 to 4294967295"},
    {"a share above 1",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"category\", \"values\": [\"a\"], "
               "\"most_frequent\": 1.5}"),
     "/schema/fields/1/most_frequent", "a share is from 0 to 1"},
    {"a share that is a text",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"category\", \"values\": [\"a\"], "
               "\"missing_share\": \"0\"}"),
     "/schema/fields/1/missing_share", "a share is from 0 to 1"},
    {"lengths that are an object", "{\"fields\": [" EVENT "], \"length_deciles\": {}}",
     "/schema/length_deciles", "expected 11 numbers"},
    {"a length of no event",
     "{\"fields\": [" EVENT "], \"length_deciles\": [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}",
     "/schema/length_deciles/0", "no such number is possible here"},
    {"hours of less than nothing",
     "{\"fields\": [" EVENT
     "], \"hours\": [-0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
     "0, 0, 0, 0, 0, 0, 0, 0, 0]}",
     "/schema/hours/0", "no such number is possible here"},
    {"an unknown key", "{\"fields\": [" EVENT "], \"keys\": {\"evnet\": \"x\"}}",
     "/schema/keys/evnet", "unknown key \"evnet\" (did you mean \"event\"?)"},
    {"a key that is a number", "{\"fields\": [" EVENT "], \"keys\": {\"time\": 3}}",
     "/schema/keys/time", "expected a string of at most 200 bytes"},
    {"a time format that is none",
     "{\"fields\": [" EVENT "], \"keys\": {\"time_format\": \"day-frist\"}}",
     "/schema/keys/time_format",
     "unknown time format \"day-frist\" (did you mean \"day-first\"?); it is a name such "
     "as "
     "day-first or a pattern such as %d.%m.%Y %H:%M"},
    {"a time feature twice",
     EVENT_TIME("[{\"name\": \"hour_sin\"}, {\"name\": \"hour_sin\"}]"), "/schema/time/1",
     "\"hour_sin\" is given twice"},
    {"a scale of 0", EVENT_AND("{\"name\": \"x\", \"kind\": \"number\", \"scale\": 0}"),
     "/schema/fields/1/scale", "a scale must be greater than 0"},
    {"a scale below 0",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"number\", \"missing_scale\": -1}"),
     "/schema/fields/1/missing_scale", "a scale must be greater than 0"},
    {"a scale that is 0 as a float",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"number\", \"scale\": 1e-60}"),
     "/schema/fields/1/scale", "a scale must be greater than 0"},
    {"a mean that is not a number",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"number\", \"mean\": \"1\"}"),
     "/schema/fields/1/mean", "expected a number that fits a float"},
    {"a mean beyond a float",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"number\", \"mean\": 1e300}"),
     "/schema/fields/1/mean", "expected a number that fits a float"},
    {"an unknown key of the schema", EVENT_TIME("[], \"tmie\": []"), "/schema/tmie",
     "unknown key \"tmie\" (did you mean \"time\"?)"},
    {"an unknown key of a number",
     EVENT_AND("{\"name\": \"x\", \"kind\": \"number\", \"maen\": 1}"),
     "/schema/fields/1/maen", "unknown key \"maen\" (did you mean \"mean\"?)"},
    {"a scale of a category",
     EVENT_AND(
         "{\"name\": \"x\", \"kind\": \"category\", \"values\": [\"a\"], \"scale\": 1}"),
     "/schema/fields/1/scale", "unknown key \"scale\""},
    {"an unknown key of a time feature",
     EVENT_TIME("[{\"name\": \"hour_sin\", \"kind\": \"number\"}]"),
     "/schema/time/0/kind", "unknown key \"kind\""},
    {"time is not an array", EVENT_TIME("{}"), "/schema/time",
     "expected at most 7 time features"},
    {"too many time features", EVENT_TIME("[1, 2, 3, 4, 5, 6, 7, 8]"), "/schema/time",
     "expected at most 7 time features"},
    {"an unknown time feature", EVENT_TIME("[{\"name\": \"minute\"}]"), "/schema/time/0",
     "no such time feature: \"minute\""},
    {"a scale of 0 in the second time feature",
     EVENT_TIME("[{\"name\": \"missing\"}, {\"name\": \"hour_sin\", \"scale\": 0}]"),
     "/schema/time/1/scale", "a scale must be greater than 0"},
};

static struct schema *read(const char *text, struct error *err)
{
    json_t *json = json_read(text, strlen(text), NULL);
    struct schema *schema = triage_schema_read(json, "/schema", err);
    json_decref(json);
    return schema;
}

START_TEST(test_invalid_schemas_are_errors)
{
    struct error err = {.status = STATUS_OK};
    ck_assert_msg(read(bad[_i].json, &err) == NULL, "%s: accepted", bad[_i].about);
    ck_assert_int_eq(err.status, STATUS_BAD_INPUT);
    ck_assert_msg(strcmp(err.where, bad[_i].where) == 0 &&
                      strcmp(err.text, bad[_i].text) == 0,
                  "%s: %s: %s", bad[_i].about, err.where, err.text);
}
END_TEST

START_TEST(test_lookups_find_fields_and_values)
{
    struct schema *schema = sample_schema(sample_rich);
    ck_assert_uint_eq(schema->categories, 3);
    ck_assert_uint_eq(schema->numbers, 2);
    ck_assert_uint_eq(schema_inputs(schema), 2 * 2 + 7);
    ck_assert_uint_eq(schema_rows(schema, 0), 2 + 5);
    ck_assert_uint_eq(schema_rows(schema, 1), 2 + 2);
    ck_assert_str_eq(schema_category(schema, 2)->name, "is_paged");
    ck_assert_uint_eq(schema_find(schema, "size")->index, 1);
    ck_assert_ptr_null(schema_find(schema, "Size"));
    ck_assert_ptr_null(schema_find(schema, ""));
    const struct field *event = schema_find(schema, "event");
    ck_assert_uint_eq(field_id(event, "a"), SCHEMA_FIRST);
    ck_assert_uint_eq(field_id(event, "e"), SCHEMA_FIRST + 4);
    ck_assert_uint_eq(field_id(event, "f"), SCHEMA_UNKNOWN);
    ck_assert_uint_eq(field_id(event, ""), SCHEMA_UNKNOWN);
    triage_schema_free(schema);
    triage_schema_free(NULL);
}
END_TEST

static const struct {
    const char *about;
    struct scale scale;
    double x;
    float scaled;
} scales[] = {
    {"mean 0 and scale 1 change nothing", {0.0f, 1.0f}, 2.5, 2.5f},
    {"mean and scale", {3.0f, 2.0f}, 2.0, -0.5f},
    {"the bound is not clamped", {0.0f, 1.0f}, 16.0, 16.0f},
    {"clamped above", {0.0f, 1.0f}, 16.5, 16.0f},
    {"clamped below", {0.0f, 0.5f}, -1e300, -16.0f},
    {"clamped where the division overflows", {0.0f, 1e-45f}, 1e308, 16.0f},
};

START_TEST(test_numbers_are_scaled_and_clamped)
{
    struct schema *schema = sample_schema(sample_plain);
    float got = schema_scale(schema, &scales[_i].scale, scales[_i].x);
    assert_same_bits(scales[_i].about, &got, &scales[_i].scaled, 1);
    schema->is_raw = true;
    got = schema_scale(schema, &scales[_i].scale, 2.5);
    assert_close("raw values are not scaled", 0, (double)got, 2.5, 0.0);
    triage_schema_free(schema);
}
END_TEST

static char *write(const struct schema *schema)
{
    struct strbuf text;
    size_t length;
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(schema, &text);
    return strbuf_take(&text, &length);
}

static const char *const schemas[] = {sample_plain, sample_rich};

START_TEST(test_writing_and_reading_give_the_same_schema)
{
    struct schema *schema = sample_schema(schemas[_i]);
    char *first = write(schema);
    struct schema *copy = read(first, NULL);
    char *second = write(copy);
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
    triage_schema_free(schema);
    triage_schema_free(copy);
}
END_TEST

START_TEST(test_schema_is_written_as_json)
{
    struct schema *schema = sample_schema(
        EVENT_AND("{\"name\": \"x\\\"y\", \"kind\": \"number\", \"mean\": 0.1}"));
    char *text = write(schema);
    ck_assert_str_eq(text,
                     "{\"fields\": [" EVENT
                     ", {\"name\": \"x\\\"y\", \"kind\": \"number\", \"mean\": 0.1, "
                     "\"scale\": 1.0, \"missing_mean\": 0.0, "
                     "\"missing_scale\": 1.0}], \"time\": []}");
    free(text);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_keys_of_the_data_are_kept)
{
    static const char json[] =
        "{\"fields\": [" EVENT
        ", {\"name\": \"x\", \"kind\": \"number\", \"mean\": 0.0, \"scale\": 1.0, "
        "\"missing_mean\": 0.0, \"missing_scale\": 1.0, \"booleans\": true, "
        "\"deciles\": [-1.5, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7e+30], "
        "\"histories\": 12}, "
        "{\"name\": \"z\", \"kind\": \"category\", \"values\": [\"u\"], "
        "\"most_frequent\": 0.25, \"missing_share\": 0.0}], "
        "\"time\": [], \"keys\": {\"id\": \"nr\", \"events\": \"steps\", "
        "\"event\": \"what\", \"time\": \"at\", \"label\": \"fix\", "
        "\"split\": \"part\", \"time_format\": \"day-first\"}, \"time_range\": "
        "{\"first\": \"2026-01-05T04:08:44Z\", \"last\": "
        "\"2026-03-31T20:00:00.250000Z\", "
        "\"longest_gap\": 5400, \"longest_span\": 86400}, \"length_deciles\": [1.0, 1.0, "
        "2.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0, 3.0, 9.0], \"hours\": [1.0, 0.0, 0.0, 0.0, "
        "0.0, "
        "0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, "
        "0.0, 0.0, 0.0, 0.0]}";
    struct schema *schema = sample_schema(json);
    ck_assert_str_eq(schema->keys.id, "nr");
    ck_assert_str_eq(schema->keys.events, "steps");
    ck_assert_str_eq(schema->keys.event, "what");
    ck_assert_str_eq(schema->keys.time, "at");
    ck_assert_str_eq(schema->keys.label, "fix");
    ck_assert_str_eq(schema->keys.split, "part");
    ck_assert_str_eq(schema->keys.time_format, "day-first");
    ck_assert(schema_find(schema, "x")->has_booleans);
    char *text = write(schema);
    ck_assert_str_eq(text, json);
    free(text);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_keys_are_ours_where_none_are_given)
{
    struct schema *schema = sample_schema("{\"fields\": [" EVENT "], \"keys\": "
                                          "{\"event\": \"event\", \"time\": \"ts\"}}");
    ck_assert_str_eq(schema->keys.id, "");
    ck_assert_str_eq(schema->keys.events, "events");
    ck_assert_str_eq(schema->keys.time_format, "auto");
    char *text = write(schema);
    ck_assert_str_eq(text, "{\"fields\": [" EVENT
                           "], \"time\": [], \"keys\": {\"time\": \"ts\"}}");
    free(text);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    bool (*again[])(unsigned *) = {failing_malloc_next, failing_malloc_next_from};
    json_t *json = json_read(sample_rich, strlen(sample_rich), NULL);
    for (unsigned n = 0; again[_i](&n);) {
        struct error err = {.status = STATUS_OK};
        struct schema *schema = triage_schema_read(json, "", &err);
        ck_assert((schema == NULL) == failing_malloc_has_failed());
        ck_assert_int_eq(err.status, schema ? STATUS_OK : STATUS_NO_MEMORY);
        triage_schema_free(schema);
    }
    json_decref(json);
}
END_TEST

/* ---- time features ----------------------------------------------------------------------- */

/* 2026-11-22 is a Sunday. */
#define SUNDAY_6H INT64_C(1795327200000000)
#define SECOND INT64_C(1000000)

static const struct {
    const char *about, *name;
    int64_t times[3];
    double values[3];
} times[] = {
    {"seconds since the previous event; 0 for the first",
     "since_previous",
     {0, 9 * SECOND, 10 * SECOND},
     {0.0, 2.302585093, 0.693147181}},
    {"microseconds count", "since_previous", {0, 1, 3}, {0.0, 1e-6, 2e-6}},
    {"seconds since the first",
     "since_first",
     {SUNDAY_6H, SUNDAY_6H, SUNDAY_6H + 9 * SECOND},
     {0.0, 0.0, 2.302585093}},
    {"thousands of years are clamped and do not overflow",
     "since_first",
     {INT64_C(-62135596800) * SECOND, 0, INT64_C(253402300799) * SECOND},
     {0.0, 16.0, 16.0}},
    {"the hour's sine",
     "hour_sin",
     {SUNDAY_6H, SUNDAY_6H + 3600 * SECOND - 1, SUNDAY_6H + 6 * 3600 * SECOND},
     {1.0, 1.0, 0.0}},
    {"the hour's cosine",
     "hour_cos",
     {SUNDAY_6H, SUNDAY_6H + 3600 * SECOND, SUNDAY_6H + 6 * 3600 * SECOND},
     {0.0, -0.258819045, -1.0}},
    {"the weekday's sine, Monday 0",
     "weekday_sin",
     {SUNDAY_6H, SUNDAY_6H + 18 * 3600 * SECOND, SUNDAY_6H + 42 * 3600 * SECOND},
     {-0.781831482, 0.0, 0.781831482}},
    {"the weekday's cosine",
     "weekday_cos",
     {SUNDAY_6H, SUNDAY_6H + 18 * 3600 * SECOND, SUNDAY_6H + 42 * 3600 * SECOND},
     {0.623489802, 1.0, 0.623489802}},
    {"the history has times", "missing", {0, 1, 2}, {0.0, 0.0, 0.0}},
};

START_TEST(test_time_features_of_an_event)
{
    char text[256];
    float values[9] = {7, 7, 7, 7, 7, 7, 7, 7, 7};
    snprintf(text, sizeof text, EVENT_TIME("[{\"name\": \"%s\"}]"), times[_i].name);
    struct schema *schema = sample_schema(text);
    schema_encode_times(schema, times[_i].times, 3, values + 1, 3);
    for (size_t t = 0; t < 3; t++) {
        assert_close(times[_i].about, t, (double)values[3 * t + 1], times[_i].values[t],
                     2e-6);
        assert_close("other values are not written", t, (double)values[3 * t], 7.0, 0.0);
    }
    schema_encode_times(schema, NULL, 3, values + 1, 3);
    bool is_flag = strcmp(times[_i].name, "missing") == 0;
    for (size_t t = 0; t < 3; t++)
        assert_close("without times only the flag is 1", t, (double)values[3 * t + 1],
                     is_flag ? 1.0 : 0.0, 0.0);
    triage_schema_free(schema);
}
END_TEST

static const struct {
    const char *about, *time, *history;
    bool uses_times, has_times;
} timed[] = {
    {"with times", "{\"name\": \"since_first\"}, {\"name\": \"missing\"}",
     "[{\"event\": \"a\", \"time\": 5}]", true, true},
    {"without", "{\"name\": \"since_first\"}, {\"name\": \"missing\"}", "[\"a\", \"a\"]",
     true, false},
    {"without, and a mean of the flag",
     "{\"name\": \"missing\", \"mean\": 0.5, \"scale\": 0.5}", "[\"a\"]", true, false},
    {"with times, and no flag", "{\"name\": \"since_previous\", \"mean\": 2}",
     "[{\"event\": \"a\", \"time\": 5}, {\"event\": \"a\", \"time\": 9}]", true, true},
    {"without, and no flag", "{\"name\": \"since_previous\", \"mean\": 2}",
     "[\"a\", \"a\"]", true, false},
    {"not used", "", "[{\"event\": \"a\", \"time\": 5}]", false, true},
};

START_TEST(test_a_history_has_times_or_not)
{
    char text[400], json[200];
    struct arena arena;
    (void)snprintf(text, sizeof text,
                   "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", "
                   "\"values\": [\"a\"]}, {\"name\": \"load\", \"kind\": \"number\"}], "
                   "\"time\": [%s]}",
                   timed[_i].time);
    (void)snprintf(json, sizeof json, "{\"events\": %s}", timed[_i].history);
    struct schema *schema = sample_schema(text);
    arena_init(&arena, SIZE_MAX);
    struct history history = sample_history(schema, json, &arena);
    ck_assert_msg(triage_schema_uses_times(schema) == timed[_i].uses_times, "%s",
                  timed[_i].about);
    ck_assert_msg(history.has_times == timed[_i].has_times, "%s", timed[_i].about);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

Suite *schema_suite(void)
{
    Suite *suite = suite_create("schema");
    TCase *tc = tcase_create("schema");
    tcase_add_loop_test(tc, test_invalid_schemas_are_errors, 0, COUNT(bad));
    tcase_add_test(tc, test_lookups_find_fields_and_values);
    tcase_add_loop_test(tc, test_numbers_are_scaled_and_clamped, 0, COUNT(scales));
    tcase_add_loop_test(tc, test_writing_and_reading_give_the_same_schema, 0,
                        COUNT(schemas));
    tcase_add_test(tc, test_schema_is_written_as_json);
    tcase_add_test(tc, test_keys_of_the_data_are_kept);
    tcase_add_test(tc, test_keys_are_ours_where_none_are_given);
    tcase_add_loop_test(tc, test_memory_runs_out, 0, 2);
    tcase_add_loop_test(tc, test_time_features_of_an_event, 0, COUNT(times));
    tcase_add_loop_test(tc, test_a_history_has_times_or_not, 0, COUNT(timed));
    suite_add_tcase(suite, tc);
    return suite;
}
