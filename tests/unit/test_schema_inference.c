/* The schema and the notes that are inferred from histories. */
#include "data/schema/schema_inference.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "data/examples.h"
#include "support/data_keys.h"
#include "support/failing_malloc.h"
#include "support/tmpdir.h"
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
    {"few numbers, and a text: codes", HISTORY(", \"x\": 1"), 3,
     HISTORY(", \"x\": \"v\""),
     "{\"name\":\"x\",\"kind\":\"category\",\"values\":[\"1\"]}",
     "warning: field \"x\": 3 of 4 cells are numbers, the first that is not is \"v\" "},
    {"many numbers, and a text", HISTORY(", \"x\": %d.5"), 40,
     HISTORY(", \"x\": \"n.a.\""), "{\"name\":\"x\",\"kind\":\"number\"}",
     "what is not a number is missing\n"},
    {"marks of missing values", HISTORY(", \"x\": %d.5"), 40, HISTORY(", \"x\": \"N/A\""),
     "{\"name\":\"x\",\"kind\":\"number\"}",
     "field \"x\": number, 0.5 to 39.5; missing in 51.2 % of the events, 1 of them by a "
     "mark such as \"N/A\"\n"},
    {"numbers and booleans", HISTORY(", \"x\": %m"), 4, HISTORY(", \"x\": true"),
     "{\"name\":\"x\",\"kind\":\"number\",\"booleans\":true}",
     "field \"x\": number, 0 to 3; "},
    {"booleans in any case are one value", HISTORY(", \"x\": true"), 4,
     HISTORY(", \"x\": \"TRUE\""),
     "{\"name\":\"x\",\"kind\":\"category\",\"values\":[\"true\"]}",
     "field \"x\": category, 1 value; "},
    {"digits in strings are a category", HISTORY(", \"x\": \"%m\""), 8, NULL,
     "{\"name\":\"x\",\"kind\":\"category\",\"values\":[\"0\",\"1\",\"2\",\"3\"]}",
     "field \"x\": category, 4 values; "},
    {"one number far from all others", HISTORY(", \"x\": %d.5"), 1200,
     HISTORY(", \"x\": 99999999"), "{\"name\":\"x\",\"kind\":\"number\"}",
     "warning: field \"x\": 1 of 1201 numbers is \"99999999\" (the first at "},
    {"a number beyond all floats", HISTORY(", \"x\": %d.5"), 40,
     HISTORY(", \"x\": 1e308"), "{\"name\":\"x\",\"kind\":\"number\"}",
     "warning: field \"x\": \"1e308\" ("},
    {"a number beyond all doubles", HISTORY(", \"x\": %d.5"), 40,
     HISTORY(", \"x\": 1e400"), "{\"name\":\"x\",\"kind\":\"number\"}", "out of range"},
    {"an array", HISTORY(", \"x\": [1]"), 3, NULL, NULL,
     "warning: field \"x\" is left out: it holds an array or an object in 3 of 6 "
     "events, "
     "the first at "},
    {"an object beside plain values", HISTORY(", \"x\": %m"), 4,
     HISTORY(", \"x\": {\"y\": 1}"), NULL, ", and 4 have a plain value\n"},
    {"an object in all events that have the field", HISTORY(", \"x\": {\"y\": %m}"), 4,
     NULL, NULL,
     "; jq -c '(.. | objects | select(.[\"x\"] | type == \"object\")) |= (. + .[\"x\"] | "
     "del(.[\"x\"]))' makes fields of the members of objects; of an array, put one value "
     "there\n"},
    {"null is missing", HISTORY(", \"x\": null"), 3, HISTORY(", \"x\": 1"),
     "{\"name\":\"x\",\"kind\":\"number\"}",
     "field \"x\": number, 1 to 1; missing in 87.5 % of the events\n"},
};

/*
 * Append a line of the part `part`.  %d is the number, %m the number modulo 4, %f a flagged event in
 * one of fifty.
 */
static void add(struct strbuf *text, const char *pattern, int number, const char *part)
{
    strbuf_printf(text, "{\"part\": \"%s\", ", part);
    for (const char *c = pattern + 1; *c != '\0'; c++)
        if (c[0] != '%')
            strbuf_add_bytes(text, c, 1);
        else if (*++c == 'f')
            strbuf_add(text,
                       number % 50 == 0 ? ", {\"event\": \"a\", \"x\": \"yes\"}" : "");
        else
            strbuf_printf(text, "%d", *c == 'm' ? number % 4 : number);
    strbuf_add(text, "\n");
}

