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
    char name[CELL], time[CELL], zone[CELL], kind[CELL], load[CELL], flow[CELL],
        label[CELL];
};

static const char *const names[] = {"opened", "ping lost", "ping ok", "crew sent",
                                    "alarm"};
static const char *const zones[] = {"main", "branch", "freight"};
static const char *const kinds[] = {"info", "major", "minor", "none yet"};
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
    SET(row->kind, "%s", kinds[draw(row->event, 7, 4)]);
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

/* ---- names in two spellings ---- */

static void number_events(struct row *row)
{
    SET(row->name, draw(row->event, 5, 2) == 0 ? "%u" : "%u.0",
        101 + draw(row->event, 0, 5));
}

static void pad_events(struct row *row)
{
    SET(row->name, draw(row->event, 5, 2) == 0 ? "%u" : "%04u",
        101 + draw(row->event, 0, 5));
}

static void pad_zones(struct row *row)
{
    SET(row->zone, draw(row->event, 5, 2) == 0 ? "Z%u" : "%03u", draw(row->event, 1, 3));
    if (row->zone[0] == 'Z')
        SET(row->zone, "%u", draw(row->event, 1, 3));
}

static void pad_labels(struct row *row)
{
    if (row->label[0] != '\0')
        SET(row->label, draw(row->event, 5, 2) == 0 ? "%u" : "%02u",
            1 + draw(row->history, 4, 3));
}

static void write_versions(struct row *row)
{
    SET(row->zone, "1.%u", 1 + draw(row->event, 1, 12));
}

static void add_prefix(struct row *row)
{
    char name[CELL];
    SET(name, "%s", row->name);
    if (draw(row->event, 5, 2) == 0)
        SET(row->name, "[AUTO] %.40s", name);
}

static void add_ending(struct row *row)
{
    size_t length = strlen(row->zone);
    if (draw(row->event, 5, 2) == 0)
        (void)snprintf(row->zone + length, CELL - length, " (prov.)");
}

/* A word before some names that says something. */
static void add_meaning(struct row *row)
{
    char name[CELL];
    SET(name, "%s", row->name);
    if (draw(row->event, 5, 2) == 0 && draw(row->event, 0, 5) < 3)
        SET(row->name, "re-%.40s", name);
}

static void add_state(struct row *row)
{
    char name[CELL];
    SET(name, "%s", row->name);
    if (draw(row->event, 5, 2) == 0)
        SET(row->name, row->event % 2 == 0 ? "[RESOLVED] %.40s" : "%.40s resolved", name);
}

static void join_events(struct row *row)
{
    char name[CELL];
    SET(name, "%s", row->name);
    if (draw(row->event, 5, 6) == 0)
        SET(row->name, "%.40s + %s", name, names[draw(row->event, 6, 5)]);
}

static void name_alike(struct row *row)
{
    SET(row->name, "alarm");
}

static void lose_character(struct row *row)
{
    if (strcmp(row->zone, "branch") == 0)
        SET(row->zone, "S\xEF\xBF\xBD"
                       "d");
}

static void lose_character_of_label(struct row *row)
{
    if (strcmp(row->label, "caution") == 0)
        SET(row->label, "gepr\xEF\xBF\xBD"
                        "ft");
}

/* ---- numbers ---- */

static void turn_sign(struct row *row)
{
    char load[CELL];
    SET(load, "%s", row->load);
    if (is_late(row))
        SET(row->load, "-%.40s", load);
}

static void turn_sign_untimed(struct row *row)
{
    turn_sign(row);
    row->time[0] = '\0';
}

static void write_both_signs(struct row *row)
{
    char load[CELL];
    SET(load, "%s", row->load);
    if (draw(row->event, 5, 2) == 0)
        SET(row->load, "-%.40s", load);
}

static void grow_negative(struct row *row)
{
    if (is_late(row))
        SET(row->load, "-%.1f", 0.5 + 0.1 * (double)draw(row->event, 5, 40));
}

static void clip(struct row *row)
{
    if (draw(row->event, 2, 5960) > 4960)
        SET(row->load, "500");
}

static void clip_half_at_100(struct row *row)
{
    if (draw(row->event, 2, 5960) > 960)
        SET(row->load, "100.0");
}

static void reach_100_percent(struct row *row)
{
    unsigned percent = draw(row->event, 2, 1200);
    SET(row->load, "%.1f", percent > 1000 ? 100.0 : 0.1 * (double)percent);
}

static void count_to_five(struct row *row)
{
    SET(row->load, "%u", draw(row->event, 2, 6));
}

static void zero_late(struct row *row)
{
    if (is_late(row) && draw(row->event, 5, 2) == 0)
        SET(row->load, "0.0");
}

static void zero_without_point(struct row *row)
{
    if (draw(row->event, 5, 5) == 0)
        SET(row->load, "0");
}

