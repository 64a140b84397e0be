/*
 * Names of events that are joined from several keys: how a key is split and texts are joined; the same
 * names from CSV, JSON Lines and requests; what is refused.  In the tables, ' stands for ".
 */
#include "base/name_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "data/examples.h"
#include "data/history_texts.h"
#include "engine.h"
#include "model/json_schema.h"
#include "model/schema.h"
#include "support/failing_malloc.h"
#include "support/json_schema_validator.h"
#include "support/sample.h"
#include "support/tmpdir.h"
#include "trainer.h"
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

/* ---- keys --------------------------------------------------------------------------------- */

static const struct {
    const char *about, *key;
    uint32_t count;
    const char *second, *repeated;
} keys[] = {
    {"no plus", "event", 0, NULL, NULL},
    {"two", "concept:name+lifecycle:transition", 2, "lifecycle:transition", NULL},
    {"three", "a+b+c", 3, "b", NULL},
    {"eight", "a+b+c+d+e+f+g+h", 8, "b", NULL},
    {"more than eight are one key", "a+b+c+d+e+f+g+h+i", 0, NULL, NULL},
    {"nothing before", "+a", 0, NULL, NULL},
    {"nothing behind", "a+", 0, NULL, NULL},
    {"nothing between", "a++b", 0, NULL, NULL},
    {"only a plus", "+", 0, NULL, NULL},
    {"empty", "", 0, NULL, NULL},
    {"a key twice", "a+b+a", 3, "b", "a"},
};

START_TEST(test_keys_are_split)
{
    struct name_keys split;
    name_keys_split(&split, keys[_i].key);
    ck_assert_msg(split.count == keys[_i].count, "%s: %u", keys[_i].about, split.count);
    if (keys[_i].second)
        ck_assert_msg(span_is(split.list[1], keys[_i].second), "%s", keys[_i].about);
    const struct span *repeated = name_keys_repeated(&split);
    ck_assert_msg((repeated != NULL) == (keys[_i].repeated != NULL), "%s",
                  keys[_i].about);
    if (repeated)
        ck_assert(span_is(*repeated, keys[_i].repeated));
    const struct span absent = {.bytes = "absent", .length = 6};
    ck_assert_uint_eq(name_keys_find(&split, absent), split.count);
}
END_TEST

/* ---- the schema ---------------------------------------------------------------------------- */

#define FIELDS "'fields': [{'name': 'event', 'kind': 'category', 'values': " VALUES "}"
#define VALUES "['a+x', 'b', 'c+1+true']"

static const char joined_schema[] = "{" FIELDS ", {'name': 'n', 'kind': 'number'}], "
                                    "'keys': {'event': ['k', 'l', 'm']}}";

static struct schema *quoted_schema(const char *text)
{
    char *json = quoted(text);
    struct schema *schema = sample_schema(json);
    free(json);
    return schema;
}

START_TEST(test_the_keys_are_an_array_in_the_schema)
{
    struct schema *schema = quoted_schema(joined_schema);
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(schema, &text);
    char *expected = quoted("'keys': {'event': ['k', 'l', 'm']}");
    ck_assert_str_eq(schema->keys.event, "k+l+m");
    ck_assert_str_eq(schema->event_parts.list[1].bytes, "l");
    ck_assert_msg(strstr(text.bytes, expected) != NULL, "%s", text.bytes);
    strbuf_release(&text);
    free(expected);
    triage_schema_free(schema);
}
END_TEST

#define TENS "0123456789012345678901234567890123456789"

static const char *const bad_keys[] = {
    "[]",
    "['a']",
    "['a', 'a']",
    "['a', 3]",
    "['a', '']",
    "['a+b', 'c']",
    "{'a': 'b'}",
    "['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']",
    "['" TENS TENS TENS "', '" TENS TENS TENS "']",
};

