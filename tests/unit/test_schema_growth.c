/*
 * Data for a training that goes on from a model: the schema and the actions of the model, with what is
 * new in the data after them; and data that does not fit the model.
 */
#include "data/schema/schema_growth.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "data/examples.h"
#include "support/data_keys.h"
#include "support/failing_malloc.h"
#include "support/tmpdir.h"
#include "trainer.h"
#include "unit/suites.h"

/* The model: two fields beside the event, the second one a number with its scale. */
static const char model_schema[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"b\", "
    "\"a\"],"
    " \"missing_share\": 0.5},"
    " {\"name\": \"zone\", \"kind\": \"category\", \"values\": [\"z2\", \"z1\"]},"
    " {\"name\": \"load\", \"kind\": \"number\", \"mean\": 2.5, \"scale\": 4.0,"
    " \"missing_mean\": 0.25, \"missing_scale\": 0.5}]}";

/* The same with times, and without the other fields. */
static const char timed_schema[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"b\", "
    "\"a\"]}], \"time\": [{\"name\": \"since_previous\", \"mean\": 1.5, \"scale\": "
    "2.0}]}";

static struct model *make_model(const char *schema_text, enum task task,
                                const char *const *actions, size_t action_count)
{
    const struct training training = {
        .batch = 16, .epochs = 1, .members = 1, .threads = 1};
    const struct spec spec = {
        .cell = CELL_GRU, .embedding = 2, .hidden = 3, .layers = 1, .directions = 1};
    struct error err = {.status = STATUS_OK};
    json_t *json = json_read(schema_text, strlen(schema_text), NULL);
    struct schema *schema = triage_schema_read(json, "", &err);
    ck_assert_msg(schema, "%s", err.text);
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, task, actions, action_count, &training, &err);
    ck_assert_msg(trainer, "%s", err.text);
    size_t length;
    char *bytes;
    ck_assert_int_eq(triage_trainer_write(trainer, NULL, &bytes, &length, &err),
                     STATUS_OK);
    struct model *model = triage_model_read("old", bytes, length, &err);
    ck_assert_msg(model, "%s", err.text);
    free(bytes);
    triage_trainer_free(trainer);
    triage_schema_free(schema);
    json_decref(json);
    return model;
}

static struct model *model_of_labels(const char *schema)
{
    static const char *const actions[] = {"y", "x"};
    return make_model(schema, TASK_LAST, actions, 2);
}

static void write_data(const char *text, struct tmpdir *tmpdir, char path[TMPDIR_PATH])
{
    tmpdir_init(tmpdir);
    tmpdir_join(tmpdir, "new", path);
    ck_assert(file_write(path, text, strlen(text), NULL) == STATUS_OK);
}

static enum status load_file(struct examples *examples, const char *path,
                             const struct model *from, const json_t *left_out,
                             struct error *err)
{
    static const struct data_keys keys = {DATA_KEYS("time", "part")};
    const char *files[1] = {path};
    const struct data_files data = {files, 1, &keys};
    const struct examples_settings settings = {.task = triage_model_task(from),
                                               .with_end = true,
                                               .from = from,
                                               .from_left_out = left_out,
                                               .seed = 1,
                                               .threads = 1};
    return examples_load(examples, &data, &settings, err);
}

static enum status load(struct examples *examples, const char *text,
                        const struct model *from, const json_t *left_out,
                        struct error *err)
{
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH];
    write_data(text, &tmpdir, path);
    enum status status = load_file(examples, path, from, left_out, err);
    tmpdir_release(&tmpdir);
    return status;
}

/* The fields and time features of the examples, without profile; numbers by mean and scale. */
static void show_schema(const struct examples *examples, struct strbuf *shown)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(examples->schema, &text);
    json_t *schema = json_read(text.bytes, text.length, NULL);
    json_t *field, *value;
    size_t i, v;
    json_array_foreach(json_object_get(schema, "fields"), i, field)
    {
        strbuf_printf(shown, "%s%s:", i > 0 ? "; " : "",
                      json_string_value(json_object_get(field, "name")));
        json_array_foreach(json_object_get(field, "values"), v, value)
        {
            strbuf_printf(shown, " %s", json_string_value(value));
        }
        if (!json_object_get(field, "values"))
            strbuf_printf(shown, " (%g, %g)",
                          json_number_value(json_object_get(field, "mean")),
                          json_number_value(json_object_get(field, "scale")));
        if (json_object_get(field, "booleans"))
            strbuf_add(shown, " or boolean");
    }
    json_array_foreach(json_object_get(schema, "time"), i, field)
    {
        strbuf_printf(shown, "; %s (%g)",
                      json_string_value(json_object_get(field, "name")),
                      json_number_value(json_object_get(field, "mean")));
    }
    strbuf_add(shown, " ->");
    for (size_t a = 0; a < examples->action_count; a++)
        strbuf_printf(shown, " %s", examples->actions[a]);
    json_decref(schema);
    strbuf_release(&text);
}

