/* What is asked of each event, for each target, in learning and in judging. */
#include "data/examples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/tmpdir.h"
#include "unit/suites.h"

static const struct keys no_split = {.id = "",
                                     .label = "action",
                                     .events = "events",
                                     .event = "event",
                                     .time = "time",
                                     .split = ""};
static const struct keys with_split = {.id = "",
                                       .label = "action",
                                       .events = "events",
                                       .event = "event",
                                       .time = "time",
                                       .split = "part"};
static const struct keys skipping = {.id = "",
                                     .label = "action",
                                     .events = "events",
                                     .event = "event",
                                     .time = "time",
                                     .split = "part",
                                     .skip_bad = true};

static const struct keys renamed = {.id = "nr",
                                    .label = "fix",
                                    .events = "steps",
                                    .event = "what",
                                    .time = "at",
                                    .split = ""};
static const struct keys same = {.id = "",
                                 .label = "action",
                                 .events = "events",
                                 .event = "action",
                                 .time = "time",
                                 .split = ""};

/* A data file, alive until released. */
struct scene {
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH];
    const char *files[1];
    struct data_files data;
};

static void scene_init(struct scene *scene, const char *name, const char *text,
                       const struct keys *keys)
{
    tmpdir_init(&scene->tmpdir);
    tmpdir_join(&scene->tmpdir, name, scene->path);
    ck_assert(file_write(scene->path, text, strlen(text), NULL) == STATUS_OK);
    scene->files[0] = scene->path;
    scene->data = (struct data_files){scene->files, 1, keys};
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

/* Names of the parts, and a line for each history in it. */
static void show(const struct examples *examples, struct strbuf *shown)
{
    strbuf_add(shown, "");
    show_all(examples, "learn", examples->learn, examples->learn_count, shown);
    show_all(examples, "validate", examples->validate, examples->validate_count, shown);
    show_all(examples, "judged", examples->judged, examples->judged_count, shown);
}

#define RECIPE(values)                                                                   \
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": " values    \
    "}]}"
#define AB RECIPE("[\"a\", \"b\"]")

static const struct {
    const char *about, *file;
    const struct keys *keys;
    enum task target;
    bool with_end;
    const char *schema, *actions, *text, *shown;
} good[] = {
    {"last: the label, at the end", "x.jsonl", &no_split, TASK_LAST, true, AB, NULL,
     "{\"events\": [\"a\", \"b\"], \"action\": \"x\"}\n"
     "{\"events\": [\"a\"], \"action\": \"y\"}\n",
     "learn:\n- x\ny\n"},
    {"last: integers and booleans are known by their text", "x.jsonl", &no_split,
     TASK_LAST, true, AB, NULL,
     "{\"events\": [\"a\"], \"action\": 1}\n{\"events\": [\"a\"], \"action\": true}\n",
     "learn:\n1\ntrue\n"},
    {"next: the event that follows, then the end", "x.jsonl", &no_split, TASK_NEXT, true,
     AB, NULL, "{\"events\": [\"a\", \"b\", \"b\"]}\n", "learn:\nb b end_of_history\n"},
    {"next: without the end nothing is asked there", "x.jsonl", &no_split, TASK_NEXT,
     false, AB, NULL, "{\"events\": [\"a\", \"b\", \"b\"]}\n{\"events\": [\"b\"]}\n",
     "learn:\nb b -\n-\n"},
    {"next: what the schema lacks is not asked for", "x.jsonl", &no_split, TASK_NEXT,
     true, AB, NULL, "{\"events\": [\"a\", \"rare\", \"b\"]}\n",
     "learn:\n- b end_of_history\n"},
    {"next: in the order of time", "x.jsonl", &no_split, TASK_NEXT, true, AB, NULL,
     "{\"events\": [{\"event\": \"b\", \"time\": 9}, {\"event\": \"a\", \"time\": 1}]}\n",
     "learn:\nb end_of_history\n"},
    {"next: in the recipe's order of actions", "x.jsonl", &no_split, TASK_NEXT, true, AB,
     "[\"end_of_history\", \"b\", \"a\"]", "{\"events\": [\"a\", \"b\"]}\n",
     "learn:\nb end_of_history\n"},
    {"every: an event's own label, else the line's", "x.jsonl", &no_split, TASK_EVERY,
     true, AB, NULL,
     "{\"events\": [{\"event\": \"a\", \"action\": \"x\"}, \"b\"], \"action\": \"y\"}\n",
     "learn:\nx y\n"},
    {"every: labels go with their events", "x.jsonl", &no_split, TASK_EVERY, true, AB,
     NULL,
     "{\"events\": [{\"event\": \"a\", \"time\": 9, \"action\": \"late\"}, {\"event\": "
     "\"b\", \"time\": 5, \"action\": \"early\"}, {\"event\": \"b\", \"time\": 7, "
     "\"action\": \"middle\"}]}\n",
     "learn:\nearly middle late\n"},
    {"parts of a split; test is not looked at", "x.jsonl", &with_split, TASK_LAST, true,
     AB, NULL,
     "{\"part\": \"val\", \"events\": [\"a\"], \"action\": \"x\"}\n"
     "{\"part\": \"test\", \"events\": 7}\n"
     "{\"part\": \"train\", \"events\": [\"a\"], \"action\": \"y\"}\n",
     "learn:\ny\nvalidate:\nx\n"},
    {"a bad line is skipped", "x.jsonl", &skipping, TASK_EVERY, true, AB, NULL,
     "{\"part\": \"train\", \"events\": [\"a\", \"b\"]}\n"
     "{\"part\": \"train\", \"events\": [\"a\"], \"action\": \"x\"}\n"
     "{\"part\": \"train\", \"events\": [\"a\"], \"action\": \"y\"}\n",
     "learn:\nx\ny\n"},
    {"other names for everything", "x.jsonl", &renamed, TASK_EVERY, true, AB, NULL,
     "\xef\xbb\xbf{\"steps\": [{\"what\": \"a\", \"at\": 9, \"fix\": \"x\"}, {\"what\": "
     "\"b\", \"at\": 1, \"fix\": \"y\"}], \"nr\": 7}\n",
     "learn:\ny x\n"},
    {"the label is the event's name", "x.jsonl", &same, TASK_EVERY, true, AB, NULL,
     "{\"events\": [{\"action\": \"a\"}, {\"action\": \"b\"}]}\n", "learn:\na b\n"},
    {"CSV, last", "x.csv", &no_split, TASK_LAST, true, AB, NULL,
     "case,event,action\n1,a,\n2,b,y\n1,b,x\n", "learn:\n- x\ny\n"},
    {"CSV, next, its times out of order", "x.csv", &no_split, TASK_NEXT, true, AB, NULL,
     "case,event,time\n1,b,2026-11-22 10:04\n1,a,2026-11-22 10:03\n",
     "learn:\nb end_of_history\n"},
    {"CSV, every, its times out of order", "x.csv", &no_split, TASK_EVERY, true, AB, NULL,
     "case,event,time,action\n1,b,9,x\n1,a,3,y\n", "learn:\ny x\n"},
    {"CSV, every, what one row says of its case", "x.csv", &no_split, TASK_EVERY, true,
     AB, NULL, "case,event,action\n1,a,\n2,a,y\n1,b,x\n2,b,y\n1,a,\n",
     "learn:\nx x x\ny y\n"},
    {"the last fifth in time validates", "x.csv", &no_split, TASK_LAST, true, AB, NULL,
     "case,event,time,action\n1,a,5,x\n2,a,9,late\n3,a,3,x\n4,a,2,x\n5,a,1,x\n",
     "learn:\nx\nx\nx\nx\nvalidate:\nlate\n"},
};

static enum status load(struct examples *examples, int i, struct scene *scene,
                        struct error *err)
{
    json_t *schema = json_loads(good[i].schema, 0, NULL);
    json_t *actions =
        good[i].actions == NULL ? NULL : json_loads(good[i].actions, 0, NULL);
    enum status status = examples_load(examples, &scene->data, good[i].target,
                                       good[i].with_end, schema, actions, 1, err);

    json_decref(schema);
    json_decref(actions);
    return status;
}

START_TEST(test_learning)
{
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct scene scene;
    struct strbuf shown;

    scene_init(&scene, good[_i].file, good[_i].text, good[_i].keys);
    ck_assert_msg(load(&examples, _i, &scene, &err) == STATUS_OK, "%s: %s: %s",
                  good[_i].about, err.where, err.text);
    strbuf_init(&shown, SIZE_MAX);
    show(&examples, &shown);
    ck_assert_msg(strcmp(shown.bytes, good[_i].shown) == 0, "%s: %s", good[_i].about,
                  shown.bytes);
    strbuf_release(&shown);
    examples_release(&examples);
    tmpdir_release(&scene.tmpdir);
}
END_TEST

#define GOOD_LINES                                                                       \
    "{\"events\": [\"a\", \"b\"], \"action\": \"x\"}\n"                                  \
    "{\"events\": [\"a\", \"b\"], \"action\": \"y\"}\n"

static const struct {
    const char *about, *file;
    const struct keys *keys;
    enum task target;
    const char *schema, *actions, *text;
    const char *where, *complaint; /* where: its end */
} bad[] = {
    {"no label", "x.jsonl", &no_split, TASK_LAST, NULL, NULL,
     GOOD_LINES "{\"events\": [\"a\"]}\n", "x.jsonl:3",
     "/action: the label is missing; --label names its key"},
    {"neither the event nor the line has a label", "x.jsonl", &no_split, TASK_EVERY, NULL,
     NULL, GOOD_LINES "\n{\"events\": [{\"event\": \"a\", \"action\": \"x\"}, \"b\"]}\n",
     "x.jsonl:4", "/events/1/action: the event has no label, nor has the whole history"},
    {"a label of another kind", "x.jsonl", &no_split, TASK_EVERY, NULL, NULL,
     "{\"events\": [{\"event\": \"a\", \"action\": []}]}\n", "x.jsonl:1",
     "/events/0/action: the label is of another kind"},
    {"one label only", "x.jsonl", &no_split, TASK_LAST, NULL, NULL,
     "{\"events\": [\"a\"], \"action\": \"x\"}\n", "x.jsonl", "there is only one label"},
    {"an event with the name of the end", "x.jsonl", &no_split, TASK_NEXT,
     RECIPE("[\"a\", \"end_of_history\"]"), NULL, GOOD_LINES, "",
     "an event is called \"end_of_history\""},
    {"actions that do not follow from the schema", "x.jsonl", &no_split, TASK_NEXT, AB,
     "[\"a\", \"b\"]", GOOD_LINES, "/actions", "\"end_of_history\" is missing"},
    {"actions that the schema lacks", "x.jsonl", &no_split, TASK_NEXT, AB,
     "[\"a\", \"b\", \"c\", \"end_of_history\"]", GOOD_LINES, "/actions",
     "\"c\" is none"},
    {"an action twice", "x.jsonl", &no_split, TASK_LAST, AB, "[\"x\", \"y\", \"x\"]",
     GOOD_LINES, "/actions/2", "a repetition"},
    {"a label that is none of the recipe's", "x.jsonl", &no_split, TASK_EVERY, AB,
     "[\"x\", \"z\"]", GOOD_LINES, "x.jsonl:2",
     "/events/0/action: the label is none of the recipe's actions"},
    {"a schema's mistake", "x.jsonl", &no_split, TASK_LAST, "{\"feilds\": []}", NULL,
     GOOD_LINES, "/schema/feilds", "unknown key \"feilds\""},
    {"an empty file", "x.jsonl", &no_split, TASK_LAST, NULL, NULL, "", "x.jsonl",
     "there is no history in it"},
    {"a file of the part test alone", "x.jsonl", &with_split, TASK_LAST, NULL, NULL,
     "{\"part\": \"test\", \"events\": [\"a\"], \"action\": \"x\"}\n", "x.jsonl",
     "there is no history in it outside the part test"},
    {"nothing that can be read", "x.jsonl", &skipping, TASK_LAST, NULL, NULL, "x\n",
     "x.jsonl", "there is no history in it that can be read"},
    {"events under another key", "x.jsonl", &renamed, TASK_LAST, NULL, NULL,
     "{\"events\": [\"a\"], \"fix\": \"x\"}\n", "x.jsonl:1",
     "there is no \"steps\"; --events names the array of events"},
    {"names of events under another key", "x.jsonl", &no_split, TASK_LAST, NULL, NULL,
     "{\"events\": [{\"what\": \"a\"}], \"action\": \"x\"}\n"
     "{\"events\": [{\"what\": \"a\"}], \"action\": \"y\"}\n",
     "x.jsonl", "no event has a name; --event says what its key is called"},
    {"names of events that are numbers", "x.jsonl", &renamed, TASK_LAST, NULL, NULL,
     "{\"steps\": [{\"what\": 4624}], \"fix\": \"x\"}\n"
     "{\"steps\": [{\"what\": 4625}], \"fix\": \"y\"}\n",
     "x.jsonl:1", "/steps/0/what: the name of an event is a number"},
    {"a time, in the words of the data", "x.jsonl", &renamed, TASK_LAST, NULL, NULL,
     "{\"steps\": [{\"what\": \"a\", \"at\": 1}], \"fix\": \"x\"}\n"
     "{\"steps\": [{\"what\": \"a\", \"at\": 1}], \"fix\": \"y\"}\n"
     "{\"steps\": [{\"what\": \"a\", \"at\": \"noon\"}], \"fix\": \"y\"}\n",
     "x.jsonl:3", "/steps/0/at: not a time between the years 1 and 9999"},
    {"CSV: a time, in the words of the data", "x.csv", &renamed, TASK_LAST, NULL, NULL,
     "nr,what,at,fix\n1,a,3,x\n2,a,22/11/2026,y\n", "x.csv:3",
     "at: not a time between the years 1 and 9999"},
    {"a header without rows", "x.csv", &no_split, TASK_NEXT, NULL, NULL, "case,event\n",
     "x.csv", "no history in it"},
    {"CSV: no label in the whole case", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,action\n1,a,x\n2,a,\n", "x.csv:3",
     "action: no row of the case \"2\" has a label"},
    {"CSV: the lines of an old Macintosh", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,action\r1,a,x\r2,a,y\r", "x.csv:1",
     "there is a carriage return in the name of column 3: lines must end in LF or CRLF"},
    {"CSV: no label in a row whose case has several", "x.csv", &no_split, TASK_EVERY,
     NULL, NULL, "case,event,action\n1,a,x\n2,a,y\n1,b,y\n1,a,\n", "x.csv:5",
     "action: the row has no label, and its case has none or several"},
    {"CSV: every, no label in the whole case", "x.csv", &no_split, TASK_EVERY, NULL, NULL,
     "case,event,action\n1,a,x\n2,a,\n", "x.csv:3",
     "action: the row has no label, and its case has none or several"},
    {"CSV: a label that differs", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,action\n1,a,x\n2,a,y\n1,a,y\n", "x.csv:4",
     "action: line 2 says otherwise of the same case"},
    {"CSV: a time that is none", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,time,action\n1,a,3,x\n2,a,22/11/2026,y\n", "x.csv:3",
     "time: not a time between the years 1 and 9999"},
    {"CSV: a row too short", "x.csv", &no_split, TASK_LAST, NULL, NULL,
     "case,event,action\n1,a,x\n2,a\n", "x.csv:3",
     "the row has 2 cells, the header has 3"},
    {"a part with another name", "x.jsonl", &with_split, TASK_LAST, NULL, NULL,
     "{\"part\": \"dev\", \"events\": [\"a\"], \"action\": \"x\"}\n", "x.jsonl:1",
     "/part: the part of the split is missing or has another name"},
};

START_TEST(test_complaints)
{
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct scene scene;
    json_t *schema = bad[_i].schema == NULL ? NULL : json_loads(bad[_i].schema, 0, NULL);
    json_t *actions =
        bad[_i].actions == NULL ? NULL : json_loads(bad[_i].actions, 0, NULL);

    scene_init(&scene, bad[_i].file, bad[_i].text, bad[_i].keys);
    ck_assert_msg(examples_load(&examples, &scene.data, bad[_i].target, true, schema,
                                actions, 1, &err) == STATUS_BAD_INPUT,
                  "%s: accepted", bad[_i].about);
    size_t length = strlen(err.where), wanted = strlen(bad[_i].where);
    ck_assert_msg(length >= wanted &&
                      strcmp(err.where + length - wanted, bad[_i].where) == 0 &&
                      strstr(err.text, bad[_i].complaint) != NULL,
                  "%s: %s: %s", bad[_i].about, err.where, err.text);
    json_decref(schema);
    json_decref(actions);
    examples_release(&examples);
    tmpdir_release(&scene.tmpdir);
}
END_TEST

/* The label is no field, wherever it stands: it would tell what is asked. */
START_TEST(test_a_label_is_no_evidence)
{
    static const char text[] =
        "{\"events\": [{\"event\": \"a\", \"action\": \"x\", \"host\": \"h\"}, \"b\"], "
        "\"fields\": {\"action\": \"x\"}, \"action\": \"x\"}\n"
        "{\"events\": [{\"event\": \"a\", \"action\": \"y\", \"host\": \"i\"}, \"b\"], "
        "\"fields\": {\"action\": \"y\"}, \"action\": \"y\"}\n";
    struct examples examples;
    struct scene scene;
    struct strbuf schema;
    struct strbuf twice;

    strbuf_init(&schema, SIZE_MAX);
    strbuf_init(&twice, SIZE_MAX);
    strbuf_printf(&twice, "%s%s", text, text);
    scene_init(&scene, "x.jsonl", twice.bytes, &no_split);
    ck_assert(examples_load(&examples, &scene.data, (enum task)_i, true, NULL, NULL, 1,
                            NULL) == STATUS_OK);
    triage_schema_write(examples.schema, &schema);
    ck_assert_ptr_nonnull(strstr(schema.bytes, "\"host\""));
    ck_assert_msg(strstr(schema.bytes, "\"action\"") == NULL, "%s", schema.bytes);
    ck_assert_int_eq(strstr(examples.talk.bytes, "is taken for a label") == NULL,
                     _i == TASK_EVERY);
    ck_assert_ptr_null(json_object_get(
        json_array_get(json_object_get(examples.golden, "events"), 0), "action"));
    strbuf_release(&schema);
    strbuf_release(&twice);
    examples_release(&examples);
    tmpdir_release(&scene.tmpdir);
}
END_TEST

START_TEST(test_scales)
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
    struct scene scene;

    scene_init(&scene, "x.jsonl", text, &no_split);
    ck_assert(examples_load(&examples, &scene.data, TASK_LAST, true, given, NULL, 1,
                            NULL) == STATUS_OK);
    ck_assert_uint_eq(examples.learn_count, 2);
    /* the mean is measured, 2; the scale is as given */
    assert_close("the first", 0, (double)examples.learn[0].history.values[0], -2, 0);
    assert_close("the second", 0, (double)examples.learn[1].history.values[0], 2, 0);
    json_decref(given);
    examples_release(&examples);
    tmpdir_release(&scene.tmpdir);
}
END_TEST

