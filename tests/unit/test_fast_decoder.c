/*
 * The fast decoder against the tree decoder: tables of cases, and requests drawn from a seed,
 * valid and damaged.  What the fast decoder decodes equals the result of the tree decoder bit for
 * bit; it decodes plain requests; it declines the others and then leaves the arena as it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/strbuf.h"
#include "engine.h"
#include "support/case_count.h"
#include "support/decoders.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

static const struct {
    const char *about, *text;
} decoded[] = {
    {"names", "{\"events\": [\"a\", \"b\", \"c\"]}"},
    {"no blanks", "{\"id\":\"INC-7\",\"events\":[\"a\"]}"},
    {"many blanks", " \n{ \"events\" :\t[ \"a\" , { \"event\" : \"b\" } ] }\r\n"},
    {"an object with everything",
     "{\"events\": [{\"event\": \"b\", \"service\": \"db\", \"is_paged\": true,"
     " \"latency\": 12, \"size\": 0.5, \"time\": \"2026-11-22T10:04:00Z\"}]}"},
    {"null is missing", "{\"events\": [{\"event\": null, \"service\": null, \"latency\": "
                        "null, \"time\": null}]}"},
    {"an empty object", "{\"events\": [{}, {}]}"},
    {"unknown values",
     "{\"events\": [\"x\", {\"event\": \"y\", \"service\": \"\", \"is_paged\": false}]}"},
    {"an unknown value is cut at the end of a character",
     "{\"events\": [\"012345678901234567890123456789012345678901234567890123456789012"
     "\u20ac\u20ac\"]}"},
    {"ignored fields, in order of appearance",
     "{\"events\": [{\"x\": [1, {\"a\": \"\\n\"}], \"y\": {}}, {\"y\": null, \"x\": "
     "-1.5}]}"},
    {"other keys of the history",
     "{\"case\": 3, \"events\": [\"a\"], \"label\": {\"a\": [true]}}"},
    {"times out of order, ties as they came",
     "{\"events\": [{\"event\": \"b\", \"time\": 5}, {\"time\": 2.5}, {\"event\": \"a\", "
     "\"time\": \"1970-01-01T00:00:05Z\"}, {\"time\": 2.5}]}"},
    {"pointers to unknown values name events as given",
     "{\"events\": [{\"event\": \"x\", \"time\": 2}, {\"event\": \"y\", \"time\": 1}]}"},
    {"case-level fields",
     "{\"fields\": {\"service\": \"web\", \"latency\": 12, \"team\": \"t\", \"time\": "
     "1}, \"events\": [\"a\", {\"service\": \"db\", \"latency\": null}]}"},
    {"case-level fields after the events",
     "{\"events\": [\"x\", {\"service\": \"db\", \"y\": 1}], \"id\": 7,"
     " \"fields\": {\"service\": \"web\", \"team\": 1}}"},
    {"case-level fields that are null", "{\"fields\": null, \"events\": [\"a\"]}"},
    {"a model", "{\"model\": \"one\", \"events\": [\"a\"]}"},
    {"another model", "{\"model\": \"two\", \"events\": [\"a\"]}"},
    {"the default model's name after the events",
     "{\"events\": [\"a\"], \"model\": \"one\"}"},
    {"another model after the events",
     "{\"events\": [{\"event\": \"a\", \"service\": \"db\"}], \"model\": \"two\"}"},
    {"everything after the events",
     "{\"events\": [\"a\"], \"fields\": {\"latency\": 3}, \"model\": \"two\", \"id\": "
     "\"x\"}"},
    {"another model between fields and events",
     "{\"fields\": {\"service\": \"db\"}, \"model\": \"two\", \"events\": [\"a\"]}"},
    {"an integer id", "{\"id\": -17, \"events\": [\"a\"]}"},
    {"no id", "{\"id\": null, \"events\": [\"a\"]}"},
    {"an id with more than ASCII", "{\"id\": \"\u00e9\x7f/\", \"events\": [\"a\"]}"},
    {"numbers", "{\"events\": [{\"latency\": -0}, {\"latency\": -0.0}, {\"latency\": "
                "1e300}, {\"latency\": 1e-300}, {\"size\": 123456789012345678}]}"},
    {"histories", "{\"histories\": [{\"id\": 1, \"events\": [\"a\"]}, {\"events\": "
                  "[\"b\", \"x\"], \"fields\": {\"service\": \"db\"}, \"model\": 3}]}"},
    {"histories of another model",
     "{\"histories\": [{\"events\": [\"a\"], \"fields\": {}}], \"model\": \"two\"}"},
};

static const struct {
    const char *about, *text;
} declined[] = {
    {"nothing", ""},
    {"an empty object", "{}"},
    {"an array", "[]"},
    {"no events", "{\"id\": 1}"},
    {"an empty list of events", "{\"events\": []}"},
    {"events that are null", "{\"events\": null}"},
    {"text after it", "{\"events\": [\"a\"]} x"},
    {"a zero byte after it", "{\"events\": [\"a\"]}\n\\0"},
    {"no end", "{\"events\": [\"a\"]"},
    {"one comma too many", "{\"events\": [\"a\",]}"},
    {"events twice", "{\"events\": [\"a\"], \"events\": [\"a\"]}"},
    {"a model twice", "{\"model\": \"one\", \"events\": [\"a\"], \"model\": \"one\"}"},
    {"another key twice", "{\"x\": 1, \"events\": [\"a\"], \"x\": 1}"},
    {"a field twice", "{\"events\": [{\"service\": \"db\", \"service\": \"db\"}]}"},
    {"an ignored field twice", "{\"events\": [{\"x\": 1, \"y\": 1, \"x\": 1}]}"},
    {"a time twice", "{\"events\": [{\"time\": 1, \"time\": 1}]}"},
    {"a null time twice", "{\"events\": [{\"time\": null, \"time\": 1}]}"},
    {"an escape in a name", "{\"events\": [\"\\u0061\"]}"},
    {"an escape in a key", "{\"\\u0065vents\": [\"a\"]}"},
    {"an event that is a number", "{\"events\": [3]}"},
    {"an event that is null", "{\"events\": [null]}"},
    {"a category that is a number", "{\"events\": [{\"service\": 3}]}"},
    {"a number that is a string", "{\"events\": [{\"latency\": \"3\"}]}"},
    {"a number that is true", "{\"events\": [{\"latency\": true}]}"},
    {"a number out of range", "{\"events\": [{\"x\": 1e999}]}"},
    {"an integer out of range", "{\"events\": [{\"latency\": 99999999999999999999}]}"},
    {"a mixture of times", "{\"events\": [{\"time\": 1}, \"a\"]}"},
    {"a string that is not a time", "{\"events\": [{\"time\": \"yesterday\"}]}"},
    {"a time after the year 9999", "{\"events\": [{\"time\": 1e15}]}"},
    {"an unknown model", "{\"model\": \"three\", \"events\": [\"a\"]}"},
    {"a model that is null", "{\"model\": null, \"events\": [\"a\"]}"},
    {"fields that are an array", "{\"fields\": [], \"events\": [\"a\"]}"},
    {"an id that is true", "{\"id\": true, \"events\": [\"a\"]}"},
    {"an id that is not whole", "{\"id\": 1.0, \"events\": [\"a\"]}"},
    {"an id that the tree decoder writes differently",
     "{\"id\": -0, \"events\": [\"a\"]}"},
    {"both events and histories",
     "{\"events\": [\"a\"], \"histories\": [{\"events\": [\"a\"]}]}"},
    {"an id beside histories", "{\"id\": 1, \"histories\": [{\"events\": [\"a\"]}]}"},
    {"fields after histories",
     "{\"histories\": [{\"events\": [\"a\"]}], \"fields\": {\"x\": 1}}"},
    {"no history", "{\"histories\": []}"},
    {"a history that is a string", "{\"histories\": [{\"events\": [\"a\"]}, \"a\"]}"},
    {"a bad history", "{\"histories\": [{\"events\": [\"a\"]}, {\"events\": []}]}"},
    {"bad UTF-8", "{\"events\": [\"\xff\"]}"},
};

static const char *const schemas[] = {sample_rich, sample_plain};

/* Decode a text four times: with either default model, with and without "histories". */
static void check(const char *about, const char *text, size_t length, int *fast_count)
{
    struct schema *pair[2] = {sample_schema(schemas[0]), sample_schema(schemas[1])};
    char *exact =
        malloc(length + (length == 0)); /* so that reading past the end is found */
    memcpy(exact, text, length);
    *fast_count = 0;
    for (int i = 0; i < 4; i++) {
        struct decoders decoders = {{pair[i & 1], pair[!(i & 1)]},
                                    i < 2 ? DECODERS_HISTORIES : 0};
        bool is_fast;
        const char *difference = decoders_difference(&decoders, exact, length, &is_fast);
        ck_assert_msg(!difference, "%s: %s differ: %s", about, difference, text);
        *fast_count += is_fast;
    }
    free(exact);
    triage_schema_free(pair[0]);
    triage_schema_free(pair[1]);
}

