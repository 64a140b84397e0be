/* The schema and the notes that are inferred from histories. */
#include "data/schema_inference.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "support/failing_malloc.h"
#include "trainer.h"
#include "unit/suites.h"

/* A pattern of history_of, with fields in the second event. */
#define HISTORY(more) "{\"events\": [\"a\", {\"event\": \"b\"" more "}]}"

static const struct {
    const char *about;
    const char *history; /* a pattern, used count times */
    int count;
    const char *other; /* the pattern of one more history, or NULL */
    const char *field; /* "x" in the schema; NULL: it is left out */
    const char *notes;
} cases[] = {
    {"texts", HISTORY(", \"x\": \"v%m\""), 40, NULL,
     "{\"name\":\"x\",\"kind\":\"category\",\"values\":[\"v0\",\"v1\",\"v2\",\"v3\"]}",
     "field \"x\": category, 4 values; missing in 50 % of the events\n"},
    {"booleans", HISTORY(", \"x\": true"), 40, NULL,
     "{\"name\":\"x\",\"kind\":\"category\",\"values\":[\"true\"]}",
     "field \"x\": category, 1 value; missing in 50 % of the events\n"},
    {"numbers", HISTORY(", \"x\": %m.5"), 40, NULL,
     "{\"name\":\"x\",\"kind\":\"number\"}",
     "field \"x\": number, 0.5 to 3.5; missing in 50 % of the events\n"},
    {"case-level fields", "{\"fields\": {\"x\": \"v%m\"}, \"events\": [\"a\", \"b\"]}",
     40, NULL,
     "{\"name\":\"x\",\"kind\":\"category\",\"values\":[\"v0\",\"v1\",\"v2\",\"v3\"]}",
     "field \"x\": category, 4 values\n"},
    {"a value that occurs in one history only is left out",
     "{\"events\": [{\"event\": \"a\", \"x\": \"v%m\"}]}", 40,
     "{\"events\": [{\"event\": \"a\", \"x\": \"once\"}, {\"event\": \"a\", \"x\": "
     "\"once\"}]}",
     "{\"name\":\"x\",\"kind\":\"category\",\"values\":[\"v0\",\"v1\",\"v2\",\"v3\"]}",
     "field \"x\": category, 4 values; 1 that occurs in one history only is unknown\n"},
    {"no value that occurs in two histories", HISTORY(", \"x\": \"v%d\""), 12, NULL, NULL,
     "field \"x\" is left out: no value occurs in two histories\n"},
    {"an identifier", HISTORY(", \"x\": \"v%d\""), 40, NULL, NULL,
     "field \"x\" is left out: it looks like an identifier: in most events its value "
     "occurs in one history only\n"},
    {"an identifier that is a number", HISTORY(", \"x\": 10%d"), 40, NULL, NULL,
     "field \"x\" is left out: it looks like an identifier: nearly every history has a "
     "number of its own\n"},
    {"numbers that vary within a history are not identifiers",
     "{\"events\": [{\"event\": \"a\", \"x\": 10%d}, {\"event\": \"a\", \"x\": 9}]}", 40,
     NULL, "{\"name\":\"x\",\"kind\":\"number\"}", "field \"x\": number, 9 to 1039\n"},
    {"fractions are not identifiers", HISTORY(", \"x\": %d.25"), 40, NULL,
     "{\"name\":\"x\",\"kind\":\"number\"}",
     "field \"x\": number, 0.25 to 39.25; missing in 50 % of the events\n"},
    {"a constant", "{\"events\": [{\"event\": \"a\", \"x\": \"v\"}]}", 40, NULL, NULL,
     "field \"x\" is left out: it always has the same value\n"},
    {"a number that is constant", "{\"events\": [{\"event\": \"a\", \"x\": 3}]}", 40,
     NULL, NULL, "field \"x\" is left out: it always has the same value\n"},
    {"nearly a constant", "{\"events\": [{\"event\": \"a\", \"x\": \"v\"}]}", 2000,
     "{\"events\": [{\"event\": \"a\", \"x\": \"w\"}]}", NULL,
     "field \"x\" is left out: it is the same in 99.95 % of the events\n"},
    {"in too few events", "{\"events\": [\"a\"]}", 2000,
     "{\"events\": [{\"event\": \"a\", \"x\": 1}, {\"event\": \"a\", \"x\": 2}]}", NULL,
     "field \"x\" is left out: it is the same in 99.90 % of the events\n"},
    {"a rare flag is used if enough histories have it",
     "{\"events\": [\"a\", \"a\", \"a\", \"a\", \"a\", \"a\", \"a\", \"a\", \"a\", "
     "\"a\", "
     "\"a\", \"a\", \"a\", \"a\", \"a\", \"a\", \"a\", \"a\", \"a\", \"a\"%f]}",
     1000, NULL, "{\"name\":\"x\",\"kind\":\"category\",\"values\":[\"yes\"]}",
     "field \"x\": category, 1 value; missing in 99.9 % of the events\n"},
    {"number here, text there", HISTORY(", \"x\": 1"), 3, HISTORY(", \"x\": \"v\""), NULL,
     "field \"x\" is left out: it is a number in some places and a string in others\n"},
    {"an array", HISTORY(", \"x\": [1]"), 3, NULL, NULL,
     "field \"x\" is left out: it holds arrays or objects\n"},
    {"null is missing", HISTORY(", \"x\": null"), 3, HISTORY(", \"x\": 1"),
     "{\"name\":\"x\",\"kind\":\"number\"}",
     "field \"x\": number, 1 to 1; missing in 87.5 % of the events\n"},
};