START_TEST(test_times_that_go_backwards)
{
    struct examples examples;
    struct scene scene;

    scene_init(&scene, "x.csv",
               "case,event,time,action\n1,a,1,x\n2,a,5,y\n2,b,4,\n1,b,0,\n", &no_split);
    ck_assert(examples_load(&examples, &scene.data, TASK_LAST, true, NULL, NULL, 1,
                            NULL) == STATUS_OK);
    ck_assert_uint_eq(examples.reordered, 2);
    ck_assert_msg(strstr(examples.reordered_first, "x.csv:5") != NULL, "%s",
                  examples.reordered_first);
    examples_release(&examples);
    tmpdir_release(&scene.tmpdir);
}
END_TEST

/* A model of the schema AB and of those actions. */
static struct model *model_for(enum task target, const char *const *actions, size_t count)
{
    const struct spec spec = {
        .cell = CELL_RNN, .hidden = 1, .layers = 1, .directions = 1};
    const struct training training = {.threads = 1};
    json_t *json = json_loads(AB, 0, NULL);
    struct schema *schema = triage_schema_read(json, "", NULL);
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, target, actions, count, &training, NULL);
    char *bytes;
    size_t length;

    ck_assert_ptr_nonnull(trainer);
    ck_assert(triage_trainer_write(trainer, NULL, NULL, NULL, &bytes, &length, NULL) ==
              STATUS_OK);
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
    enum task target;
    const struct keys *keys;
    const char *part, *shown;
} judged[] = {
    {"test, when there is a split", TASK_LAST, &with_split, "",
     "learn:\n- x\ny\njudged:\n- - ?\ny\n"},
    {"test by name", TASK_LAST, &with_split, "test",
     "learn:\n- x\ny\njudged:\n- - ?\ny\n"},
    {"val", TASK_LAST, &with_split, "val", "learn:\n- x\njudged:\ny\n"},
    {"train", TASK_LAST, &with_split, "train", "learn:\ny\njudged:\n- x\n- ?\n"},
    {"all", TASK_LAST, &with_split, "all", "judged:\n- x\n- ?\ny\n- - ?\ny\n"},
    {"all, when there is no split", TASK_LAST, &no_split, "",
     "judged:\n- x\n- ?\ny\n- - ?\ny\n"},
    {"next: what the model does not know is asked for all the same", TASK_NEXT,
     &with_split, "test",
     "learn:\nb end_of_history\n- end_of_history\nend_of_history\n"
     "judged:\n? a end_of_history\nend_of_history\n"},
    {"every", TASK_EVERY, &with_split, "test",
     "learn:\nx x\n- -\ny\njudged:\n? ? ?\ny\n"},
};

