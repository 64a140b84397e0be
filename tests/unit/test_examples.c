/* The right action after each event, for each task, in training and in evaluation. */
#include "data/examples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "support/compare.h"
#include "support/data_keys.h"
#include "support/failing_malloc.h"
#include "support/tmpdir.h"
#include "unit/suites.h"

static const struct data_keys no_split = {DATA_KEYS("time", "")};
static const struct data_keys with_split = {DATA_KEYS("time", "part")};
static const struct data_keys skipping = {DATA_KEYS("time", "part"), .skip_bad = true};

static const struct data_keys renamed = {.id = "nr",
                                         .label = "fix",
                                         .events = "steps",
                                         .event = "what",
                                         .time = "at",
                                         .split = ""};
static const struct data_keys same = {.id = "",
                                      .label = "action",
                                      .events = "events",
                                      .event = "action",
                                      .time = "time",
                                      .split = ""};

static const struct data_keys joined = {.id = "",
                                        .label = "action",
                                        .events = "events",
                                        .event = "k+l",
                                        .time = "time",
                                        .split = ""};

/* A data file, removed by tmpdir_release. */
struct data_file {
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH];
    const char *files[1];
    struct data_files data;
};

static void data_file_init(struct data_file *file, const char *name, const char *text,
                           const struct data_keys *keys)
{
    tmpdir_init(&file->tmpdir);
    tmpdir_join(&file->tmpdir, name, file->path);
    ck_assert(file_write(file->path, text, strlen(text), NULL) == STATUS_OK);
    file->files[0] = file->path;
    file->data = (struct data_files){file->files, 1, keys};
}

static void show_example(const struct examples *examples, const struct example *example,
                         struct strbuf *shown)
{
    for (uint32_t t = 0; t < example->history.length; t++) {
        uint32_t action = example_action(example, t);
        const char *name = action == ACTION_NONE    ? "-"
                           : action == ACTION_OTHER ? "?"
                                                    : "!";
        strbuf_printf(shown, "%s%s", t == 0 ? "" : " ",
                      action < examples->action_count ? examples->actions[action] : name);
    }
    strbuf_add(shown, "\n");
}

static void show_all(const struct examples *examples, const char *title,
                     const struct example *list, size_t count, struct strbuf *shown)
{
    if (count > 0)
        strbuf_printf(shown, "%s:\n", title);
    for (size_t i = 0; i < count; i++)
        show_example(examples, &list[i], shown);
}

/* The name of each part, and a line for each of its histories. */
static void show(const struct examples *examples, struct strbuf *shown)
{
    strbuf_add(shown, "");
    show_all(examples, "train", examples->train, examples->train_count, shown);
    show_all(examples, "validate", examples->validation, examples->validation_count,
             shown);
    show_all(examples, "evaluate", examples->evaluation, examples->evaluation_count,
             shown);
}

#define RECIPE(values)                                                                   \
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": " values    \
    "}]}"
#define AB RECIPE("[\"a\", \"b\"]")

