/*
 * Names and numbers that are otherwise from some place on, and names that are written in several
 * ways.  Each case changes the rows of the same table by a function of the event's number.
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

enum { EVENTS = 1200, OF_HISTORY = 3, CELL = 64 };

struct row {
    int event, history;
    char name[CELL], time[CELL], zone[CELL], load[CELL], flow[CELL], label[CELL];
};

static const char *const names[] = {"opened", "ping lost", "ping ok", "crew sent",
                                    "alarm"};
static const char *const zones[] = {"main", "branch", "freight"};
static const char *const labels[] = {"dispatch", "monitor", "caution"};

/* The same numbers in every run. */
static unsigned draw(int number, unsigned stream, unsigned below)
{
    return (unsigned)(random_mix((uint64_t)number * 8 + stream + 1) % below);
}

#define SET(cell, ...) (void)snprintf(cell, CELL, __VA_ARGS__)

static void write_row(int event, struct row *row)
{
    *row = (struct row){.event = event, .history = event / OF_HISTORY};
    SET(row->name, "%s", names[draw(event, 0, 5)]);
    SET(row->time, "%d", 1767225600 + 97 * event);
    SET(row->zone, "%s", zones[draw(row->history, 1, 3)]);
    SET(row->load, "%.1f", 0.1 * (double)(40 + draw(event, 2, 5960)));
    SET(row->flow, "%.2f", 0.01 * (double)(100 + draw(event, 3, 400)));
    if (event % OF_HISTORY == OF_HISTORY - 1)
        SET(row->label, "%s", labels[draw(row->history, 4, 3)]);
}

static bool is_late(const struct row *row)
{
    return row->event >= EVENTS / 2;
}

/* ---- names that change ---- */

static void rename_labels(struct row *row)
{
    static const char *const others[] = {"send crew", "watch", "slow order"};
    if (is_late(row) && row->label[0] != '\0')
        SET(row->label, "%s", others[draw(row->history, 4, 3)]);
}

static void rename_event(struct row *row)
{
    if (is_late(row) && strcmp(row->name, "ping lost") == 0)
        SET(row->name, "PING_FAILED_2");
}

static void add_version(struct row *row)
{
    size_t length = strlen(row->name);
    (void)snprintf(row->name + length, CELL - length, " v%d",
                   1 + row->event * 4 / EVENTS);
}

static void rename_zone(struct row *row)
{
    if (is_late(row) && strcmp(row->zone, "main") == 0)
        SET(row->zone, "Hauptstrecke");
}

static void rename_zone_untimed(struct row *row)
{
    rename_zone(row);
    row->time[0] = '\0';
}

/* An event that is no longer there, and one that is new and much rarer. */
static void replace_by_rarer(struct row *row)
{
    bool is_lost = strcmp(row->name, "ping lost") == 0;
    if (is_late(row) && is_lost)
        SET(row->name, row->event % 4 == 0 ? "link down" : "alarm");
}

/* The share of a name grows slowly. */
static void drift(struct row *row)
{
    if ((int)draw(row->event, 5, EVENTS) < row->event &&
        strcmp(row->name, "ping lost") == 0)
        SET(row->name, "PING_FAILED_2");
}

static void default_label_late(struct row *row)
{
    if (row->event >= EVENTS * 3 / 4 && row->label[0] != '\0')
        SET(row->label, "monitor");
}

static void default_label_early(struct row *row)
{
    if (row->event < EVENTS / 4 && row->label[0] != '\0')
        SET(row->label, "monitor");
}

/* More of one label, but not all. */
static void frequent_label_late(struct row *row)
{
    if (row->event >= EVENTS / 2 && row->label[0] != '\0' && row->history % 6 != 0)
        SET(row->label, "monitor");
}

static void sort_by_label_untimed(struct row *row)
{
    row->time[0] = '\0';
    if (row->label[0] != '\0')
        SET(row->label, "%s", labels[row->event * 3 / EVENTS]);
}

static void default_zone(struct row *row)
{
    if (is_late(row))
        SET(row->zone, "main");
}