START_TEST(test_other_arrays_are_refused)
{
    char text[512];
    snprintf(text, sizeof text, "{" FIELDS "], 'keys': {'event': %s}}", bad_keys[_i]);
    char *json = quoted(text);
    struct error err = {.status = STATUS_OK};
    json_t *object = json_read(json, strlen(json), &err);
    ck_assert_ptr_nonnull(object);
    ck_assert_ptr_null(triage_schema_read(object, "/schema", &err));
    ck_assert_int_eq(err.status, STATUS_BAD_INPUT);
    ck_assert_str_eq(err.where, "/schema/keys/event");
    json_decref(object);
    free(json);
}
END_TEST

/* ---- requests ------------------------------------------------------------------------------ */

static const struct schema *find_that(void *context, const char *name, size_t length,
                                      struct error *err)
{
    (void)name, (void)length, (void)err;
    return context;
}

enum { UNKNOWN = SCHEMA_UNKNOWN, MISSING = SCHEMA_MISSING, AX = SCHEMA_FIRST, B, C1 };

static const struct {
    const char *about, *events; /* of two events */
    uint32_t ids[2];
    const char *unknown; /* the value of the first */
    const char *where;   /* of the error; NULL: none */
} requests[] = {
    {"parts in any order", "[{'l': 'x', 'k': 'a'}, {'k': 'b'}]", {AX, B}, NULL, NULL},
    {"blanks around them",
     "[{'k': ' a', 'l': 'x\\t'}, {'k': ' b '}]",
     {AX, B},
     NULL,
     NULL},
    {"what is missing is left out",
     "[{'k': 'b', 'l': null, 'm': ''}, {'k': 'N/A', 'l': 'b', 'm': '-'}]",
     {B, B},
     NULL,
     NULL},
    {"numbers and booleans",
     "[{'k': 'c', 'l': 1.0, 'm': true}, {'k': 'c', 'l': '1', 'm': "
     "'TRUE'}]",
     {C1, C1},
     NULL,
     NULL},
    {"a joined name, under our key and that of the training",
     "[{'event': 'a+x'}, {'k+l+m': 'b'}]",
     {AX, B},
     NULL,
     NULL},
    {"a joined name as a string", "['a+x', 'b']", {AX, B}, NULL, NULL},
    {"fields between them",
     "[{'k': 'a', 'n': 2, 'l': 'x'}, {'n': 3, 'k': 'b'}]",
     {AX, B},
     NULL,
     NULL},
    {"all missing is a missing name",
     "[{'k': null}, {'k': '?', 'l': null}]",
     {MISSING, MISSING},
     NULL,
     NULL},
    {"an unknown name is that of the event",
     "[{'k': 'a', 'l': 'z'}, {'k': 'b'}]",
     {UNKNOWN, B},
     "a+z",
     NULL},
    {"no part", "[{'n': 1}, 'b']", {0}, NULL, "/events/0/k+l+m"},
    {"only empty parts", "['b', {'k': '', 'l': ' '}]", {0}, NULL, "/events/1"},
    {"a name beside a part", "[{'event': 'b', 'k': 'b'}, 'b']", {0}, NULL, "/events/0/k"},
    {"a part beside a name",
     "['b', {'k': 'b', 'event': 'b'}]",
     {0},
     NULL,
     "/events/1/event"},
    {"the key of the training beside a part",
     "['b', {'k': 'b', 'k+l+m': 'b'}]",
     {0},
     NULL,
     "/events/1/k+l+m"},
    {"a part that is an array",
     "[{'k': 'b', 'l': ['x']}, 'b']",
     {0},
     NULL,
     "/events/0/l"},
    {"a part that is an object", "['b', {'l': {}}]", {0}, NULL, "/events/1/l"},
    {"a part twice", "['b', {'l': 'x', 'l': 'x'}]", {0}, NULL, "/events/1/l"},
    {"parts of the history are no parts of a name",
     "['b', {'n': 1}], 'fields': {'k': 'b'}",
     {0},
     NULL,
     "/events/1/k+l+m"},
};