static enum status load_file(struct examples *examples, const char *path,
                             uint32_t threads, struct error *err)
{
    static const struct data_keys keys = {DATA_KEYS("time", "part")};
    const struct examples_settings settings = {
        .task = TASK_NEXT, .with_end = true, .seed = 1, .threads = threads};
    const char *const files[] = {path};
    const struct data_files data = {.files = files, .file_count = 1, .keys = &keys};
    return examples_load(examples, &data, &settings, err);
}

/* Write the lines, and one more for validation, to a file. */
static void write_lines(struct strbuf *text, struct tmpdir *tmpdir,
                        char path[TMPDIR_PATH])
{
    add(text, "{\"events\": [\"a\", \"b\"]}", 0, "val");
    tmpdir_init(tmpdir);
    tmpdir_join(tmpdir, "x.jsonl", path);
    ck_assert(file_write(path, text->bytes, text->length, NULL) == STATUS_OK);
}

static enum status load(struct examples *examples, struct strbuf *text, uint32_t threads,
                        struct error *err)
{
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH];
    write_lines(text, &tmpdir, path);
    enum status status = load_file(examples, path, threads, err);
    tmpdir_release(&tmpdir);
    return status;
}

/* The inferred schema, without what is measured. */
static json_t *schema_of(const struct examples *examples)
{
    static const char *const scales[] = {"mean",          "scale",        "missing_mean",
                                         "missing_scale", "deciles",      "histories",
                                         "most_frequent", "missing_share"};
    struct strbuf text;
    json_t *item;
    size_t i;
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(examples->schema, &text);
    json_t *schema = json_read(text.bytes, text.length, NULL);
    json_array_foreach(json_object_get(schema, "fields"), i, item)
    {
        for (size_t k = 0; k < sizeof scales / sizeof *scales; k++)
            json_object_del(item, scales[k]);
    }
    strbuf_release(&text);
    return schema;
}

/* Notes, then warnings. */
static char *messages_of(const struct examples *examples)
{
    struct strbuf text;
    size_t length;
    strbuf_init(&text, SIZE_MAX);
    strbuf_add_bytes(&text, examples->messages.notes.bytes,
                     examples->messages.notes.length);
    strbuf_add_bytes(&text, examples->messages.warnings.bytes,
                     examples->messages.warnings.length);
    return strbuf_take(&text, &length);
}

START_TEST(test_field_is_used_or_left_out)
{
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct strbuf text;
    json_t *item, *found = NULL;
    size_t i;
    char *shown = NULL;
    strbuf_init(&text, SIZE_MAX);
    for (int n = 0; n < cases[_i].count; n++)
        add(&text, cases[_i].history, n, "train");
    if (cases[_i].other)
        add(&text, cases[_i].other, cases[_i].count, "train");
    ck_assert_msg(load(&examples, &text, 1, &err) == STATUS_OK, "%s: %s: %s",
                  cases[_i].about, err.where, err.text);
    json_t *schema = schema_of(&examples);
    char *messages = messages_of(&examples);
    json_array_foreach(json_object_get(schema, "fields"), i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "name")), "x") == 0)
            found = item;
    }
    if (found)
        shown = json_dumps(found, JSON_COMPACT);
    ck_assert_msg((shown == NULL) == (cases[_i].field == NULL), "%s: %s", cases[_i].about,
                  messages);
    if (shown)
        ck_assert_msg(strcmp(shown, cases[_i].field) == 0, "%s: %s", cases[_i].about,
                      shown);
    ck_assert_msg(strstr(messages, cases[_i].notes) != NULL, "%s: %s", cases[_i].about,
                  messages);
    free(shown);
    free(messages);
    json_decref(schema);
    strbuf_release(&text);
    examples_release(&examples);
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
    struct examples examples;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    for (int i = 0; i < times[_i].timed; i++)
        add(&text, TIMED, i, "train");
    for (int i = 0; i < times[_i].untimed; i++)
        add(&text, UNTIMED, i, "train");
    ck_assert(load(&examples, &text, 1, NULL) == STATUS_OK);
    json_t *schema = schema_of(&examples);
    ck_assert_msg(json_array_size(json_object_get(schema, "time")) == times[_i].features,
                  "%s", times[_i].about);
    const char *notes = examples.messages.notes.bytes;
    ck_assert_msg(strstr(notes, times[_i].notes) != NULL, "%s: %s", times[_i].about,
                  notes);
    ck_assert((strstr(notes, "time: ") != NULL) == (*times[_i].notes != '\0'));
    json_decref(schema);
    strbuf_release(&text);
    examples_release(&examples);
}
END_TEST

