#include "engine.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "support/compare.h"
#include "support/sample.h"
#include "unit/suites.h"

/* Fields: event (a b), service (api db), is_paged (true); numbers latency, size. */
static const char schema_text[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"b\"]},"
    " {\"name\": \"latency\", \"kind\": \"number\", \"mean\": 10, \"scale\": 2,"
    " \"missing_mean\": 0.5, \"missing_scale\": 0.25},"
    " {\"name\": \"service\", \"kind\": \"category\", \"values\": [\"api\", \"db\"]},"
    " {\"name\": \"is_paged\", \"kind\": \"category\", \"values\": [\"true\"]},"
    " {\"name\": \"size/b\", \"kind\": \"number\"}],"
    " \"time\": [{\"name\": \"since_previous\"}]}";

enum { K = 3, F = 5, MOST = 4 };

/* A latency that is missing is 0 and its flag (1 - 0.5) / 0.25; one that is there, -2. */
#define NONE 0.0f, 2.0f
#define THERE(x) (x), -2.0f

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
     {NONE, 0, 1, 0, NONE, 0, 1, 0, NONE, 0, 1, 0}},
    {"an object with everything",
     "{\"events\": [{\"event\": \"b\", \"service\": \"db\", \"is_paged\": true,"
     " \"latency\": 12, \"size/b\": 0.5}]}",
     1,
     false,
     {3, 3, 2},
     {THERE(1.0f), 0.5f, 0, 0}},
    {"strings and objects in one history",
     "{\"events\": [\"a\", {\"event\": \"a\"}]}",
     2,
     false,
     {2, 1, 1, 2, 1, 1},
     {NONE, 0, 1, 0, NONE, 0, 1, 0}},
    {"an object without a name has a missing one",
     "{\"events\": [{\"service\": \"api\"}]}",
     1,
     false,
     {1, 2, 1},
     {NONE, 0, 1, 0}},
    {"an empty object", "{\"events\": [{}]}", 1, false, {1, 1, 1}, {NONE, 0, 1, 0}},
    {"null is missing",
     "{\"events\": [{\"event\": null, \"service\": null, \"latency\": null}]}",
     1,
     false,
     {1, 1, 1},
     {NONE, 0, 1, 0}},
    {"a boolean is the word for it",
     "{\"events\": [{\"event\": \"a\", \"is_paged\": false}]}",
     1,
     false,
     {2, 1, 0},
     {NONE, 0, 1, 0}},
    {"an unknown value is row 0",
     "{\"events\": [{\"event\": \"z\", \"service\": \"\"}]}",
     1,
     false,
     {0, 0, 1},
     {NONE, 0, 1, 0}},
    {"a number is clamped",
     "{\"events\": [{\"latency\": -1e300, \"size/b\": 17}]}",
     1,
     false,
     {1, 1, 1},
     {THERE(-16.0f), 16.0f, 0, 0}},
    {"case-level fields are every event's",
     "{\"fields\": {\"service\": \"db\", \"latency\": 12}, \"events\": [\"a\", \"b\"]}",
     2,
     false,
     {2, 3, 1, 3, 3, 1},
     {THERE(1.0f), 0, 1, 0, THERE(1.0f), 0, 1, 0}},
    {"an event's own field wins over the case's, null too",
     "{\"fields\": {\"service\": \"db\", \"latency\": 12}, \"events\": ["
     "{\"event\": \"a\", \"service\": \"api\", \"latency\": 14},"
     "{\"event\": \"a\", \"service\": null, \"latency\": null}]}",
     2,
     false,
     {2, 2, 1, 2, 1, 1},
     {THERE(2.0f), 0, 1, 0, NONE, 0, 1, 0}},
    {"case-level fields that are null",
     "{\"fields\": null, \"events\": [\"a\"]}",
     1,
     false,
     {2, 1, 1},
     {NONE, 0, 1, 0}},
    {"case-level fields behind the events",
     "{\"events\": [\"a\"], \"fields\": {\"service\": \"db\"}}",
     1,
     false,
     {2, 3, 1},
     {NONE, 0, 1, 0}},
    {"times in order",
     "{\"events\": [{\"event\": \"a\", \"time\": \"2026-11-22T10:00:00Z\"},"
     "{\"event\": \"b\", \"time\": \"2026-11-22T10:00:01Z\"}]}",
     2,
     false,
     {2, 1, 1, 3, 1, 1},
     {NONE, 0, 1, 0, NONE, 0, 1, 0.69314718f}},
    {"times out of order are put in order, ties as they came",
     "{\"events\": [{\"event\": \"b\", \"time\": 5}, {\"event\": \"a\", \"time\": 2},"
     "{\"event\": \"z\", \"time\": 5}, {\"time\": 2}]}",
     4,
     true,
     {2, 1, 1, 1, 1, 1, 3, 1, 1, 0, 1, 1},
     {NONE, 0, 1, 0, NONE, 0, 1, 0, NONE, 0, 1, 1.3862944f, NONE, 0, 1, 0}},
    {"equal times move nothing",
     "{\"events\": [{\"event\": \"b\", \"time\": 5}, {\"event\": \"a\", \"time\": 5}]}",
     2,
     false,
     {3, 1, 1, 2, 1, 1},
     {NONE, 0, 1, 0, NONE, 0, 1, 0}},
    {"a time by offset is the same instant",
     "{\"events\": [{\"event\": \"b\", \"time\": \"2026-11-22T11:00:00+01:00\"},"
     "{\"event\": \"a\", \"time\": \"2026-11-22T10:00:00Z\"}]}",
     2,
     false,
     {3, 1, 1, 2, 1, 1},
     {NONE, 0, 1, 0, NONE, 0, 1, 0}},
    {"times that are null are none",
     "{\"events\": [{\"event\": \"b\", \"time\": null}, \"a\"]}",
     2,
     false,
     {3, 1, 1, 2, 1, 1},
     {NONE, 0, 1, 0, NONE, 0, 1, 0}},
    {"other keys of the history do not matter",
     "{\"model\": 3, \"action\": \"x\", \"label\": [], \"events\": [\"a\"]}",
     1,
     false,
     {2, 1, 1},
     {NONE, 0, 1, 0}},
};