/* Decode whole, and in steps of one byte. */
static enum status decode(const char *events, const struct schema *schema, size_t step,
                          struct history *history, struct arena *arena, struct error *err)
{
    union {
        const struct schema *schema;
        void *context;
    } that = {.schema = schema};
    const struct decoder_options options = {
        .max_events = 9, .find_schema = find_that, .context = that.context};
    char json[256];
    int length = snprintf(json, sizeof json, "{'events': %s}", events);
    for (char *c = json; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    struct decoder *decoder =
        triage_decoder_new(&options, json, (size_t)length, arena, err);
    enum status status = decoder ? STATUS_OK : STATUS_NO_MEMORY;
    for (bool is_done = !decoder; !is_done;)
        status = triage_decoder_step(decoder, step, &is_done, err);
    if (status == STATUS_OK)
        *history = triage_decoder_result(decoder)->histories[0];
    triage_decoder_free(decoder);
    return status;
}

START_TEST(test_names_of_requests_are_joined)
{
    struct schema *schema = quoted_schema(joined_schema);
    for (size_t step = 1; step < 1000; step += 600) {
        struct error err = {.status = STATUS_OK};
        struct history history = {.length = 0};
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        enum status status =
            decode(requests[_i].events, schema, step, &history, &arena, &err);
        if (requests[_i].where) {
            ck_assert_msg(status != STATUS_OK &&
                              strcmp(err.where, requests[_i].where) == 0,
                          "%s: at %s: %s", requests[_i].about, err.where, err.text);
        } else {
            ck_assert_msg(status == STATUS_OK, "%s: %s: %s", requests[_i].about,
                          err.where, err.text);
            ck_assert_uint_eq(history.length, 2);
            ck_assert_msg(history.ids[0] == requests[_i].ids[0] &&
                              history.ids[1] == requests[_i].ids[1],
                          "%s: %u %u", requests[_i].about, history.ids[0],
                          history.ids[1]);
            ck_assert_uint_eq(history.unknown_count, requests[_i].unknown != NULL);
        }
        if (requests[_i].unknown) {
            ck_assert_str_eq(history.unknown[0].value, requests[_i].unknown);
            ck_assert_str_eq(history.unknown[0].pointer, "/events/0");
        }
        arena_release(&arena);
    }
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_our_key_may_be_a_part)
{
    struct schema *schema =
        quoted_schema("{" FIELDS "], 'keys': {'event': ['event', 'l']}}");
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(decode("[{'event': 'a', 'l': 'x'}, {'event': 'a+x'}, 'b']", schema,
                            1000, &history, &arena, &err),
                     STATUS_OK);
    ck_assert_uint_eq(history.ids[0], AX);
    ck_assert_uint_eq(history.ids[1], AX);
    ck_assert_uint_eq(history.ids[2], B);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_a_mistyped_part_is_named)
{
    struct schema *schema = quoted_schema(
        "{" FIELDS "], 'keys': {'event': ['concept:name', 'lifecycle:transition']}}");
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(decode("[{'concept:name': 'b', 'lifecycle_transition': 'x'}]",
                            schema, 1000, &history, &arena, &err),
                     STATUS_OK);
    ck_assert_str_eq(history.ignored[0].nearest, "lifecycle:transition");
    ck_assert_int_eq(
        decode("[{'concept_name': 'b'}]", schema, 1000, &history, &arena, &err),
        STATUS_BAD_INPUT);
    ck_assert_msg(strstr(err.text, "(did you mean it by \"concept_name\"?)") != NULL,
                  "%s", err.text);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

/* An old model with a plus in the key: its parts are no names. */
START_TEST(test_a_plus_in_a_key_joins_nothing)
{
    struct schema *schema = quoted_schema("{" FIELDS "], 'keys': {'event': 'k+l'}}");
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(decode("[{'k+l': 'b'}]", schema, 1000, &history, &arena, &err),
                     STATUS_OK);
    ck_assert_uint_eq(history.ids[0], B);
    ck_assert_int_eq(
        decode("[{'k': 'a', 'l': 'x'}]", schema, 1000, &history, &arena, &err),
        STATUS_BAD_INPUT);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct schema *schema = quoted_schema(joined_schema);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct history history;
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        enum status status = decode("[{'k': 'a', 'l': 'z'}, {'k': 'b', 'm': 3}]", schema,
                                    1000, &history, &arena, &err);
        ck_assert(status == STATUS_OK || status == STATUS_NO_MEMORY);
        arena_release(&arena);
    }
    triage_schema_free(schema);
}
END_TEST

/* ---- data ---------------------------------------------------------------------------------- */

static const struct {
    const char *about, *file, *event;
    const char *text; /* CSV; else of JSON Lines, the events of each of three histories */
    const char *schema,
        *absent; /* parts of the inferred schema, and what it must not have */
} data[] = {
    {"CSV: two columns, in the order of the option", "x.csv", "l+k",
     "case,k,l\n1,a,x\n1,b,\n2,a,x\n2,b,-\n3,a,x\n3,b,\n",
     "'values': ['b', 'x+a']|'keys': {'event': ['l', 'k']}", "'name': 'k'"},
    {"CSV: blanks and quotes", "x.csv", "k+l",
     "case,k,l\n1,\"a\"\"\", x \n1,\" b \",\n2,\"a\"\"\",x\n2,b,\n3,\"a\"\"\",x\n3,b,\n",
     "'values': ['a\\\"+x', 'b']", "'name': 'l'"},
    {"CSV: another column stays a field", "x.csv", "k+l",
     "case,k,l,m\n1,a,x,u\n1,b,y,v\n2,a,x,u\n2,b,y,v\n3,a,x,u\n3,b,y,v\n",
     "'name': 'm'|'values': ['a+x', 'b+y']", "'name': 'l'"},
    {"CSV: a column of that name wins, and the others are fields", "x.csv", "k+l",
     "case,k,l,k+l\n1,a,x,u\n1,b,y,v\n2,a,x,u\n2,b,y,v\n3,a,x,u\n3,b,y,v\n",
     "'name': 'k'|'name': 'l'|'values': ['u', 'v']|'keys': {'event': 'k+l'}", "'a+x'"},
    {"CSV: below a title", "x.csv", "k+l",
     "Export\ncase,k,l\n1,a,x\n1,b,\n2,a,x\n2,b,\n3,a,x\n3,b,\n",
     "'values': ['a+x', 'b']", "'name': 'k'"},
    {"JSON Lines: two keys, in the order of the option", "x.jsonl", "l+k",
     "[{'k': 'a', 'l': 'x'}, {'k': 'b'}, {'l': null, 'k': 'b'}]",
     "'values': ['b', 'x+a']|'keys': {'event': ['l', 'k']}", "'name': 'k'"},
    {"JSON Lines: numbers, booleans and escapes", "x.jsonl", "k+l+m",
     "[{'k': 'a\\u0062', 'l': 2.0, 'm': true}, {'k': 3, 'l': 'False'}]",
     "'values': ['3+false', 'ab+2+true']", "'name': 'k'"},
    {"JSON Lines: strings beside them are names", "x.jsonl", "k+l",
     "['b', {'k': 'a', 'l': 'x'}, 'b']", "'values': ['a+x', 'b']|['k', 'l']",
     "'name': 'k'"},
    {"JSON Lines: a key of that name wins, and the others are fields", "x.jsonl", "k+l",
     "[{'k': 'a', 'l': 'x', 'k+l': 'u'}, {'k+l': 'v', 'l': 'y', 'k': 'b'}, {'k+l': 'v', "
     "'k': 'b', 'l': 'y'}]",
     "'name': 'k'|'name': 'l'|'values': ['u', 'v']|'event': 'k+l'", "'a+x'"},
    {"JSON Lines: our key is a part", "x.jsonl", "event+l",
     "[{'event': 'a', 'l': 'x'}, {'event': 'b'}, {'event': 'b'}]",
     "'values': ['a+x', 'b']|['event', 'l']", "'name': 'l'"},
};

/* A data file, removed by tmpdir_release. */
struct data_file {
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH];
    const char *files[1];
    struct data_keys keys;
    struct data_files data;
};