START_TEST(test_judging)
{
    bool is_next = judged[_i].target == TASK_NEXT;
    struct model *model = model_for(judged[_i].target, is_next ? nexts : labels,
                                    is_next ? COUNT(nexts) : COUNT(labels));
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct scene scene;
    struct strbuf shown;

    scene_init(&scene, "x.jsonl", PARTS, judged[_i].keys);
    ck_assert_msg(examples_load_for(&examples, &scene.data, model, judged[_i].part,
                                    &err) == STATUS_OK,
                  "%s: %s: %s", judged[_i].about, err.where, err.text);
    strbuf_init(&shown, SIZE_MAX);
    show(&examples, &shown);
    ck_assert_msg(strcmp(shown.bytes, judged[_i].shown) == 0, "%s: %s", judged[_i].about,
                  shown.bytes);
    ck_assert_ptr_null(examples.posterior);
    strbuf_release(&shown);
    examples_release(&examples);
    tmpdir_release(&scene.tmpdir);
    triage_model_free(model);
}
END_TEST

static const struct {
    const char *about, *part, *text, *where, *complaint;
    const struct keys *keys;
} unjudged[] = {
    {"a part that is none", "tset", PARTS, "--part", "no part \"tset\"", &with_split},
    {"a part without a split", "test", PARTS, "--part", "needs --split", &no_split},
    {"nobody in it", "test",
     "{\"part\": \"val\", \"events\": [\"b\"], \"action\": \"y\"}\n", NULL,
     "belongs to the part", &with_split},
};