START_TEST(test_plain_requests_are_decoded)
{
    const char *text = decoded[_i].text;
    int fast_count;
    check(decoded[_i].about, text, strlen(text), &fast_count);
    bool is_many = strstr(text, "\"histories\"") != NULL;
    ck_assert_msg(fast_count == (is_many ? 2 : 4), "%s: decoded %d times",
                  decoded[_i].about, fast_count);
}
END_TEST

START_TEST(test_unusual_requests_are_declined)
{
    const char *text = declined[_i].text;
    int fast_count;
    check(declined[_i].about, text, strlen(text), &fast_count);
    /* A wrong value for one schema may be an ignored field for the other. */
    bool is_ignored = strstr(text, "latency") || strstr(text, "service\": 3");
    ck_assert_msg(fast_count == 0 || (is_ignored && fast_count == 2),
                  "%s: decoded %d times", declined[_i].about, fast_count);
}
END_TEST

/* ---- drawn requests -------------------------------------------------------------------- */

static const char *pick(struct random *random, const char *const *list, size_t count)
{
    return list[random_below(random, count)];
}

#define PICK(random, ...)                                                                \
    pick(random, (const char *const[]){__VA_ARGS__},                                     \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void draw_number(struct strbuf *text, struct random *random)
{
    switch (random_below(random, 4)) {
    case 0:
        strbuf_printf(text, "%d", (int)random_below(random, 2000) - 1000);
        break;
    case 1:
        strbuf_printf(text, "%.*g", 1 + (int)random_below(random, 18),
                      (random_unit(random) - 0.5) * 1e4);
        break;
    case 2:
        strbuf_printf(text, "%.*e", (int)random_below(random, 17),
                      random_unit(random) * 1e-3);
        break;
    default:
        strbuf_add(text, PICK(random, "0", "-0", "-0.0", "1e22", "1E-7", "0.1", "1e308",
                              "9007199254740993.5", "123456789012345678"));
    }
}

static void draw_time(struct strbuf *text, struct random *random)
{
    if (random_below(random, 2))
        strbuf_printf(text, "\"20%02d-%02d-%02d%s%02d:%02d:%02d%s\"",
                      (int)random_below(random, 100), (int)random_below(random, 12) + 1,
                      (int)random_below(random, 28) + 1, PICK(random, "T", "t", " "),
                      (int)random_below(random, 24), (int)random_below(random, 60),
                      (int)random_below(random, 60),
                      PICK(random, "Z", "z", ".25Z", "+01:00", "-23:59", ".1234567Z"));
    else
        strbuf_printf(text, "%d%s", (int)random_below(random, 2000000000),
                      PICK(random, "", ".5", ".123456", "e0"));
}

/* half chooses one half of the keys, so that two fields of an object can have different keys. */
static void draw_field(struct strbuf *text, struct random *random, int half, bool is_odd)
{
    const char *key = half == 0 ? PICK(random, "event", "latency", "is_paged", "x")
                                : PICK(random, "service", "size", "host", "\u00e9");
    strbuf_printf(text, "\"%s\": ", key);
    if (is_odd)
        strbuf_add(text,
                   PICK(random, "{\"a\": [1, null]}", "[]", "true", "\"\\n\"", "{}"));
    else if (strcmp(key, "latency") == 0 || strcmp(key, "size") == 0)
        draw_number(text, random);
    else
        strbuf_printf(
            text, "\"%s\"",
            PICK(random, "a", "b", "e", "api", "db", "true", "zz", "", "\u20ac"));
}

static void draw_event(struct strbuf *text, struct random *random, bool has_time,
                       bool is_odd)
{
    if (!has_time && random_below(random, 2)) {
        strbuf_printf(text, "\"%s\"", PICK(random, "a", "b", "c", "zz"));
        return;
    }
    strbuf_add(text, "{");
    if (has_time) {
        strbuf_add(text, "\"time\": ");
        draw_time(text, random);
    }
    if (random_below(random, 4)) {
        strbuf_add(text, has_time ? ", " : "");
        draw_field(text, random, 0, is_odd && random_below(random, 8) == 0);
        if (random_below(random, 2)) {
            strbuf_add(text, ",");
            draw_field(text, random, !is_odd, false); /* odd: perhaps a duplicate */
        }
    }
    strbuf_add(text, "}");
}

/* The members of a history; is_odd: sometimes with something unusual. */
static void draw_history(struct strbuf *text, struct random *random, bool is_odd)
{
    bool has_time = random_below(random, 2), is_before = random_below(random, 2);
    if (random_below(random, 2))
        strbuf_add(text, PICK(random, "\"id\": \"INC-7\", ", "\"id\": 77, ",
                              "\"label\": \"x\", ", "\"case\": [1], "));
    if (is_before) {
        strbuf_add(text, "\"fields\": {");
        draw_field(text, random, 1, is_odd);
        strbuf_add(text, "}, ");
    }
    strbuf_add(text, "\"events\": [");
    for (uint64_t i = 0, count = 1 + random_below(random, 40); i < count; i++) {
        strbuf_add(text, i == 0 ? "" : random_below(random, 2) ? "," : " ,\n");
        draw_event(text, random, has_time && !(is_odd && random_below(random, 30) == 0),
                   is_odd);
    }
    strbuf_add(text, "]");
    if (!is_before && random_below(random, 2)) {
        strbuf_add(text, ", \"fields\": {");
        draw_field(text, random, 1, is_odd);
        strbuf_add(text, "}");
    }
}

static void draw_request(struct strbuf *text, struct random *random, bool is_odd)
{
    strbuf_add(text, "{");
    if (random_below(random, 3) == 0)
        strbuf_printf(text, "\"model\": \"%s\", ", PICK(random, "one", "two"));
    if (random_below(random, 4) == 0) {
        strbuf_add(text, "\"histories\": [");
        for (uint64_t i = 0, count = 1 + random_below(random, 5); i < count; i++) {
            strbuf_add(text, i == 0 ? "{" : ", {");
            draw_history(text, random, is_odd);
            strbuf_add(text, "}");
        }
        strbuf_add(text, "]");
    } else {
        draw_history(text, random, is_odd);
    }
    if (random_below(random, 6) == 0)
        strbuf_add(text, PICK(random, ", \"label\": \"x\"", ", \"y\": {\"z\": []}"));
    strbuf_add(text, "}");
}

/* Replace, remove or insert some bytes. */
static void damage(struct strbuf *text, struct random *random)
{
    static const char bytes[] = "{}[]:,\"\\ eE.-+019tfnu\n\x01\x7f\xc3\xa9\xff";
    for (uint64_t i = 0, count = 1 + random_below(random, 3); i < count; i++) {
        size_t at = (size_t)random_below(random, text->length);
        char byte = bytes[random_below(random, sizeof bytes - 1)];
        switch (random_below(random, 3)) {
        case 0:
            text->bytes[at] = byte;
            break;
        case 1:
            memmove(text->bytes + at, text->bytes + at + 1, text->length - at);
            text->length--;
            break;
        default:
            strbuf_add(text, " ");
            memmove(text->bytes + at + 1, text->bytes + at, text->length - at - 1);
            text->bytes[at] = byte;
        }
    }
}

/* Draw requests and check each; returns how often the fast decoder decoded one, of 4 * count. */
static int check_drawn(uint64_t seed, int count, bool is_odd, bool is_damaged)
{
    struct random random;
    struct strbuf text;
    int sum = 0;
    random_init(&random, seed, 0);
    strbuf_init(&text, SIZE_MAX);
    for (int i = 0; i < count; i++) {
        strbuf_clear(&text);
        draw_request(&text, &random, is_odd);
        if (is_damaged)
            damage(&text, &random);
        ck_assert(!text.has_failed);
        int fast_count;
        check("drawn", text.bytes, text.length, &fast_count);
        sum += fast_count;
    }
    strbuf_release(&text);
    return sum;
}

START_TEST(test_random_requests_are_decoded_like_by_the_tree_decoder)
{
    /* All are decoded, except "histories" where they are not allowed. */
    const int drawn = case_count(1500, 8);
    ck_assert_int_gt(check_drawn(1, drawn, false, false), drawn * 3);
}
END_TEST

START_TEST(test_random_unusual_requests_are_decoded_alike_or_declined)
{
    const int drawn = case_count(1500, 8);
    ck_assert_int_gt(check_drawn(2, drawn, true, false), drawn / 10);
}
END_TEST

START_TEST(test_damaged_requests_are_decoded_alike_or_declined)
{
    const int drawn = case_count(1500, 8);
    ck_assert_int_gt(check_drawn(3, 2 * drawn, false, true), drawn / 10);
}
END_TEST

/* ---- limits and memory ------------------------------------------------------------------- */

static const struct schema *find_schema(void *context, const char *name, size_t length)
{
    (void)name, (void)length;
    return context;
}

/* Decode a request of count events with a limit of max_events. */
static bool decode_events(struct schema *schema, uint32_t count, uint32_t max_events,
                          struct arena *arena)
{
    const struct fast_decoder_options options = {
        .max_events = max_events, .find_schema = find_schema, .context = schema};
    struct fast_request request;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, "{\"events\": [\"a\"");
    for (uint32_t i = 1; i < count; i++)
        strbuf_add(&text, ",\"b\"");
    strbuf_add(&text, "]}");
    bool is_decoded =
        triage_fast_decode(&request, &options, text.bytes, text.length, arena);
    ck_assert(!is_decoded || request.histories->length == count);
    strbuf_release(&text);
    return is_decoded;
}