START_TEST(test_names_of_one_history_are_left_out)
{
    enum { NAMES = 5000 };
    struct examples examples;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    for (int i = 0; i < NAMES; i++) /* every second name comes twice */
        for (int twice = 0; twice < 1 + i % 2; twice++)
            add(&text, "{\"events\": [\"e%d\"]}", i, "train");
    ck_assert(load(&examples, &text, 3, NULL) == STATUS_OK);
    ck_assert_ptr_nonnull(strstr(examples.messages.notes.bytes,
                                 "field \"event\": category, 2500 values; 2500 that "
                                 "occur in one history only are unknown\n"));
    strbuf_release(&text);
    examples_release(&examples);
}
END_TEST

/* A history of `events` events with the values first, first + step, first + 2 * step ... */
static void add_values(struct strbuf *text, int events, int first, int step)
{
    strbuf_add(text, "{\"part\":\"train\",\"events\":[");
    for (int i = 0; i < events; i++)
        strbuf_printf(text, "%s{\"event\":\"a\",\"x\":\"v%d\"}", i > 0 ? "," : "",
                      first + i * step);
    strbuf_add(text, "]}\n");
}

/*
 * 1000 values are in many events, each in a history of its own; then come more values than are told
 * apart; then the 1000 again.  They are found again, whatever share of the histories each thread
 * visits, so they are in two histories and are kept.
 */
START_TEST(test_threads_do_not_change_what_is_counted)
{
    enum { OFTEN = 1000, TIMES = 115, OTHERS = 101 };
    for (uint32_t threads = 1; threads <= 3; threads++) {
        struct examples examples;
        struct strbuf text;
        strbuf_init(&text, SIZE_MAX);
        for (int i = 0; i < OFTEN; i++)
            add_values(&text, TIMES, i, 0);
        for (int i = 1; i <= OTHERS; i++)
            add_values(&text, 1000, 1000 * i, 1);
        add_values(&text, OFTEN, 0, 1);
        ck_assert(load(&examples, &text, threads, NULL) == STATUS_OK);
        ck_assert_msg(strstr(examples.messages.notes.bytes,
                             "field \"x\": category, 1000 values; more than 99000 that "
                             "occur in one history only are unknown"),
                      "%u threads: %s", (unsigned)threads, examples.messages.notes.bytes);
        strbuf_release(&text);
        examples_release(&examples);
    }
}
END_TEST

START_TEST(test_data_without_names_is_an_error)
{
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    add(&text, "{\"events\": [\"a\", \"a\"]}", 0, "train");
    add(&text, "{\"events\": [\"b\"]}", 0, "train");
    ck_assert(load(&examples, &text, 1, &err) == STATUS_BAD_INPUT);
    ck_assert_str_eq(err.text,
                     "none of the 2 names of events occurs in two training histories");
    strbuf_release(&text);
    examples_release(&examples);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct strbuf text;
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH];
    strbuf_init(&text, SIZE_MAX);
    for (int i = 0; i < 2; i++)
        add(&text, HISTORY(", \"x\": \"v\", \"y\": 2"), 0, "train");
    write_lines(&text, &tmpdir, path);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct examples examples;
        enum status status = load_file(&examples, path, 1, &err);
        ck_assert_msg(status == STATUS_OK || status == STATUS_NO_MEMORY, "pass %u: %s", n,
                      err.text);
        ck_assert_int_eq(status, err.status);
        examples_release(&examples);
    }
    strbuf_release(&text);
    tmpdir_release(&tmpdir);
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
    tcase_add_test(tc, test_threads_do_not_change_what_is_counted);
    tcase_add_test(tc, test_data_without_names_is_an_error);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
