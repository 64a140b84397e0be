/*
 * Numbers in another unit from some place on, without their decimal point, or growing all the time.
 * Each case writes the numbers of a column load by a function of the event's number.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/random.h"
#include "data/examples.h"
#include "support/data_keys.h"
#include "support/tmpdir.h"
#include "unit/suites.h"

enum { EVENTS = 600, OF_HISTORY = 3 };

/* The same numbers from 4 to 600 with one digit after the point, in every run. */
static double load_of(int event)
{
    uint64_t bits = random_mix((uint64_t)event + 1);
    return floor(40.0 + (double)(bits % 5960)) / 10.0;
}

static void write_plain(int event, char *text, size_t size)
{
    (void)snprintf(text, size, "%.1f", load_of(event));
}

static void write_ms_then_s(int event, char *text, size_t size)
{
    double load = load_of(event);
    (void)snprintf(text, size, "%.10g", event < EVENTS / 2 ? 1000.0 * load : load);
}

static void write_s_then_minutes(int event, char *text, size_t size)
{
    double load = load_of(event);
    (void)snprintf(text, size, "%.4g", event < EVENTS * 3 / 4 ? load : load / 60.0);
}

static void write_bytes_then_kib(int event, char *text, size_t size)
{
    double load = 1e6 + 100.0 * load_of(event);
    (void)snprintf(text, size, "%.0f", event < EVENTS * 2 / 3 ? load : load / 1024.0);
}

/* Three decades in one column, but slowly. */
static void write_trend(int event, char *text, size_t size)
{
    double growth = exp(7.0 * (double)event / EVENTS);
    (void)snprintf(text, size, "%.4f", load_of(event) * growth);
}

/* The metric of another name appears half way: two kinds of numbers, not two units. */
static void write_by_name(int event, char *text, size_t size)
{
    double load = load_of(event);
    (void)snprintf(text, size, "%.1f",
                   event % 3 == 0 && event >= EVENTS / 2 ? 1000.0 * load : load);
}

/* Sometimes in one unit, sometimes in another, as a cache that hits or misses. */
static void write_hits_and_misses(int event, char *text, size_t size)
{
    double load = load_of(event);
    (void)snprintf(text, size, "%.4f", event % 2 == 0 ? 0.001 * load : load);
}

static void write_without_point(int event, char *text, size_t size)
{
    bool is_lost = random_mix((uint64_t)event) % 10 == 0;
    double load = load_of(event);
    (void)snprintf(text, size, is_lost ? "%.0f" : "%.1f", is_lost ? 10.0 * load : load);
}

static void write_hundredfold(int event, char *text, size_t size)
{
    bool is_lost = random_mix((uint64_t)event) % 10 == 0;
    double load = load_of(event);
    (void)snprintf(text, size, is_lost ? "%.0f" : "%.1f", is_lost ? 100.0 * load : load);
}

/* As many programs write them: 12 for 12.0. */
static void write_without_zeros(int event, char *text, size_t size)
{
    (void)snprintf(text, size, "%.10g", load_of(event));
}

/* Three digits: 4.51, 45.1, 451. */
static void write_three_digits(int event, char *text, size_t size)
{
    double load = exp(log(4.0) + load_of(event) / 600.0 * log(1500.0 / 4.0));
    (void)snprintf(text, size, load < 99.95 ? "%.1f" : "%.0f", load);
}

static void write_id(int event, char *text, size_t size)
{
    (void)snprintf(text, size, "%d", 500000 + 7 * event);
}

static void write_small_trend(int event, char *text, size_t size)
{
    (void)snprintf(text, size, "%.1f", load_of(event) + 0.5 * (double)event);
}

/* In each history from 1, as the number of a step. */
static void write_step(int event, char *text, size_t size)
{
    (void)snprintf(text, size, "%d", 1 + event % OF_HISTORY + (event * 7) % 5);
}