/* %d is the number, %m the number modulo 4, %f a flagged event in one of fifty. */
static json_t *history_of(const char *pattern, int number)
{
    struct strbuf text;
    json_t *json;
    strbuf_init(&text, SIZE_MAX);
    for (const char *c = pattern; *c != '\0'; c++)
        if (c[0] != '%')
            strbuf_add_bytes(&text, c, 1);
        else if (*++c == 'f')
            strbuf_add(&text,
                       number % 50 == 0 ? ", {\"event\": \"a\", \"x\": \"yes\"}" : "");
        else
            strbuf_printf(&text, "%d", *c == 'm' ? number % 4 : number);
    json = json_read(text.bytes, text.length, NULL);
    ck_assert_msg(json != NULL, "%s", text.bytes);
    strbuf_release(&text);
    return json;
}

static void add(struct schema_inference *inference, const char *pattern, int number)
{
    json_t *history = history_of(pattern, number);
    ck_assert_int_eq(schema_inference_add(inference, history, NULL), STATUS_OK);
    json_decref(history);
}

START_TEST(test_field_is_used_or_left_out)
{
    struct schema_inference *inference = schema_inference_new(NULL);
    struct strbuf notes;
    json_t *schema, *item, *found = NULL;
    size_t i;
    char *shown = NULL;
    strbuf_init(&notes, SIZE_MAX);
    for (int n = 0; n < cases[_i].count; n++)
        add(inference, cases[_i].history, n);
    if (cases[_i].other)
        add(inference, cases[_i].other, cases[_i].count);
    schema = schema_inference_finish(inference, &notes, NULL);
    json_array_foreach(json_object_get(schema, "fields"), i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "name")), "x") == 0)
            found = item;
    }
    if (found)
        shown = json_dumps(found, JSON_COMPACT);
    ck_assert_msg((shown == NULL) == (cases[_i].field == NULL), "%s: %s", cases[_i].about,
                  notes.bytes);
    if (shown)
        ck_assert_msg(strcmp(shown, cases[_i].field) == 0, "%s: %s", cases[_i].about,
                      shown);
    ck_assert_msg(strstr(notes.bytes, cases[_i].notes) != NULL, "%s: %s", cases[_i].about,
                  notes.bytes);
    struct schema *read = triage_schema_read(schema, "/schema", NULL);
    ck_assert_ptr_nonnull(read);
    triage_schema_free(read);
    free(shown);
    json_decref(schema);
    strbuf_release(&notes);
    schema_inference_free(inference);
}
END_TEST

#define TIMED "{\"events\": [{\"event\": \"a\", \"time\": 3}]}"
#define UNTIMED "{\"events\": [\"a\"]}"