static void data_file_init(struct data_file *file, const char *name, const char *event,
                           const char *text)
{
    struct strbuf lines;
    bool is_csv = strstr(name, ".csv") != NULL;
    tmpdir_init(&file->tmpdir);
    tmpdir_join(&file->tmpdir, name, file->path);
    strbuf_init(&lines, SIZE_MAX);
    for (int i = 0; i < (is_csv ? 0 : 3); i++)
        strbuf_quoted(&lines, "{'id': %d, 'events': %s}\n", i, text);
    if (is_csv)
        strbuf_add(&lines, text);
    ck_assert(file_write(file->path, lines.bytes, lines.length, NULL) == STATUS_OK);
    strbuf_release(&lines);
    file->files[0] = file->path;
    file->keys = (struct data_keys){.id = "",
                                    .label = "action",
                                    .events = "events",
                                    .event = event,
                                    .time = "time",
                                    .split = ""};
    file->data = (struct data_files){file->files, 1, &file->keys};
}

static const struct examples_settings settings = {
    .task = TASK_NEXT, .with_end = true, .seed = 1};

START_TEST(test_names_of_data_are_joined)
{
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct data_file file;
    struct strbuf text;
    char part[128];
    data_file_init(&file, data[_i].file, data[_i].event, data[_i].text);
    ck_assert_msg(examples_load(&examples, &file.data, &settings, &err) == STATUS_OK,
                  "%s: %s: %s", data[_i].about, err.where, err.text);
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(examples.schema, &text);
    char *expected = quoted(data[_i].schema), *absent = quoted(data[_i].absent);
    for (const char *at = expected; *at != '\0';) {
        size_t length = strcspn(at, "|");
        snprintf(part, sizeof part, "%.*s", (int)length, at);
        ck_assert_msg(strstr(text.bytes, part) != NULL, "%s: no %s in %s", data[_i].about,
                      part, text.bytes);
        at += length + (at[length] == '|');
    }
    ck_assert_msg(!strstr(text.bytes, absent), "%s: %s", data[_i].about, text.bytes);
    free(expected);
    free(absent);
    strbuf_release(&text);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
}
END_TEST