static void zero_far_from_others(struct row *row)
{
    SET(row->load, "%u", draw(row->event, 5, 5) == 0 ? 0 : 300 + draw(row->event, 2, 90));
}

static void zero_of_its_own(struct row *row)
{
    if (draw(row->event, 5, 5) == 0)
        SET(row->load, "0.0");
}

/* A writer that leaves out zeros at the end. */
static void zero_of_short_numbers(struct row *row)
{
    double number = draw(row->event, 5, 5) == 0 ? 0.0 : 0.1 * draw(row->event, 2, 5960);
    SET(row->load, "%.10g", number);
}

/* ---- columns that are swapped ---- */

static void swap(char a[CELL], char b[CELL])
{
    char kept[CELL];
    memcpy(kept, a, CELL);
    memcpy(a, b, CELL);
    memcpy(b, kept, CELL);
}

static void swap_numbers(struct row *row)
{
    if (row->event >= EVENTS / 3)
        swap(row->load, row->flow);
}

static void swap_categories(struct row *row)
{
    if (is_late(row))
        swap(row->zone, row->kind);
}

static void swap_some_categories(struct row *row)
{
    if (draw(row->event, 5, 20) == 0)
        swap(row->zone, row->kind);
}

/* From one of three zones to another: values of both columns. */
static void write_from_to(struct row *row)
{
    SET(row->kind, "%s", zones[draw(row->event, 5, 3)]);
}

static void write_like_numbers(struct row *row)
{
    SET(row->flow, "%.1f", 0.1 * (double)(40 + draw(row->event, 5, 5960)));
}

/* ---- fields that tell the label ---- */

/* The sum of two fields is the label. */
static void label_by_pair(struct row *row)
{
    if (row->label[0] != '\0')
        SET(row->label, "%s",
            labels[(draw(row->history, 1, 3) + draw(row->event, 7, 4)) % 3]);
}

static void label_by_zone(struct row *row)
{
    if (row->label[0] != '\0')
        SET(row->label, "%s", labels[draw(row->history, 1, 3)]);
}

/* The sum is the label of four histories in five. */
static void label_often_by_pair(struct row *row)
{
    if (draw(row->event, 5, 5) > 0)
        label_by_pair(row);
}

/* ---- times ---- */

static void cut_to_minutes(struct row *row)
{
    SET(row->time, "%d", 1767225600 + 43 * row->event / 60 * 60);
}

static void collect_every_hour(struct row *row)
{
    SET(row->time, "%d", 1767225617 + 1500 * row->event / 3600 * 3600);
}

static void import_pairs(struct row *row)
{
    int event = row->event % OF_HISTORY == 1 ? row->event - 1 : row->event;
    SET(row->time, "%d", 1767225600 + 97 * event);
}

static void tie_few(struct row *row)
{
    int event = row->event % 12 == 1 ? row->event - 1 : row->event;
    SET(row->time, "%d", 1767225600 + 97 * event);
}

