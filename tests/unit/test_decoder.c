/*
 * The decoder of requests: rows and their order, the forms in which a value may be written, errors
 * and their places, notes, members of the request, limits and memory; and drawn requests, whole and
 * damaged, beside the decoder over jansson's tree.  In the tables, ' stands for ".
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "base/json.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "engine.h"
#include "model/decoder.h"
#include "model/request_members.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "support/decoders.h"
#include "support/drawn_requests.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

/* The text with " for every '; free() it. */
static char *quoted(const char *text)
{
    size_t length;
    struct strbuf result;
    strbuf_init(&result, SIZE_MAX);
    strbuf_quoted(&result, "%s", text);
    return strbuf_take(&result, &length);
}

static struct schema *quoted_schema(const char *text)
{
    char *json = quoted(text);
    struct schema *schema = sample_schema(json);
    free(json);
    return schema;
}

static const struct schema *find_that(void *context, const char *name, size_t length,
                                      struct error *err)
{
    const struct schema *const *schema = context;
    (void)name, (void)length, (void)err;
    return *schema;
}

/* Decode a line of a stream of requests. */
static enum status decode(struct history *history, const struct schema *schema,
                          const char *text, uint32_t max_events, struct arena *arena,
                          struct error *err)
{
    const struct decoder_options options = {
        .max_events = max_events, .find_schema = find_that, .context = &schema};
    struct decoded decoded;
    char *json = quoted(text);
    enum status status =
        triage_decode(&decoded, &options, json, strlen(json), arena, err);
    if (status == STATUS_OK)
        *history = decoded.histories[0];
    free(json);
    return status;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Categories event (a b), service (api db), is_paged (true); numbers latency, size/b. */
static const char rows_schema[] =
    "{'fields': [{'name': 'event', 'kind': 'category', 'values': ['a', 'b']},"
    " {'name': 'latency', 'kind': 'number', 'mean': 10, 'scale': 2,"
    " 'missing_mean': 0.5, 'missing_scale': 0.25},"
    " {'name': 'service', 'kind': 'category', 'values': ['api', 'db']},"
    " {'name': 'is_paged', 'kind': 'category', 'values': ['true']},"
    " {'name': 'size/b', 'kind': 'number'}],"
    " 'time': [{'name': 'since_previous'}]}";

enum { K = 3, F = 5, MOST = 4 };

/* The two floats of latency: a missing one is 0 with flag (1 - 0.5) / 0.25, else the flag is -2. */
#define MISSING 0.0f, 2.0f
#define PRESENT(x) (x), -2.0f

static const struct {
    const char *about, *text;
    uint32_t length;
    bool reordered;
    uint32_t ids[MOST * K];
    float values[MOST * F];
} good[] = {
    {.about = "names as strings",
     .text = "{'events': ['a', 'b', 'c']}",
     .length = 3,
     .ids = {2, 1, 1, 3, 1, 1, 0, 1, 1},
     .values = {MISSING, 0, 1, 0, MISSING, 0, 1, 0, MISSING, 0, 1, 0}},
    {.about = "an object with everything",
     .text = "{'events': [{'event': 'b', 'service': 'db', 'is_paged': true,"
             " 'latency': 12, 'size/b': 0.5}]}",
     .length = 1,
     .ids = {3, 3, 2},
     .values = {PRESENT(1.0f), 0.5f, 0, 0}},
    {.about = "strings and objects in one history",
     .text = "{'events': ['a', {'event': 'a'}]}",
     .length = 2,
     .ids = {2, 1, 1, 2, 1, 1},
     .values = {MISSING, 0, 1, 0, MISSING, 0, 1, 0}},
    {.about = "null is missing, and a name may be",
     .text = "{'events': [{'event': null, 'service': null, 'latency': null}]}",
     .length = 1,
     .ids = {1, 1, 1},
     .values = {MISSING, 0, 1, 0}},
    {.about = "a boolean is its word, true or false",
     .text = "{'events': [{'event': 'a', 'is_paged': false}]}",
     .length = 1,
     .ids = {2, 1, 0},
     .values = {MISSING, 0, 1, 0}},
    {.about = "an unknown value is row 0",
     .text = "{'events': [{'event': 'z', 'service': 'x'}]}",
     .length = 1,
     .ids = {0, 0, 1},
     .values = {MISSING, 0, 1, 0}},
    {.about = "a number is clamped",
     .text = "{'events': [{'event': null, 'latency': -1e300, 'size/b': 17}]}",
     .length = 1,
     .ids = {1, 1, 1},
     .values = {PRESENT(-16.0f), 16.0f, 0, 0}},
    {.about = "an integer beyond 64 bits is a number",
     .text = "{'events': [{'event': null, 'latency': 123456789012345678901234567890}]}",
     .length = 1,
     .ids = {1, 1, 1},
     .values = {PRESENT(16.0f), 0, 1, 0}},
    {.about = "case-level fields are fields of every event",
     .text = "{'fields': {'service': 'db', 'latency': 12}, 'events': ['a', 'b']}",
     .length = 2,
     .ids = {2, 3, 1, 3, 3, 1},
     .values = {PRESENT(1.0f), 0, 1, 0, PRESENT(1.0f), 0, 1, 0}},
    {.about = "a field of the event wins over the case-level one, even if it is null",
     .text = "{'fields': {'service': 'db', 'latency': 12}, 'events': ["
             "{'event': 'a', 'service': 'api', 'latency': 14},"
             "{'event': 'a', 'service': null, 'latency': null}]}",
     .length = 2,
     .ids = {2, 2, 1, 2, 1, 1},
     .values = {PRESENT(2.0f), 0, 1, 0, MISSING, 0, 1, 0}},
    {.about = "case-level fields after the events: the same",
     .text = "{'events': [{'event': 'a', 'service': 'api', 'latency': 14},"
             "{'event': 'a', 'service': null, 'latency': null}],"
             " 'fields': {'service': 'db', 'latency': 12}}",
     .length = 2,
     .ids = {2, 2, 1, 2, 1, 1},
     .values = {PRESENT(2.0f), 0, 1, 0, MISSING, 0, 1, 0}},
    {.about = "case-level fields that are null",
     .text = "{'fields': null, 'events': ['a']}",
     .length = 1,
     .ids = {2, 1, 1},
     .values = {MISSING, 0, 1, 0}},
    {.about = "times in order",
     .text = "{'events': [{'event': 'a', 'time': '2026-11-22T10:00:00Z'},"
             "{'event': 'b', 'time': '2026-11-22T10:00:01Z'}]}",
     .length = 2,
     .ids = {2, 1, 1, 3, 1, 1},
     .values = {MISSING, 0, 1, 0, MISSING, 0, 1, 0.69314718f}},
    {.about = "times out of order are sorted, equal times keep their order",
     .text = "{'events': [{'event': 'b', 'time': 5}, {'event': 'a', 'time': 2},"
             "{'event': 'z', 'time': 5}, {'event': null, 'time': 2}]}",
     .length = 4,
     .reordered = true,
     .ids = {2, 1, 1, 1, 1, 1, 3, 1, 1, 0, 1, 1},
     .values = {MISSING, 0, 1, 0, MISSING, 0, 1, 0, MISSING, 0, 1, 1.3862944f, MISSING, 0,
                1, 0}},
    {.about = "equal times move nothing",
     .text = "{'events': [{'event': 'b', 'time': 5}, {'event': 'a', 'time': 5}]}",
     .length = 2,
     .ids = {3, 1, 1, 2, 1, 1},
     .values = {MISSING, 0, 1, 0, MISSING, 0, 1, 0}},
    {.about = "times with different offsets compare as instants",
     .text = "{'events': [{'event': 'b', 'time': '2026-11-22T11:00:00+01:00'},"
             "{'event': 'a', 'time': '2026-11-22T10:00:00Z'}]}",
     .length = 2,
     .ids = {3, 1, 1, 2, 1, 1},
     .values = {MISSING, 0, 1, 0, MISSING, 0, 1, 0}},
    {.about = "a nanosecond decides the order",
     .text = "{'events': [{'event': 'b', 'time': '2026-11-22T10:00:00.000000002Z'},"
             "{'event': 'a', 'time': '2026-11-22T10:00:00.000000001Z'}]}",
     .length = 2,
     .reordered = true,
     .ids = {2, 1, 1, 3, 1, 1},
     .values = {MISSING, 0, 1, 0, MISSING, 0, 1, 0}},
    {.about = "a nanosecond of a number decides the order",
     .text = "{'events': [{'event': 'b', 'time': 1795341840.000000002},"
             "{'event': 'a', 'time': 1795341840.000000001}]}",
     .length = 2,
     .reordered = true,
     .ids = {2, 1, 1, 3, 1, 1},
     .values = {MISSING, 0, 1, 0, MISSING, 0, 1, 0}},
    {.about = "a leap second is later than second 59, and earlier than the next minute",
     .text = "{'events': [{'event': 'z', 'time': '2017-01-01T00:00:00Z'},"
             "{'event': 'b', 'time': '2016-12-31T23:59:60Z'},"
             "{'event': 'a', 'time': '2016-12-31T23:59:59.999999999Z'}]}",
     .length = 3,
     .reordered = true,
     .ids = {2, 1, 1, 3, 1, 1, 0, 1, 1},
     .values = {MISSING, 0, 1, 0, MISSING, 0, 1, 0, MISSING, 0, 1, 9.9999950e-07f}},
    {.about = "null is no time",
     .text = "{'events': [{'event': 'b', 'time': null}, 'a']}",
     .length = 2,
     .ids = {3, 1, 1, 2, 1, 1},
     .values = {MISSING, 0, 1, 0, MISSING, 0, 1, 0}},
};

START_TEST(test_valid_histories_are_decoded)
{
    struct schema *schema = quoted_schema(rows_schema);
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_msg(decode(&history, schema, good[_i].text, MOST, &arena, &err) ==
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
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_events_of_equal_time_keep_their_order)
{
    enum { EVENTS = 1000 };
    static char text[EVENTS * 80];
    struct schema *schema = quoted_schema(rows_schema);
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    size_t used = (size_t)snprintf(text, sizeof text, "{'events': [");
    for (int i = 0; i < EVENTS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{'event': null, 'size/b': %g, 'time': %d}",
                                 i == 0 ? "" : ", ", i / 1000.0, (i * 7) % 5);
    snprintf(text + used, sizeof text - used, "]}");
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(decode(&history, schema, text, EVENTS, &arena, &err), STATUS_OK);
    ck_assert(history.reordered);
    for (int i = 1; i < EVENTS; i++) {
        float before = history.values[(i - 1) * F + 2], here = history.values[i * F + 2];
        ck_assert_msg(before < here || i % (EVENTS / 5) == 0,
                      "[%d] was given after its successor", i);
    }
    for (int i = 0; i < EVENTS; i++)
        ck_assert_msg(history.values[history.positions[i] * F + 2] == (float)(i / 1000.0),
                      "event %d is not at its position", i);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

/* ---- forms ----------------------------------------------------------------------------------- */

/* Trained keys; values that are digits, truth values and a mark of missing values. */
static const char forms_schema[] =
    "{'fields': [{'name': 'event', 'kind': 'category', 'values': ['a', 'b', 'N/A']},"
    " {'name': 'service', 'kind': 'category', 'values': ['api', 'TRUE', 'false']},"
    " {'name': 'code', 'kind': 'category', 'values': ['40', '503', '0.5', 'x']},"
    " {'name': 'size', 'kind': 'number', 'booleans': true},"
    " {'name': 'latency', 'kind': 'number'}],"
    " 'time': [{'name': 'since_previous'}, {'name': 'hour_sin'}, {'name': 'missing'}],"
    " 'keys': {'id': 'case', 'events': 'alerts', 'event': 'activity', 'time': 'at'}}";

static const struct {
    const char *about, *text, *plain; /* two texts of the same history */
} forms[] = {
    {"the keys of the training data",
     "{'case': '7', 'alerts': [{'activity': 'a', 'at': 1795341840}]}",
     "{'id': '7', 'events': [{'event': 'a', 'time': 1795341840}]}"},
    {"some keys of the training data",
     "{'case': '7', 'events': [{'event': 'a', 'at': 5}, {'activity': 'b', 'time': 6}]}",
     "{'id': '7', 'events': [{'event': 'a', 'time': 5}, {'event': 'b', 'time': 6}]}"},
    {"a key with escapes",
     "{'\\u0065vents': [{'\\u0061ctivity': 'a', 'co\\u0064e': 40}]}",
     "{'events': [{'event': 'a', 'code': '40'}]}"},
    {"a value with escapes", "{'events': ['\\u0061', {'event': '\\u0062'}]}",
     "{'events': ['a', 'b']}"},
    {"a byte order mark", "\xEF\xBB\xBF{'events': ['a']}", "{'events': ['a']}"},
    {"a number for digits", "{'events': [{'event': 'a', 'code': 40}]}",
     "{'events': [{'event': 'a', 'code': '40'}]}"},
    {"a whole number with a point for digits",
     "{'events': [{'event': 'a', 'code': 503.0}, {'event': 'a', 'code': 4e1}]}",
     "{'events': [{'event': 'a', 'code': '503'}, {'event': 'a', 'code': '40'}]}"},
    {"a fraction as it is written", "{'events': [{'event': 'a', 'code': 0.5}]}",
     "{'events': [{'event': 'a', 'code': '0.5'}]}"},
    {"the truth values of a category",
     "{'events': [{'event': 'a', 'service': true}, {'event': 'a', 'service': 'False'},"
     " {'event': 'a', 'service': 'true'}, {'event': 'a', 'service': 'True'}]}",
     "{'events': [{'event': 'a', 'service': 'TRUE'}, {'event': 'a', 'service': 'false'},"
     " {'event': 'a', 'service': 'TRUE'}, {'event': 'a', 'service': 'TRUE'}]}"},
    {"the truth values of a number trained on them",
     "{'events': [{'event': 'a', 'size': true}, {'event': 'a', 'size': false}]}",
     "{'events': [{'event': 'a', 'size': 1}, {'event': 'a', 'size': 0}]}"},
    {"missing marks of a category",
     "{'events': [{'event': 'a', 'service': 'NULL'}, {'event': 'a', 'service': ''},"
     " {'event': 'a', 'service': ' n/a '}, {'event': 'a', 'code': '?'}]}",
     "{'events': ['a', 'a', 'a', 'a']}"},
    {"missing marks of a number",
     "{'events': [{'event': 'a', 'latency': 'NaN'}, {'event': 'a', 'latency': '-'},"
     " {'event': 'a', 'size': ''}]}",
     "{'events': ['a', 'a', 'a']}"},
    {"missing marks of a time",
     "{'events': [{'event': 'a', 'time': ''}, {'event': 'a', 'at': 'NULL'}]}",
     "{'events': [{'event': 'a', 'time': null}, {'event': 'a', 'time': null}]}"},
    {"a time with a blank, without zone and seconds",
     "{'events': [{'event': 'a', 'time': '2026-11-22 10:04'}]}",
     "{'events': [{'event': 'a', 'time': '2026-11-22T10:04:00Z'}]}"},
    {"an offset without a colon",
     "{'events': [{'event': 'a', 'time': '2026-11-22T11:04:00+0100'}]}",
     "{'events': [{'event': 'a', 'time': '2026-11-22T10:04:00Z'}]}"},
    {"case-level fields that are empty", "{'events': ['b', 'a'], 'fields': {}}",
     "{'events': ['b', 'a']}"},
    {"a fraction with a comma",
     "{'events': [{'event': 'a', 'time': 0}, {'event': 'a', 'time': "
     "'1970-01-01T00:00:01,5Z'}]}",
     "{'events': [{'event': 'a', 'time': 0}, {'event': 'a', 'time': 1.5}]}"},
    {"names of months", "{'events': [{'event': 'a', 'time': 'Nov 22, 2026 10:04 AM'}]}",
     "{'events': [{'event': 'a', 'time': 1795341840}]}"},
    {"a number of seconds in all its forms",
     "{'events': [{'event': 'a', 'time': 1.79534184e9}, {'event': 'a', 'time': "
     "1795341840.0}]}",
     "{'events': [{'event': 'a', 'time': 1795341840}, {'event': 'a', 'time': "
     "1795341840}]}"},
    {"a model, which may be any", "{'model': 'x', 'events': ['a']}", "{'events': ['a']}"},
    {"a late model", "{'alerts': ['a'], 'model': 'x'}", "{'events': ['a']}"},
    {"an include that is empty", "{'include': [ ], 'events': ['a']}",
     "{'events': ['a']}"},
};

START_TEST(test_forms_mean_the_same)
{
    struct schema *schema = quoted_schema(forms_schema);
    struct error err = {0};
    struct history form, plain;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_msg(decode(&form, schema, forms[_i].text, 9, &arena, &err) == STATUS_OK,
                  "%s: %s: %s", forms[_i].about, err.where, err.text);
    ck_assert_msg(decode(&plain, schema, forms[_i].plain, 9, &arena, &err) == STATUS_OK,
                  "%s: %s: %s", forms[_i].about, err.where, err.text);
    const char *difference = decoders_history_difference(schema, &form, &plain);
    ck_assert_msg(!difference, "%s: %s differ", forms[_i].about, difference);
    ck_assert_msg(form.unknown_count == 0 && form.ignored_count == 0, "%s: notes",
                  forms[_i].about);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

/* Three events a, b, x with these times; the letters in the order of the rows. */
static const struct {
    const char *about, *a, *b, *x, *order;
} orders[] = {
    {"nanoseconds of strings", "'2026-11-22T10:04:00.000000003Z'",
     "'2026-11-22T10:04:00.000000001Z'", "'2026-11-22T10:04:00.000000002Z'", "bxa"},
    {"nanoseconds of numbers", "1795341840.000000003", "1795341840.000000001",
     "1795341840.000000002", "bxa"},
    {"nanoseconds are not microseconds", "'2026-11-22T10:04:00.000000001Z'",
     "'2026-11-22T10:04:00Z'", "'2026-11-22T10:04:00.000001Z'", "bax"},
    {"numbers and strings", "1795341840.000000001", "'2026-11-22T10:04:00Z'",
     "'2026-11-22T10:04:00.000000001Z'", "bax"},
    {"a leap second is later than :59", "'2016-12-31T23:59:60Z'",
     "'2016-12-31T23:59:59.999Z'", "'2017-01-01T00:00:00Z'", "bax"},
    {"leap seconds by their fractions", "'2016-12-31T23:59:60.5Z'",
     "'2016-12-31T23:59:60.25Z'", "'2016-12-31T23:59:59Z'", "xba"},
    {"offsets", "'2026-11-22T12:00:00+02:00'", "'2026-11-22T04:59:59-05:00'",
     "'2026-11-22T10:00:01Z'", "bax"},
    {"days", "'2026-11-23T10:04:00Z'", "'2026-11-22T10:04:00Z'", "'2026-11-22T23:59:59Z'",
     "bxa"},
    {"years and months", "'2026-11-22T10:04:00Z'", "'2026-10-22T10:04:01Z'",
     "'2025-11-22T10:04:02Z'", "xba"},
    {"one date in three forms", "'2026-11-22T10:04:02Z'", "'2026-11-22 10:04:01Z'",
     "'2026-11-22T10:04:00.5Z'", "xba"},
    {"equal times as they came", "'2026-11-22T10:04:00Z'", "1795341840",
     "'2026-11-22 11:04 +0100'", "abx"},
};

START_TEST(test_times_order_events_by_all_their_digits)
{
    static const char letters[] = "x?ab"; /* by id */
    struct schema *schema = quoted_schema(rows_schema);
    struct error err = {0};
    struct history history;
    struct arena arena;
    char text[512], order[4] = "";
    arena_init(&arena, SIZE_MAX);
    snprintf(text, sizeof text,
             "{'events': [{'event': 'a', 'time': %s}, {'event': 'b', 'time': %s},"
             " {'event': 'x', 'time': %s}]}",
             orders[_i].a, orders[_i].b, orders[_i].x);
    ck_assert_msg(decode(&history, schema, text, 3, &arena, &err) == STATUS_OK,
                  "%s: %s: %s", orders[_i].about, err.where, err.text);
    for (int i = 0; i < 3; i++)
        order[i] = letters[history.ids[i * K]];
    ck_assert_msg(strcmp(order, orders[_i].order) == 0, "%s: %s", orders[_i].about,
                  order);
    ck_assert(history.reordered == (strcmp(order, "abx") != 0));
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

/* A value of the training data that looks like a missing mark is a value. */
START_TEST(test_a_known_value_wins_over_a_mark)
{
    struct schema *schema = quoted_schema(forms_schema);
    struct history history;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(decode(&history, schema,
                            "{'events': ['N/A', 'n/a', {'event': 'NULL'}]}", 9, &arena,
                            NULL),
                     STATUS_OK);
    ck_assert_uint_eq(history.ids[0], SCHEMA_FIRST + 2);
    ck_assert_uint_eq(history.ids[3], SCHEMA_MISSING);
    ck_assert_uint_eq(history.ids[6], SCHEMA_MISSING);
    ck_assert_uint_eq(history.unknown_count, 0);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

/* ---- errors ---------------------------------------------------------------------------------- */

static const struct {
    const char *about, *text, *where, *problem, *expected, *received;
} bad[] = {
    {"a string", "'a'", "", "a line is an object with events", "an object", "'a'"},
    {"an array", "[]", "", "a line is an object with events", "an object", "an array"},
    {"no events", "{}", "/events", "'events' is missing", "an array", "nothing"},
    {"no events, but nearly", "{'evnts': ['a']}", "/events",
     "'events' is missing (is it 'evnts'?)", "an array", "nothing"},
    {"events is null", "{'events': null}", "/events", "expected an array", "an array",
     "null"},
    {"events is an object", "{'events': {}}", "/events", "expected an array", "an array",
     "an object"},
    {"no event", "{'events': []}", "/events", "'events' is empty", "at least one event",
     "an empty array"},
    {"events twice, by both keys", "{'events': ['a'], 'alerts': ['a']}", "/alerts",
     "the events are given twice", "one array of events", "an array"},
    {"an event that is a number", "{'events': ['a', 3]}", "/events/1",
     "an event must be a string or an object", "a string or an object", "3"},
    {"an event that is null", "{'events': [null]}", "/events/0",
     "an event must be a string or an object", "a string or an object", "null"},
    {"an event without a name", "{'events': ['a', {'service': 'api'}]}",
     "/events/1/activity", "the event has no 'activity'",
     "the name of the event, or null", "nothing"},
    {"an event whose name has another key", "{'events': [{'name': 'deploy_started'}]}",
     "/events/0/activity", "the event has no 'activity' (did you mean it by 'name'?)",
     "the name of the event, or null", "nothing"},
    {"of several keys the first", "{'events': [{'kind': 'x', 'title': 'y'}]}",
     "/events/0/activity", "the event has no 'activity' (did you mean it by 'kind'?)",
     "the name of the event, or null", "nothing"},
    {"an event whose name has its key in another case", "{'events': [{'Event': 'a'}]}",
     "/events/0/activity", "the event has no 'activity' (did you mean it by 'Event'?)",
     "the name of the event, or null", "nothing"},
    {"an event whose name has its key with two letters swapped",
     "{'events': [{'host': 'h', 'actviity': 'a'}]}", "/events/0/activity",
     "the event has no 'activity' (did you mean it by 'actviity'?)",
     "the name of the event, or null", "nothing"},
    {"a number is no name", "{'events': [{'type': 3}]}", "/events/0/activity",
     "the event has no 'activity'", "the name of the event, or null", "nothing"},
    {"an empty name", "{'events': ['']}", "/events/0", "the name of an event is empty",
     "the name of the event", "''"},
    {"an empty name in an object", "{'events': [{'event': ''}]}", "/events/0/event",
     "the name of an event is empty", "the name of the event", "''"},
    {"a name of blanks", "{'events': ['a', ' \\t ']}", "/events/1",
     "the name of an event is empty", "the name of the event", "' \\t '"},
    {"a name of wide blanks in an object",
     "{'events': [{'activity': '\xC2\xA0\xE3\x80\x80'}]}", "/events/0/activity",
     "the name of an event is empty", "the name of the event", "'\xC2\xA0\xE3\x80\x80'"},
    {"a name twice, by both keys", "{'events': [{'event': 'a', 'activity': 'a'}]}",
     "/events/0/activity", "the name of the event is given twice", "one name", "'a'"},
    {"a null name twice, by both keys", "{'events': [{'event': null, 'activity': 'a'}]}",
     "/events/0/activity", "the name of the event is given twice", "one name", "'a'"},
    {"a name that is a number", "{'events': [{'event': 3}]}", "/events/0/event",
     "expected a string", "a string", "3"},
    {"a category that is an array", "{'events': ['a', {'event': 'a', 'service': []}]}",
     "/events/1/service", "expected a string", "a string", "an array"},
    {"a number for a category without digits",
     "{'events': [{'event': 'a', 'service': 3}]}", "/events/0/service",
     "expected a string", "a string", "3"},
    {"a number that is a string", "{'events': [{'event': 'a', 'latency': '412'}]}",
     "/events/0/latency", "expected a number, not a string; leave out the quotes",
     "a number", "'412'"},
    {"a number with a decimal comma", "{'events': [{'event': 'a', 'latency': '26,5'}]}",
     "/events/0/latency", "expected a number; the string has a decimal comma", "a number",
     "'26,5'"},
    {"a number that is a word", "{'events': [{'event': 'a', 'latency': 'fast'}]}",
     "/events/0/latency", "expected a number", "a number", "'fast'"},
    {"a number that is true, not trained on that",
     "{'events': [{'event': 'a', 'latency': true}]}", "/events/0/latency",
     "expected a number", "a number", "true"},
    {"a number out of range", "{'events': [{'event': 'a', 'latency': -1e999}]}",
     "/events/0/latency", "the number is out of range", "a number up to 1.8e308",
     "-1e999"},
    {"case-level fields that are a string", "{'fields': 'api', 'events': ['a']}",
     "/fields", "expected an object", "an object", "'api'"},
    {"a case-level field of the wrong kind",
     "{'fields': {'service': 3}, 'events': ['a']}", "/fields/service",
     "expected a string", "a string", "3"},
    {"an id that is true", "{'id': true, 'events': ['a']}", "/id",
     "expected a string or an integer", "a string or an integer", "true"},
    {"an id that is no integer", "{'case': 1.5, 'events': ['a']}", "/case",
     "expected a string or an integer", "a string or an integer", "1.5"},
    {"an id that is an integer beyond 64 bits",
     "{'case': 123456789012345678901, 'events': ['a']}", "/case",
     "expected a string or an integer", "a string or an integer",
     "123456789012345678901"},
    {"an id twice, by both keys", "{'id': 1, 'case': 2, 'events': ['a']}", "/case",
     "the id of the history is given twice", "one id", "2"},
    {"a string that is not a time", "{'events': [{'event': 'a', 'time': 'yesterday'}]}",
     "/events/0/time", "cannot be read as a time", "RFC 3339, or seconds since the epoch",
     "'yesterday'"},
    {"a date whose order is not certain",
     "{'events': [{'event': 'a', 'time': '22/11/2026'}]}", "/events/0/time",
     "cannot be read as a time: it reads day first: 2026-11-22",
     "RFC 3339, or seconds since the epoch", "'22/11/2026'"},
    {"a time of day", "{'events': [{'event': 'a', 'time': '10:04'}]}", "/events/0/time",
     "cannot be read as a time: it is a time of day without a date, or a duration",
     "RFC 3339, or seconds since the epoch", "'10:04'"},
    {"a day that there is not",
     "{'events': [{'event': 'a', 'time': '2026-11-31T10:04:00Z'}]}", "/events/0/time",
     "cannot be read as a time: it is no date: November 2026 has no day 31",
     "RFC 3339, or seconds since the epoch", "'2026-11-31T10:04:00Z'"},
    {"a time in milliseconds", "{'events': [{'event': 'a', 'at': 1795341600000}]}",
     "/events/0/at", NULL, "RFC 3339, or seconds since the epoch", "1795341600000"},
    {"a compact date", "{'events': [{'event': 'a', 'at': 20261122}]}", "/events/0/at",
     NULL, "RFC 3339, or seconds since the epoch", "20261122"},
    {"a time that is an object", "{'events': [{'event': 'a', 'time': {}}]}",
     "/events/0/time", "cannot be read as a time", "RFC 3339, or seconds since the epoch",
     "an object"},
    {"a placeholder of year 1",
     "{'events': [{'event': 'a', 'time': '0001-01-01T00:00:00Z'}]}", "/events/0/time",
     NULL, "RFC 3339, or seconds since the epoch", "'0001-01-01T00:00:00Z'"},
    {"a placeholder of year 9999",
     "{'events': [{'event': 'a', 'time': '9999-12-31T23:59:59Z'}]}", "/events/0/time",
     NULL, "RFC 3339, or seconds since the epoch", "'9999-12-31T23:59:59Z'"},
    {"a time twice, by both keys", "{'events': [{'event': 'a', 'time': 1, 'at': 2}]}",
     "/events/0/at", "the time of the event is given twice", "one time", "2"},
    {"the first event without a time among others with one",
     "{'events': [{'event': 'a', 'time': 5}, {'event': 'a', 'time': 4}, 'a', 'b']}",
     "/events/2/at", "this event has no time, but other events have one",
     "a time in every event or in none", "nothing"},
    {"null among times",
     "{'events': [{'event': 'a', 'at': 5}, {'event': 'a', 'time': null}]}",
     "/events/1/time", "this event has no time, but other events have one",
     "a time in every event or in none", "null"},
    {"an empty time among times",
     "{'events': [{'event': 'a', 'at': 5}, {'event': 'a', 'time': ''}]}",
     "/events/1/time", "this event has no time, but other events have one",
     "a time in every event or in none", "''"},
    {"a mark of a missing time among times",
     "{'events': [{'event': 'a', 'at': 5}, {'event': 'a', 'time': 'N/A'}]}",
     "/events/1/time", "this event has no time, but other events have one",
     "a time in every event or in none", "'N/A'"},
    {"a bad time is named before a missing one",
     "{'events': ['a', {'event': 'a', 'time': 4}, {'event': 'a', 'time': 'x'}]}",
     "/events/2/time", "cannot be read as a time", "RFC 3339, or seconds since the epoch",
     "'x'"},
    {"times under another key",
     "{'events': [{'event': 'a', 'created_at': '2026-11-22T10:04:00Z'},"
     " {'event': 'b', 'created_at': '2026-11-22T10:05:00Z'}]}",
     "/events/0/created_at",
     "'created_at' holds times, but the key of an event's time is 'at' (null: there is "
     "none)",
     "the time as 'at'", "'2026-11-22T10:04:00Z'"},
    {"times day first under another key",
     "{'events': [{'event': 'a', 'when': '13/01/2026 10:04'}]}", "/events/0/when",
     "'when' holds times, but the key of an event's time is 'at' (null: there is none)",
     "the time as 'at'", "'13/01/2026 10:04'"},
    {"times with a zone by name under another key",
     "{'events': [{'event': 'a', 'when': '2026-01-13 10:04 CET'}]}", "/events/0/when",
     "'when' holds times, but the key of an event's time is 'at' (null: there is none)",
     "the time as 'at'", "'2026-01-13 10:04 CET'"},
    {"numbers of seconds under a key that sounds like a time",
     "{'events': [{'event': 'a', 'ts': 1795341840}]}", "/events/0/ts",
     "'ts' holds times, but the key of an event's time is 'at' (null: there is none)",
     "the time as 'at'", "1795341840"},
    {"times under a mistyped key, in some events",
     "{'events': ['a', {'event': 'b', 'Time': '2026-11-22T10:05:00Z'}]}",
     "/events/1/Time",
     "'Time' holds times, but the key of an event's time is 'at' (null: there is none)",
     "the time as 'at'", "'2026-11-22T10:05:00Z'"},
    {"numbers of seconds under a mistyped key",
     "{'events': [{'event': 'a', 'tiem': 1795341840}]}", "/events/0/tiem",
     "'tiem' holds times, but the key of an event's time is 'at' (null: there is none)",
     "the time as 'at'", "1795341840"},
    {"seconds in quotes under a key that sounds like a time",
     "{'events': [{'event': 'a', 'timestamp': '1795341840'}]}", "/events/0/timestamp",
     "'timestamp' holds times, but the key of an event's time is 'at' (null: there is "
     "none)",
     "the time as 'at'", "'1795341840'"},
    {"seconds with a fraction in quotes, as a chat has them",
     "{'events': [{'event': 'a', 'ts': '1795341840.000100'}]}", "/events/0/ts",
     "'ts' holds times, but the key of an event's time is 'at' (null: there is none)",
     "the time as 'at'", "'1795341840.000100'"},
    {"milliseconds in quotes",
     "{'events': [{'event': 'a', 'eventTime': '1795341840123'}]}", "/events/0/eventTime",
     "'eventTime' holds times, but the key of an event's time is 'at' (null: there is "
     "none)",
     "the time as 'at'", "'1795341840123'"},
    {"a compact date as a number", "{'events': [{'event': 'a', 'date': 20261122}]}",
     "/events/0/date",
     "'date' holds times, but the key of an event's time is 'at' (null: there is none)",
     "the time as 'at'", "20261122"},
    {"a time without a year",
     "{'events': [{'event': 'a', 'timestamp': 'Nov 22 10:04:00'}]}",
     "/events/0/timestamp",
     "'timestamp' holds times, but the key of an event's time is 'at' (null: there is "
     "none)",
     "the time as 'at'", "'Nov 22 10:04:00'"},
    {"a time with a zone in brackets",
     "{'events': [{'event': 'a', 'occurred_at': "
     "'2026-11-22T10:04:00+01:00[Europe/Berlin]'}]}",
     "/events/0/occurred_at",
     "'occurred_at' holds times, but the key of an event's time is 'at' (null: there is "
     "none)",
     "the time as 'at'", "'2026-11-22T10:04:00+01:00[Europe/Berlin]'"},
    {"a key of times in the events and beside them",
     "{'timestamp': 5, 'events': [{'event': 'a', 'timestamp': 1795341840}]}",
     "/events/0/timestamp",
     "'timestamp' holds times, but the key of an event's time is 'at' (null: there is "
     "none)",
     "the time as 'at'", "1795341840"},
    {"a model with two letters swapped", "{'modle': 'x', 'events': ['a']}", "/modle",
     "unknown member 'modle' (did you mean 'model'?)", "'model'", "'modle'"},
    {"a model under another name", "{'modelName': 'x', 'events': ['a']}", "/modelName",
     "unknown member 'modelName' (did you mean 'model'?)", "'model'", "'modelName'"},
    {"fields in another case, after the events", "{'events': ['a'], 'Fields': {}}",
     "/Fields", "unknown member 'Fields' (did you mean 'fields'?)", "'fields'",
     "'Fields'"},
    {"fields in another case that are no object", "{'Fields': [], 'events': ['a']}",
     "/Fields", "unknown member 'Fields' (did you mean 'fields'?)", "'fields'",
     "'Fields'"},
    {"fields without a letter", "{'field': {}, 'events': ['a']}", "/field",
     "unknown member 'field' (did you mean 'fields'?)", "'fields'", "'field'"},
    {"an include with a letter too many", "{'includes': [], 'events': ['a']}",
     "/includes", "unknown member 'includes' (did you mean 'include'?)", "'include'",
     "'includes'"},
    {"an id in another case", "{'ID': 7, 'events': ['a']}", "/ID",
     "unknown member 'ID' (did you mean 'id'?)", "'id'", "'ID'"},
    {"an id under a trained key in another case", "{'Case': 'x', 'events': ['a']}",
     "/Case", "unknown member 'Case' (did you mean 'id'?)", "'id'", "'Case'"},
    {"histories with a blank", "{'histories ': [{'events': ['a']}]}", "/histories ",
     "unknown member 'histories ' (did you mean 'histories'?)", "'histories'",
     "'histories '"},
    {"a field beside the events", "{'service': 'db', 'events': ['a']}", "/service",
     "'service' is a field, and belongs in 'fields' or in the events",
     "in 'fields' or in an event", "'db'"},
    {"a number beside the events, after them",
     "{'events': [{'event': 'a', 'service': 'db'}], 'latency': 3}", "/latency",
     "'latency' is a field, and belongs in 'fields' or in the events",
     "in 'fields' or in an event", "3"},
    {"an event is named by its position as given",
     "{'events': [{'event': 'a', 'time': 9}, {'event': 'a', 'time': 5, 'latency': 'x'}]}",
     "/events/1/latency", "expected a number", "a number", "'x'"},
    {"one event more than allowed", "{'events': ['a', 'a', 'a', 'a', 'a']}", "/events",
     "too many events in one history", "at most 4", "more"},
    {"an include that is a name", "{'include': 'timeline', 'events': ['a']}", "/include",
     "'include' is an array of names", "an array of names", "'timeline'"},
    {"an include that is not known", "{'include': [ 'timeline'], 'events': ['a']}",
     "/include/0", "no such include: 'timeline'", "surprise, attention", "'timeline'"},
    {"the second include is mistyped",
     "{'include': ['surprise', 'Suprise'], 'events': ['a']}", "/include/1",
     "no such include: 'Suprise' (did you mean 'surprise'?)", "surprise, attention",
     "'Suprise'"},
    {"an include that is not a name", "{'include': ['surprise', [1]], 'events': ['a']}",
     "/include/1", "'include' is an array of names", "a name", "an array"},
    {"a model that is null", "{'model': null, 'events': ['a']}", "/model",
     "the name of a model is a string", "a string", "null"},
    {"several histories in a line", "{'histories': [{'events': ['a']}]}", "/histories",
     "a line of a stream is one history", "one history", "an array"},
};

START_TEST(test_invalid_histories_are_errors)
{
    struct schema *schema = quoted_schema(forms_schema);
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    bool is_limit = strncmp(bad[_i].expected, "at most ", 8) == 0;
    arena_init(&arena, SIZE_MAX);
    enum status status = decode(&history, schema, bad[_i].text, MOST, &arena, &err);
    ck_assert_msg(status == (is_limit ? STATUS_TOO_LARGE : STATUS_BAD_INPUT), "%s: %s",
                  bad[_i].about, triage_status_name(status));
    ck_assert_int_eq(err.status, status);
    ck_assert_msg(strcmp(err.where, bad[_i].where) == 0, "%s: at %s", bad[_i].about,
                  err.where);
    char *problem = quoted(bad[_i].problem ? bad[_i].problem : ""),
         *expected = quoted(bad[_i].expected), *received = quoted(bad[_i].received);
    char *apostrophe = strstr(problem, "event\"s");
    if (apostrophe)
        apostrophe[5] = '\'';
    bool is_same = strcmp(err.text, problem) == 0;
    ck_assert_msg(!bad[_i].problem || is_same, "%s: %s", bad[_i].about, err.text);
    ck_assert_msg(
        strcmp(err.expected, expected) == 0 && strcmp(err.received, received) == 0,
        "%s: expected %s, received %s", bad[_i].about, err.expected, err.received);
    free(problem);
    free(expected);
    free(received);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

/* What looks like a time is only ignored if it is not in every event, or the time is null. */
static const struct {
    const char *about, *text;
    uint32_t ignored;
} untimed[] = {
    {"not in every event",
     "{'events': [{'event': 'a', 'ts': '2026-11-22T10:04:00Z'}, 'b']}", 1},
    {"not a time in every event",
     "{'events': [{'event': 'a', 'ts': '2026-11-22T10:04:00Z'}, {'event': 'a', 'ts': "
     "'x'}]}",
     1},
    {"the time is null",
     "{'events': [{'event': 'a', 'time': null, 'ts': '2026-11-22T10:04:00Z'}]}", 1},
    {"there is a time",
     "{'events': [{'event': 'a', 'time': 5, 'ts': '2026-11-22T10:04:00Z'}]}", 1},
    {"a number under a key that does not sound like a time",
     "{'events': [{'event': 'a', 'count': 1795341840}]}", 1},
    {"a small number", "{'events': [{'event': 'a', 'ts': 12}]}", 1},
    {"in the case-level fields only",
     "{'fields': {'created_at': '2026-11-22T10:04:00Z'}, 'events': ['a']}", 1},
    {"in the history only", "{'created_at': '2026-11-22T10:04:00Z', 'events': ['a']}", 1},
};

START_TEST(test_keys_that_are_no_times_are_ignored)
{
    struct schema *schema = quoted_schema(forms_schema);
    struct error err = {0};
    struct history history;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_msg(decode(&history, schema, untimed[_i].text, 9, &arena, &err) ==
                      STATUS_OK,
                  "%s: %s: %s", untimed[_i].about, err.where, err.text);
    ck_assert_uint_eq(history.ignored_count, untimed[_i].ignored);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

/* ---- unknown values, ignored fields, ids ------------------------------------------------- */

static const char notes_schema[] =
    "{'fields': [{'name': 'event', 'kind': 'category', 'values': ['a', 'deploy_started',"
    " 'web-07']},"
    " {'name': 'service', 'kind': 'category', 'values': ['checkout', 'db']},"
    " {'name': 'is_paged', 'kind': 'category', 'values': ['true']},"
    " {'name': 'size/b', 'kind': 'number'}],"
    " 'time': [{'name': 'since_previous'}]}";

static const struct {
    const char *about, *text;
    uint32_t count, names;     /* of unknown values, of unknown names */
    const char *unknown[3][3]; /* pointer, value, nearest */
    const struct ignored_field ignored[4];
} notes[] = {
    {.about = "nothing to note", .text = "{'events': ['a']}"},
    {.about = "an unknown name, as a string and in an object",
     .text = "{'events': ['a', 'x', {'event': 'y'}]}",
     .count = 2,
     .names = 2,
     .unknown = {{"/events/1", "x"}, {"/events/2/event", "y"}}},
    {.about = "a name that differs in case and separators",
     .text = "{'events': ['Deploy-Started', 'deploy started']}",
     .count = 2,
     .names = 2,
     .unknown = {{"/events/0", "Deploy-Started", "deploy_started"},
                 {"/events/1", "deploy started", "deploy_started"}}},
    {.about = "a name with one or two wrong letters, a digit is none",
     .text = "{'events': ['deploy_startd', 'web-08'], 'fields': {'service': 'chekcout'}}",
     .count = 3,
     .names = 2,
     .unknown = {{"/events/0", "deploy_startd", "deploy_started"},
                 {"/events/1", "web-08", NULL},
                 {"/fields/service", "chekcout", "checkout"}}},
    {.about = "a name in marks that are hard to see, and one beside them",
     .text =
         "{'events': ['<b>deploy_started</b>', 'd\\u0435ploy&nbsp;started', '<b>x</b>']}",
     .count = 3,
     .names = 3,
     .unknown = {{"/events/0", "<b>deploy_started</b>", "deploy_started"},
                 {"/events/1", "d\u0435ploy&nbsp;started", "deploy_started"},
                 {"/events/2", "<b>x</b>", NULL}}},
    {.about = "an unknown boolean",
     .text = "{'events': [{'event': 'a', 'is_paged': false}]}",
     .count = 1,
     .unknown = {{"/events/0/is_paged", "false"}}},
    {.about = "a case-level unknown value is noted once, not per event",
     .text = "{'fields': {'service': 'web'}, 'events': ['a', 'a']}",
     .count = 1,
     .unknown = {{"/fields/service", "web"}}},
    {.about = "pointers count events as given",
     .text = "{'events': [{'event': 'x', 'time': 2}, {'event': 'y', 'time': 1}]}",
     .count = 2,
     .names = 2,
     .unknown = {{"/events/0/event", "x"}, {"/events/1/event", "y"}}},
    {.about = "ignored fields are counted, in order of appearance",
     .text = "{'fields': {'team': 1}, 'events': [{'event': 'a', 'host': []},"
             " {'event': 'a', 'team': null, 'host': 2}, {'event': 'a', 'host': {}}]}",
     .ignored = {{"team", 2, NULL}, {"host", 3, NULL}}},
    {.about = "other members of the history are ignored fields",
     .text = "{'label': 'x', 'events': [{'event': 'a', 'label': 1}], 'y': {'z': [1]}}",
     .ignored = {{"label", 2, NULL}, {"y", 1, NULL}}},
    {.about = "time is a field of an event, not of the case-level fields",
     .text =
         "{'fields': {'time': 1, 'event': 'a'}, 'events': [{'event': 'a', 'time': 1}]}",
     .ignored = {{"time", 1, NULL}, {"event", 1, NULL}}},
    {.about = "names are compared exactly",
     .text = "{'events': [{'event': 'A', 'Service': 'db'}]}",
     .count = 1,
     .names = 1,
     .unknown = {{"/events/0/event", "A", "a"}},
     .ignored = {{"Service", 1, "service"}}},
    {.about = "keys with one typing error, and one that is farther away",
     .text = "{'fields': {'srevice': 'db', 'bytes': 1, 'is_page': true}, 'events':"
             " [{'event': 'a', 'servise_': 'db'}]}",
     .ignored = {{"srevice", 1, "service"},
                 {"bytes", 1, NULL},
                 {"is_page", 1, "is_paged"},
                 {"servise_", 1, "service"}}},
    {.about = "a key beside the one that it resembles",
     .text = "{'events': [{'event': 'a', 'Event': 'b'}], 'event': ['a']}",
     .ignored = {{"Event", 1, "event"}, {"event", 1, "events"}}},
    {.about = "members beside those that they resemble",
     .text = "{'id': 1, 'ID': 2, 'Model': 'x', 'model': 'x', 'fields': null, 'Fields':"
             " {'service': 'db'}, 'events': ['a']}",
     .ignored = {{"ID", 1, "id"}, {"Model", 1, "model"}, {"Fields", 1, "fields"}}},
    {.about = "members whose values do not fit those that they resemble",
     .text = "{'field': 'x', 'mode': 3, 'Id': {}, 'events': ['a']}",
     .ignored = {{"field", 1, "fields"}, {"mode", 1, "model"}, {"Id", 1, "id"}}},
    {.about = "a member that is null",
     .text = "{'Fields': null, 'service': null, 'events': ['a']}",
     .ignored = {{"Fields", 1, "fields"}, {"service", 1, NULL}}},
    {.about = "a field beside the events that one of them or 'fields' has, too",
     .text = "{'service': 'db', 'size/b': 1, 'fields': {'size/b': 2}, 'events': ['a', "
             "{'event': 'a', 'service': 'db'}]}",
     .ignored = {{"service", 1, NULL}, {"size/b", 1, NULL}}},
    {.about = "objects beside the events that have the names of fields",
     .text = "{'service': {'name': 'db'}, 'events': ['a']}",
     .ignored = {{"service", 1, NULL}}},
    {.about = "a long value is cut at the end of a character",
     .text = "{'events': "
             "['0123456789012345678901234567890123456789012345678901234567890\\u20ac"
             "\\u20ac']}",
     .count = 1,
     .names = 1,
     .unknown =
         {{"/events/0",
           "0123456789012345678901234567890123456789012345678901234567890\u20ac"}}},
    {.about = "an ignored key with escapes is named without",
     .text =
         "{'events': [{'event': 'a', '\\u00e9\\n': 1}, {'event': 'a', '\u00e9\\n': 1}]}",
     .ignored = {{"\u00e9\n", 2, NULL}}},
};

START_TEST(test_unknown_values_and_ignored_fields_are_noted)
{
    struct schema *schema = quoted_schema(notes_schema);
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    uint32_t i;
    arena_init(&arena, SIZE_MAX);
    ck_assert_msg(decode(&history, schema, notes[_i].text, 9, &arena, &err) == STATUS_OK,
                  "%s: %s: %s", notes[_i].about, err.where, err.text);
    ck_assert_msg(history.unknown_count == notes[_i].count &&
                      history.unknown_names == notes[_i].names,
                  "%s: %u unknown, %u names", notes[_i].about, history.unknown_count,
                  history.unknown_names);
    for (i = 0; i < history.unknown_count; i++) {
        ck_assert_str_eq(history.unknown[i].pointer, notes[_i].unknown[i][0]);
        ck_assert_str_eq(history.unknown[i].value, notes[_i].unknown[i][1]);
        ck_assert_pstr_eq(history.unknown[i].nearest, notes[_i].unknown[i][2]);
    }
    for (i = 0; i < 4 && notes[_i].ignored[i].name; i++) {
        ck_assert_msg(i < history.ignored_count, "%s: %u ignored", notes[_i].about,
                      history.ignored_count);
        ck_assert_str_eq(history.ignored[i].name, notes[_i].ignored[i].name);
        ck_assert_uint_eq(history.ignored[i].count, notes[_i].ignored[i].count);
        ck_assert_pstr_eq(history.ignored[i].nearest, notes[_i].ignored[i].nearest);
    }
    ck_assert_msg(i == history.ignored_count, "%s: %u ignored", notes[_i].about,
                  history.ignored_count);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

static const struct {
    const char *about, *text, *id;
} ids[] = {
    {"no id", "{'events': ['a']}", NULL},
    {"null is no id", "{'id': null, 'events': ['a']}", NULL},
    {"a string", "{'id': 'INC-7', 'events': ['a']}", "'INC-7'"},
    {"an empty string", "{'id': '', 'events': ['a']}", "''"},
    {"characters that JSON escapes", "{'id': 'a\\'\\n\\u00e9\\/', 'events': ['a']}",
     "'a\\'\\n\u00e9/'"},
    {"an integer", "{'id': -17, 'events': ['a']}", "-17"},
    {"a large integer", "{'id': 9007199254740993, 'events': ['a']}", "9007199254740993"},
    {"after the events", "{'events': ['a'], 'id': 1}", "1"},
};

START_TEST(test_ids_are_kept_as_json)
{
    struct schema *schema = quoted_schema(notes_schema);
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(decode(&history, schema, ids[_i].text, 9, &arena, &err), STATUS_OK);
    char *expected = ids[_i].id ? quoted(ids[_i].id) : NULL;
    ck_assert_pstr_eq(history.id, expected);
    free(expected);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

/* More unknown values and more ignored fields than a history lists. */
START_TEST(test_notes_are_limited)
{
    struct error err = {.status = STATUS_OK};
    struct schema *schema = quoted_schema(notes_schema);
    struct history history;
    struct arena arena;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, "{'events': [");
    for (int i = 0; i < HISTORY_NOTES + 20; i++)
        strbuf_printf(&text, "%s{'f%d': 1, 'f%s0': 1, 'event': 'never seen'}",
                      i == 0 ? "" : ", ", i, i == 0 ? "0" : "");
    strbuf_add(&text, "]}");
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(decode(&history, schema, text.bytes, 1000, &arena, &err), STATUS_OK);
    ck_assert_uint_eq(history.unknown_count, HISTORY_NOTES + 20);
    ck_assert_str_eq(history.unknown[HISTORY_NOTES - 1].pointer, "/events/99/event");
    ck_assert_uint_eq(history.ignored_count, HISTORY_NOTES);
    ck_assert_uint_eq(history.ignored[0].count, HISTORY_NOTES + 20);
    ck_assert_uint_eq(history.ignored[HISTORY_NOTES - 1].count, 1);
    arena_release(&arena);
    strbuf_release(&text);
    triage_schema_free(schema);
}
END_TEST

/* Many events with the same ignored keys, in the same order and in others. */
START_TEST(test_ignored_fields_are_counted_in_any_order)
{
    struct schema *schema = quoted_schema(notes_schema);
    struct history history;
    struct arena arena;
    struct strbuf text;
    enum { KEYS = 20, EVENTS = 50 };
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, "{'events': [");
    for (int i = 0; i < EVENTS; i++) {
        strbuf_add(&text, i == 0 ? "{'event': null" : ", {'event': null");
        for (int key = 0; key < KEYS; key++)
            strbuf_printf(&text, ", 'k%d': 0", (key + (i < 20 ? 0 : i)) % KEYS);
        strbuf_add(&text, "}");
    }
    strbuf_add(&text, "]}");
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(decode(&history, schema, text.bytes, 1000, &arena, NULL), STATUS_OK);
    ck_assert_uint_eq(history.ignored_count, KEYS);
    for (int key = 0; key < KEYS; key++)
        ck_assert_uint_eq(history.ignored[key].count, EVENTS);
    arena_release(&arena);
    strbuf_release(&text);
    triage_schema_free(schema);
}
END_TEST

/* ---- requests -------------------------------------------------------------------------------- */

/* The model "one", the default, has rows_schema; "two" has forms_schema. */
struct models {
    struct schema *one, *two;
};

static const struct schema *find_model(void *context, const char *name, size_t length,
                                       struct error *err)
{
    const struct models *models = context;
    if (!name || (length == 3 && memcmp(name, "one", 3) == 0))
        return models->one;
    if (length == 3 && memcmp(name, "two", 3) == 0)
        return models->two;
    (void)error_set(err, STATUS_NOT_FOUND, "/model", "there is no such model");
    return NULL;
}

static const struct {
    const char *about, *text;
    size_t count; /* of histories; 0: refused */
    enum status status;
    const char *where, *id;
    const char *ignored; /* the first ignored member of a request with "histories" */
} requests[] = {
    {.about = "one history", .text = "{'id': 1, 'events': ['a']}", .count = 1, .id = "1"},
    {.about = "two histories",
     .text = "{'histories': [{'id': 1, 'events': ['a']}, {'events': ['b']}]}",
     .count = 2},
    {.about = "histories of a model that comes later, by its own keys",
     .text =
         "{'histories': [{'case': 1, 'alerts': [{'activity': 'a'}]}], 'model': 'two'}",
     .count = 1},
    {.about = "an id beside histories is ignored, and said",
     .text = "{'id': 1, 'histories': [{'events': ['a']}]}",
     .count = 1,
     .ignored = "id"},
    {.about = "an id after histories is ignored, and said",
     .text = "{'histories': [{'events': ['a']}], 'id': 1}",
     .count = 1,
     .ignored = "id"},
    {.about = "an id under a trained key beside histories is ignored, and said",
     .text = "{'model': 'two', 'case': 1, 'histories': [{'events': ['a']}]}",
     .count = 1,
     .ignored = "case"},
    {.about = "another member of the request is ignored, and said",
     .text = "{'source': 'two', 'histories': [{'events': ['a']}]}",
     .count = 1,
     .ignored = "source"},
    {.about = "a mistyped model beside histories",
     .text = "{'modle': 'two', 'histories': [{'events': ['a']}]}",
     .status = STATUS_BAD_INPUT,
     .where = "/modle"},
    {.about = "a mistyped model beside the model",
     .text = "{'modle': 'two', 'histories': [{'events': ['a']}], 'model': 'one'}",
     .count = 1,
     .ignored = "modle"},
    {.about = "an id in another case beside histories, where ids have no meaning",
     .text = "{'ID': 7, 'histories': [{'events': ['a']}]}",
     .count = 1,
     .ignored = "ID"},
    {.about = "mistyped fields of a history",
     .text = "{'histories': [{'events': ['a']}, {'events': ['a'], 'feilds': {'x': 1}}]}",
     .status = STATUS_BAD_INPUT,
     .where = "/histories/1/feilds"},
    {.about = "a mistyped member is named after an earlier error",
     .text = "{'modle': 'two', 'events': [3]}",
     .status = STATUS_BAD_INPUT,
     .where = "/events/0"},
    {.about = "JSON that is not valid is named before a mistyped member",
     .text = "{'events': ['a'], 'modle': 'two',}",
     .status = STATUS_BAD_JSON,
     .where = ""},
    {.about = "a mistyped id key of a model that comes later",
     .text = "{'Case': 7, 'events': ['a'], 'model': 'two'}",
     .status = STATUS_BAD_INPUT,
     .where = "/Case"},
    {.about = "a model of a history",
     .text = "{'histories': [{'model': 'two', 'events': ['a']}]}",
     .status = STATUS_BAD_INPUT,
     .where = "/histories/0/model"},
    {.about = "an include of a history",
     .text = "{'histories': [{'include': ['x'], 'events': ['a']}]}",
     .status = STATUS_BAD_INPUT,
     .where = "/histories/0/include"},
    {.about = "a number called model in a history",
     .text = "{'histories': [{'model': 3, 'events': ['a']}]}",
     .count = 1},
    {.about = "case-level fields that are null beside histories",
     .text = "{'fields': null, 'histories': [{'events': ['a']}]}",
     .count = 1},
    {.about = "no history",
     .text = "{'histories': []}",
     .status = STATUS_BAD_INPUT,
     .where = "/histories"},
    {.about = "more histories than the limit",
     .text = "{'histories': [{'events': ['a']}, {'events': ['a']}, {'events': ['a']}, "
             "{'events': ['a']}]}",
     .status = STATUS_TOO_LARGE,
     .where = "/histories"},
    {.about = "a history that is a string",
     .text = "{'histories': [{'events': ['a']}, 'a']}",
     .status = STATUS_BAD_INPUT,
     .where = "/histories/1"},
    {.about = "histories that are an object",
     .text = "{'histories': {'events': ['a']}}",
     .status = STATUS_BAD_INPUT,
     .where = "/histories"},
    {.about = "both events and histories",
     .text = "{'events': ['a'], 'histories': [{'events': ['a']}]}",
     .status = STATUS_BAD_INPUT,
     .where = "/histories"},
    {.about = "both histories and events",
     .text = "{'histories': [{'events': ['a']}], 'events': ['a']}",
     .status = STATUS_BAD_INPUT,
     .where = "/events"},
    {.about = "fields beside histories",
     .text = "{'histories': [{'events': ['a']}], 'fields': {'x': 1}}",
     .status = STATUS_BAD_INPUT,
     .where = "/fields"},
    {.about = "the first bad history is named",
     .text =
         "{'histories': [{'events': ['a']}, {'id': 'x', 'events': []}, {'events': 1}]}",
     .status = STATUS_BAD_INPUT,
     .where = "/histories/1/events"},
    {.about = "events missing in a history after one with trained keys",
     .text = "{'model': 'two', 'histories': [{'alerts': ['a']}, {'x': 1}]}",
     .status = STATUS_BAD_INPUT,
     .where = "/histories/1/events"},
    {.about = "the id is known after a failure that comes before it",
     .text = "{'events': [3], 'id': 'INC-7'}",
     .status = STATUS_BAD_INPUT,
     .where = "/events/0",
     .id = "'INC-7'"},
    {.about = "the id is known after a failure that comes after it",
     .text = "{'id': 'INC-7', 'events': [3]}",
     .status = STATUS_BAD_INPUT,
     .where = "/events/0",
     .id = "'INC-7'"},
    {.about = "of two ids the first is known",
     .text = "{'model': 'two', 'id': 1, 'events': ['a'], 'case': 2}",
     .status = STATUS_BAD_INPUT,
     .where = "/case",
     .id = "1"},
    {.about = "an id of another type is none",
     .text = "{'id': {'a': 1}, 'events': ['a']}",
     .status = STATUS_BAD_INPUT,
     .where = "/id"},
    {.about = "the id of a history is not the id of the request",
     .text = "{'histories': [{'id': 'INC-7', 'events': [3]}]}",
     .status = STATUS_BAD_INPUT,
     .where = "/histories/0/events/0"},
    {.about = "a trained key is known though its model comes later",
     .text = "{'case': 7, 'alerts': [{'activity': 'a', 'at': 5}], 'model': 'two'}",
     .count = 1,
     .id = "7"},
    {.about = "a trained key is known though its model comes between",
     .text = "{'case': 7, 'model': 'two', 'events': ['a']}",
     .count = 1,
     .id = "7"},
    {.about = "a late model accepts what the default refuses",
     .text = "{'events': [{'event': 'a', 'is_paged': 3}], 'model': 'two'}",
     .count = 1},
    {.about = "a late model refuses what the default accepts",
     .text = "{'events': [{'event': 'a', 'code': []}], 'model': 'two'}",
     .status = STATUS_BAD_INPUT,
     .where = "/events/0/code"},
    {.about = "fields after a late model are those of its schema",
     .text = "{'events': ['a'], 'model': 'two', 'fields': {'is_paged': 3}}",
     .count = 1},
    {.about = "an unknown model is named before another error",
     .text = "{'events': [3], 'model': 'three'}",
     .status = STATUS_NOT_FOUND,
     .where = "/model"},
    {.about = "JSON that is not valid is named before another error",
     .text = "{'events': [3], 'x': 01}",
     .status = STATUS_BAD_JSON,
     .where = "/x"},
    {.about = "and before an unknown model",
     .text = "{'model': 'three', 'events': [3], 'x': {'a': 1, 'a': 2}}",
     .status = STATUS_BAD_JSON,
     .where = "/x/a"},
    {.about = "of two errors the first",
     .text = "{'events': [{'event': 3}, 4], 'fields': 5}",
     .status = STATUS_BAD_INPUT,
     .where = "/events/0/event"},
    {.about = "too many events, and JSON that is not valid",
     .text = "{'events': ['a', 'a', 'a', 'a', 'a', 'a', 'a', 'a'],,}",
     .status = STATUS_BAD_JSON,
     .where = ""},
    {.about = "events whose keys differ in order and number",
     .text = "{'events': [{'event': 'a', 'x': 1, 'latency': 1}, {'x': 1, 'event': 'b'},"
             " {'event': 'a', 'latency': 2, 'x': 1, 'z': 1}, {'event': 'a', 'x': 1}]}",
     .count = 1},
    {.about = "a key twice in an event",
     .text = "{'events': [{'event': 'a', 'x': 1, 'event': 'a'}]}",
     .status = STATUS_BAD_JSON,
     .where = "/events/0/event"},
    {.about = "a key twice in an event like the one before",
     .text = "{'events': [{'event': 'a', 'x': 1}, {'event': 'b', 'x': 1, 'event': 'b'}]}",
     .status = STATUS_BAD_JSON,
     .where = "/events/1/event"},
    {.about = "another key twice in an event that begins like the one before",
     .text = "{'events': [{'event': 'a', 'x': 1}, {'event': 'b', 'y': 1, 'y': 2}]}",
     .status = STATUS_BAD_JSON,
     .where = "/events/1/y"},
    {.about = "a key of the event before, in two spellings",
     .text = "{'events': [{'event': 'a', 'x': 1}, {'event': 'b', '\\u0065vent': 'b'}]}",
     .status = STATUS_BAD_JSON,
     .where = "/events/1/event"},
    {.about = "a number where the event before has the same text up to a string",
     .text = "{'events': [{'event': 'a', 'latency': 1}, {'event': 5, 'latency': 1}]}",
     .status = STATUS_BAD_INPUT,
     .where = "/events/1/event"},
    {.about = "text that ends where the event before goes on",
     .text = "{'events': [{'event': 'a', 'latency': 1}, {'event': 'a', 'latency': ",
     .status = STATUS_BAD_JSON,
     .where = "/events/1/latency"},
    {.about = "text that ends in what is between two events",
     .text = "{'events': [{'event': 'a'}, {'event': 'a'}, ",
     .status = STATUS_BAD_JSON,
     .where = "/events/2"},
    {.about = "other blanks than in the event before, and a comma too many",
     .text = "{'events': [{'event': 'a', 'x': 1}, {'event' : 'a',  'x': 1},"
             " {'event': 'a',  'x': 1,}]}",
     .status = STATUS_BAD_JSON,
     .where = "/events/2"},
    {.about = "events as in the history before",
     .text =
         "{'histories': [{'events': [{'event': 'a', 'x': 1}, {'event': 'a', 'x': 1}]},"
         " {'events': ['a', 'b', {'event': 'a', 'x': 1}, {'event': 'a', 'x': [2]}]}]}",
     .count = 2},
    {.about = "a key of the history before twice",
     .text = "{'histories': [{'events': [{'event': 'a', 'x': 1}]},"
             " {'events': [{'event': 'a', 'event': 'a'}]}]}",
     .status = STATUS_BAD_JSON,
     .where = "/histories/1/events/0/event"},
    {.about = "hours that no day has, after another time of the day",
     .text = "{'events': [{'event': 'a', 'time': '2026-11-22T10:04:00Z'},"
             " {'event': 'a', 'time': '2026-11-22T24:04:00Z'}]}",
     .status = STATUS_BAD_INPUT,
     .where = "/events/1/time"},
    {.about = "a date that no month has, after a time of another day",
     .text = "{'events': [{'event': 'a', 'time': '2026-02-28T10:04:00Z'},"
             " {'event': 'a', 'time': '2026-02-29T10:04:00Z'}]}",
     .status = STATUS_BAD_INPUT,
     .where = "/events/1/time"},
    {.about = "a deep value that is ignored",
     .text =
         "{'x': [[[[[[{'a': [[[[{}]]]]}]]]]]], 'events': [{'event': 'a', 'y': [[{}]]}]}",
     .count = 1},
};

/* Whole, and in steps of 1, 7 and 64 bytes. */
START_TEST(test_requests_are_decoded_or_refused)
{
    static const size_t steps[] = {1000, 1, 7, 64};
    struct models models = {quoted_schema(rows_schema), quoted_schema(forms_schema)};
    const struct decoder_options options = {.max_events = MOST,
                                            .max_histories = 3,
                                            .find_schema = find_model,
                                            .context = &models};
    char *text = quoted(requests[_i].text);
    char *id = requests[_i].id ? quoted(requests[_i].id) : NULL;
    for (int i = 0; i < 4; i++) {
        struct error err = {0};
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        struct decoder *decoder =
            triage_decoder_new(&options, text, strlen(text), &arena, &err);
        enum status status = STATUS_OK;
        for (bool is_done = false; !is_done;)
            status = triage_decoder_step(decoder, steps[i], &is_done, &err);
        const struct decoded *decoded = triage_decoder_result(decoder);
        ck_assert_msg(status == requests[_i].status && err.status == status,
                      "%s: %s at %s: %s", requests[_i].about, triage_status_name(status),
                      err.where, err.text);
        if (status != STATUS_OK)
            ck_assert_msg(strcmp(err.where, requests[_i].where) == 0, "%s: at %s",
                          requests[_i].about, err.where);
        else
            ck_assert_uint_eq(decoded->count, requests[_i].count);
        if (status == STATUS_NOT_FOUND) /* find_model leaves these as they are */
            ck_assert(err.expected[0] == '\0' && err.received[0] == '\0');
        if (status != STATUS_BAD_JSON && status != STATUS_NOT_FOUND)
            ck_assert_pstr_eq(decoded->id, id);
        ck_assert_pstr_eq(decoded->ignored_count > 0 ? decoded->ignored[0].name : NULL,
                          requests[_i].ignored);
        triage_decoder_free(decoder);
        arena_release(&arena);
    }
    free(id);
    free(text);
    triage_schema_free(models.one);
    triage_schema_free(models.two);
}
END_TEST

/* ---- data -------------------------------------------------------------------------------- */

/* Lines that train reads: members have their meaning, or any other. */
static const struct {
    const char *about, *text;
    const char *id;            /* NULL: refused */
    uint32_t unknown_names;    /* of two events */
    const char *ignored[3][2]; /* key, nearest */
} data[] = {
    {.about = "the model of the file, and no include",
     .text = "{'case': 1, 'model': 'one', 'include': [], 'alerts': ['a', 'b']}",
     .id = "1"},
    {.about = "the model of a car",
     .text = "{'case': 1, 'model': 'Golf', 'alerts': ['a', 'b']}",
     .id = "1",
     .ignored = {{"model"}}},
    {.about = "members of requests with values of other types",
     .text = "{'case': 1, 'model': 3, 'include': 'x', 'histories': 2, 'alerts': ['a', "
             "'b']}",
     .id = "1",
     .ignored = {{"model"}, {"include"}, {"histories"}}},
    {.about = "an include that the answer may have",
     .text = "{'case': 1, 'include': ['surprise'], 'alerts': ['a', 'b']}",
     .id = "1"},
    {.about = "an include that a request could not have",
     .text = "{'case': 1, 'include': ['x', {}], 'alerts': ['a', 'b']}",
     .id = "1",
     .ignored = {{"include"}}},
    {.about = "a mistyped member is ignored, and said",
     .text = "{'case': 1, 'modle': 'one', 'Fields': {}, 'alerts': ['a', 'b']}",
     .id = "1",
     .ignored = {{"modle", "model"}, {"Fields", "fields"}}},
    {.about = "a field beside the events",
     .text = "{'case': 1, 'code': '7', 'alerts': ['a', 'b']}",
     .id = "1",
     .ignored = {{"code"}}},
    {.about = "our keys", .text = "{'id': 1, 'events': ['a', 'b']}", .id = "1"},
    {.about = "our id beside that of the training",
     .text = "{'id': {'x': 1}, 'case': 'C', 'alerts': ['a', 'b']}",
     .id = "'C'",
     .ignored = {{"id"}}},
    {.about = "our events beside those of the training",
     .text = "{'case': 1, 'events': ['x'], 'alerts': ['a', 'b']}",
     .id = "1",
     .ignored = {{"events"}}},
    {.about = "a number of events beside those of the training",
     .text = "{'case': 1, 'events': 2, 'alerts': ['a', 'b']}",
     .id = "1",
     .ignored = {{"events"}}},
    {.about = "our names and times beside those of the training",
     .text = "{'case': 1, 'alerts': [{'activity': 'a', 'event': 7, 'at': 2, 'time': 'x'},"
             " {'activity': 'b', 'event': 'b', 'at': 1, 'time': ''}]}",
     .id = "1",
     .ignored = {{"event"}, {"time"}}},
    {.about = "ids that train reads",
     .text = "{'case': 1.50, 'alerts': ['a', 'b']}",
     .id = "1.50"},
    {.about = "an id that is true",
     .text = "{'case': true, 'alerts': ['a', 'b']}",
     .id = "true"},
    {.about = "an id that is an object", .text = "{'case': {}, 'alerts': ['a', 'b']}"},
    {.about = "an unknown name, with either keys",
     .text = "{'case': 1, 'id': 2, 'alerts': ['x', 'a']}",
     .id = "1",
     .unknown_names = 1,
     .ignored = {{"id"}}},
    {.about = "no events under either key", .text = "{'case': 1, 'id': 2}"},
    {.about = "a bad time of the training",
     .text = "{'alerts': [{'activity': 'a', 'at': 'x'"
             "}]}"},
};

START_TEST(test_data_is_read_as_by_train)
{
    struct models models = {quoted_schema(forms_schema), NULL};
    const struct decoder_options options = {
        .max_events = 9, .is_data = true, .find_schema = find_model, .context = &models};
    char *text = quoted(data[_i].text), *id = data[_i].id ? quoted(data[_i].id) : NULL;
    struct error err = {.status = STATUS_OK};
    struct decoded decoded;
    struct arena arena;
    uint32_t i = 0;
    arena_init(&arena, SIZE_MAX);
    enum status status =
        triage_decode(&decoded, &options, text, strlen(text), &arena, &err);
    ck_assert_msg(status == (id ? STATUS_OK : STATUS_BAD_INPUT) && status == err.status,
                  "%s: %s: %s", data[_i].about, err.where, err.text);
    const struct history *history = id ? decoded.histories : NULL;
    if (history) {
        ck_assert_msg(strcmp(history->id, id) == 0, "%s: %s", data[_i].about,
                      history->id);
        ck_assert_uint_eq(history->length, 2);
        ck_assert_uint_eq(history->unknown_names, data[_i].unknown_names);
        for (; i < 3 && data[_i].ignored[i][0]; i++) {
            ck_assert_msg(i < history->ignored_count, "%s", data[_i].about);
            ck_assert_str_eq(history->ignored[i].name, data[_i].ignored[i][0]);
            ck_assert_pstr_eq(history->ignored[i].nearest, data[_i].ignored[i][1]);
        }
        ck_assert_msg(history->ignored_count == i, "%s", data[_i].about);
    }
    free(id);
    free(text);
    arena_release(&arena);
    triage_schema_free(models.one);
}
END_TEST

/* A step reads about as many bytes as it may, also within an ignored value. */
START_TEST(test_steps_are_short)
{
    static const char *const parts[][2] = {{"[", "]"}, {"{\"a\":", "}"}};
    struct models models = {quoted_schema(rows_schema), NULL};
    const struct decoder_options options = {
        .max_events = MOST, .find_schema = find_model, .context = &models};
    struct strbuf text;
    struct arena arena;
    strbuf_init(&text, SIZE_MAX);
    arena_init(&arena, SIZE_MAX);
    strbuf_add(&text, "{\"events\":[{\"event\":\"a\",\"x\":[0");
    while (text.length < 100000)
        for (int part = 0; part < 2; part++) {
            strbuf_add(&text, ",");
            for (int i = 0; i < 100; i++)
                strbuf_add(&text, parts[part][0]);
            strbuf_add(&text, "1");
            for (int i = 0; i < 100; i++)
                strbuf_add(&text, parts[part][1]);
        }
    strbuf_add(&text, "]}]}");
    struct decoder *decoder =
        triage_decoder_new(&options, text.bytes, text.length, &arena, NULL);
    size_t count = 0;
    for (bool is_done = false; !is_done; count++)
        ck_assert_int_eq(triage_decoder_step(decoder, 1000, &is_done, NULL), STATUS_OK);
    ck_assert_uint_gt(count, text.length / 1100);
    triage_decoder_free(decoder);
    arena_release(&arena);
    strbuf_release(&text);
    triage_schema_free(models.one);
}
END_TEST

static const struct {
    const char *about, *before, *item, *after;
    enum status status;
} long_strings[] = {
    {"an id in escapes", "{'id':'", "\\u00e9", "','events':['a']}", STATUS_OK},
    {"an id in short escapes", "{'id':'", "\\n", "','events':['a']}", STATUS_OK},
    {"an id in pairs of escapes", "{'id':'", "\\ud83d\\ude00", "','events':['a']}",
     STATUS_OK},
    {"an id that is not ASCII", "{'id':'", "\u00e9x", "','events':['a']}", STATUS_OK},
    {"an event", "{'events':['a','", "\\u00e9", "']}", STATUS_OK},
    {"the first event", "{'events':['", "\u00e9", "']}", STATUS_OK},
    {"a value of an event", "{'events':[{'event':'a','service':'", "\\t", "'}]}",
     STATUS_OK},
    {"an ignored value", "{'events':[{'event':'a','x':'", "\\t", "'}]}", STATUS_OK},
    {"an ignored value in an array", "{'events':[{'event':'a','x':['", "\\t", "']}]}",
     STATUS_OK},
    {"a field", "{'fields':{'service':'", "\\\\", "'},'events':['a']}", STATUS_OK},
    {"a half pair at the end", "{'id':'", "\u00e9", "\\ud800','events':['a']}",
     STATUS_BAD_JSON},
    {"a string without end", "{'events':['", "\\u00e9", "", STATUS_BAD_JSON},
};

/* A string of one character, many times, is read in steps, and gives what it gives at once. */
START_TEST(test_long_strings_are_read_in_steps)
{
    struct models models = {quoted_schema(rows_schema), NULL};
    const struct decoder_options options = {
        .max_events = MOST, .find_schema = find_model, .context = &models};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_quoted(&text, "%s", long_strings[_i].before);
    while (text.length < 100000)
        strbuf_add(&text, long_strings[_i].item);
    strbuf_quoted(&text, "%s", long_strings[_i].after);
    struct decoded decoded[2];
    struct decoder *decoders[2];
    struct error errors[2] = {{0}, {0}};
    struct arena arenas[2];
    for (int i = 0; i < 2; i++) {
        size_t step = i == 0 ? text.length : 1000, count = 0;
        enum status status = STATUS_OK;
        arena_init(&arenas[i], SIZE_MAX);
        decoders[i] =
            triage_decoder_new(&options, text.bytes, text.length, &arenas[i], NULL);
        for (bool is_done = false; !is_done; count++)
            status = triage_decoder_step(decoders[i], step, &is_done, &errors[i]);
        ck_assert_msg(status == long_strings[_i].status, "%s: %s", long_strings[_i].about,
                      errors[i].text);
        ck_assert_msg(i == 0 || count > text.length / 1100, "%s: %zu steps",
                      long_strings[_i].about, count);
        decoded[i] = *triage_decoder_result(decoders[i]);
    }
    ck_assert_pstr_eq(decoded[1].id, decoded[0].id);
    ck_assert_str_eq(errors[1].text, errors[0].text);
    ck_assert_uint_eq(errors[1].column, errors[0].column);
    for (int i = 0; i < 2; i++) {
        const struct history *history = decoded[i].histories;
        if (long_strings[_i].status == STATUS_OK && history->unknown_count > 0)
            ck_assert_str_eq(history->unknown[0].value,
                             decoded[0].histories[0].unknown[0].value);
    }
    for (int i = 0; i < 2; i++) {
        triage_decoder_free(decoders[i]);
        arena_release(&arenas[i]);
    }
    strbuf_release(&text);
    triage_schema_free(models.one);
}
END_TEST

/* Files are readable forever: a golden history may have what requests no longer may. */
START_TEST(test_golden_histories_may_have_what_requests_may_not)
{
    static const char *const texts[] = {
        "{'events': [{'service': 'api'}, {}]}",
        "{'events': ['', {'event': ''}]}",
        "{'events': [{'event': 'a', 'created_at': '2026-11-22T10:04:00Z'}]}",
        "{'events': [{'event': 'a', 'time': '0001-01-01T00:00:00Z'}]}",
    };
    struct schema *schema = quoted_schema(rows_schema);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *text = quoted(texts[i]);
        struct history history;
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        ck_assert_int_eq(decode(&history, schema, texts[i], 9, &arena, NULL),
                         STATUS_BAD_INPUT);
        ck_assert_int_eq(
            decoder_decode_golden(&history, schema, text, strlen(text), &arena, NULL),
            STATUS_OK);
        free(text);
        arena_release(&arena);
    }
    triage_schema_free(schema);
}
END_TEST

/* And it has the rows that it has always had: marks are values, numbers are seconds. */
START_TEST(test_golden_histories_keep_their_rows)
{
    static const char text[] =
        "{\"events\": [{\"event\": \"?\", \"service\": \"?\", \"is_paged\": \"TRUE\", "
        "\"time\": 20261122}, {\"event\": \"NULL\", \"time\": 40000000000}, {\"event\": "
        "\"a\", \"time\": \"1970-08-23T12:12:60Z\"}]}";
    static const uint32_t expected[] = {0, 0, 0, 2, 1, 1, 0, 1, 1};
    struct schema *schema = quoted_schema(rows_schema);
    struct error err = {0};
    struct history history;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_msg(decoder_decode_golden(&history, schema, text, sizeof text - 1, &arena,
                                        &err) == STATUS_OK,
                  "%s: %s", err.where, err.text);
    ck_assert_mem_eq(history.ids, expected, sizeof expected);
    ck_assert_float_eq(history.values[F + 4], (float)log1p_d(458));
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

/* ---- drawn requests -------------------------------------------------------------------- */

struct drawn {
    const char *about;
    enum oddity oddity;
    bool is_damaged;
    int least; /* accepted, in percent */
};

static const struct drawn drawn[] = {
    {"plain", ODDITY_NONE, false, 50},
    {"unusual", ODDITY_SOME, false, 25},
    {"very unusual", ODDITY_MUCH, false, 1},
    {"damaged", ODDITY_NONE, true, 5},
};

/* With all pairs of schemas, as a body and as a line, whole and in steps. */
START_TEST(test_drawn_requests_are_decoded_as_by_the_tree_decoder)
{
    static const size_t steps[] = {0, 1, 7, 64};
    const struct drawn *kind = &drawn[_i];
    struct schema *schemas[DRAWN_SCHEMAS];
    struct decoders decoders = {.step = 0};
    struct random random;
    struct strbuf text;
    int count = case_count(20000, 20), accepted = 0;
    for (int i = 0; i < DRAWN_SCHEMAS; i++)
        schemas[i] = sample_schema(drawn_schemas[i]);
    random_init(&random, 1, (uint64_t)_i);
    strbuf_init(&text, SIZE_MAX);
    for (int i = 0; i < count; i++) {
        bool is_accepted;
        decoders.schemas[0] = schemas[i % DRAWN_SCHEMAS];
        decoders.schemas[1] = schemas[i / DRAWN_SCHEMAS % DRAWN_SCHEMAS];
        decoders.max_histories = i % 5 == 0 ? 0 : DECODERS_HISTORIES;
        decoders.step = steps[random_below(&random, 4)];
        strbuf_clear(&text);
        drawn_request(&text, &random, (unsigned)(i % DRAWN_SCHEMAS), kind->oddity);
        if (kind->is_damaged)
            drawn_damage(&text, &random);
        char *exact = malloc(text.length + (text.length == 0));
        memcpy(exact, text.bytes, text.length);
        const char *difference =
            decoders_difference(&decoders, exact, text.length, &is_accepted);
        ck_assert_msg(!difference, "%s, %d: %s: %.*s", kind->about, i, difference,
                      (int)text.length, exact);
        accepted += is_accepted;
        free(exact);
    }
    ck_assert_msg(accepted * 100 >= count * kind->least, "%s: %d of %d accepted",
                  kind->about, accepted, count);
    for (int i = 0; i < DRAWN_SCHEMAS; i++)
        triage_schema_free(schemas[i]);
    decoders_release(&decoders);
    strbuf_release(&text);
}
END_TEST

/* ---- limits and memory ------------------------------------------------------------------- */

START_TEST(test_a_limit_is_reached_but_not_exceeded)
{
    struct schema *schema = quoted_schema(rows_schema);
    struct strbuf text;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    strbuf_init(&text, SIZE_MAX);
    for (uint32_t count = 1; count < 200; count += case_count_is_reduced() ? 16 : 3) {
        struct history history;
        strbuf_clear(&text);
        strbuf_add(&text, "{'events': ['a'");
        for (uint32_t i = 1; i < count; i++)
            strbuf_add(&text, ",'b'");
        strbuf_add(&text, "]}");
        ck_assert_int_eq(decode(&history, schema, text.bytes, count, &arena, NULL),
                         STATUS_OK);
        ck_assert_uint_eq(history.length, count);
        for (uint32_t i = 0; i < count; i++)
            ck_assert_uint_eq(history.ids[i * K], i == 0 ? 2 : 3);
        ck_assert_int_eq(decode(&history, schema, text.bytes, count - 1, &arena, NULL),
                         STATUS_TOO_LARGE);
    }
    arena_release(&arena);
    strbuf_release(&text);
    triage_schema_free(schema);
}
END_TEST

/* Ten thousand short histories with a note each need little memory. */
START_TEST(test_short_histories_keep_little_memory)
{
    enum { HISTORIES = 10000 };
    struct models models = {quoted_schema(rows_schema), NULL};
    const struct decoder_options options = {.max_events = 10,
                                            .max_histories = HISTORIES,
                                            .find_schema = find_model,
                                            .context = &models};
    struct decoded decoded;
    struct arena arena;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    arena_init(&arena, SIZE_MAX);
    strbuf_add(&text, "{\"histories\": [");
    for (int i = 0; i < HISTORIES; i++)
        strbuf_add(&text, i == 0 ? "{\"events\": [{\"event\": \"x\", \"y\": 1}]}"
                                 : ", {\"events\": [{\"event\": \"x\", \"y\": 1}]}");
    strbuf_add(&text, "]}");
    ck_assert_int_eq(
        triage_decode(&decoded, &options, text.bytes, text.length, &arena, NULL),
        STATUS_OK);
    ck_assert_uint_eq(decoded.count, HISTORIES);
    ck_assert_uint_eq(decoded.histories[HISTORIES - 1].unknown_count, 1);
    ck_assert_uint_eq(decoded.histories[HISTORIES - 1].ignored[0].count, 1);
    ck_assert_uint_lt(arena.taken, HISTORIES * 1000);
    arena_release(&arena);
    strbuf_release(&text);
    triage_schema_free(models.one);
}
END_TEST

/* Texts that need every kind of memory. */
static void write_memory_text(struct strbuf *text, int kind)
{
    strbuf_add(text,
               kind == 0 ? "{\"events\":[" : "{\"x\":1,\"histories\":[{\"events\":[");
    for (int i = 0; i < 70; i++)
        strbuf_printf(text,
                      "%s{\"event\":\"%s\",\"time\":%d,\"y%d\":1,\"\\u007a\":\"\\n\"}",
                      i == 0 ? "" : ",", i % 7 == 0 ? "x" : "a", 100 - i, i % 30);
    strbuf_add(text, kind == 0 ? "],\"id\":\"\\u00e9\",\"fields\":{\"service\":\"web\"},"
                                 "\"model\":\"two\"}"
                               : "]},{\"events\":[\"q\"],\"id\":7}]}");
}

START_TEST(test_memory_runs_out)
{
    bool (*again[])(unsigned *) = {failing_malloc_next, failing_malloc_next_from};
    struct models models = {quoted_schema(rows_schema), quoted_schema(notes_schema)};
    const struct decoder_options options = {.max_events = 100,
                                            .max_histories = 3,
                                            .find_schema = find_model,
                                            .context = &models};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    write_memory_text(&text, _i / 2);
    for (unsigned n = 0; again[_i % 2](&n);) {
        struct error err = {.status = STATUS_OK};
        struct decoded decoded;
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        enum status status =
            triage_decode(&decoded, &options, text.bytes, text.length, &arena, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        arena_release(&arena);
    }
    strbuf_release(&text);
    triage_schema_free(models.one);
    triage_schema_free(models.two);
}
END_TEST

/* Something is refused, and memory runs out while the rest of the text is checked. */
START_TEST(test_memory_runs_out_after_an_error)
{
    bool (*again[])(unsigned *) = {failing_malloc_next, failing_malloc_next_from};
    struct schema *schema = quoted_schema(rows_schema);
    struct strbuf text;
    bool has_run_out = false;
    strbuf_init(&text, SIZE_MAX);
    strbuf_quoted(&text, "{'events': [{}], 'id': 'INC', 'x': {");
    for (int i = 0; i < 70; i++)
        strbuf_quoted(&text, "'k\\u00e9%d': [[[[[[[[[[]]]]]]]]]], ", i);
    strbuf_quoted(&text, "'k': 1}}");
    for (unsigned n = 0; again[_i](&n);) {
        struct error err = {.status = STATUS_OK};
        struct history history;
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        enum status status = triage_history_decode(&history, schema, text.bytes,
                                                   text.length, 9, &arena, &err);
        ck_assert(status == STATUS_BAD_INPUT ||
                  (status == STATUS_NO_MEMORY && failing_malloc_has_failed()));
        ck_assert_int_eq(err.status, status);
        has_run_out = has_run_out || status == STATUS_NO_MEMORY;
        arena_release(&arena);
    }
    ck_assert(has_run_out);
    strbuf_release(&text);
    triage_schema_free(schema);
}
END_TEST

/* Every ceiling of the arena: as if memory ran out inside a block. */
START_TEST(test_full_arena_is_no_memory)
{
    struct models models = {quoted_schema(rows_schema), quoted_schema(notes_schema)};
    const struct decoder_options options = {.max_events = 100,
                                            .max_histories = 3,
                                            .find_schema = find_model,
                                            .context = &models};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    write_memory_text(&text, _i);
    enum status status = STATUS_NO_MEMORY;
    for (size_t ceiling = 0; status != STATUS_OK; ceiling += 16) {
        struct decoded decoded;
        struct arena arena;
        arena_init(&arena, ceiling);
        status = triage_decode(&decoded, &options, text.bytes, text.length, &arena, NULL);
        ck_assert(status == STATUS_OK || status == STATUS_NO_MEMORY);
        arena_release(&arena);
        ck_assert_uint_lt(ceiling, 1 << 20);
    }
    strbuf_release(&text);
    triage_schema_free(models.one);
    triage_schema_free(models.two);
}
END_TEST

/* ---- keys of the training data that are names of members ----------------------------------- */

static const char sample_keyed[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\"]}],"
    " \"keys\": {\"id\": \"sample\"}}";

static const struct schema *find_only(void *context, const char *name, size_t length,
                                      struct error *err)
{
    (void)name;
    (void)length;
    (void)err;
    return context;
}

/* The id of the model comes before the member of a forecast. */
START_TEST(test_the_key_of_the_id_is_no_member_of_a_forecast)
{
    static const char text[] = "{\"sample\": 3, \"events\": [\"a\"]}";
    struct schema *schema = sample_schema(sample_keyed);
    const struct forecast_request forecast = {
        .options = {.steps = 2, .beam = 2}, .max_steps = 2, .max_beam = 2};
    const struct decoder_options options = {.max_events = 5,
                                            .forecast = &forecast,
                                            .find_schema = find_only,
                                            .context = schema};
    struct decoded decoded;
    struct error err = {.status = STATUS_OK};
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_msg(triage_decode(&decoded, &options, text, sizeof text - 1, &arena,
                                &err) == STATUS_OK,
                  "%s: %s", err.where, err.text);
    ck_assert_str_eq(decoded.histories[0].id, "3");
    ck_assert(!decoded.forecast.is_sampled);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_a_mistyped_key_of_the_id_is_no_other_member)
{
    const struct span key = {.bytes = "Bank", .length = 4};
    ck_assert_int_eq(request_member_meant(key, JSON_IS_STRING, "bank"), MEMBER_ID);
}
END_TEST

Suite *decoder_suite(void)
{
    Suite *suite = suite_create("decoder");
    TCase *tc = tcase_create("decoder");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, test_valid_histories_are_decoded, 0, COUNT(good));
    tcase_add_test(tc, test_events_of_equal_time_keep_their_order);
    tcase_add_loop_test(tc, test_forms_mean_the_same, 0, COUNT(forms));
    tcase_add_loop_test(tc, test_times_order_events_by_all_their_digits, 0,
                        COUNT(orders));
    tcase_add_test(tc, test_a_known_value_wins_over_a_mark);
    tcase_add_loop_test(tc, test_invalid_histories_are_errors, 0, COUNT(bad));
    tcase_add_loop_test(tc, test_keys_that_are_no_times_are_ignored, 0, COUNT(untimed));
    tcase_add_loop_test(tc, test_unknown_values_and_ignored_fields_are_noted, 0,
                        COUNT(notes));
    tcase_add_test(tc, test_the_key_of_the_id_is_no_member_of_a_forecast);
    tcase_add_test(tc, test_a_mistyped_key_of_the_id_is_no_other_member);
    tcase_add_loop_test(tc, test_ids_are_kept_as_json, 0, COUNT(ids));
    tcase_add_test(tc, test_notes_are_limited);
    tcase_add_test(tc, test_ignored_fields_are_counted_in_any_order);
    tcase_add_loop_test(tc, test_requests_are_decoded_or_refused, 0, COUNT(requests));
    tcase_add_loop_test(tc, test_data_is_read_as_by_train, 0, COUNT(data));
    tcase_add_test(tc, test_steps_are_short);
    tcase_add_loop_test(tc, test_long_strings_are_read_in_steps, 0, COUNT(long_strings));
    tcase_add_test(tc, test_golden_histories_may_have_what_requests_may_not);
    tcase_add_test(tc, test_golden_histories_keep_their_rows);
    tcase_add_loop_test(tc, test_drawn_requests_are_decoded_as_by_the_tree_decoder, 0,
                        COUNT(drawn));
    tcase_add_test(tc, test_a_limit_is_reached_but_not_exceeded);
    tcase_add_test(tc, test_short_histories_keep_little_memory);
    tcase_add_loop_test(tc, test_memory_runs_out, 0, 4);
    tcase_add_loop_test(tc, test_memory_runs_out_after_an_error, 0, 2);
    tcase_add_loop_test(tc, test_full_arena_is_no_memory, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