static const struct {
    const char *about, *file, *event, *text;
    const char *where, *error; /* where: its end */
} bad[] = {
    {"CSV: a column that is absent", "x.csv", "activity+state",
     "case,activity,stat\n1,a,x\n", "x.csv:1",
     "no column \"state\" (there are case, activity, stat) (did you mean \"stat\"?); "
     "--event names it"},
    {"CSV: a column twice", "x.csv", "k+k", "case,k\n1,a\n", "x.csv:1",
     "--event joins \"k\" twice"},
    {"CSV: the case is no part of a name", "x.csv", "k+case", "case,k\n1,a\n", "x.csv:1",
     "column \"case\" cannot be both the case and the event's name"},
    {"CSV: a row without any part", "x.csv", "k+l", "case,k,l,m\n1,a,x,u\n1,,,u\n",
     "x.csv:3", "k+l: the event has no name"},
    {"JSON Lines: a key that is absent from all events", "x.jsonl", "activity+state",
     "[{'activity': 'a', 'stat': 'x'}]", "x.jsonl",
     "no event has the key \"state\" (did you mean \"stat\"?); --event names the parts "
     "of "
     "its name"},
    {"JSON Lines: a key twice", "x.jsonl", "k+k", "[{'k': 'a'}]", "",
     "--event joins \"k\" twice"},
    {"JSON Lines: an event without any part", "x.jsonl", "k+l",
     "[{'k': 'a', 'l': 'x'}, {'m': 'u'}]", "x.jsonl:1",
     "/events/1: the event has no \"k+l\""},
    {"JSON Lines: only empty parts", "x.jsonl", "k+l",
     "[{'k': 'a', 'l': 'x'}, {'k': '', 'l': ''}]", "x.jsonl:1",
     "/events/1: the name of the event is empty"},
    {"JSON Lines: a part that is an array", "x.jsonl", "k+l", "[{'k': 'a', 'l': ['x']}]",
     "x.jsonl:1", "/events/0/l: a part of the name of an event must be a string"},
};