static const struct {
    const char *about, *file;
    const struct data_keys *keys;
    enum task task;
    bool with_end;
    const char *schema, *actions, *text, *shown;
} good[] = {
    {"last: the label, at the end", "x.jsonl", &no_split, TASK_LAST, true, AB, NULL,
     "{\"events\": [\"a\", \"b\"], \"action\": \"x\"}\n"
     "{\"events\": [\"a\"], \"action\": \"y\"}\n",
     "train:\n- x\ny\n"},
    {"last: the text of integers and booleans is the label", "x.jsonl", &no_split,
     TASK_LAST, true, AB, NULL,
     "{\"events\": [\"a\"], \"action\": 1}\n{\"events\": [\"a\"], \"action\": true}\n",
     "train:\n1\ntrue\n"},
    {"next: the event that follows, then the end", "x.jsonl", &no_split, TASK_NEXT, true,
     AB, NULL, "{\"events\": [\"a\", \"b\", \"b\"]}\n", "train:\nb b end_of_history\n"},
    {"next: without the end, no action after the last event", "x.jsonl", &no_split,
     TASK_NEXT, false, AB, NULL,
     "{\"events\": [\"a\", \"b\", \"b\"]}\n{\"events\": [\"b\"]}\n",
     "train:\nb b -\n-\n"},
    {"next: an event that the schema lacks is not an action", "x.jsonl", &no_split,
     TASK_NEXT, true, AB, NULL, "{\"events\": [\"a\", \"rare\", \"b\"]}\n",
     "train:\n- b end_of_history\n"},
    {"next: in the order of time", "x.jsonl", &no_split, TASK_NEXT, true, AB, NULL,
     "{\"events\": [{\"event\": \"b\", \"time\": 9}, {\"event\": \"a\", \"time\": 1}]}\n",
     "train:\nb end_of_history\n"},
    {"next: in the recipe's order of actions", "x.jsonl", &no_split, TASK_NEXT, true, AB,
     "[\"end_of_history\", \"b\", \"a\"]", "{\"events\": [\"a\", \"b\"]}\n",
     "train:\nb end_of_history\n"},
    {"every: an event's own label, else that of its history", "x.jsonl", &no_split,
     TASK_EVERY, true, AB, NULL,
     "{\"events\": [{\"event\": \"a\", \"action\": \"x\"}, \"b\"], \"action\": \"y\"}\n",
     "train:\nx y\n"},
    {"every: labels move with their events", "x.jsonl", &no_split, TASK_EVERY, true, AB,
     NULL,
     "{\"events\": [{\"event\": \"a\", \"time\": 9, \"action\": \"late\"}, {\"event\": "
     "\"b\", \"time\": 5, \"action\": \"early\"}, {\"event\": \"b\", \"time\": 7, "
     "\"action\": \"middle\"}]}\n",
     "train:\nearly middle late\n"},
    {"parts of a split; test is not read", "x.jsonl", &with_split, TASK_LAST, true, AB,
     NULL,
     "{\"part\": \"val\", \"events\": [\"a\"], \"action\": \"x\"}\n"
     "{\"part\": \"test\", \"events\": 7}\n"
     "{\"part\": \"train\", \"events\": [\"a\"], \"action\": \"y\"}\n",
     "train:\ny\nvalidate:\nx\n"},
    {"a bad line is skipped", "x.jsonl", &skipping, TASK_EVERY, true, AB, NULL,
     "{\"part\": \"train\", \"events\": [\"a\", \"b\"]}\n"
     "{\"part\": \"train\", \"events\": [\"a\"], \"action\": \"x\"}\n"
     "{\"part\": \"train\", \"events\": [\"a\"], \"action\": \"y\"}\n",
     "train:\nx\ny\n"},
    {"a history with text after it is skipped", "x.jsonl", &skipping, TASK_EVERY, true,
     AB, NULL,
     "{\"part\": \"train\", \"events\": [\"a\"], \"action\": \"x\"}\n"
     "{\"part\": \"train\", \"events\": [\"a\"], \"action\": \"y\"} x\n"
     "{\"part\": \"train\", \"events\": [\"b\"], \"action\": \"y\"}\n",
     "train:\nx\ny\n"},
    {"other names for everything", "x.jsonl", &renamed, TASK_EVERY, true, AB, NULL,
     "\xef\xbb\xbf{\"steps\": [{\"what\": \"a\", \"at\": 9, \"fix\": \"x\"}, {\"what\": "
     "\"b\", \"at\": 1, \"fix\": \"y\"}], \"nr\": 7}\n",
     "train:\ny x\n"},
    {"the label is the event's name", "x.jsonl", &same, TASK_EVERY, true, AB, NULL,
     "{\"events\": [{\"action\": \"a\"}, {\"action\": \"b\"}]}\n", "train:\na b\n"},
    {"names that are joined from two keys", "x.jsonl", &joined, TASK_NEXT, true,
     RECIPE("[\"a+x\", \"b\"]"), NULL,
     "{\"events\": [{\"l\": \"x\", \"k\": \"a\"}, {\"k\": \"b\"}, {\"l\": \"x\", \"k\": "
     "\"a\"}]}\n",
     "train:\nb a+x end_of_history\n"},
    {"CSV, the same", "x.csv", &joined, TASK_NEXT, true, RECIPE("[\"a+x\", \"b\"]"), NULL,
     "case,l,k\n1,x,a\n1,,b\n1,x,a\n", "train:\nb a+x end_of_history\n"},
    {"CSV, last", "x.csv", &no_split, TASK_LAST, true, AB, NULL,
     "case,event,action\n1,a,\n2,b,y\n1,b,x\n", "train:\n- x\ny\n"},
    {"CSV, next, its times out of order", "x.csv", &no_split, TASK_NEXT, true, AB, NULL,
     "case,event,time\n1,b,2026-11-22 10:04\n1,a,2026-11-22 10:03\n",
     "train:\nb end_of_history\n"},
    {"CSV, every, its times out of order", "x.csv", &no_split, TASK_EVERY, true, AB, NULL,
     "case,event,time,action\n1,b,9,x\n1,a,3,y\n", "train:\ny x\n"},
    {"CSV, every: a label in one row is that of the whole case", "x.csv", &no_split,
     TASK_EVERY, true, AB, NULL, "case,event,action\n1,a,\n2,a,y\n1,b,x\n2,b,y\n1,a,\n",
     "train:\nx x x\ny y\n"},
    {"CSV, every: a row without a label, in a case with several, has no action", "x.csv",
     &no_split, TASK_EVERY, true, AB, NULL,
     "case,event,action\n1,a,x\n2,a,y\n1,b,y\n1,a,\n", "train:\nx y -\ny\n"},
    {"every: an event without a label has no action", "x.jsonl", &no_split, TASK_EVERY,
     true, AB, NULL,
     "{\"events\": [{\"event\": \"a\", \"action\": \"x\"}, \"b\"]}\n"
     "{\"events\": [\"a\"], \"action\": \"y\"}\n",
     "train:\nx -\ny\n"},
    {"a history without a label is left out", "x.jsonl", &no_split, TASK_LAST, true, AB,
     NULL,
     "{\"events\": [\"a\"], \"action\": \"x\"}\n{\"events\": [\"a\"]}\n"
     "{\"events\": [\"a\"], \"action\": null}\n{\"events\": [\"b\"], \"action\": "
     "\"NULL\"}\n"
     "{\"events\": [\"a\", \"b\"], \"action\": \"none\"}\n",
     "train:\nx\n- none\n"},
    {"CSV, the same", "x.csv", &no_split, TASK_LAST, true, AB, NULL,
     "case,event,action\n1,a,x\n2,a,\n3,a,N/A\n4,b,none\n", "train:\nx\nnone\n"},
    {"a label that is a fraction of zero is whole", "x.jsonl", &no_split, TASK_LAST, true,
     AB, NULL,
     "{\"events\": [\"a\"], \"action\": 2.0}\n{\"events\": [\"a\"], \"action\": 2}\n"
     "{\"events\": [\"a\"], \"action\": 2.5}\n",
     "train:\n2\n2\n2.5\n"},
    {"CSV, with blanks around cells, a row of blanks, and the mark of DOS", "x.csv",
     &no_split, TASK_LAST, true, AB, NULL,
     "case , event,action \n1, a ,x \n , ,\n2,b,\xc2\xa0y\n\x1a", "train:\nx\ny\n"},
    {"CSV by its content", "x.txt", &no_split, TASK_LAST, true, AB, NULL,
     "case;event;action\n1;a;x\n2;b;y\n", "train:\nx\ny\n"},
    {"the only column of times orders the events", "x.csv", &no_split, TASK_NEXT, true,
     AB, NULL,
     "case,event,created_at\n1,b,2026-11-22 10:04\n1,a,2026-11-22 10:03\n"
     "1,a,2026-11-22 10:02\n",
     "train:\na b end_of_history\n"},
    {"the only key of times orders the events", "x.jsonl", &no_split, TASK_NEXT, true, AB,
     NULL,
     "{\"events\": [{\"event\": \"b\", \"ts\": \"2026-11-22T10:04:00Z\"}, "
     "{\"event\": \"a\", \"ts\": \"2026-11-22T10:03:00+0000\"}]}\n",
     "train:\nb end_of_history\n"},
    {"nanoseconds and leap seconds order the events", "x.jsonl", &no_split, TASK_NEXT,
     true, AB, NULL,
     "{\"events\": [{\"event\": \"b\", \"time\": \"2016-12-31T23:59:60Z\"}, "
     "{\"event\": \"a\", \"time\": \"2016-12-31T23:59:59.000000002Z\"}, "
     "{\"event\": \"b\", \"time\": \"2016-12-31T23:59:59.000000001Z\"}]}\n",
     "train:\na b end_of_history\n"},
    {"the last fifth in time is for validation", "x.csv", &no_split, TASK_LAST, true, AB,
     NULL, "case,event,time,action\n1,a,5,x\n2,a,9,late\n3,a,3,x\n4,a,2,x\n5,a,1,x\n",
     "train:\nx\nx\nx\nx\nvalidate:\nlate\n"},
};

static enum status load(struct examples *examples, int i, struct data_file *file,
                        struct error *err)
{
    json_t *schema = json_loads(good[i].schema, 0, NULL);
    json_t *actions = good[i].actions ? json_loads(good[i].actions, 0, NULL) : NULL;
    const struct examples_settings settings = {.task = good[i].task,
                                               .with_end = good[i].with_end,
                                               .schema = schema,
                                               .actions = actions,
                                               .seed = 1};
    enum status status = examples_load(examples, &file->data, &settings, err);
    json_decref(schema);
    json_decref(actions);
    return status;
}

START_TEST(test_training_examples_of_each_task)
{
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct data_file file;
    struct strbuf shown;
    data_file_init(&file, good[_i].file, good[_i].text, good[_i].keys);
    ck_assert_msg(load(&examples, _i, &file, &err) == STATUS_OK, "%s: %s: %s",
                  good[_i].about, err.where, err.text);
    strbuf_init(&shown, SIZE_MAX);
    show(&examples, &shown);
    ck_assert_msg(strcmp(shown.bytes, good[_i].shown) == 0, "%s: %s", good[_i].about,
                  shown.bytes);
    strbuf_release(&shown);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
}
END_TEST

