#include "evaluation_output.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { C = SAMPLE_ACTIONS, FIELDS = 3 };

/* A judgement of a sample model, filled by hand; nothing is known where it says NAN. */
struct judged_sample {
    struct model *model;
    struct class_metrics classes[C];
    uint64_t confusion[(C + 1) * C];
    struct unknown_field fields[FIELDS];
    struct evaluation judgement;
    struct evaluation_output evaluation;
};

static void make(struct judged_sample *x)
{
    const struct estimate none = {(double)NAN, (double)NAN, (double)NAN};
    const struct spec spec = sample_spec(0, 0, 3, 1, 1);

    memset(x, 0, sizeof *x);
    x->model = sample_model(sample_plain, &spec, 1.0f, 1);
    for (size_t c = 0; c < C; c++)
        x->classes[c] = (struct class_metrics){c, 1, 0, none, {0.5, 0.25, 0.75}, none};
    x->fields[0] = (struct unknown_field){"event", true, 7};
    x->fields[1] = (struct unknown_field){"service", false, 0};
    x->fields[2] = (struct unknown_field){"say \"when\"", false, 1};
    for (size_t i = 0; i < (C + 1) * C; i++)
        x->confusion[i] = i;
    x->judgement = (struct evaluation){.histories = 3,
                                       .decisions = 4,
                                       .others = 2,
                                       .unasked = 1,
                                       .C = C,
                                       .unsupported = 1,
                                       .accuracy = {0.1, 0.05, 1.0 / 3},
                                       .loss = none,
                                       .macro_f1 = none,
                                       .classes = x->classes,
                                       .confusion = x->confusion,
                                       .events = 9,
                                       .fields = x->fields,
                                       .field_count = FIELDS,
                                       .has_possible = true,
                                       .is_cross_fitted = true};
    for (size_t i = 0; i < EVALUATION_BASELINES; i++)
        x->judgement.floors[i] =
            (struct baseline_metrics){.name = "floor", .is_there = i < 6};
    (void)snprintf(x->judgement.floors[6].reason, 90, "too \"large\"");
    x->judgement.comparison.verdict = VERDICT_WORSE;
    x->judgement.comparison.saving = none;
    x->judgement.settings = (struct evaluation_settings){.seed = 1, .resamples = 100};
    x->evaluation = (struct evaluation_output){"m", x->model, "all", &x->judgement};
}

static json_t *written(const struct evaluation_output *evaluation)
{
    struct error err = {.status = STATUS_OK};
    struct strbuf text;
    json_t *json;

    strbuf_init(&text, SIZE_MAX);
    evaluation_output_write(evaluation, &text);
    ck_assert(!text.has_failed);
    json = json_read(text.bytes, text.length, &err);
    ck_assert_msg(json != NULL, "%s: %s", err.text, text.bytes);
    strbuf_release(&text);
    return json;
}

/* A place in the object, as path of keys with points between; numbers count items. */
static const json_t *find(const json_t *json, const char *path)
{
    char room[100], *rest = room, *key;

    (void)snprintf(room, sizeof room, "%s", path);
    while ((key = strsep(&rest, ".")) != NULL)
        json = json_is_array(json) ? json_array_get(json, strtoul(key, NULL, 10))
                                   : json_object_get(json, key);
    return json;
}

static const struct {
    const char *about, *path, *expected;
} places[] = {
    {"the verdict", "verdict", "\"worse than counting\""},
    {"a number is not rounded", "accuracy.high", "0.333333333333333"},
    {"what is not known is null", "log_loss.value", "null"},
    {"nor has it a verdict by log-loss", "comparison.log_loss_verdict", "null"},
    {"nor a p", "comparison.log_loss_p", "null"},
    {"a class without precision", "actions.1.precision.low", "null"},
    {"but with recall", "actions.1.recall.low", "0.25"},
    {"its name", "actions.2.action", "\"escalate\""},
    {"a row of the confusion", "confusion.1", "[3, 4, 5]"},
    {"the last row is none of the model's", "confusion.3", "[9, 10, 11]"},
    {"a floor that is missing has no accuracy", "floors.6.accuracy", ""},
    {"and says why", "floors.6.note", "\"too \\\"large\\\"\""},
    {"counting was cross-fitted", "counting.cross_fitted", "true"},
    {"events", "unknown.events", "9"},
    {"those that the model never met", "unknown.fields.0",
     "{\"name\": \"event\", \"unknown\": 7}"},
    {"a field whose values are all known", "unknown.fields.1.unknown", "0"},
    {"a field's name", "unknown.fields.2.name", "\"say \\\"when\\\"\""},
    {"ends", "ends_left_out", "1"},
    {"what is possible", "possible.accuracy.value", "0"},
};

START_TEST(test_json)
{
    static struct judged_sample x;
    const json_t *found;
    json_t *json;
    char *text;

    make(&x);
    json = written(&x.evaluation);
    found = find(json, places[_i].path);
    text = found == NULL ? NULL
                         : json_dumps(found, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    ck_assert_msg(strcmp(text == NULL ? "" : text, places[_i].expected) == 0,
                  "%s: %s, expected %s", places[_i].about, text, places[_i].expected);
    free(text);
    json_decref(json);
    triage_model_free(x.model);
}
END_TEST

static const struct {
    const char *about, *expected;
} lines[] = {
    {"the verdict is the first line",
     "m is worse than counting: accuracy 0.1000 [0.0500, 0.3333]"},
    {"what the model never met is said beside it, field by field",
     "\n  values unknown to the model, in 9 events: event 7, say \"when\" 1\n"},
    {"a figure", "\naccuracy              0.1000 [0.0500, 0.3333]\n"},
    {"one that is not known", "\nmacro F1                   -\n"},
    {"a floor that is missing says why", "too \"large\"\n"},
    {"a class", "\n  rollback                   1        1         -  0.5000       -\n"},
    {"confusion", "\n   2 rollback                   3       4       5\n"},
    {"its last row", "\n   4 (none of the model's)       9      10      11\n"},
    {"how the floors learnt", "each fifth of the histories"},
    {"what may have been learnt from", "may have learnt"},
};

START_TEST(test_text)
{
    static struct judged_sample x;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    make(&x);
    evaluation_output_print(&x.evaluation, out);
    fclose(out);
    ck_assert_msg(strstr(text, lines[_i].expected) != NULL, "%s: \"%s\" is not in\n%s",
                  lines[_i].about, lines[_i].expected, text);
    ck_assert_msg(strstr(text, "nan") == NULL, "%s", text);
    free(text);
    triage_model_free(x.model);
}
END_TEST

Suite *evaluation_suite(void)
{
    Suite *suite = suite_create("evaluation");
    TCase *tc = tcase_create("evaluation");
    tcase_add_loop_test(tc, test_json, 0, COUNT(places));
    tcase_add_loop_test(tc, test_text, 0, COUNT(lines));
    suite_add_tcase(suite, tc);
    return suite;
}