START_TEST(test_data_that_cannot_be_joined_is_refused)
{
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct data_file file;
    data_file_init(&file, bad[_i].file, bad[_i].event, bad[_i].text);
    ck_assert_msg(examples_load(&examples, &file.data, &settings, &err) != STATUS_OK,
                  "%s", bad[_i].about);
    size_t length = strlen(err.where), end = strlen(bad[_i].where);
    ck_assert_msg(length >= end && strcmp(err.where + length - end, bad[_i].where) == 0,
                  "%s: at %s", bad[_i].about, err.where);
    ck_assert_msg(strstr(err.text, bad[_i].error) != NULL, "%s: %s", bad[_i].about,
                  err.text);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
}
END_TEST

START_TEST(test_parts_of_a_history_that_is_refused_are_forgotten)
{
#define GOOD_LINE "{'events': [{'l': 'x'}, {'k': 'b', 'l': 'y'}]}\n"
    static const char lines[] =
        "{'events': [{'k': 'a', 'l': {}}]}\n" GOOD_LINE GOOD_LINE GOOD_LINE;
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct data_file file;
    struct strbuf text;
    data_file_init(&file, "x.csv", "k+l", ""); /* the text is not that of the table */
    char *json = quoted(lines), *expected = quoted("'values': ['b+y', 'x']");
    ck_assert(file_write(file.path, json, strlen(json), NULL) == STATUS_OK);
    file.keys.skip_bad = true;
    ck_assert_msg(examples_load(&examples, &file.data, &settings, &err) == STATUS_OK,
                  "%s: %s", err.where, err.text);
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(examples.schema, &text);
    ck_assert_msg(strstr(text.bytes, expected) != NULL, "%s", text.bytes);
    strbuf_release(&text);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
    free(json);
    free(expected);
}
END_TEST

static const struct {
    const char *about, *rename;
    const char *where, *shown; /* where: of the error; NULL: none */
} renamed[] = {
    {"a joined name", "{'event': {'a+x': 'z'}}", NULL, "['b', 'z']"},
    {"by the names of both keys", "{'event+l': {'a+x': 'z'}}", NULL, "['b', 'z']"},
    {"a part whose key is ours", "{'event': {'a': 'z'}}", "/rename/event/a", NULL},
    {"a part of another key", "{'l': {'x': 'z'}}", "/rename/l", NULL},
};

START_TEST(test_joined_names_are_renamed)
{
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct data_file file;
    data_file_init(&file, "x.jsonl", "event+l",
                   "[{'event': 'a', 'l': 'x'}, {'event': 'b'}, {'event': 'b'}]");
    char *json = quoted(renamed[_i].rename);
    struct examples_settings with_rename = settings;
    json_t *rename = json_read(json, strlen(json), NULL);
    with_rename.rename = rename;
    enum status status = examples_load(&examples, &file.data, &with_rename, &err);
    ck_assert_msg((status == STATUS_OK) == !renamed[_i].where, "%s: %s: %s",
                  renamed[_i].about, err.where, err.text);
    if (status == STATUS_OK) {
        struct strbuf text;
        strbuf_init(&text, SIZE_MAX);
        triage_schema_write(examples.schema, &text);
        char *shown = quoted(renamed[_i].shown);
        ck_assert_msg(strstr(text.bytes, shown) != NULL, "%s: %s", renamed[_i].about,
                      text.bytes);
        strbuf_release(&text);
        free(shown);
    } else {
        ck_assert_str_eq(err.where, renamed[_i].where);
    }
    json_decref(rename);
    free(json);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
}
END_TEST

