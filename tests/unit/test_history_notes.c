/*
 * What a history carries beside its rows: its id, values and fields that the schema lacks;
 * and what decoding does when memory runs out.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "engine.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

static const char schema_text[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\"]},"
    " {\"name\": \"service\", \"kind\": \"category\", \"values\": [\"api\", \"db\"]},"
    " {\"name\": \"is_paged\", \"kind\": \"category\", \"values\": [\"true\"]},"
    " {\"name\": \"size/b\", \"kind\": \"number\"}],"
    " \"time\": [{\"name\": \"since_previous\"}]}";

static enum status decode(struct history *history, const char *text, const char *where,
                          struct arena *arena)
{
    struct schema *schema = sample_schema(schema_text);
    json_t *json = json_read(text, strlen(text), NULL);
    ck_assert_msg(json != NULL, "%s", text);
    enum status status =
        triage_history_decode(history, schema, json, 9, where, arena, NULL);
    json_decref(json);
    triage_schema_free(schema);
    return status;
}

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
    {"a case-level unknown value once, however many events",
     "{\"fields\": {\"service\": \"web\"}, \"events\": [\"a\", \"a\"]}",
     1,
     {{"/fields/service", "web"}},
     {{NULL, 0}}},
    {"pointers are those of the order given",
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
    {"the time of an event is known, that of a case is not",
     "{\"fields\": {\"time\": 1}, \"events\": [{\"event\": \"a\", \"time\": 1}]}",
     0,
     {{NULL}},
     {{"time", 1}}},
    {"names are exact",
     "{\"events\": [{\"event\": \"A\", \"Service\": \"db\"}]}",
     1,
     {{"/events/0/event", "A"}},
     {{"Service", 1}}},
    {"a long value is cut at a character's end",
     "{\"events\": "
     "[\"0123456789012345678901234567890123456789012345678901234567890\\u20ac"
     "\\u20ac\"]}",
     1,
     {{"/events/0",
       "0123456789012345678901234567890123456789012345678901234567890\u20ac"}},
     {{NULL, 0}}},
};

START_TEST(test_notes)
{
    struct history history;
    struct arena arena;
    uint32_t i = 0;

    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(decode(&history, notes[_i].json, "/x", &arena), STATUS_OK);
    ck_assert_msg(history.unknown_count == notes[_i].count, "%s: %u unknown",
                  notes[_i].about, history.unknown_count);
    for (i = 0; i < history.unknown_count; i++) {
        ck_assert_str_eq(history.unknown[i].pointer, notes[_i].unknown[i][0]);
        ck_assert_str_eq(history.unknown[i].value, notes[_i].unknown[i][1]);
    }
    for (i = 0; i < 3 && notes[_i].ignored[i].name != NULL; i++) {
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
    {"what JSON escapes", "{\"id\": \"a\\\"\\n\\u00e9\", \"events\": [\"a\"]}",
     "\"a\\\"\\n\u00e9\""},
    {"an integer", "{\"id\": -17, \"events\": [\"a\"]}", "-17"},
    {"a large integer", "{\"id\": 9007199254740993, \"events\": [\"a\"]}",
     "9007199254740993"},
};

START_TEST(test_ids)
{
    struct history history;
    struct arena arena;

    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(decode(&history, ids[_i].json, "", &arena), STATUS_OK);
    if (ids[_i].id == NULL)
        ck_assert_msg(history.id == NULL, "%s: %s", ids[_i].about, history.id);
    else
        ck_assert_str_eq(history.id, ids[_i].id);
    arena_release(&arena);
}
END_TEST

/* More unknown values and more ignored fields than an answer names. */
START_TEST(test_notes_are_limited)
{
    struct error err = {.status = STATUS_OK};
    struct schema *schema = sample_schema(schema_text);
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
    bool (*again[])(unsigned *) = {torture_again, torture_again_from};
    struct schema *schema = sample_schema(schema_text);
    json_t *json = json_read(text, strlen(text), NULL);

    for (unsigned n = 0; again[_i](&n);) {
        struct error err = {.status = STATUS_OK};
        struct history history;
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        enum status status =
            triage_history_decode(&history, schema, json, 9, "", &arena, &err);
        ck_assert_int_eq(status, torture_has_struck() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        arena_release(&arena);
    }
    json_decref(json);
    triage_schema_free(schema);
}
END_TEST

/* The arena's ceiling, byte by byte: it stands for memory that runs out inside one block. */
START_TEST(test_a_ceiling_is_memory_too)
{
    struct schema *schema = sample_schema(schema_text);
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

Suite *history_notes_suite(void)
{
    Suite *suite = suite_create("history_notes");
    TCase *tc = tcase_create("history_notes");
    tcase_add_loop_test(tc, test_notes, 0, COUNT(notes));
    tcase_add_loop_test(tc, test_ids, 0, COUNT(ids));
    tcase_add_test(tc, test_notes_are_limited);
    tcase_add_loop_test(tc, test_memory_runs_out, 0, 2);
    tcase_add_test(tc, test_a_ceiling_is_memory_too);
    suite_add_tcase(suite, tc);
    return suite;
}