static const struct {
    const char *about;
    void (*write)(int event, char *text, size_t size);
    const char *said; /* NULL: none of the three warnings */
    bool is_json;
    bool has_two_files; /* the second half is in a second file, of the same days */
    bool is_untimed;
} cases[] = {
    {.about = "plain numbers", .write = write_plain},
    {.about = "milliseconds, then seconds",
     .write = write_ms_then_s,
     .said = "warning: field \"load\": from x.csv:302 on, 50 % of the numbers are about "
             "1000 times smaller than those before (medians 309 and 2.9e+05), and alike "
             "otherwise: are they in another unit?\n"},
    {.about = "the same in JSON",
     .write = write_ms_then_s,
     .is_json = true,
     .said =
         "warning: field \"load\": from x.jsonl:101 on, 50 % of the numbers are about "
         "1000 times smaller"},
    {.about = "without times, in the order of the file",
     .write = write_ms_then_s,
     .is_untimed = true,
     .said = "from x.csv:302 on, 50 % of the numbers are about 1000 times smaller"},
    {.about = "each file in a unit of its own, and the same days in both",
     .write = write_ms_then_s,
     .has_two_files = true,
     .said = "from y.csv:2 on, 50 % of the numbers are about 1000 times smaller"},
    {.about = "seconds, then minutes, in the histories for validation, too",
     .write = write_s_then_minutes,
     .said = "from x.csv:452 on, 25 % of the numbers are about 60 times smaller"},
    {.about = "bytes, then KiB",
     .write = write_bytes_then_kib,
     .said = "from x.csv:402 on, 33 % of the numbers are about 1000 times smaller"},
    {.about = "a trend", .write = write_trend},
    {.about = "another metric half way", .write = write_by_name},
    {.about = "two modes at all times", .write = write_hits_and_misses},
    {.about = "a point that is lost in a tenth of the cells",
     .write = write_without_point,
     .said =
         "61 of 600 numbers have no decimal point, the first is 5269 (x.csv:2), and are "
         "about "
         "10 times larger than the others, which have 1 digit after it: was the point "
         "lost?\n"},
    {.about = "a hundred times as large",
     .write = write_hundredfold,
     .said = "and are about 100 times larger than the others"},
    {.about = "whole numbers without a point", .write = write_without_zeros},
    {.about = "numbers of three digits", .write = write_three_digits},
    {.about = "ids of events",
     .write = write_id,
     .said = "warning: field \"load\": its numbers grow all the time, from 500000 "
             "(x.csv:2) to 504193 (x.csv:601): those of later events are beyond all that "
             "is trained; leave out an id or a counter\n"},
    {.about = "a slight trend", .write = write_small_trend},
    {.about = "steps of each history", .write = write_step},
};

static void add_event(struct strbuf *text, int test, int event)
{
    char load[64], time[32] = "";
    const char *label = event % (2 * OF_HISTORY) < OF_HISTORY ? "x" : "y";
    int history = event / OF_HISTORY;
    bool is_first = event % OF_HISTORY == 0,
         is_last = event % OF_HISTORY == OF_HISTORY - 1;
    /* in two files the days of both are the same */
    int second = 60 * (cases[test].has_two_files ? event % (EVENTS / 2) : event);
    cases[test].write(event, load, sizeof load);
    if (!cases[test].is_untimed)
        (void)snprintf(time, sizeof time, "%d", 1767225600 + second);
    if (!cases[test].is_json)
        strbuf_printf(text, "%d,%c,%s,%s,%s\n", history, 'a' + event % 3, time, load,
                      is_last ? label : "");
    else
        strbuf_printf(text, "%s{\"event\": \"%c\", \"time\": %s, \"load\": %s}%s%s%s",
                      is_first ? "{\"events\": [" : ", ", 'a' + event % 3, time, load,
                      is_last ? "], \"action\": \"" : "", is_last ? label : "",
                      is_last ? "\"}\n" : "");
}

static void write_file(struct tmpdir *tmpdir, int test, const char *name, int first,
                       int end, char *path)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, cases[test].is_json ? "" : "case,event,time,load,action\n");
    for (int i = first; i < end; i++)
        add_event(&text, test, i);
    tmpdir_join(tmpdir, name, path);
    ck_assert(file_write(path, text.bytes, text.length, NULL) == STATUS_OK);
    strbuf_release(&text);
}

START_TEST(test_numbers_that_can_be_read_and_are_wrong)
{
    struct tmpdir tmpdir;
    struct strbuf text;
    struct examples examples;
    struct error err = {.status = STATUS_OK};
    char first[TMPDIR_PATH], second[TMPDIR_PATH];
    const char *files[] = {first, second};
    const struct data_keys keys = {DATA_KEYS("time", "")};
    const struct examples_settings settings = {.task = TASK_LAST, .seed = 1};
    const int middle = cases[_i].has_two_files ? EVENTS / 2 : EVENTS;
    tmpdir_init(&tmpdir);
    write_file(&tmpdir, _i, cases[_i].is_json ? "x.jsonl" : "x.csv", 0, middle, first);
    if (cases[_i].has_two_files)
        write_file(&tmpdir, _i, "y.csv", middle, EVENTS, second);
    const struct data_files data = {
        .files = files, .file_count = cases[_i].has_two_files ? 2 : 1, .keys = &keys};
    enum status status = examples_load(&examples, &data, &settings, &err);
    ck_assert_msg(status == STATUS_OK, "%s: %s", cases[_i].about, err.text);
    strbuf_init(&text, SIZE_MAX);
    tmpdir_add_message(&text, examples.messages.warnings.bytes, first);
    if (cases[_i].said)
        ck_assert_msg(strstr(text.bytes, cases[_i].said) != NULL, "%s:\n%s",
                      cases[_i].about, text.bytes);
    else
        ck_assert_msg(!strstr(text.bytes, "another unit") &&
                          !strstr(text.bytes, "the point lost") &&
                          !strstr(text.bytes, "grow all the time"),
                      "%s:\n%s", cases[_i].about, text.bytes);
    strbuf_release(&text);
    examples_release(&examples);
    tmpdir_release(&tmpdir);
}
END_TEST

Suite *number_scales_suite(void)
{
    Suite *suite = suite_create("number_scales");
    TCase *tests = tcase_create("number_scales");
    tcase_add_loop_test(tests, test_numbers_that_can_be_read_and_are_wrong, 0,
                        COUNT(cases));
    suite_add_tcase(suite, tests);
    return suite;
}
