/*
 * The tree decoder: rows and their order, errors, unknown values, ignored fields, ids, and what
 * happens when memory runs out.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "engine.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

/* Categories event (a b), service (api db), is_paged (true); numbers latency, size/b. */
static const char rows_schema[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"b\"]},"
    " {\"name\": \"latency\", \"kind\": \"number\", \"mean\": 10, \"scale\": 2,"
    " \"missing_mean\": 0.5, \"missing_scale\": 0.25},"
    " {\"name\": \"service\", \"kind\": \"category\", \"values\": [\"api\", \"db\"]},"
    " {\"name\": \"is_paged\", \"kind\": \"category\", \"values\": [\"true\"]},"
    " {\"name\": \"size/b\", \"kind\": \"number\"}],"
    " \"time\": [{\"name\": \"since_previous\"}]}";

enum { K = 3, F = 5, MOST = 4 };

/* The two floats of latency: a missing one is 0 with flag (1 - 0.5) / 0.25, else the flag is -2. */
#define MISSING 0.0f, 2.0f
#define PRESENT(x) (x), -2.0f

static const struct {
    const char *about, *json;
    uint32_t length;
    bool reordered;
    uint32_t ids[MOST * K];
    float values[MOST * F];
} good[] = {
    {"names as strings",
     "{\"events\": [\"a\", \"b\", \"c\"]}",
     3,
     false,
     {2, 1, 1, 3, 1, 1, 0, 1, 1},
     {MISSING, 0, 1, 0, MISSING, 0, 1, 0, MISSING, 0, 1, 0}},
    {"an object with everything",
     "{\"events\": [{\"event\": \"b\", \"service\": \"db\", \"is_paged\": true,"
     " \"latency\": 12, \"size/b\": 0.5}]}",
     1,
     false,
     {3, 3, 2},
     {PRESENT(1.0f), 0.5f, 0, 0}},
    {"strings and objects in one history",
     "{\"events\": [\"a\", {\"event\": \"a\"}]}",
     2,
     false,
     {2, 1, 1, 2, 1, 1},
     {MISSING, 0, 1, 0, MISSING, 0, 1, 0}},
    {"an object without a name has a missing one",
     "{\"events\": [{\"service\": \"api\"}]}",
     1,
     false,
     {1, 2, 1},
     {MISSING, 0, 1, 0}},
    {"an empty object", "{\"events\": [{}]}", 1, false, {1, 1, 1}, {MISSING, 0, 1, 0}},
    {"null is missing",
     "{\"events\": [{\"event\": null, \"service\": null, \"latency\": null}]}",
     1,
     false,
     {1, 1, 1},
     {MISSING, 0, 1, 0}},
    {"a boolean is its word, true or false",
     "{\"events\": [{\"event\": \"a\", \"is_paged\": false}]}",
     1,
     false,
     {2, 1, 0},
     {MISSING, 0, 1, 0}},
    {"an unknown value is row 0",
     "{\"events\": [{\"event\": \"z\", \"service\": \"\"}]}",
     1,
     false,
     {0, 0, 1},
     {MISSING, 0, 1, 0}},
    {"a number is clamped",
     "{\"events\": [{\"latency\": -1e300, \"size/b\": 17}]}",
     1,
     false,
     {1, 1, 1},
     {PRESENT(-16.0f), 16.0f, 0, 0}},
    {"case-level fields are fields of every event",
     "{\"fields\": {\"service\": \"db\", \"latency\": 12}, \"events\": [\"a\", \"b\"]}",
     2,
     false,
     {2, 3, 1, 3, 3, 1},
     {PRESENT(1.0f), 0, 1, 0, PRESENT(1.0f), 0, 1, 0}},
    {"a field of the event wins over the case-level one, even if it is null",
     "{\"fields\": {\"service\": \"db\", \"latency\": 12}, \"events\": ["
     "{\"event\": \"a\", \"service\": \"api\", \"latency\": 14},"
     "{\"event\": \"a\", \"service\": null, \"latency\": null}]}",
     2,
     false,
     {2, 2, 1, 2, 1, 1},
     {PRESENT(2.0f), 0, 1, 0, MISSING, 0, 1, 0}},
    {"case-level fields that are null",
     "{\"fields\": null, \"events\": [\"a\"]}",
     1,
     false,
     {2, 1, 1},
     {MISSING, 0, 1, 0}},
    {"case-level fields after the events",
     "{\"events\": [\"a\"], \"fields\": {\"service\": \"db\"}}",
     1,
     false,
     {2, 3, 1},
     {MISSING, 0, 1, 0}},
    {"times in order",
     "{\"events\": [{\"event\": \"a\", \"time\": \"2026-11-22T10:00:00Z\"},"
     "{\"event\": \"b\", \"time\": \"2026-11-22T10:00:01Z\"}]}",
     2,
     false,
     {2, 1, 1, 3, 1, 1},
     {MISSING, 0, 1, 0, MISSING, 0, 1, 0.69314718f}},
    {"times out of order are sorted, equal times keep their order",
     "{\"events\": [{\"event\": \"b\", \"time\": 5}, {\"event\": \"a\", \"time\": 2},"
     "{\"event\": \"z\", \"time\": 5}, {\"time\": 2}]}",
     4,
     true,
     {2, 1, 1, 1, 1, 1, 3, 1, 1, 0, 1, 1},
     {MISSING, 0, 1, 0, MISSING, 0, 1, 0, MISSING, 0, 1, 1.3862944f, MISSING, 0, 1, 0}},
    {"equal times move nothing",
     "{\"events\": [{\"event\": \"b\", \"time\": 5}, {\"event\": \"a\", \"time\": 5}]}",
     2,
     false,
     {3, 1, 1, 2, 1, 1},
     {MISSING, 0, 1, 0, MISSING, 0, 1, 0}},
    {"times with different offsets compare as instants",
     "{\"events\": [{\"event\": \"b\", \"time\": \"2026-11-22T11:00:00+01:00\"},"
     "{\"event\": \"a\", \"time\": \"2026-11-22T10:00:00Z\"}]}",
     2,
     false,
     {3, 1, 1, 2, 1, 1},
     {MISSING, 0, 1, 0, MISSING, 0, 1, 0}},
    {"null is no time",
     "{\"events\": [{\"event\": \"b\", \"time\": null}, \"a\"]}",
     2,
     false,
     {3, 1, 1, 2, 1, 1},
     {MISSING, 0, 1, 0, MISSING, 0, 1, 0}},
    {"other keys of the history do not matter",
     "{\"model\": 3, \"action\": \"x\", \"label\": [], \"events\": [\"a\"]}",
     1,
     false,
     {2, 1, 1},
     {MISSING, 0, 1, 0}},
};

static enum status decode(struct history *history, const char *schema_text,
                          const char *text, uint32_t max_events, const char *where,
                          struct arena *arena, struct error *err)
{
    struct schema *schema = sample_schema(schema_text);
    json_t *json = json_read(text, strlen(text), err);
    ck_assert_msg(json, "%s: %s", text, err->text);
    enum status status =
        triage_history_decode(history, schema, json, max_events, where, arena, err);
    json_decref(json);
    triage_schema_free(schema);
    return status;
}

START_TEST(test_valid_histories_are_decoded)
{
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_msg(decode(&history, rows_schema, good[_i].json, MOST, "", &arena, &err) ==
                      STATUS_OK,
                  "%s: %s: %s", good[_i].about, err.where, err.text);
    ck_assert_msg(
        history.length == good[_i].length && history.reordered == good[_i].reordered,
        "%s: %u events, reordered %d", good[_i].about, history.length, history.reordered);
    for (size_t i = 0; i < history.length * K; i++)
        ck_assert_msg(history.ids[i] == good[_i].ids[i],
                      "%s: id [%zu] is %u, expected %u", good[_i].about, i,
                      history.ids[i], good[_i].ids[i]);
    assert_same_bits(good[_i].about, history.values, good[_i].values, history.length * F);
    arena_release(&arena);
}
END_TEST

static const struct {
    const char *about, *json, *where, *text, *expected, *received;
} bad[] = {
    {"a string", "\"a\"", "", "a history must be an object with \"events\"", "an object",
     "\"a\""},
    {"an array", "[]", "", "a history must be an object with \"events\"", "an object",
     "an array"},
    {"no events", "{}", "/events", "\"events\" is missing", "an array", "nothing"},
    {"events is null", "{\"events\": null}", "/events", "expected an array", "an array",
     "null"},
    {"events is an object", "{\"events\": {}}", "/events", "expected an array",
     "an array", "an object"},
    {"no event", "{\"events\": []}", "/events", "\"events\" is empty",
     "at least one event", "an array"},
    {"an event that is a number", "{\"events\": [\"a\", 3]}", "/events/1",
     "an event must be a string or an object", "a string or an object", "3"},
    {"an event that is null", "{\"events\": [null]}", "/events/0",
     "an event must be a string or an object", "a string or an object", "null"},
    {"a name that is a number", "{\"events\": [{\"event\": 3}]}", "/events/0/event",
     "expected a string", "a string", "3"},
    {"a category that is an array", "{\"events\": [\"a\", {\"service\": []}]}",
     "/events/1/service", "expected a string", "a string", "an array"},
    {"a number that is a string", "{\"events\": [{\"latency\": \"412\"}]}",
     "/events/0/latency", "expected a number", "a number", "\"412\""},
    {"a number that is true", "{\"events\": [{\"size/b\": true}]}", "/events/0/size~1b",
     "expected a number", "a number", "true"},
    {"case-level fields that are a string", "{\"fields\": \"db\", \"events\": [\"a\"]}",
     "/fields", "expected an object", "an object", "\"db\""},
    {"a case-level field of the wrong kind",
     "{\"fields\": {\"service\": 3}, \"events\": [\"a\"]}", "/fields/service",
     "expected a string", "a string", "3"},
    {"an id that is true", "{\"id\": true, \"events\": [\"a\"]}", "/id",
     "expected a string or an integer", "a string or an integer", "true"},
    {"an id that is no integer", "{\"id\": 1.5, \"events\": [\"a\"]}", "/id",
     "expected a string or an integer", "a string or an integer", "1.5"},
    {"a string that is not a time", "{\"events\": [{\"time\": \"yesterday\"}]}",
     "/events/0/time", "not a time between the years 1 and 9999",
     "RFC 3339, or seconds since the epoch", "\"yesterday\""},
    {"a time without its offset", "{\"events\": [{\"time\": \"2026-11-22T10:00:00\"}]}",
     "/events/0/time", "not a time between the years 1 and 9999",
     "RFC 3339, or seconds since the epoch", "\"2026-11-22T10:00:00\""},
    {"a time in milliseconds is after the year 9999",
     "{\"events\": [{\"time\": 1795341600000}]}", "/events/0/time",
     "not a time between the years 1 and 9999", "RFC 3339, or seconds since the epoch",
     "1795341600000"},
    {"a time that is an object", "{\"events\": [{\"time\": {}}]}", "/events/0/time",
     "not a time between the years 1 and 9999", "RFC 3339, or seconds since the epoch",
     "an object"},
    {"the first event without a time among others with one",
     "{\"events\": [{\"time\": 5}, {\"time\": 4}, \"a\", {\"event\": \"b\"}]}",
     "/events/2/time", "this event has no time, but other events have one",
     "a time in every event or in none", "nothing"},
    {"a bad time is named before a missing one",
     "{\"events\": [\"a\", {\"time\": 4}, {\"time\": \"x\"}]}", "/events/2/time",
     "not a time between the years 1 and 9999", "RFC 3339, or seconds since the epoch",
     "\"x\""},
    {"an event is named by its position as given",
     "{\"events\": [{\"time\": 9}, {\"time\": 5, \"latency\": \"x\"}]}",
     "/events/1/latency", "expected a number", "a number", "\"x\""},
    {"one event more than allowed", "{\"events\": [\"a\", \"a\", \"a\", \"a\", \"a\"]}",
     "/events", "too many events in one history", "at most 4", "5"},
};

START_TEST(test_invalid_histories_are_errors)
{
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    char where[128];
    bool is_limit = strncmp(bad[_i].expected, "at most ", 8) == 0;
    arena_init(&arena, SIZE_MAX);
    enum status status =
        decode(&history, rows_schema, bad[_i].json, MOST, "/histories/3", &arena, &err);
    ck_assert_msg(status == (is_limit ? STATUS_TOO_LARGE : STATUS_BAD_INPUT), "%s: %s",
                  bad[_i].about, triage_status_name(status));
    snprintf(where, sizeof where, "/histories/3%s", bad[_i].where);
    ck_assert_msg(strcmp(err.where, where) == 0, "%s: at %s", bad[_i].about, err.where);
    ck_assert_msg(strcmp(err.text, bad[_i].text) == 0, "%s: %s", bad[_i].about, err.text);
    ck_assert_msg(strcmp(err.expected, bad[_i].expected) == 0 &&
                      strcmp(err.received, bad[_i].received) == 0,
                  "%s: expected %s, received %s", bad[_i].about, err.expected,
                  err.received);
    arena_release(&arena);
}
END_TEST

START_TEST(test_events_of_equal_time_keep_their_order)
{
    enum { EVENTS = 1000 };
    static char text[EVENTS * 64];
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    size_t used = (size_t)snprintf(text, sizeof text, "{\"events\": [");
    for (int i = 0; i < EVENTS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"size/b\": %g, \"time\": %d}", i == 0 ? "" : ", ",
                                 i / 1000.0, (i * 7) % 5);
    snprintf(text + used, sizeof text - used, "]}");
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(decode(&history, rows_schema, text, EVENTS, "", &arena, &err),
                     STATUS_OK);
    ck_assert(history.reordered);
    for (int i = 1; i < EVENTS; i++) {
        float before = history.values[(i - 1) * F + 2], here = history.values[i * F + 2];
        ck_assert_msg(before < here || i % (EVENTS / 5) == 0,
                      "[%d] was given after its successor", i);
    }
    arena_release(&arena);
}
END_TEST

START_TEST(test_a_limit_is_reached_but_not_exceeded)
{
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(decode(&history, rows_schema, "{\"events\": [\"a\", \"b\"]}", 2, "",
                            &arena, &err),
                     STATUS_OK);
    ck_assert_int_eq(decode(&history, rows_schema, "{\"events\": [\"a\", \"b\"]}", 1, "",
                            &arena, &err),
                     STATUS_TOO_LARGE);
    arena_release(&arena);
}
END_TEST

/* ---- unknown values, ignored fields, ids ------------------------------------------------- */

static const char notes_schema[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\"]},"
    " {\"name\": \"service\", \"kind\": \"category\", \"values\": [\"api\", \"db\"]},"
    " {\"name\": \"is_paged\", \"kind\": \"category\", \"values\": [\"true\"]},"
    " {\"name\": \"size/b\", \"kind\": \"number\"}],"
    " \"time\": [{\"name\": \"since_previous\"}]}";

static const struct {
    const char *about, *json;
    uint32_t count;            /* of unknown values */
    const char *unknown[3][2]; /* pointer, value */
    struct ignored_field ignored[3];
} notes[] = {
    {"nothing to note", "{\"events\": [\"a\"]}", 0, {{NULL}}, {{NULL, 0}}},
    {"an unknown name, as a string and in an object",
     "{\"events\": [\"a\", \"x\", {\"event\": \"y\"}]}",
     2,
     {{"/events/1", "x"}, {"/events/2/event", "y"}},
     {{NULL, 0}}},
    {"an unknown boolean",
     "{\"events\": [{\"event\": \"a\", \"is_paged\": false}]}",
     1,
     {{"/events/0/is_paged", "false"}},
     {{NULL, 0}}},
    {"a case-level unknown value is noted once, not per event",
     "{\"fields\": {\"service\": \"web\"}, \"events\": [\"a\", \"a\"]}",
     1,
     {{"/fields/service", "web"}},
     {{NULL, 0}}},
    {"pointers count events as given",
     "{\"events\": [{\"event\": \"x\", \"time\": 2}, {\"event\": \"y\", \"time\": 1}]}",
     2,
     {{"/events/0/event", "x"}, {"/events/1/event", "y"}},
     {{NULL, 0}}},
    {"ignored fields are counted, in order of appearance",
     "{\"fields\": {\"team\": 1}, \"events\": [{\"event\": \"a\", \"host\": []},"
     " {\"team\": null, \"host\": 2}, {\"host\": {}}]}",
     0,
     {{NULL}},
     {{"team", 2}, {"host", 3}}},
    {"time is a field of an event, not of the case-level fields",
     "{\"fields\": {\"time\": 1}, \"events\": [{\"event\": \"a\", \"time\": 1}]}",
     0,
     {{NULL}},
     {{"time", 1}}},
    {"names are compared exactly",
     "{\"events\": [{\"event\": \"A\", \"Service\": \"db\"}]}",
     1,
     {{"/events/0/event", "A"}},
     {{"Service", 1}}},
    {"a long value is cut at the end of a character",
     "{\"events\": "
     "[\"0123456789012345678901234567890123456789012345678901234567890\\u20ac"
     "\\u20ac\"]}",
     1,
     {{"/events/0",
       "0123456789012345678901234567890123456789012345678901234567890\u20ac"}},
     {{NULL, 0}}},
};

START_TEST(test_unknown_values_and_ignored_fields_are_noted)
{
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    uint32_t i;
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(
        decode(&history, notes_schema, notes[_i].json, 9, "/x", &arena, &err), STATUS_OK);
    ck_assert_msg(history.unknown_count == notes[_i].count, "%s: %u unknown",
                  notes[_i].about, history.unknown_count);
    for (i = 0; i < history.unknown_count; i++) {
        ck_assert_str_eq(history.unknown[i].pointer, notes[_i].unknown[i][0]);
        ck_assert_str_eq(history.unknown[i].value, notes[_i].unknown[i][1]);
    }
    for (i = 0; i < 3 && notes[_i].ignored[i].name; i++) {
        ck_assert_msg(i < history.ignored_count, "%s: %u ignored", notes[_i].about,
                      history.ignored_count);
        ck_assert_str_eq(history.ignored[i].name, notes[_i].ignored[i].name);
        ck_assert_uint_eq(history.ignored[i].count, notes[_i].ignored[i].count);
    }
    ck_assert_msg(i == history.ignored_count, "%s: %u ignored", notes[_i].about,
                  history.ignored_count);
    arena_release(&arena);
}
END_TEST

static const struct {
    const char *about, *json, *id;
} ids[] = {
    {"no id", "{\"events\": [\"a\"]}", NULL},
    {"null is no id", "{\"id\": null, \"events\": [\"a\"]}", NULL},
    {"a string", "{\"id\": \"INC-7\", \"events\": [\"a\"]}", "\"INC-7\""},
    {"an empty string", "{\"id\": \"\", \"events\": [\"a\"]}", "\"\""},
    {"characters that JSON escapes", "{\"id\": \"a\\\"\\n\\u00e9\", \"events\": [\"a\"]}",
     "\"a\\\"\\n\u00e9\""},
    {"an integer", "{\"id\": -17, \"events\": [\"a\"]}", "-17"},
    {"a large integer", "{\"id\": 9007199254740993, \"events\": [\"a\"]}",
     "9007199254740993"},
};

START_TEST(test_ids_are_kept_as_json)
{
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(decode(&history, notes_schema, ids[_i].json, 9, "", &arena, &err),
                     STATUS_OK);
    if (!ids[_i].id)
        ck_assert_msg(history.id == NULL, "%s: %s", ids[_i].about, history.id);
    else
        ck_assert_str_eq(history.id, ids[_i].id);
    arena_release(&arena);
}
END_TEST

/* More unknown values and more ignored fields than a history lists. */
START_TEST(test_notes_are_limited)
{
    struct error err = {.status = STATUS_OK};
    struct schema *schema = sample_schema(notes_schema);
    json_t *events = json_array(), *json = json_object();
    struct history history;
    struct arena arena;
    char name[16];
    for (int i = 0; i < HISTORY_NOTES + 20; i++) {
        json_t *event = json_object();
        snprintf(name, sizeof name, "f%d", i);
        json_object_set_new(event, name, json_integer(i));
        json_object_set_new(event, "f0", json_integer(i));
        json_object_set_new(event, "event", json_string("never seen"));
        json_array_append_new(events, event);
    }
    json_object_set_new(json, "events", events);
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(
        triage_history_decode(&history, schema, json, 1000, "", &arena, &err), STATUS_OK);
    ck_assert_uint_eq(history.unknown_count, HISTORY_NOTES + 20);
    ck_assert_str_eq(history.unknown[HISTORY_NOTES - 1].pointer, "/events/99/event");
    ck_assert_uint_eq(history.ignored_count, HISTORY_NOTES);
    ck_assert_uint_eq(history.ignored[0].count, HISTORY_NOTES + 20);
    ck_assert_uint_eq(history.ignored[HISTORY_NOTES - 1].count, 1);
    arena_release(&arena);
    json_decref(json);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    static const char text[] =
        "{\"id\": \"INC\", \"fields\": {\"service\": \"web\", \"host\": 1}, \"events\": ["
        "{\"event\": \"x\", \"time\": 5, \"y\": 1}, {\"event\": \"a\", \"time\": 2}]}";
    bool (*again[])(unsigned *) = {failing_malloc_next, failing_malloc_next_from};
    struct schema *schema = sample_schema(notes_schema);
    json_t *json = json_read(text, strlen(text), NULL);
    for (unsigned n = 0; again[_i](&n);) {
        struct error err = {.status = STATUS_OK};
        struct history history;
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        enum status status =
            triage_history_decode(&history, schema, json, 9, "", &arena, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        arena_release(&arena);
    }
    json_decref(json);
    triage_schema_free(schema);
}
END_TEST

/* Every ceiling of the arena: as if memory ran out inside a block. */
START_TEST(test_full_arena_is_no_memory)
{
    struct schema *schema = sample_schema(notes_schema);
    json_t *json = json_pack("{s:[s,{s:s,s:i}]}", "events", "a", "event", "x", "y", 1);
    enum status status = STATUS_NO_MEMORY;
    for (size_t ceiling = 0; status != STATUS_OK; ceiling += 16) {
        struct history history;
        struct arena arena;
        arena_init(&arena, ceiling);
        status = triage_history_decode(&history, schema, json, 9, "", &arena, NULL);
        ck_assert(status == STATUS_OK || status == STATUS_NO_MEMORY);
        arena_release(&arena);
        ck_assert_uint_lt(ceiling, 1 << 20);
    }
    json_decref(json);
    triage_schema_free(schema);
}
END_TEST

Suite *history_suite(void)
{
    Suite *suite = suite_create("history");
    TCase *tc = tcase_create("history");
    tcase_add_loop_test(tc, test_valid_histories_are_decoded, 0, COUNT(good));
    tcase_add_loop_test(tc, test_invalid_histories_are_errors, 0, COUNT(bad));
    tcase_add_test(tc, test_events_of_equal_time_keep_their_order);
    tcase_add_test(tc, test_a_limit_is_reached_but_not_exceeded);
    tcase_add_loop_test(tc, test_unknown_values_and_ignored_fields_are_noted, 0,
                        COUNT(notes));
    tcase_add_loop_test(tc, test_ids_are_kept_as_json, 0, COUNT(ids));
    tcase_add_test(tc, test_notes_are_limited);
    tcase_add_loop_test(tc, test_memory_runs_out, 0, 2);
    tcase_add_test(tc, test_full_arena_is_no_memory);
    suite_add_tcase(suite, tc);
    return suite;
}