static const struct {
    const char *about;
    void (*change)(struct row *row);
    const char *load;     /* name of the column; NULL: "load" */
    const char *said;     /* NULL: none of the warnings */
    const char *not_said; /* must not be there; NULL */
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
    {.about = "numbers of events with and without a fraction",
     .change = number_events,
     .said = "warning: 5 of the 10 event names are numbers with another number of zeros "
             "than elsewhere: "},
    {.about = "with and without zeros before them",
     .change = pad_events,
     .said = "are two; write them in one way\n"},
    {.about = "values of a field",
     .change = pad_zones,
     .said = "warning: 3 of the 6 values of \"zone\" are numbers with another number of "
             "zeros than elsewhere: "},
    {.about = "labels",
     .change = pad_labels,
     .said = "warning: 3 of the 6 labels are numbers with another number of zeros"},
    {.about = "versions, of which 1.1 and 1.10 are two", .change = write_versions},
    {.about = "a prefix in half of the names",
     .change = add_prefix,
     .said = "warning: 5 of the 10 event names are another one with \"[AUTO] \" added: "},
    {.about = "an ending in half of the values",
     .change = add_ending,
     .said = "warning: 3 of the 6 values of \"zone\" are another one with \" (prov.)\" "
             "added: "},
    {.about = "a prefix that changes the meaning", .change = add_meaning},
    {.about = "a mark and a word that say what happened", .change = add_state},
    {.about = "two events in one cell",
     .change = join_events,
     .said = " event names list others, the first is "},
    {.about = "one name for all events",
     .change = name_alike,
     .said = "warning: all events have one name, \"alarm\" (first at x.csv:2): does "
             "--event name the column of what happened?\n"},
    {.about = "a value with a lost character",
     .change = lose_character,
     .said = "warning: 1 of the 3 values of \"zone\" has U+FFFD for a character that was "
             "lost, the first is \"S\xEF\xBF\xBD"
             "d\" (x.csv:"},
    {.about = "a label with one",
     .change = lose_character_of_label,
     .said = "warning: 1 of the 3 labels has U+FFFD"},
    {.about = "the sign turned half way",
     .change = turn_sign,
     .said = "warning: field \"load\": from x.csv:602 on, 100 % of the numbers are below "
             "zero, and 0 % before; they are alike otherwise: was the sign turned?\n"},
    {.about = "the same without times", .change = turn_sign_untimed},
    {.about = "both signs at all times", .change = write_both_signs},
    {.about = "other numbers below zero", .change = grow_negative},
    {.about = "numbers cut off at 500",
     .change = clip,
     .said = " % of the numbers are 500, the largest one (the first at x.csv:"},
    {.about = "most numbers cut off at 100",
     .change = clip_half_at_100,
     .said = " % of the numbers are 100, the largest one"},
    {.about = "some of 100 percent", .change = reach_100_percent},
    {.about = "most of 100 percent, of a column that is named so",
     .change = clip_half_at_100,
     .load = "cpu_load"},
    {.about = "counts up to five", .change = count_to_five},
    {.about = "0 in half of the later events",
     .change = zero_late,
     .said = " % of the numbers are 0, and 0 % before: if 0 means that there is none, "
             "empty these cells\n"},
    {.about = "0 beside 0.4",
     .change = zero_without_point,
     .said = ", without the decimal places that all others have: if 0 means"},
    {.about = "0 beside 300 to 389",
     .change = zero_far_from_others,
     .said = ", and all others are far from it: if 0 means"},
    {.about = "0.0 beside 0.4", .change = zero_of_its_own},
    {.about = "0 beside 0.4 and 3", .change = zero_of_short_numbers},
    {.about = "two numbers swapped from a third of the file on",
     .change = swap_numbers,
     .said =
         "warning: fields \"load\" and \"flow\": from x.csv:402 on, the numbers of each "
         "are like those of the other one before: were the columns swapped?\n"},
    {.about = "two categories swapped half way",
     .change = swap_categories,
     .said = "warning: fields \"zone\" and \"kind\": in 50 % of the events, the first at "
             "x.csv:602, each has a value of the other one: were the columns swapped?\n"},
    {.about = "in some rows",
     .change = swap_some_categories,
     .said = "each has a value of the other one"},
    {.about = "two columns with the same values", .change = write_from_to},
    {.about = "two columns with the same numbers", .change = write_like_numbers},
    {.about = "two fields that tell the label together",
     .change = label_by_pair,
     .said =
         "warning: fields \"zone\" and \"kind\" together tell the label in 320 of 320 "
         "histories (by their last values), alone in "},
    {.about = "one field that tells it alone, and another one",
     .change = label_by_zone,
     .said = "warning: field \"zone\" alone tells the label in 320 of 320",
     .not_said = "together tell"},
    {.about = "two that often tell it", .change = label_often_by_pair},
    {.about = "times that are cut to the minute",
     .change = cut_to_minutes,
     .said =
         " of 800 events have the time of the one before them, because all times are "
         "minutes apart (the first in the history at x.csv:2): they keep the order of "
         "the file, which must be the order in which they happened\n"},
    {.about = "the time of a collector that runs every hour",
     .change = collect_every_hour,
     .said = "of the one before them, because all times are hours apart"},
    {.about = "half of the events with the time of the one before",
     .change = import_pairs,
     .said =
         "warning: 400 of 800 events have the time of the one before them (the first"},
    {.about = "few of them", .change = tie_few},
};

/* Of each warning that is tested here. */
static const char *const words[] = {"as frequent",   "is it a default",
                                    "of zeros",      "added",
                                    "list others",   "one name, ",
                                    "U+FFFD",        "columns swapped",
                                    "together tell", "time of the one before",
                                    "sign turned",   "cut off",
                                    "if 0 means"};

static void write_file(struct tmpdir *tmpdir, int test, char *path)
{
    struct strbuf text;
    struct row row;
    strbuf_init(&text, SIZE_MAX);
    strbuf_printf(&text, "case,event,time,zone,kind,%s,flow,action\n",
                  cases[test].load ? cases[test].load : "load");
    for (int i = 0; i < EVENTS; i++) {
        write_row(i, &row);
        if (cases[test].change)
            cases[test].change(&row);
        strbuf_printf(&text, "%d,%s,%s,%s,%s,%s,%s,%s\n", row.history, row.name, row.time,
                      row.zone, row.kind, row.load, row.flow, row.label);
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
    if (cases[_i].not_said)
        ck_assert_msg(!strstr(text.bytes, cases[_i].not_said), "%s:\n%s", cases[_i].about,
                      text.bytes);
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