/* ---- what a model says of its requests ------------------------------------------------------ */

static const struct {
    const char *event;
    bool is_fitting;
} events[] = {
    {"{'k': 'a', 'l': 'x'}", true}, {"{'m': 3}", true},      {"{'event': 'a+x'}", true},
    {"{'k+l+m': 'b'}", true},       {"{'k': ['a']}", false}, {"{'n': 3}", false},
};

START_TEST(test_the_json_schema_has_the_parts)
{
    char *json = quoted(joined_schema), *text = quoted(events[_i].event);
    struct spec spec = sample_spec(0, 2, 3, 1, 1);
    struct model *model = sample_model(json, &spec, 1.0f, 1);
    struct strbuf out;
    struct violation violation;
    strbuf_init(&out, SIZE_MAX);
    triage_json_schema_write(&out, model, "m");
    json_t *schema = json_read(out.bytes, out.length, NULL);
    json_t *event = json_read(text, strlen(text), NULL);
    ck_assert(schema && event);
    const json_t *rule = json_pointer_resolve(schema, "/$defs/Event");
    ck_assert_ptr_nonnull(rule);
    ck_assert_msg(json_schema_accepts(schema, rule, event, &violation) ==
                      events[_i].is_fitting,
                  "%s", text);
    json_decref(event);
    json_decref(schema);
    strbuf_release(&out);
    triage_model_free(model);
    free(text);
    free(json);
}
END_TEST

Suite *name_parts_suite(void)
{
    Suite *suite = suite_create("name_parts");
    TCase *parts = tcase_create("parts");
    tcase_add_loop_test(parts, test_keys_are_split, 0, sizeof keys / sizeof *keys);
    suite_add_tcase(suite, parts);
    TCase *schema = tcase_create("schema");
    tcase_add_test(schema, test_the_keys_are_an_array_in_the_schema);
    tcase_add_loop_test(schema, test_other_arrays_are_refused, 0,
                        sizeof bad_keys / sizeof *bad_keys);
    tcase_add_loop_test(schema, test_the_json_schema_has_the_parts, 0,
                        sizeof events / sizeof *events);
    suite_add_tcase(suite, schema);
    TCase *decoding = tcase_create("requests");
    tcase_add_loop_test(decoding, test_names_of_requests_are_joined, 0,
                        sizeof requests / sizeof *requests);
    tcase_add_test(decoding, test_our_key_may_be_a_part);
    tcase_add_test(decoding, test_a_mistyped_part_is_named);
    tcase_add_test(decoding, test_a_plus_in_a_key_joins_nothing);
    tcase_add_test(decoding, test_memory_runs_out);
    suite_add_tcase(suite, decoding);
    TCase *loading = tcase_create("data");
    tcase_add_loop_test(loading, test_names_of_data_are_joined, 0,
                        sizeof data / sizeof *data);
    tcase_add_loop_test(loading, test_data_that_cannot_be_joined_is_refused, 0,
                        sizeof bad / sizeof *bad);
    tcase_add_loop_test(loading, test_joined_names_are_renamed, 0,
                        sizeof renamed / sizeof *renamed);
    tcase_add_test(loading, test_parts_of_a_history_that_is_refused_are_forgotten);
    suite_add_tcase(suite, loading);
    return suite;
}