static const struct {
    const char *about;
    int timed, untimed;
    size_t features;
    const char *notes;
} times[] = {
    {"none", 0, 4, 0, ""},
    {"all", 4, 0, 6,
     "time: since the previous event, since the first event, hour, weekday\n"},
    {"most", 4, 3, 7,
     "time: since the previous event, since the first event, hour, weekday, whether it "
     "is "
     "missing\n"},
    {"few", 3, 4, 0,
     "time: used for the order of events only, because 3 of 7 histories have times\n"},
};

START_TEST(test_time_features_are_used_if_most_events_have_times)
{
    struct schema_inference *inference = schema_inference_new(NULL);
    struct strbuf notes;
    strbuf_init(&notes, SIZE_MAX);
    for (int i = 0; i < times[_i].timed; i++)
        add(inference, TIMED, i);
    for (int i = 0; i < times[_i].untimed; i++)
        add(inference, UNTIMED, i);
    json_t *schema = schema_inference_finish(inference, &notes, NULL);
    ck_assert_msg(json_array_size(json_object_get(schema, "time")) == times[_i].features,
                  "%s", times[_i].about);
    ck_assert_msg(strstr(notes.bytes, times[_i].notes) != NULL, "%s: %s", times[_i].about,
                  notes.bytes);
    ck_assert((strstr(notes.bytes, "time") != NULL) == (*times[_i].notes != '\0'));
    json_decref(schema);
    strbuf_release(&notes);
    schema_inference_free(inference);
}
END_TEST

START_TEST(test_names_of_one_history_are_left_out)
{
    enum { NAMES = 5000 };
    struct schema_inference *inference = schema_inference_new(NULL);
    struct strbuf notes;
    strbuf_init(&notes, SIZE_MAX);
    for (int i = 0; i < NAMES; i++) /* every second name comes twice */
        for (int twice = 0; twice < 1 + i % 2; twice++)
            add(inference, "{\"events\": [\"e%d\"]}", i);
    json_t *schema = schema_inference_finish(inference, &notes, NULL);
    ck_assert_str_eq(notes.bytes,
                     "field \"event\": category, 2500 values; 2500 that occur in "
                     "one history only are unknown\n");
    json_decref(schema);
    strbuf_release(&notes);
    schema_inference_free(inference);
}
END_TEST

START_TEST(test_data_without_names_is_an_error)
{
    struct error err = {.status = STATUS_OK};
    struct schema_inference *inference = schema_inference_new(NULL);
    struct strbuf notes;
    strbuf_init(&notes, SIZE_MAX);
    add(inference, "{\"events\": [\"a\", \"a\"]}", 0);
    add(inference, "{\"events\": [\"b\"]}", 0);
    ck_assert_ptr_null(schema_inference_finish(inference, &notes, &err));
    ck_assert_str_eq(err.text,
                     "none of the 2 names of events occurs in two training histories");
    strbuf_release(&notes);
    schema_inference_free(inference);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    json_t *history = history_of(HISTORY(", \"x\": \"v\", \"y\": 2, \"time\": 3"), 0);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct schema_inference *inference = schema_inference_new(&err);
        struct strbuf notes;
        json_t *schema = NULL;
        strbuf_init(&notes, SIZE_MAX);
        for (int i = 0; i < 2 && err.status == STATUS_OK; i++)
            (void)schema_inference_add(inference, history, &err);
        if (err.status == STATUS_OK)
            schema = schema_inference_finish(inference, &notes, &err);
        ck_assert_msg((schema == NULL) == (err.status == STATUS_NO_MEMORY), "pass %u: %s",
                      n, err.text);
        json_decref(schema);
        strbuf_release(&notes);
        schema_inference_free(inference);
    }
    json_decref(history);
}
END_TEST

Suite *schema_inference_suite(void)
{
    Suite *suite = suite_create("schema_inference");
    TCase *tc = tcase_create("schema_inference");
    tcase_add_loop_test(tc, test_field_is_used_or_left_out, 0, COUNT(cases));
    tcase_add_loop_test(tc, test_time_features_are_used_if_most_events_have_times, 0,
                        COUNT(times));
    tcase_add_test(tc, test_names_of_one_history_are_left_out);
    tcase_add_test(tc, test_data_without_names_is_an_error);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