START_TEST(test_nothing_to_judge)
{
    struct model *model = model_for(TASK_LAST, labels, COUNT(labels));
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct scene scene;

    scene_init(&scene, "x.jsonl", unjudged[_i].text, unjudged[_i].keys);
    ck_assert_msg(examples_load_for(&examples, &scene.data, model, unjudged[_i].part,
                                    &err) != STATUS_OK,
                  "%s", unjudged[_i].about);
    ck_assert_str_eq(err.where,
                     unjudged[_i].where == NULL ? scene.path : unjudged[_i].where);
    ck_assert_msg(strstr(err.text, unjudged[_i].complaint) != NULL, "%s: %s",
                  unjudged[_i].about, err.text);
    examples_release(&examples);
    tmpdir_release(&scene.tmpdir);
    triage_model_free(model);
}
END_TEST

#define STATED(posterior)                                                                \
    "{\"events\": [\"a\"], \"action\": \"x\", \"posterior\": " posterior "}\n"

static const struct {
    const char *about, *text;
    double posterior[4]; /* of y and x, history by history; negative first: none */
    const char *complaint;
} stated[] = {
    {"stated by all",
     STATED("{\"x\": 0.25, \"y\": 0.75}") STATED("{\"x\": 1}"),
     {0.75, 0.25, 0, 1},
     NULL},
    {"an action the model lacks, without probability",
     STATED("{\"x\": 0.5, \"y\": 0.5, \"z\": 0}") STATED("{\"y\": 1}"),
     {0.5, 0.5, 1, 0},
     NULL},
    {"with some: then there is none",
     STATED("{\"x\": 0.5, \"z\": 0.5}") STATED("{\"x\": 1}"),
     {-1},
     NULL},
    {"not by all",
     STATED("{\"x\": 1}") "{\"events\": [\"a\"], \"action\": \"x\"}\n",
     {-1},
     NULL},
    {"not by the first",
     "{\"events\": [\"a\"], \"action\": \"x\"}\n" STATED("{\"x\": 1}"),
     {-1},
     NULL},
    {"no distribution",
     STATED("{\"x\": 0.5}"),
     {-1},
     "/posterior: the probabilities sum to 0.5, not to 1"},
    {"no probability",
     STATED("{\"x\": 1.5}"),
     {-1},
     "/posterior/x: expected a number from 0 to 1"},
};