#define GOOD_LINES                                                                       \
    "{\"events\": [\"a\", \"b\"], \"action\": \"x\"}\n"                                  \
    "{\"events\": [\"a\", \"b\"], \"action\": \"y\"}\n"

static const struct {
    const char *about, *file;
    const struct data_keys *keys;
    enum task task;
    const char *schema, *actions, *text;
    const char *where, *error; /* where: its end */
} bad[] = {
    {"no label at all", "x.jsonl", &no_split, TASK_LAST, NULL, NULL,
     "{\"events\": [\"a\"]}\n{\"events\": [\"b\"]}\n", "x.jsonl:1",
     "no history has a label \"action\"; --label names its key"},
    {"no label of any event", "x.jsonl", &no_split, TASK_EVERY, NULL, NULL,
     "{\"events\": [\"a\"]}\n", "x.jsonl:1", "no history has a label \"action\""},
    {"a label of another type", "x.jsonl", &no_split, TASK_EVERY, NULL, NULL,
     "{\"events\": [{\"event\": \"a\", \"action\": []}]}\n", "x.jsonl:1",
     "/events/0/action: the label has another type"},
    {"a label of another type, of the history", "x.jsonl", &no_split, TASK_LAST, NULL,
     NULL, GOOD_LINES "{\"events\": [\"a\"], \"action\": {}}\n", "x.jsonl:3",
     "/action: the label has another type"},
    {"one label only", "x.jsonl", &no_split, TASK_LAST, NULL, NULL,
     "{\"events\": [\"a\"], \"action\": \"x\"}\n", "x.jsonl", "the only label is \"x\""},
    {"an event with the name of the end", "x.jsonl", &no_split, TASK_NEXT,
     RECIPE("[\"a\", \"end_of_history\"]"), NULL, GOOD_LINES, "",
     "an event is called \"end_of_history\""},
    {"actions that do not follow from the schema", "x.jsonl", &no_split, TASK_NEXT, AB,
     "[\"a\", \"b\"]", GOOD_LINES, "/actions", "\"end_of_history\" is missing"},
    {"actions that the schema lacks", "x.jsonl", &no_split, TASK_NEXT, AB,
     "[\"a\", \"b\", \"c\", \"end_of_history\"]", GOOD_LINES, "/actions",
     "\"c\" is not one of them"},
    {"an action twice", "x.jsonl", &no_split, TASK_LAST, AB, "[\"x\", \"y\", \"x\"]",
     GOOD_LINES, "/actions/2", "repeated"},
    {"a label that is not an action of the recipe", "x.jsonl", &no_split, TASK_EVERY, AB,
     "[\"x\", \"z\"]", GOOD_LINES, "x.jsonl:2",
     "/action: the label is not one of the recipe's actions"},
    {"a schema's mistake", "x.jsonl", &no_split, TASK_LAST, "{\"feilds\": []}", NULL,
     GOOD_LINES, "/schema/feilds", "unknown key \"feilds\""},
    {"an empty file", "x.jsonl", &no_split, TASK_LAST, NULL, NULL, "", "x.jsonl",
     "the file has no history"},
    {"a file of the part test alone", "x.jsonl", &with_split, TASK_LAST, NULL, NULL,
     "{\"part\": \"test\", \"events\": [\"a\"], \"action\": \"x\"}\n", "x.jsonl",
     "the file has no history outside the part test"},
    {"no line that can be read", "x.jsonl", &skipping, TASK_LAST, NULL, NULL, "x\n",
     "x.jsonl", "the file has no history that can be read"},
    {"events under another key", "x.jsonl", &renamed, TASK_LAST, NULL, NULL,
     "{\"events\": [\"a\"], \"fix\": \"x\"}\n", "x.jsonl:1",
     "no key \"steps\"; is it --events events, which is an array?"},
    {"names of events under another key", "x.jsonl", &no_split, TASK_LAST, NULL, NULL,
     "{\"events\": [{\"what\": \"a\"}], \"action\": \"x\"}\n"
     "{\"events\": [{\"what\": \"a\"}], \"action\": \"y\"}\n",
     "x.jsonl:1",
     "the event has no \"event\" (it has \"what\"); --event names the key of its name"},
    {"an event with an empty name", "x.jsonl", &no_split, TASK_LAST, NULL, NULL,
     GOOD_LINES "{\"events\": [\"a\", \"\"], \"action\": \"y\"}\n", "x.jsonl:3",
     "/events/1: the name of the event is empty"},
    {"a key twice in an event, after a line with other keys", "x.jsonl", &no_split,
     TASK_LAST, NULL, NULL,
     "{\"events\": [{\"event\": \"a\", \"n\": 1}], \"action\": \"x\"}\n"
     "{\"events\": [{\"event\": \"a\", \"event\": \"b\"}], \"action\": \"y\"}\n",
     "x.jsonl:2", "/events/0/event: not JSON: a key is given twice"},
    {"an event whose name is a list", "x.jsonl", &renamed, TASK_LAST, NULL, NULL,
     "{\"steps\": [{\"what\": []}], \"fix\": \"x\"}\n", "x.jsonl:1",
     "/steps/0/what: the name of an event must be a string"},
    {"a time, with the keys of the data", "x.jsonl", &renamed, TASK_LAST, NULL, NULL,
     "{\"steps\": [{\"what\": \"a\", \"at\": 1}], \"fix\": \"x\"}\n"
     "{\"steps\": [{\"what\": \"a\", \"at\": 1}], \"fix\": \"y\"}\n"
     "{\"steps\": [{\"what\": \"a\", \"at\": \"noon\"}], \"fix\": \"y\"}\n",
     "x.jsonl:3", "at: cannot be read as a time"},
    {"a time that is an object", "x.jsonl", &no_split, TASK_LAST, NULL, NULL,
     "{\"events\": [{\"event\": \"a\", \"time\": {}}], \"action\": \"x\"}\n", "x.jsonl:1",
     "/events/0/time: cannot be read as a time"},
    {"CSV: a time, with the keys of the data", "x.csv", &renamed, TASK_LAST, NULL, NULL,
     "nr,what,at,fix\n1,a,3,x\n2,a,22/11/2026,y\n", "x.csv:3",
     "column \"at\" mixes forms of times: \"3\" and \"22/11/2026\""},
    {"a header without rows", "x.csv", &no_split, TASK_NEXT, NULL, NULL, "case,event\n",
     "x.csv", "the file has no history"},
    {"CSV: no label in the whole case", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,action\n1,a,\n2,a,\n", "x.csv:2",
     "no history has a label \"action\"; --label names its column"},
    {"CSV: lines that end in CR alone", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,action\r1,a,x\r2,a,y\r", "x.csv", "lines end in CR alone"},
    {"CSV: a header that ends in CR, before other lines", "x.csv", &no_split, TASK_LAST,
     NULL, NULL, "case,event,action\r1,a,x\n2,a,y\n", "x.csv:1",
     "the name of column 3 has a carriage return (lines must end in LF or CRLF)"},
    {"CSV: a label that differs", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,action\n1,a,x\n2,a,y\n1,a,y\n", "x.csv:4",
     "action: line 2 of the same case has another value"},
    {"CSV: text that is not a time", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,time,action\n1,a,3,x\n2,a,soon,y\n", "x.csv:3", "time"},
    {"CSV: a row too short", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,action\n1,a,x\n2,a\n", "x.csv:3",
     "the row has 2 cells, the header has 3"},
    {"two columns of times", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,created_at,closed_at,action\n1,a,2026-11-22 10:04,2026-11-23 10:04,x\n"
     "2,a,2026-11-22 10:05,2026-11-23 10:05,y\n",
     "", "\"created_at\", \"closed_at\" hold times; --time names"},
    {"a day or a month first", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,when,action\n1,a,01/03/2026 10:04,x\n2,a,02/03/2026 10:05,y\n",
     "x.csv:2", "--time-format day-first"},
    {"the first bad line is that of the file", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,time,action\n1,a,2026-11-22,x\n2,a,2026-11-22,y\n1,a,,\n3,b\n",
     "x.csv:4", "time: this event has no time, but other events have one"},
    {"a bad line before it", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,time,action\n1,a,2026-11-22,x\n3,b\n2,a,2026-11-22,y\n1,a,,\n",
     "x.csv:3", "the row has 2 cells, the header has 4"},
    {"a JSON array", "x.json", &no_split, TASK_LAST, NULL, NULL,
     "[{\"events\": [\"a\"], \"action\": \"x\"},\n{\"events\": [\"a\"], \"action\": "
     "{}}]\n",
     "x.json:2", "/1/action: the label has another type"},
    {"a line of JSON Lines that is a JSON array", "x.jsonl", &no_split, TASK_LAST, NULL,
     NULL, "{\"events\": [\"a\"], \"action\": \"x\"}\n[]\n", "x.jsonl:2",
     "the line is not an object"},
    {"a JSON array that is not closed", "x.json", &no_split, TASK_LAST, NULL, NULL,
     "[{\"events\": [\"a\"], \"action\": \"x\"},\n", "x.json:2",
     "/1: not JSON: the array is not closed"},
    {"XES: an event without a name", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "<log>\n<trace><string key=\"action\" value=\"x\"/>\n<event><string key=\"b\" "
     "value=\"c\"/></event></trace></log>",
     "x.csv:2", "/events/0: the event has no \"event\""},
    {"XES: a tag that is not closed", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "<log>\n<trace>\n</log>", "x.csv:3", "not XML: mismatched tag"},
    {"JSON over several lines", "x.json", &no_split, TASK_LAST, NULL, NULL,
     "{\n  \"events\": [\"a\"]\n}\n", "x.json:1", "JSON over several lines"},
    {"a zip archive", "x.csv", &no_split, TASK_LAST, NULL, NULL, "PK\3\4 ...", "x.csv",
     "an Excel workbook or another zip archive"},
    {"an HTML page", "x.csv", &no_split, TASK_LAST, NULL, NULL, "<html>", "x.csv",
     "an HTML page"},
    {"UTF-16 with a mark", "x.csv", &no_split, TASK_LAST, NULL, NULL, "\xff\xfe c",
     "x.csv", "UTF-16; save it as UTF-8"},
    {"a column that is misspelt", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "Case,event,action\n1,a,x\n", "x.csv:1", "(did you mean \"Case\"?); --id names it"},
    {"an unknown part", "x.jsonl", &with_split, TASK_LAST, NULL, NULL,
     "{\"part\": \"dev\", \"events\": [\"a\"], \"action\": \"x\"}\n", "x.jsonl:1",
     "/part: the part of the split is missing or unknown"},
};

START_TEST(test_bad_data_is_an_error)
{
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct data_file file;
    json_t *schema = bad[_i].schema ? json_loads(bad[_i].schema, 0, NULL) : NULL;
    json_t *actions = bad[_i].actions ? json_loads(bad[_i].actions, 0, NULL) : NULL;
    data_file_init(&file, bad[_i].file, bad[_i].text, bad[_i].keys);
    const struct examples_settings settings = {.task = bad[_i].task,
                                               .with_end = true,
                                               .schema = schema,
                                               .actions = actions,
                                               .seed = 1};
    enum status status = examples_load(&examples, &file.data, &settings, &err);
    ck_assert_msg(status == STATUS_BAD_INPUT || status == STATUS_BAD_JSON, "%s: %s",
                  bad[_i].about, triage_status_name(status));
    size_t length = strlen(err.where), wanted = strlen(bad[_i].where);
    ck_assert_msg(length >= wanted &&
                      strcmp(err.where + length - wanted, bad[_i].where) == 0 &&
                      strstr(err.text, bad[_i].error) != NULL,
                  "%s: %s: %s", bad[_i].about, err.where, err.text);
    json_decref(schema);
    json_decref(actions);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
}
END_TEST

/* The golden history is read with jansson, whose integers have 64 bits. */
START_TEST(test_long_integers_are_numbers)
{
    struct examples examples;
    struct data_file file;
    struct error err = {.status = STATUS_OK};
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    for (int i = 0; i < 40; i++)
        strbuf_printf(&text,
                      "{\"events\": [{\"event\": \"a\", \"n\": 1234567890123456789012}, "
                      "{\"event\": \"b\", \"n\": %d}], \"action\": \"%s\"}\n",
                      i, i % 2 ? "x" : "y");
    data_file_init(&file, "x.jsonl", text.bytes, &no_split);
    const struct examples_settings settings = {.task = TASK_LAST, .seed = 1};
    ck_assert_msg(examples_load(&examples, &file.data, &settings, &err) == STATUS_OK,
                  "%s", err.text);
    json_t *event = json_array_get(json_object_get(examples.golden, "events"), 0);
    ck_assert_double_eq(json_number_value(json_object_get(event, "n")),
                        1234567890123456789012.0);
    strbuf_release(&text);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
}
END_TEST

/* A label in the events or in the case-level fields never becomes a field. */
START_TEST(test_label_is_not_a_field)
{
    static const char text[] =
        "{\"events\": [{\"event\": \"a\", \"action\": \"x\", \"host\": \"h\"}, \"b\"], "
        "\"fields\": {\"action\": \"x\"}, \"action\": \"x\"}\n"
        "{\"events\": [{\"event\": \"a\", \"action\": \"y\", \"host\": \"i\"}, \"b\"], "
        "\"fields\": {\"action\": \"y\"}, \"action\": \"y\"}\n";
    struct examples examples;
    struct data_file file;
    struct strbuf schema;
    struct strbuf twice;
    strbuf_init(&schema, SIZE_MAX);
    strbuf_init(&twice, SIZE_MAX);
    strbuf_printf(&twice, "%s%s", text, text);
    data_file_init(&file, "x.jsonl", twice.bytes, &no_split);
    const struct examples_settings settings = {
        .task = (enum task)_i, .with_end = true, .seed = 1};
    ck_assert(examples_load(&examples, &file.data, &settings, NULL) == STATUS_OK);
    triage_schema_write(examples.schema, &schema);
    ck_assert_ptr_nonnull(strstr(schema.bytes, "\"host\""));
    ck_assert_msg(strstr(schema.bytes, "\"action\"") == NULL, "%s", schema.bytes);
    ck_assert_int_eq(strstr(examples.messages.notes.bytes, "is read as a label") == NULL,
                     _i == TASK_EVERY);
    ck_assert_ptr_null(json_object_get(
        json_array_get(json_object_get(examples.golden, "events"), 0), "action"));
    strbuf_release(&schema);
    strbuf_release(&twice);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
}
END_TEST

START_TEST(test_scales_of_a_recipe_are_kept_and_others_measured)
{
    static const char text[] =
        "{\"events\": [{\"event\": \"a\", \"n\": 1}], \"action\": 1}\n"
        "{\"events\": [{\"event\": \"a\", \"n\": 3}], \"action\": 2}\n";
    json_t *given =
        json_loads("{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", "
                   "\"values\": [\"a\"]}, "
                   "{\"name\": \"n\", \"kind\": \"number\", \"scale\": 0.5}]}",
                   0, NULL);
    struct examples examples;
    struct data_file file;
    data_file_init(&file, "x.jsonl", text, &no_split);
    const struct examples_settings settings = {
        .task = TASK_LAST, .schema = given, .seed = 1};
    ck_assert(examples_load(&examples, &file.data, &settings, NULL) == STATUS_OK);
    ck_assert_uint_eq(examples.train_count, 2);
    /* the mean is measured, 2; the scale is as given */
    assert_close("the first", 0, (double)examples.train[0].history.values[0], -2, 0);
    assert_close("the second", 0, (double)examples.train[1].history.values[0], 2, 0);
    json_decref(given);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
}
END_TEST

START_TEST(test_times_that_go_backwards_are_noted)
{
    struct examples examples;
    struct data_file file;
    data_file_init(&file, "x.csv",
                   "case,event,time,action\n1,a,1,x\n2,a,5,y\n2,b,4,\n1,b,0,\n3,a,1,x\n"
                   "3,b,2,\n",
                   &no_split);
    const struct examples_settings settings = {.task = TASK_LAST, .seed = 1};
    ck_assert(examples_load(&examples, &file.data, &settings, NULL) == STATUS_OK);
    ck_assert_uint_eq(examples.reordered_count, 2);
    /* of all histories the first line, although case 1 begins before case 2 */
    ck_assert_msg(strstr(examples.reordered_first, "x.csv:4") != NULL, "%s",
                  examples.reordered_first);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
}
END_TEST

#define HEAD "case,event,time,action\n"

#define OF_A_DAY(id) id ",a,2026-01-01 10:" id ",y\n" id ",b,2026-01-02 10:04,\n"
#define NINE_OF_A_DAY                                                                    \
    OF_A_DAY("11")                                                                       \
    OF_A_DAY("12")                                                                       \
    OF_A_DAY("13")                                                                       \
    OF_A_DAY("14")                                                                       \
    OF_A_DAY("15") OF_A_DAY("16") OF_A_DAY("17") OF_A_DAY("18") OF_A_DAY("19")
#define NEXT_B "b end_of_history\n"
#define FOUR NEXT_B NEXT_B NEXT_B NEXT_B
#define TEN_IN_PARTS "train:\n" FOUR FOUR "validate:\n" NEXT_B NEXT_B

/* What is said of times that do not order the events, and the events as they are read. */
static const struct {
    const char *about, *text, *note, *warning, *next;
} orders[] = {
    {"oldest first: ties keep the order of the file",
     HEAD "1,a,1,x\n1,b,1,\n1,a,2,\n2,b,3,y\n2,a,4,\n", NULL, NULL,
     "train:\nb a end_of_history\na end_of_history\n"},
    {"newest first: ties are turned round",
     HEAD "2,a,4,y\n2,b,3,\n1,a,2,x\n1,b,1,\n1,a,1,\n",
     "newest first (its times go backwards in 2 histories, the first at ", NULL,
     "train:\nb a end_of_history\na end_of_history\n"},
    {"newest first: histories that begin together are turned round, too",
     HEAD "2,a,4,y\n2,a,3,\n1,b,4,x\n1,a,3,\n", "newest first", NULL,
     "train:\nb end_of_history\na end_of_history\n"},
    {"both: ties keep the order of the file, which may be wrong",
     HEAD "1,a,2,x\n1,b,1,\n1,a,1,\n2,b,3,y\n2,a,4,\n", NULL,
     "x.csv:2, 1 event has the time of the one before",
     "train:\na a end_of_history\na end_of_history\n"},
    {"the time of the history in all its events",
     HEAD "1,a,5,x\n1,b,5,\n2,a,6,y\n2,b,6,\n3,a,7,y\n3,b,7,\n", NULL,
     "column \"time\" is the same in all events of 3 of 3 histories",
     "train:\nb end_of_history\nb end_of_history\nb end_of_history\n"},
    {"one history of ten lasts very long",
     HEAD "10,a,2026-01-01 10:00,x\n10,b,2206-01-01 10:00,\n" NINE_OF_A_DAY, NULL,
     "1 of 10 histories lasts longer than 99.", TEN_IN_PARTS},
    {"two are not few",
     HEAD "10,a,2026-01-01 10:00,x\n10,b,2206-01-01 10:00,\n11,b,"
          "2028-01-01 10:00,\n" NINE_OF_A_DAY,
     NULL, NULL,
     "train:\n" NEXT_B "b b end_of_history\n" NEXT_B NEXT_B FOUR
     "validate:\n" NEXT_B NEXT_B},
    {"one history at one time is nothing",
     HEAD "1,a,5,x\n1,b,5,\n2,a,6,y\n2,b,7,\n3,a,7,y\n3,b,8,\n", NULL, NULL,
     "train:\nb end_of_history\nb end_of_history\nb end_of_history\n"},
};

START_TEST(test_order_of_events_at_one_time)
{
    struct data_file file;
    struct examples examples;
    json_t *schema = json_loads(AB, 0, NULL);
    const struct examples_settings settings = {
        .task = TASK_NEXT, .with_end = true, .schema = schema, .seed = 1};
    struct strbuf shown;
    data_file_init(&file, "x.csv", orders[_i].text, &no_split);
    ck_assert(examples_load(&examples, &file.data, &settings, NULL) == STATUS_OK);
    const char *notes = examples.messages.notes.bytes;
    const char *warnings = examples.messages.warnings.bytes;
    notes = notes ? notes : "";
    warnings = warnings ? warnings : "";
    ck_assert_msg(orders[_i].note ? strstr(notes, orders[_i].note) != NULL
                                  : strstr(notes, "newest first") == NULL,
                  "%s: %s", orders[_i].about, notes);
    ck_assert_msg(orders[_i].warning ? strstr(warnings, orders[_i].warning) != NULL
                                     : strstr(warnings, "time of the one") == NULL &&
                                           strstr(warnings, "the same in all") == NULL &&
                                           strstr(warnings, "longer than") == NULL,
                  "%s: %s", orders[_i].about, warnings);
    strbuf_init(&shown, SIZE_MAX);
    show(&examples, &shown);
    ck_assert_msg(strcmp(shown.bytes, orders[_i].next) == 0, "%s: %s", orders[_i].about,
                  shown.bytes);
    strbuf_release(&shown);
    json_decref(schema);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
}
END_TEST

/* ---- which column holds the times ---- */

static const struct data_keys timed_by_date = {DATA_KEYS("Date", "")};
static const struct data_keys untimed = {DATA_KEYS("", "")};
static const struct data_keys day_first = {DATA_KEYS("time", ""),
                                           .time_format = "day-first"};
static const struct data_keys of_model = {DATA_KEYS("created", ""), .may_fall_back = true,
                                          .model_time = "created"};
static const struct data_keys of_recipe = {
    DATA_KEYS("created", ""), .may_fall_back = true, .recipe_time = "created"};
static const struct data_keys of_model_given = {
    DATA_KEYS("when", ""), .may_fall_back = true, .is_time_given = true};

/* Two cases of two events each, whose other cells are these. */
#define ROWS(head, a, b, c, d)                                                           \
    "case,event," head "\n1,a," a "\n1,b," b "\n2,a," c "\n2,b," d "\n"

static const struct {
    const char *about;
    const struct data_keys *keys;
    const char *text;
    const char *error;   /* a part; NULL: none */
    const char *warning; /* a part; NULL: none */
    const char *note;    /* a part */
} times[] = {
    {"a date and a time of day", &no_split,
     ROWS("Date,Time", "2026-01-01,10:04", "2026-01-01,10:05", "2026-01-02,9:01",
          "2026-01-02,9:00"),
     "\"Date\" holds dates and \"Time\" times of day: join them, as said above, or say "
     "--time Date for the dates alone",
     NULL, "mlr --csv put '${Date} = ${Date} . \" \" . ${Time}' "},
    {"of which the second has our key", &no_split,
     ROWS("date,time", "2026-01-01,10:04", "2026-01-01,10:05", "2026-01-02,9:01",
          "2026-01-02,9:00"),
     "\"date\" holds dates and \"time\" times of day", "is left out",
     "mlr --csv put '${time} = ${date} . \" \" . ${time}' "},
    {"dates day first", &no_split,
     ROWS("Date,Time", "13/01/2026,10:04", "13/01/2026,10:05", "14/01/2026,9:01",
          "14/01/2026,9:00"),
     "\"Date\" holds dates and \"Time\" times of day", NULL, ""},
    {"the date is the time, because the user says so", &timed_by_date,
     ROWS("Date,Time", "2026-01-01,10:04", "2026-01-01,10:05", "2026-01-02,9:01",
          "2026-01-02,9:00"),
     NULL, "if they belong to the dates in \"Date\", join both columns", ""},
    {"a date and durations", &no_split,
     ROWS("Date,spent", "2026-01-01,10:04", "2026-01-01,10:05", "2026-01-02,9:01",
          "2026-01-02,9:00"),
     NULL, "column \"spent\" holds times of day without a date", ""},
    {"times of day alone", &no_split, ROWS("at", "10:04", "10:05", "9:01", "9:00"), NULL,
     "column \"at\" holds times of day without a date, such as \"10:04\" (", ""},
    {"times of day under our key", &no_split,
     ROWS("time", "10:04", "10:05", "9:01", "9:00"),
     "column \"time\" holds times of day without a date, such as \"10:04\"", NULL, ""},
    {"durations beside times", &no_split,
     ROWS("created,spent", "2026-01-01 10:00,10:04", "2026-01-01 10:01,10:05",
          "2026-01-02 10:00,9:01", "2026-01-02 10:07,9:00"),
     NULL, NULL, "column \"created\" holds times and is used"},
    {"times that cannot be read", &no_split,
     ROWS("created", "2026-01-01 10:00 CET", "2026-01-01 10:01 CET",
          "2026-01-02 10:00 CET", "2026-01-02 10:07 CET"),
     "cannot be read as times, as said above", NULL,
     "--time-format '%Y-%m-%d %H:%M CET'"},
    {"compact times with a fraction", &no_split,
     ROWS("time", "20260101100000.0Z", "20260101100100.0Z", "20260102100000.0Z",
          "20260102100700.0Z"),
     "it reads as a compact date: 2026-01-01T10:00:00Z; --time-format 'compact'", NULL,
     ""},
    {"that are not wanted", &untimed,
     ROWS("created", "2026-01-01 10:00 CET", "2026-01-01 10:01 CET",
          "2026-01-02 10:00 CET", "2026-01-02 10:07 CET"),
     NULL, "reads it as UTC: it is left out", ""},
    {"beside others that can be read", &no_split,
     ROWS("created,seen", "2026-01-01 10:00 CET,2026-01-01T10:00:00Z",
          "2026-01-01 10:01 CET,2026-01-01T10:01:00Z",
          "2026-01-02 10:00 CET,2026-01-02T10:01:00Z",
          "2026-01-02 10:07 CET,2026-01-02T10:08:00Z"),
     NULL, "reads it as UTC: it is left out", "column \"seen\" holds times and is used"},
    {"numbers are no times because of a format", &day_first,
     ROWS("created,load", "13/01/2026 10:00,3", "13/01/2026 10:01,0.5",
          "14/01/2026 10:00,7", "14/01/2026 10:02,3"),
     NULL, NULL, "column \"created\" holds times and is used"},
    {"a format that reads no column", &day_first,
     ROWS("load,team", "3,x", "0.5,y", "7,x", "3,z"), NULL,
     "no column holds times in the format day-first", ""},
    {"times in another format than the given one", &day_first,
     ROWS("created,load", "20260101,3", "20260101,0.5", "20260102,7", "20260103,3"), NULL,
     "column \"created\" holds compact dates, but not in the format day-first", ""},
    {"zones in another column", &no_split,
     ROWS("seen,tz", "2026-01-01 10:00,CET", "2026-01-01 10:01,CET",
          "2026-01-02 10:00,EST", "2026-01-02 10:07,EST"),
     NULL, "column \"tz\" holds time zones, such as \"CET\", which are not applied", ""},
    {"of times under our key", &no_split,
     ROWS("time,tz", "13/01/2026 10:00,+01:00", "13/01/2026 10:01,+01:00",
          "14/01/2026 10:00,-05:00", "14/01/2026 10:07,-05:00"),
     NULL, "column \"tz\" holds time zones, such as \"+01:00\", which are not applied",
     ""},
    {"of times that have zones", &no_split,
     ROWS("seen,tz", "2026-01-01T10:00Z,CET", "2026-01-01T10:01Z,CET",
          "2026-01-02T10:00Z,EST", "2026-01-02T10:07Z,EST"),
     NULL, NULL, ""},
    {"ticks that look like nanoseconds", &no_split,
     ROWS("time", "639031829240000000", "639031829250000000", "639031829260000000",
          "639031829270000000"),
     NULL, "column \"time\": all times are before 2000, from 1990-04-02 to 1990-04-02",
     "holds nanoseconds since the epoch"},
    {"a year of another calendar", &no_split,
     ROWS("seen", "2569-01-05 10:00", "2569-01-05 10:01", "2569-01-06 10:00",
          "2569-01-06 10:07"),
     NULL, "all times are in the future, from 2569-01-05 to 2569-01-06", ""},
    {"one time in the future is not all", &no_split,
     ROWS("seen", "2026-01-05 10:00", "2026-01-05 10:01", "2026-01-06 10:00",
          "2069-01-06 10:07"),
     NULL, NULL, ""},
    {"hours of zones beside local times", &no_split,
     ROWS("seen,utc_offset", "2026-01-05 10:00,+9", "2026-01-05 10:01,+9",
          "2026-01-06 10:00,-5", "2026-01-06 10:07,-5"),
     NULL,
     "column \"utc_offset\" holds time zones, such as \"+9\", which are not applied", ""},
    {"small numbers are no zones", &no_split,
     ROWS("seen,load", "2026-01-05 10:00,9", "2026-01-05 10:01,9", "2026-01-06 10:00,-5",
          "2026-01-06 10:07,-5"),
     NULL, NULL, ""},
    {"a likely name and cells that are no times", &no_split,
     ROWS("occurred", "4 hours ago", "3 hours ago", "1 hour ago", "just now"), NULL,
     "column \"occurred\" is called like a time, but \"4 hours ago\" (", ""},
    {"the same beside times", &no_split,
     ROWS("seen,time_to_ack", "2026-01-01 10:00,4 min", "2026-01-01 10:01,3 min",
          "2026-01-02 10:00,1 min", "2026-01-02 10:07,9 min"),
     NULL, NULL, "column \"seen\" holds times and is used"},
    {"serial days under a likely name", &no_split,
     ROWS("created_at", "45352.379", "45353.40", "45354.40", "45354.60"), NULL,
     "serial days of a spreadsheet (--time-format excel) or relative seconds "
     "(--time-format seconds); if it is the time, add --time created_at",
     ""},
    {"another column than that of the model", &of_model,
     ROWS("opened", "2026-01-01 10:00", "2026-01-01 10:01", "2026-01-02 10:00",
          "2026-01-02 10:07"),
     NULL,
     "the model was trained on the times in \"created\", which the data does not have",
     "column \"opened\" holds times and is used"},
    {"another column than that of the recipe", &of_recipe,
     ROWS("opened", "2026-01-01 10:00", "2026-01-01 10:01", "2026-01-02 10:00",
          "2026-01-02 10:07"),
     NULL, "the recipe is for the times in \"created\", which the data does not have",
     "column \"opened\" holds times and is used"},
    {"our key instead of that of the model", &of_model,
     ROWS("time", "2026-01-01 10:00", "2026-01-01 10:01", "2026-01-02 10:00",
          "2026-01-02 10:07"),
     NULL, NULL, ""},
    {"a key that is given and that the data lacks", &of_model_given,
     ROWS("opened", "2026-01-01 10:00", "2026-01-01 10:01", "2026-01-02 10:00",
          "2026-01-02 10:07"),
     "no column \"when\"", NULL, ""},
    {"a key that is given is the one of the model", &of_model_given,
     ROWS("when", "2026-01-01 10:00", "2026-01-01 10:01", "2026-01-02 10:00",
          "2026-01-02 10:07"),
     NULL, NULL, ""},
};

START_TEST(test_column_of_the_times)
{
    struct data_file file;
    struct examples examples;
    struct error err = {.status = STATUS_OK};
    json_t *schema = json_loads(AB, 0, NULL);
    const struct examples_settings settings = {
        .task = TASK_NEXT, .with_end = true, .schema = schema, .seed = 1};
    const char *about = times[_i].about;
    data_file_init(&file, "x.csv", times[_i].text, times[_i].keys);
    enum status status = examples_load(&examples, &file.data, &settings, &err);
    const char *notes = examples.messages.notes.bytes;
    const char *warnings = examples.messages.warnings.bytes;
    ck_assert_msg((status == STATUS_OK) == !times[_i].error, "%s: %s", about, err.text);
    ck_assert_msg(!times[_i].error || strstr(err.text, times[_i].error), "%s: %s", about,
                  err.text);
    ck_assert_msg(strstr(notes ? notes : "", times[_i].note), "%s: %s", about, notes);
    ck_assert_msg(times[_i].warning
                      ? strstr(warnings ? warnings : "", times[_i].warning) != NULL
                      : !warnings || !strstr(warnings, "column \""),
                  "%s: %s", about, warnings ? warnings : "");
    json_decref(schema);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
}
END_TEST

/* A model of the schema AB and of those actions. */
static struct model *model_for(enum task task, const char *const *actions, size_t count)
{
    const struct spec spec = {
        .cell = CELL_RNN, .hidden = 1, .layers = 1, .directions = 1};
    const struct training training = {.threads = 1};
    json_t *json = json_loads(AB, 0, NULL);
    struct schema *schema = triage_schema_read(json, "", NULL);
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, task, actions, count, &training, NULL);
    char *bytes;
    size_t length;
    ck_assert_ptr_nonnull(trainer);
    ck_assert(triage_trainer_write(trainer, NULL, &bytes, &length, NULL) == STATUS_OK);
    struct model *model = triage_model_read("test", bytes, length, NULL);
    free(bytes);
    triage_trainer_free(trainer);
    triage_schema_free(schema);
    json_decref(json);
    return model;
}

#define PARTS                                                                            \
    "{\"part\": \"train\", \"events\": [\"a\", \"b\"], \"action\": \"x\"}\n"             \
    "{\"part\": \"train\", \"events\": [\"a\", \"c\"], \"action\": \"new\"}\n"           \
    "{\"part\": \"val\", \"events\": [\"b\"], \"action\": \"y\"}\n"                      \
    "{\"part\": \"test\", \"events\": [\"b\", \"c\", \"a\"], \"action\": \"new\"}\n"     \
    "{\"part\": \"test\", \"events\": [\"a\"], \"action\": \"y\"}\n"

static const char *const labels[] = {"y", "x"};
static const char *const nexts[] = {"end_of_history", "a", "b"};

static const struct {
    const char *about;
    enum task task;
    const struct data_keys *keys;
    const char *part, *shown;
} evaluated[] = {
    {"test, when there is a split", TASK_LAST, &with_split, "",
     "train:\n- x\ny\nevaluate:\n- - ?\ny\n"},
    {"test by name", TASK_LAST, &with_split, "test",
     "train:\n- x\ny\nevaluate:\n- - ?\ny\n"},
    {"val", TASK_LAST, &with_split, "val", "train:\n- x\nevaluate:\ny\n"},
    {"train", TASK_LAST, &with_split, "train", "train:\ny\nevaluate:\n- x\n- ?\n"},
    {"all", TASK_LAST, &with_split, "all", "evaluate:\n- x\n- ?\ny\n- - ?\ny\n"},
    {"all, when there is no split", TASK_LAST, &no_split, "",
     "evaluate:\n- x\n- ?\ny\n- - ?\ny\n"},
    {"next: an event that the model does not know is still the right one", TASK_NEXT,
     &with_split, "test",
     "train:\nb end_of_history\n- end_of_history\nend_of_history\n"
     "evaluate:\n? a end_of_history\nend_of_history\n"},
    {"every", TASK_EVERY, &with_split, "test",
     "train:\nx x\n- -\ny\nevaluate:\n? ? ?\ny\n"},
};

START_TEST(test_evaluation_examples_of_each_task)
{
    bool is_next = evaluated[_i].task == TASK_NEXT;
    struct model *model = model_for(evaluated[_i].task, is_next ? nexts : labels,
                                    is_next ? COUNT(nexts) : COUNT(labels));
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct data_file file;
    struct strbuf shown;
    data_file_init(&file, "x.jsonl", PARTS, evaluated[_i].keys);
    ck_assert_msg(examples_load_for_model(&examples, &file.data, model,
                                          evaluated[_i].part, &err) == STATUS_OK,
                  "%s: %s: %s", evaluated[_i].about, err.where, err.text);
    strbuf_init(&shown, SIZE_MAX);
    show(&examples, &shown);
    ck_assert_msg(strcmp(shown.bytes, evaluated[_i].shown) == 0, "%s: %s",
                  evaluated[_i].about, shown.bytes);
    ck_assert_ptr_null(examples.posterior);
    strbuf_release(&shown);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
    triage_model_free(model);
}
END_TEST

static const struct {
    const char *about, *part, *text, *where, *error;
    const struct data_keys *keys;
} bad_parts[] = {
    {"an unknown part", "tset", PARTS, "--part", "no part \"tset\"", &with_split},
    {"a part without a split", "test", PARTS, "--part", "needs --split", &no_split},
    {"an empty part", "test",
     "{\"part\": \"val\", \"events\": [\"b\"], \"action\": \"y\"}\n", NULL,
     "belongs to the part", &with_split},
};

START_TEST(test_bad_parts_are_errors)
{
    struct model *model = model_for(TASK_LAST, labels, COUNT(labels));
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct data_file file;
    data_file_init(&file, "x.jsonl", bad_parts[_i].text, bad_parts[_i].keys);
    ck_assert_msg(examples_load_for_model(&examples, &file.data, model,
                                          bad_parts[_i].part, &err) != STATUS_OK,
                  "%s", bad_parts[_i].about);
    ck_assert_str_eq(err.where, bad_parts[_i].where ? bad_parts[_i].where : file.path);
    ck_assert_msg(strstr(err.text, bad_parts[_i].error) != NULL, "%s: %s",
                  bad_parts[_i].about, err.text);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
    triage_model_free(model);
}
END_TEST

#define STATED(posterior)                                                                \
    "{\"events\": [\"a\"], \"action\": \"x\", \"posterior\": " posterior "}\n"

static const struct {
    const char *about, *text;
    double posterior[4]; /* of y and x, history by history; negative first: none */
    const char *error;
} stated[] = {
    {"stated by all",
     STATED("{\"x\": 0.25, \"y\": 0.75}") STATED("{\"x\": 1}"),
     {0.75, 0.25, 0, 1},
     NULL},
    {"an action the model lacks, without probability",
     STATED("{\"x\": 0.5, \"y\": 0.5, \"z\": 0}") STATED("{\"y\": 1}"),
     {0.5, 0.5, 1, 0},
     NULL},
    {"an action the model lacks, with a probability: no posterior",
     STATED("{\"x\": 0.5, \"z\": 0.5}") STATED("{\"x\": 1}"),
     {-1},
     NULL},
    {"not stated by all",
     STATED("{\"x\": 1}") "{\"events\": [\"a\"], \"action\": \"x\"}\n",
     {-1},
     NULL},
    {"not stated by the first",
     "{\"events\": [\"a\"], \"action\": \"x\"}\n" STATED("{\"x\": 1}"),
     {-1},
     NULL},
    {"probabilities that do not sum to 1",
     STATED("{\"x\": 0.5}"),
     {-1},
     "/posterior: the probabilities sum to 0.5, not to 1"},
    {"a number that is not a probability",
     STATED("{\"x\": 1.5}"),
     {-1},
     "/posterior/x: expected a number from 0 to 1"},
};

START_TEST(test_posteriors_are_read_if_all_state_them)
{
    struct model *model = model_for(TASK_LAST, labels, COUNT(labels));
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct data_file file;
    data_file_init(&file, "x.jsonl", stated[_i].text, &no_split);
    enum status status = examples_load_for_model(&examples, &file.data, model, "", &err);
    ck_assert_msg((status == STATUS_OK) == (stated[_i].error == NULL), "%s",
                  stated[_i].about);
    if (stated[_i].error)
        ck_assert_msg(strcmp(err.text, stated[_i].error) == 0, "%s: %s", stated[_i].about,
                      err.text);
    else
        ck_assert_msg((examples.posterior == NULL) == (stated[_i].posterior[0] < 0), "%s",
                      stated[_i].about);
    for (size_t i = 0; status == STATUS_OK && examples.posterior && i < 4; i++)
        assert_close(stated[_i].about, i, examples.posterior[i], stated[_i].posterior[i],
                     0);
    examples_release(&examples);
    tmpdir_release(&file.tmpdir);
    triage_model_free(model);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct data_file file;
    if (good[_i].keys->skip_bad)
        return; /* each pass would print the skipped line */
    data_file_init(&file, good[_i].file, good[_i].text, good[_i].keys);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct examples examples;
        const struct examples_settings settings = {
            .task = good[_i].task, .with_end = good[_i].with_end, .seed = 1};
        enum status status = examples_load(&examples, &file.data, &settings, &err);
        ck_assert_msg(status == err.status, "pass %u: %s", n, err.text);
        ck_assert_msg(!failing_malloc_has_failed() || status == STATUS_NO_MEMORY ||
                          status == STATUS_IO,
                      "%s: pass %u: %s: %s", good[_i].about, n, err.where, err.text);
        examples_release(&examples);
    }
    tmpdir_release(&file.tmpdir);
}
END_TEST