/* Decode text by that schema; the history's memory is in the arena. */
static enum status decode(struct history *history, const char *text, uint32_t most,
                          const char *where, struct arena *arena, struct error *err)
{
    struct schema *schema = sample_schema(schema_text);
    json_t *json = json_read(text, strlen(text), err);
    ck_assert_msg(json != NULL, "%s: %s", text, err->text);
    enum status status =
        triage_history_decode(history, schema, json, most, where, arena, err);
    json_decref(json);
    triage_schema_free(schema);
    return status;
}

START_TEST(test_rows)
{
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;

    arena_init(&arena, SIZE_MAX);
    ck_assert_msg(decode(&history, good[_i].json, MOST, "", &arena, &err) == STATUS_OK,
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
    {"a time that is none", "{\"events\": [{\"time\": \"yesterday\"}]}", "/events/0/time",
     "not a time between the years 1 and 9999", "RFC 3339, or seconds since the epoch",
     "\"yesterday\""},
    {"a time without its offset", "{\"events\": [{\"time\": \"2026-11-22T10:00:00\"}]}",
     "/events/0/time", "not a time between the years 1 and 9999",
     "RFC 3339, or seconds since the epoch", "\"2026-11-22T10:00:00\""},
    {"a time in milliseconds is beyond the years",
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
    {"an event is named by the place in which it was given",
     "{\"events\": [{\"time\": 9}, {\"time\": 5, \"latency\": \"x\"}]}",
     "/events/1/latency", "expected a number", "a number", "\"x\""},
    {"one event too many", "{\"events\": [\"a\", \"a\", \"a\", \"a\", \"a\"]}", "/events",
     "too many events in one history", "at most 4", "5"},
};

START_TEST(test_complaints)
{
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    char where[128];
    bool is_limit = strncmp(bad[_i].expected, "at most ", 8) == 0;

    arena_init(&arena, SIZE_MAX);
    enum status status =
        decode(&history, bad[_i].json, MOST, "/histories/3", &arena, &err);
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

/* A stable sort of many: by time, then by place. */
START_TEST(test_many_ties_stay_in_order)
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
    ck_assert_int_eq(decode(&history, text, EVENTS, "", &arena, &err), STATUS_OK);
    ck_assert(history.reordered);
    for (int i = 1; i < EVENTS; i++) {
        float before = history.values[(i - 1) * F + 2], here = history.values[i * F + 2];
        ck_assert_msg(before < here || i % (EVENTS / 5) == 0,
                      "[%d] was given after its successor", i);
    }
    arena_release(&arena);
}
END_TEST

START_TEST(test_a_limit_is_reached_but_not_passed)
{
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;

    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(
        decode(&history, "{\"events\": [\"a\", \"b\"]}", 2, "", &arena, &err), STATUS_OK);
    ck_assert_int_eq(
        decode(&history, "{\"events\": [\"a\", \"b\"]}", 1, "", &arena, &err),
        STATUS_TOO_LARGE);
    arena_release(&arena);
}
END_TEST

Suite *history_suite(void)
{
    Suite *suite = suite_create("history");
    TCase *tc = tcase_create("history");
    tcase_add_loop_test(tc, test_rows, 0, COUNT(good));
    tcase_add_loop_test(tc, test_complaints, 0, COUNT(bad));
    tcase_add_test(tc, test_many_ties_stay_in_order);
    tcase_add_test(tc, test_a_limit_is_reached_but_not_passed);
    suite_add_tcase(suite, tc);
    return suite;
}