START_TEST(test_posterior)
{
    struct model *model = model_for(TASK_LAST, labels, COUNT(labels));
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct scene scene;

    scene_init(&scene, "x.jsonl", stated[_i].text, &no_split);
    enum status status = examples_load_for(&examples, &scene.data, model, "", &err);
    ck_assert_msg((status == STATUS_OK) == (stated[_i].complaint == NULL), "%s",
                  stated[_i].about);
    if (stated[_i].complaint != NULL)
        ck_assert_msg(strcmp(err.text, stated[_i].complaint) == 0, "%s: %s",
                      stated[_i].about, err.text);
    else
        ck_assert_msg((examples.posterior == NULL) == (stated[_i].posterior[0] < 0), "%s",
                      stated[_i].about);
    for (size_t i = 0; status == STATUS_OK && examples.posterior != NULL && i < 4; i++)
        assert_close(stated[_i].about, i, examples.posterior[i], stated[_i].posterior[i],
                     0);
    examples_release(&examples);
    tmpdir_release(&scene.tmpdir);
    triage_model_free(model);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct scene scene;

    if (good[_i].keys->skip_bad)
        return; /* it would list its line in every pass */
    scene_init(&scene, good[_i].file, good[_i].text, good[_i].keys);
    for (unsigned n = 0; torture_again(&n);) {
        struct error err = {.status = STATUS_OK};
        struct examples examples;
        enum status status = examples_load(&examples, &scene.data, good[_i].target,
                                           good[_i].with_end, NULL, NULL, 1, &err);
        ck_assert_msg(status == err.status, "pass %u: %s", n, err.text);
        ck_assert_msg(!torture_has_struck() || status == STATUS_NO_MEMORY ||
                          status == STATUS_IO,
                      "%s: pass %u: %s: %s", good[_i].about, n, err.where, err.text);
        examples_release(&examples);
    }
    tmpdir_release(&scene.tmpdir);
}
END_TEST

Suite *examples_suite(void)
{
    Suite *suite = suite_create("examples");
    TCase *tc = tcase_create("examples");
    tcase_add_loop_test(tc, test_learning, 0, COUNT(good));
    tcase_add_loop_test(tc, test_complaints, 0, COUNT(bad));
    tcase_add_loop_test(tc, test_a_label_is_no_evidence, 0, 3);
    tcase_add_test(tc, test_scales);
    tcase_add_test(tc, test_times_that_go_backwards);
    tcase_add_loop_test(tc, test_judging, 0, COUNT(judged));
    tcase_add_loop_test(tc, test_nothing_to_judge, 0, COUNT(unjudged));
    tcase_add_loop_test(tc, test_posterior, 0, COUNT(stated));
    tcase_add_loop_test(tc, test_memory_runs_out, 0, COUNT(good));
    suite_add_tcase(suite, tc);
    return suite;
}