#define LINE(part, event, fields, action)                                                \
    "{\"part\": \"" part "\", \"events\": [{\"event\": \"" event "\"" fields             \
    "}], \"action\": \"" action "\"}\n"
#define OLD(part, action) LINE(part, "a", ", \"zone\": \"z1\", \"load\": 7", action)

static const struct {
    const char *about;
    const char *text;     /* the training histories */
    const char *left_out; /* JSON, or NULL */
    const char *shown;
    const char *note; /* among the notes, or NULL */
} grown[] = {
    {"nothing is new", OLD("train", "x") OLD("train", "y"), NULL,
     "event: b a; zone: z2 z1; load: (2.5, 4) -> y x", NULL},
    {"fields that are constant, and values of one history, stay",
     OLD("train", "x") OLD("train", "y")
         LINE("train", "b", ", \"zone\": \"z2\", \"load\": 7", "x"),
     NULL, "event: b a; zone: z2 z1; load: (2.5, 4) -> y x",
     "field \"zone\": category, 2 values\n"},
    {"new values follow, if they are in two histories",
     OLD("train", "x") LINE("train", "e", ", \"zone\": \"z3\", \"load\": 7", "x")
         LINE("train", "e", ", \"zone\": \"z3\", \"load\": 7", "x")
             LINE("train", "once", ", \"zone\": \"z0\", \"load\": 7", "y")
                 LINE("train", "c", ", \"zone\": \"z0\", \"load\": 7", "y")
                     LINE("train", "c", ", \"zone\": \"z1\", \"load\": 7", "y"),
     NULL, "event: b a c e; zone: z2 z1 z0 z3; load: (2.5, 4) -> y x",
     "field \"zone\": 2 values are new to the model: \"z0\", \"z3\"\n"},
    {"new actions follow, in alphabetical order",
     OLD("train", "w") OLD("train", "a") OLD("train", "x"), NULL,
     "event: b a; zone: z2 z1; load: (2.5, 4) -> y x a w", NULL},
    {"new fields follow, and their scales are measured",
     LINE("train", "a",
          ", \"color\": \"red\", \"zone\": \"z1\", \"load\": 7, \"size\": 3", "x")
         LINE("train", "a",
              ", \"color\": \"red\", \"zone\": \"z1\", \"load\": 8, \"size\": 5", "y")
             LINE("train", "b",
                  ", \"color\": \"blue\", \"zone\": \"z1\", \"load\": 9, \"size\": 5",
                  "y")
                 LINE("train", "b",
                      ", \"color\": \"blue\", \"zone\": \"z1\", \"load\": 9, \"size\": 3",
                      "y"),
     NULL,
     "event: b a; zone: z2 z1; load: (2.5, 4); color: blue red; size: (4, 1) -> y x",
     "field \"color\" is new to the model\n"},
    {"a field that the training of the model has left out stays out",
     LINE("train", "a", ", \"color\": \"red\", \"zone\": \"z1\", \"load\": 7", "x")
         LINE("train", "a", ", \"color\": \"red\", \"zone\": \"z1\", \"load\": 8", "y")
             LINE("train", "b", ", \"color\": \"blue\", \"zone\": \"z1\", \"load\": 9",
                  "y") LINE("train", "b",
                            ", \"color\": \"blue\", \"zone\": \"z1\", \"load\": 9", "y"),
     "[\"color\"]", "event: b a; zone: z2 z1; load: (2.5, 4) -> y x",
     "field \"color\" is left out, as in the model\n"},
    {"truth values among numbers",
     OLD("train", "x") LINE("train", "a", ", \"zone\": \"z1\", \"load\": true", "y")
         OLD("train", "y"),
     NULL, "event: b a; zone: z2 z1; load: (2.5, 4) or boolean -> y x", NULL},
    {"times are not new inputs",
     LINE("train", "a", ", \"time\": 1000000000, \"zone\": \"z1\", \"load\": 7", "x")
         LINE("train", "a", ", \"time\": 1000000900, \"zone\": \"z1\", \"load\": 7", "y"),
     NULL, "event: b a; zone: z2 z1; load: (2.5, 4) -> y x", NULL},
    {"CSV with decimal commas",
     "case;event;zone;load;action;part\n1;a;z1;7,5;x;train\n2;a;z1;0,5;y;train\n", NULL,
     "event: b a; zone: z2 z1; load: (2.5, 4) -> y x", NULL},
};