Suite *examples_suite(void)
{
    Suite *suite = suite_create("examples");
    TCase *tc = tcase_create("examples");
    tcase_add_loop_test(tc, test_training_examples_of_each_task, 0, COUNT(good));
    tcase_add_loop_test(tc, test_bad_data_is_an_error, 0, COUNT(bad));
    tcase_add_test(tc, test_long_integers_are_numbers);
    tcase_add_loop_test(tc, test_label_is_not_a_field, 0, 3);
    tcase_add_test(tc, test_scales_of_a_recipe_are_kept_and_others_measured);
    tcase_add_test(tc, test_times_that_go_backwards_are_noted);
    tcase_add_loop_test(tc, test_order_of_events_at_one_time, 0,
                        sizeof orders / sizeof *orders);
    tcase_add_loop_test(tc, test_column_of_the_times, 0, COUNT(times));
    tcase_add_loop_test(tc, test_evaluation_examples_of_each_task, 0, COUNT(evaluated));
    tcase_add_loop_test(tc, test_bad_parts_are_errors, 0, COUNT(bad_parts));
    tcase_add_loop_test(tc, test_posteriors_are_read_if_all_state_them, 0, COUNT(stated));
    tcase_add_loop_test(tc, test_memory_runs_out, 0, COUNT(good));
    suite_add_tcase(suite, tc);
    return suite;
}