static const struct {
    const char *about;
    void (*change)(struct row *row);
    const char *said; /* NULL: none of the warnings */
} cases[] = {
    {.about = "the table itself"},
    {.about = "all labels have other names in the second half",
     .change = rename_labels,
     .said = "labels end where as many begin that are as frequent: "},
    {.about = "the name of one event",
     .change = rename_event,
     .said = "an event name ends where another begins that is as frequent, \"ping lost\" "
             "(last seen at x.csv:600) and \"PING_FAILED_2\" (first seen at x.csv:606): "
             "if it was renamed, \"rename\": {\"event\": {OLD: NEW}} in a recipe makes "
             "them one\n"},
    {.about = "names with a version",
     .change = add_version,
     .said = "5 event names end where as many begin"},
    {.about = "a value of a field",
     .change = rename_zone,
     .said = "warning: field \"zone\": a value ends where another begins that is as "
             "frequent, \"main\""},
    {.about = "a value, without times", .change = rename_zone_untimed},
    {.about = "a name that ends, and another that is rarer", .change = replace_by_rarer},
    {.about = "a name whose share grows slowly", .change = drift},
    {.about = "one label in the last quarter",
     .change = default_label_late,
     .said = "labels are \"monitor\", and 3"},
    {.about = "one label in the first quarter",
     .change = default_label_early,
     .said = "warning: up to x.csv:"},
    {.about = "nearly one label", .change = frequent_label_late},
    {.about = "sorted by the label, without times", .change = sort_by_label_untimed},
    {.about = "one value in the second half",
     .change = default_zone,
     .said = "values of \"zone\" are \"main\", and 3"},
};

/* Of each warning that is tested here. */
static const char *const words[] = {"as frequent", "is it a default"};

static void write_file(struct tmpdir *tmpdir, int test, char *path)
{
    struct strbuf text;
    struct row row;
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, "case,event,time,zone,load,flow,action\n");
    for (int i = 0; i < EVENTS; i++) {
        write_row(i, &row);
        if (cases[test].change)
            cases[test].change(&row);
        strbuf_printf(&text, "%d,%s,%s,%s,%s,%s,%s\n", row.history, row.name, row.time,
                      row.zone, row.load, row.flow, row.label);
    }
    tmpdir_join(tmpdir, "x.csv", path);
    ck_assert(file_write(path, text.bytes, text.length, NULL) == STATUS_OK);
    strbuf_release(&text);
}

START_TEST(test_values_that_can_be_read_and_mean_something_else)
{
    struct tmpdir tmpdir;
    struct strbuf text;
    struct examples examples;
    struct error err = {.status = STATUS_OK};
    char path[TMPDIR_PATH];
    const char *files[] = {path};
    const struct data_keys keys = {DATA_KEYS("time", "")};
    const struct examples_settings settings = {.task = TASK_LAST, .seed = 1};
    tmpdir_init(&tmpdir);
    write_file(&tmpdir, _i, path);
    const struct data_files data = {.files = files, .file_count = 1, .keys = &keys};
    enum status status = examples_load(&examples, &data, &settings, &err);
    ck_assert_msg(status == STATUS_OK, "%s: %s", cases[_i].about, err.text);
    strbuf_init(&text, SIZE_MAX);
    tmpdir_add_message(&text, examples.messages.warnings.bytes, path);
    if (cases[_i].said)
        ck_assert_msg(strstr(text.bytes, cases[_i].said) != NULL, "%s:\n%s",
                      cases[_i].about, text.bytes);
    for (size_t i = 0; !cases[_i].said && i < sizeof words / sizeof *words; i++)
        ck_assert_msg(!strstr(text.bytes, words[i]), "%s:\n%s", cases[_i].about,
                      text.bytes);
    strbuf_release(&text);
    examples_release(&examples);
    tmpdir_release(&tmpdir);
}
END_TEST

Suite *changed_values_suite(void)
{
    Suite *suite = suite_create("changed_values");
    TCase *tests = tcase_create("changed_values");
    tcase_add_loop_test(tests, test_values_that_can_be_read_and_mean_something_else, 0,
                        COUNT(cases));
    suite_add_tcase(suite, tests);
    return suite;
}