START_TEST(test_a_limit_is_reached_but_not_exceeded)
{
    struct schema *schema = sample_schema(sample_rich);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    for (uint32_t count = 1; count < 200; count += case_count_is_reduced() ? 16 : 3) {
        ck_assert(decode_events(schema, count, count, &arena));
        size_t taken = arena.taken, used = arena_mark(&arena).used;
        ck_assert(!decode_events(schema, count + 1, count, &arena));
        ck_assert_uint_eq(arena.taken, taken);
        ck_assert_uint_eq(arena_mark(&arena).used, used);
    }
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_the_number_of_histories_is_limited)
{
    static const char text[] = "{\"histories\": [{\"events\": [\"a\"]}, {\"events\": "
                               "[\"a\"]}]}";
    struct schema *schema = sample_schema(sample_plain);
    struct fast_decoder_options options = {
        .max_events = 1, .find_schema = find_schema, .context = schema};
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    for (options.max_histories = 0; options.max_histories < 4; options.max_histories++) {
        struct fast_request request;
        ck_assert(triage_fast_decode(&request, &options, text, sizeof text - 1, &arena) ==
                  (options.max_histories >= 2));
    }
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

/* Memory for many events is allocated at first; a short history returns what it does not use. */
START_TEST(test_short_histories_keep_little_memory)
{
    enum { HISTORIES = 1000 };
    struct schema *schema = sample_schema(sample_rich);
    const struct fast_decoder_options options = {.max_events = 10,
                                                 .max_histories = HISTORIES,
                                                 .find_schema = find_schema,
                                                 .context = schema};
    struct fast_request request;
    struct arena arena;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    arena_init(&arena, SIZE_MAX);
    strbuf_add(&text, "{\"histories\": [");
    for (int i = 0; i < HISTORIES; i++)
        strbuf_add(&text, i == 0 ? "{\"events\": [\"a\"]}" : ", {\"events\": [\"a\"]}");
    strbuf_add(&text, "]}");
    ck_assert(triage_fast_decode(&request, &options, text.bytes, text.length, &arena));
    ck_assert_uint_eq(request.count, HISTORIES);
    ck_assert_uint_lt(arena.taken, HISTORIES * 512);
    arena_release(&arena);
    strbuf_release(&text);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    static const char text[] =
        "{\"events\": [{\"event\": \"x\", \"time\": 5, \"y\": 1}, {\"event\": \"a\", "
        "\"time\": 2}], \"id\": \"INC\", \"fields\": {\"service\": \"web\"}}";
    bool (*again[])(unsigned *) = {failing_malloc_next, failing_malloc_next_from};
    struct schema *schema = sample_schema(sample_rich);
    const struct fast_decoder_options options = {
        .max_events = 9, .find_schema = find_schema, .context = schema};
    for (unsigned n = 0; again[_i](&n);) {
        struct fast_request request;
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        bool is_decoded =
            triage_fast_decode(&request, &options, text, sizeof text - 1, &arena);
        ck_assert(is_decoded == !failing_malloc_has_failed());
        ck_assert(is_decoded || arena.taken == 0);
        arena_release(&arena);
    }
    triage_schema_free(schema);
}
END_TEST

Suite *fast_decoder_suite(void)
{
    Suite *suite = suite_create("fast_decoder");
    TCase *tc = tcase_create("fast_decoder");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, test_plain_requests_are_decoded, 0, COUNT(decoded));
    tcase_add_loop_test(tc, test_unusual_requests_are_declined, 0, COUNT(declined));
    tcase_add_test(tc, test_random_requests_are_decoded_like_by_the_tree_decoder);
    tcase_add_test(tc, test_random_unusual_requests_are_decoded_alike_or_declined);
    tcase_add_test(tc, test_damaged_requests_are_decoded_alike_or_declined);
    tcase_add_test(tc, test_a_limit_is_reached_but_not_exceeded);
    tcase_add_test(tc, test_the_number_of_histories_is_limited);
    tcase_add_test(tc, test_short_histories_keep_little_memory);
    tcase_add_loop_test(tc, test_memory_runs_out, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