START_TEST(test_what_is_new_follows_what_the_model_has)
{
    struct model *model = model_of_labels(model_schema);
    const char *list = grown[_i].left_out;
    json_t *left_out = list ? json_read(list, strlen(list), NULL) : NULL;
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct strbuf shown, text;
    strbuf_init(&shown, SIZE_MAX);
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, grown[_i].text);
    strbuf_add(&text, *grown[_i].text == '{' ? OLD("val", "x") : "3;a;z1;7,5;x;val\n");
    ck_assert_msg(load(&examples, text.bytes, model, left_out, &err) == STATUS_OK,
                  "%s: %s: %s", grown[_i].about, err.where, err.text);
    show_schema(&examples, &shown);
    ck_assert_msg(strcmp(shown.bytes, grown[_i].shown) == 0, "%s: %s", grown[_i].about,
                  shown.bytes);
    if (grown[_i].note)
        ck_assert_msg(strstr(examples.messages.notes.bytes, grown[_i].note), "%s: %s",
                      grown[_i].about, examples.messages.notes.bytes);
    strbuf_release(&text);
    strbuf_release(&shown);
    examples_release(&examples);
    json_decref(left_out);
    triage_model_free(model);
}
END_TEST

/* 7 is (7 - 2.5) / 4, and the values have the ids that they have in the model. */
START_TEST(test_histories_are_encoded_as_by_the_model)
{
    struct model *model = model_of_labels(model_schema);
    struct examples examples;
    ck_assert_int_eq(load(&examples, OLD("train", "x") OLD("train", "y") OLD("val", "x"),
                          model, NULL, NULL),
                     STATUS_OK);
    const struct history *history = &examples.validation[0].history;
    ck_assert_uint_eq(history->ids[0], SCHEMA_FIRST + 1);
    ck_assert_uint_eq(history->ids[1], SCHEMA_FIRST + 1);
    ck_assert(history->values[0] == 1.125f && history->values[1] == -0.5f);
    ck_assert_uint_eq(examples.validation[0].action, 1);
    examples_release(&examples);
    triage_model_free(model);
}
END_TEST

START_TEST(test_next_events_that_are_new_become_actions)
{
    static const char *const actions[] = {"end_of_history", "a", "b"};
    struct model *model = make_model(timed_schema, TASK_NEXT, actions, 3);
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    struct strbuf shown;
    strbuf_init(&shown, SIZE_MAX);
#define STEPS                                                                            \
    "{\"part\": \"train\", \"events\": [{\"event\": \"a\", \"time\": 5}, {\"event\": "   \
    "\"d\", \"time\": 9}]}\n"
    ck_assert_msg(load(&examples, STEPS STEPS, model, NULL, &err) == STATUS_OK, "%s",
                  err.text);
    show_schema(&examples, &shown);
    ck_assert_str_eq(shown.bytes,
                     "event: b a d; since_previous (1.5) -> end_of_history a b d");
    ck_assert_uint_eq(examples.train[0].actions[0], 3);
    ck_assert_uint_eq(examples.train[0].actions[1], 0);
    strbuf_release(&shown);
    examples_release(&examples);
    triage_model_free(model);
}
END_TEST

static const struct {
    const char *about, *schema, *text, *error;
} refusals[] = {
    {"a field that no event has", model_schema,
     LINE("train", "a", ", \"zone\": \"z1\"", "x")
         LINE("train", "a", ", \"zone\": \"z1\"", "y"),
     "no training history has a value of the field \"load\", which the model has"},
    {"a field that is always missing", model_schema,
     LINE("train", "a", ", \"zone\": null, \"load\": 1", "x")
         LINE("train", "a", ", \"zone\": null, \"load\": 1", "y"),
     "no training history has a value of the field \"zone\", which the model has"},
    {"a field that only the validation part has", model_schema,
     LINE("train", "a", ", \"zone\": \"z1\"", "x")
         LINE("train", "a", ", \"zone\": \"z1\"", "y") OLD("val", "x"),
     "no training history has a value of the field \"load\", which the model has"},
    {"a number that is a category here", model_schema,
     LINE("train", "a", ", \"zone\": \"z1\", \"load\": \"high\"", "x")
         LINE("train", "a", ", \"zone\": \"z1\", \"load\": \"high\"", "y"),
     "the field \"load\" is a category here, and a number in the model"},
    {"a category that is a number here", model_schema,
     LINE("train", "a", ", \"zone\": 1, \"load\": 1", "x")
         LINE("train", "a", ", \"zone\": 2, \"load\": 1", "y"),
     "the field \"zone\" is a number here, and a category in the model"},
    {"no times, which the model uses", timed_schema,
     LINE("train", "a", "", "x") LINE("train", "b", "", "y"),
     "no training history has times, which the model uses; --time names their key"},
};

