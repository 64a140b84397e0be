/*
 * Data that a model is used on, beside the profile of its training: each difference is a warning,
 * and data like that of the training has none.
 */
#include "data/served.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "model/schema.h"
#include "support/sample.h"
#include "unit/suites.h"

/* Of a training with numbers spread evenly from 10 to 600, and histories that begin from 8 to 15 h. */
static const char schema_text[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"b\"], "
    "\"most_frequent\": 0.5, \"missing_share\": 0}, "
    "{\"name\": \"x\", \"kind\": \"number\", \"mean\": 305, \"scale\": 170, "
    "\"missing_scale\": "
    "1, \"deciles\": [10, 69, 128, 187, 246, 305, 364, 423, 482, 541, 600], "
    "\"histories\": %d}, "
    "{\"name\": \"zone\", \"kind\": \"category\", \"values\": [\"n\", \"s\"], "
    "\"most_frequent\": 0.6, \"missing_share\": 0.1}], "
    "\"time\": [{\"name\": \"hour_sin\"}, {\"name\": \"hour_cos\"}], "
    "\"length_deciles\": [2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 9], "
    "\"hours\": [0, 0, 0, 0, 0, 0, 0, 0, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125, "
    "0.125, "
    "0.125, 0, 0, 0, 0, 0, 0, 0, 0]}";

/* The same of a model file without a profile. */
static const char old_text[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"b\"]}, "
    "{\"name\": \"x\", \"kind\": \"number\", \"mean\": 305, \"scale\": 170}, "
    "{\"name\": \"zone\", \"kind\": \"category\", \"values\": [\"n\", \"s\"]}], "
    "\"time\": [{\"name\": \"hour_sin\"}, {\"name\": \"hour_cos\"}]}";

static const struct {
    const char *about;
    double factor, offset; /* of the numbers; factor 0: 1 */
    int part;              /* only of so many events of 10; 0: of all */
    int histories;         /* 0: 300 */
    int length;            /* of all histories; 0: 3 to 7 */
    bool is_constant;      /* the zone */
    int missing;           /* so many numbers and zones of 10 */
    int hours;             /* that the times are later */
    bool is_old;
    int trained; /* histories; 0: 300 */
    int only;    /* 0: the numbers of all histories are changed; else only of so many */
    const char *warning; /* NULL: none */
} cases[] = {
    {.about = "like the training"},
    {.about = "milliseconds",
     .factor = 1000,
     .warning = "\"x\" is 1000 times as large as in the training (the middle one of its"},
    {.about = "minutes",
     .factor = 1 / 60.0,
     .warning = "\"x\" is 60 times smaller than in"},
    {.about = "hours",
     .factor = 1 / 3600.0,
     .warning = "\"x\" is 3600 times smaller than"},
    {.about = "microseconds",
     .factor = 1e6,
     .warning = "\"x\" is 1000000 times as large"},
    {.about = "a share instead of percent",
     .factor = 0.01,
     .warning = "\"x\" is 100 times smaller than in the training"},
    {.about = "a unit that is unknown",
     .factor = 35,
     .warning = "\"x\" is about 35 times as large as in the training"},
    {.about = "the other sign",
     .factor = -1,
     .warning = "\"x\" has the other sign than in"},
    {.about = "numbers that have grown by half",
     .factor = 1.5,
     .warning = "less or more than"},
    {.about = "numbers that are a little larger", .factor = 1.04},
    {.about = "milliseconds in two events of ten",
     .factor = 1000,
     .part = 2,
     .warning = "numbers of \"x\" are less or more than all of the training (10 to 600)"},
    {.about = "some larger numbers, after a training on few histories",
     .factor = 1.15,
     .trained = 40},
    {.about = "much larger numbers, after a training on few histories",
     .factor = 3,
     .trained = 40,
     .warning = "numbers of \"x\" are less or more than all of the training (10 to 600)"},
    {.about = "many numbers in one history of 20",
     .factor = 9,
     .histories = 20,
     .only = 1},
    {.about = "too few numbers to say it", .factor = 1000, .histories = 3, .length = 4},
    {.about = "all numbers are the same",
     .factor = 1e-9,
     .offset = 300,
     .warning = "\"x\" is 300 in all 300 histories that have it"},
    {.about = "one event of each history",
     .length = 1,
     .warning =
         "much shorter than those of the training: half of 300 have at most 1 event, "
         "there 5"},
    {.about = "two events of each history", .length = 2, .warning = "much shorter than"},
    {.about = "histories of five events", .length = 5},
    {.about = "histories of 30 events",
     .length = 30,
     .warning = "much longer than those of"},
    {.about = "seven short histories", .length = 1, .histories = 7},
    {.about = "one zone",
     .is_constant = true,
     .warning =
         "\"zone\" is \"n\" in all 300 histories that have it; in the training the "
         "most frequent value has 60 % of the events"},
    {.about = "one zone in few histories", .is_constant = true, .histories = 10},
    {.about = "missing in eight events of ten",
     .missing = 8,
     .warning = "events; in the training in 10 %"},
    {.about = "missing in three events of ten", .missing = 3},
    {.about = "another time zone",
     .hours = 8,
     .warning = "as if they were 8 hours later: is the time zone another?"},
    {.about = "an earlier time zone",
     .hours = -5,
     .warning = "as if they were 5 hours earlier: is the time zone another?"},
    {.about = "summer time", .hours = 1},
    {.about = "another time zone of few histories", .hours = 8, .histories = 100},
    {.about = "milliseconds, of an older model file", .factor = 1000, .is_old = true},
    {.about = "one event, of an older model file", .length = 1, .is_old = true},
};

static uint64_t bits(int a, int b)
{
    return random_mix((uint64_t)a * 1000 + (uint64_t)b + 1);
}

/* Event t of history i, as JSON. */
static void write_event(struct strbuf *text, int c, int i, int t)
{
    uint64_t b = bits(i, t);
    bool is_missing = (int)(b >> 40) % 10 < cases[c].missing;
    bool is_changed = (cases[c].only == 0 || i < cases[c].only) &&
                      (cases[c].part == 0 || (int)(b >> 50) % 10 < cases[c].part);
    double factor = is_changed && cases[c].factor != 0.0 ? cases[c].factor : 1.0;
    double x = (10.0 + (double)(b % 591)) * factor + cases[c].offset;
    int hour = (8 + (int)(bits(i, 999) % 8) + cases[c].hours) % 24;
    strbuf_printf(text, "%s{\"event\": \"%s\", \"time\": \"2026-01-05T%02d:%02d:00Z\"",
                  t > 0 ? ", " : "", (b >> 20) % 2 == 0 ? "a" : "b", hour, t);
    if (!is_missing)
        strbuf_printf(text, ", \"x\": %.9g, \"zone\": \"%s\"", x,
                      cases[c].is_constant || (b >> 30) % 2 == 0 ? "n" : "s");
    strbuf_add(text, "}");
}

static void add_history(struct served *served, int c, int i)
{
    struct arena arena;
    struct strbuf text;
    char place[32];
    int length = cases[c].length > 0 ? cases[c].length : 3 + (int)(bits(i, 998) % 5);
    arena_init(&arena, SIZE_MAX);
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, "{\"events\": [");
    for (int t = 0; t < length; t++)
        write_event(&text, c, i, t);
    strbuf_add(&text, "]}");
    struct history history = sample_history(served_schema(served), text.bytes, &arena);
    snprintf(place, sizeof place, "line %d", i + 1);
    served_add(served, &history, place);
    strbuf_release(&text);
    arena_release(&arena);
}

/* schema_text, of a training on so many histories. */
static struct schema *trained_schema(int histories)
{
    char text[sizeof schema_text + 16];
    snprintf(text, sizeof text, schema_text, histories);
    return sample_schema(text);
}

START_TEST(test_data_unlike_the_training_is_warned_of)
{
    struct schema *schema =
        cases[_i].is_old
            ? sample_schema(old_text)
            : trained_schema(cases[_i].trained > 0 ? cases[_i].trained : 300);
    struct error err = {.status = STATUS_OK};
    struct served *served = served_new(schema, &err);
    struct messages messages;
    int histories = cases[_i].histories > 0 ? cases[_i].histories : 300;
    ck_assert_ptr_nonnull(served);
    messages_init(&messages);
    for (int i = 0; i < histories; i++)
        add_history(served, _i, i);
    size_t count = served_warn(served, &messages);
    const char *text = count > 0 ? messages.warnings.bytes : "";
    ck_assert_msg((count > 0) == (cases[_i].warning != NULL), "%s: %s", cases[_i].about,
                  text);
    if (cases[_i].warning)
        ck_assert_msg(strstr(text, cases[_i].warning) != NULL, "%s: %s", cases[_i].about,
                      text);
    messages_release(&messages);
    served_free(served);
    triage_schema_free(schema);
}
END_TEST

/* Far more numbers than are kept: half of them are left out, evenly, and the warning stays. */
START_TEST(test_large_data_is_sampled)
{
    struct schema *schema = trained_schema(300);
    struct error err = {.status = STATUS_OK};
    struct served *served = served_new(schema, &err);
    struct messages messages;
    enum { MILLISECONDS = 1 };
    messages_init(&messages);
    ck_assert_ptr_nonnull(served);
    for (int i = 0; i < 9000; i++)
        add_history(served, MILLISECONDS, i);
    ck_assert_uint_eq(served_warn(served, &messages), 1);
    ck_assert_ptr_nonnull(
        strstr(messages.warnings.bytes, "\"x\" is 1000 times as large"));
    messages_release(&messages);
    served_free(served);
    triage_schema_free(schema);
}
END_TEST

Suite *served_suite(void)
{
    Suite *suite = suite_create("served");
    TCase *tc = tcase_create("served");
    tcase_add_loop_test(tc, test_data_unlike_the_training_is_warned_of, 0, COUNT(cases));
    tcase_add_test(tc, test_large_data_is_sampled);
    suite_add_tcase(suite, tc);
    return suite;
}