START_TEST(test_data_that_does_not_fit_the_model_is_refused)
{
    struct model *model = model_of_labels(refusals[_i].schema);
    struct error err = {.status = STATUS_OK};
    struct examples examples;
    ck_assert_msg(load(&examples, refusals[_i].text, model, NULL, &err) ==
                      STATUS_BAD_INPUT,
                  "%s", refusals[_i].about);
    ck_assert_str_eq(err.text, refusals[_i].error);
    examples_release(&examples);
    triage_model_free(model);
}
END_TEST

START_TEST(test_what_is_held_of_the_training_data_of_the_model_does_not_stay)
{
    static const char schema[] =
        "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": "
        "[\"a\"]}], \"time_range\": {\"first\": \"2026-01-05T04:08:44Z\", \"last\": "
        "\"2026-03-31T20:00:00Z\", \"longest_gap\": 5400, \"longest_span\": 86400}, "
        "\"hours\": [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
        "0, "
        "0]}";
    struct model *model = model_of_labels(schema);
    struct examples examples;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(triage_model_schema(model), &text);
    ck_assert(strstr(text.bytes, "time_range") && strstr(text.bytes, "hours"));
    ck_assert_int_eq(load(&examples,
                          LINE("train", "a", "", "x") LINE("train", "a", "", "y"), model,
                          NULL, NULL),
                     STATUS_OK);
    strbuf_clear(&text);
    triage_schema_write(examples.schema, &text);
    ck_assert(!strstr(text.bytes, "time_range") && !strstr(text.bytes, "hours"));
    strbuf_release(&text);
    examples_release(&examples);
    triage_model_free(model);
}
END_TEST

/* The scales stay: 1000 milliseconds would be read as 1000 seconds, without an error. */
START_TEST(test_numbers_in_another_unit_than_in_the_model_are_a_warning)
{
    static const char schema[] =
        "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": "
        "[\"a\"]}, {\"name\": \"load\", \"kind\": \"number\", \"mean\": 5, \"scale\": 3, "
        "\"deciles\": [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], \"histories\": 300}]}";
    struct model *model = model_of_labels(schema);
    struct error err = {.status = STATUS_OK};
    for (int factor = 1; factor <= 1000; factor *= 1000) {
        struct examples examples;
        struct strbuf text;
        strbuf_init(&text, SIZE_MAX);
        for (int i = 0; i < 300; i++)
            strbuf_printf(&text, LINE("train", "a", ", \"load\": %d", "%c"),
                          (1 + i % 10) * factor, i % 2 ? 'x' : 'y');
        ck_assert_msg(load(&examples, text.bytes, model, NULL, &err) == STATUS_OK, "%s",
                      err.text);
        const char *warnings = examples.messages.warnings.bytes;
        const char *found =
            warnings ? strstr(warnings, "warning: compared with the model: ") : NULL;
        ck_assert_msg((found && strstr(found, "unit?")) == (factor > 1), "%d: %s", factor,
                      warnings ? warnings : "");
        strbuf_release(&text);
        examples_release(&examples);
    }
    triage_model_free(model);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct model *model = model_of_labels(model_schema);
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH];
    write_data(LINE("train", "c", ", \"zone\": \"z3\", \"load\": 1, \"x\": 1", "x")
                   LINE("train", "c", ", \"zone\": \"z3\", \"load\": true, \"x\": 2", "w")
                       OLD("val", "x"),
               &tmpdir, path);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct examples examples;
        enum status status = load_file(&examples, path, model, NULL, &err);
        ck_assert_msg(status == STATUS_OK || status == STATUS_NO_MEMORY, "pass %u: %s", n,
                      err.text);
        ck_assert_int_eq(status, err.status);
        examples_release(&examples);
    }
    tmpdir_release(&tmpdir);
    triage_model_free(model);
}
END_TEST

Suite *schema_growth_suite(void)
{
    Suite *suite = suite_create("schema_growth");
    TCase *tc = tcase_create("schema_growth");
    tcase_add_loop_test(tc, test_what_is_new_follows_what_the_model_has, 0, COUNT(grown));
    tcase_add_test(tc, test_histories_are_encoded_as_by_the_model);
    tcase_add_test(tc, test_next_events_that_are_new_become_actions);
    tcase_add_loop_test(tc, test_data_that_does_not_fit_the_model_is_refused, 0,
                        COUNT(refusals));
    tcase_add_test(tc, test_what_is_held_of_the_training_data_of_the_model_does_not_stay);
    tcase_add_test(tc, test_numbers_in_another_unit_than_in_the_model_are_a_warning);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
