/* The JSON object and the report of `triage evaluate`. */
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

/* An evaluation of a sample model, filled by hand. */
struct sample {
    struct model *model;
    struct class_metrics classes[C];
    uint64_t confusion[(C + 1) * C];
    struct unknown_field fields[FIELDS];
    struct evaluation evaluation;
    struct evaluation_output output;
};

static void make(struct sample *x)
{
    const struct estimate none = {(double)NAN, (double)NAN, (double)NAN};
    const struct spec spec = sample_spec(0, 0, 3, 1, 1);
    memset(x, 0, sizeof *x);
    x->model = sample_model(sample_plain, &spec, 1.0f, 1);
    for (size_t c = 0; c < C; c++)
        x->classes[c] = (struct class_metrics){.support = c,
                                               .predicted = 1,
                                               .precision = none,
                                               .recall = {0.5, 0.25, 0.75},
                                               .f1 = none,
                                               .auc = (double)NAN,
                                               .average_precision = 0.25,
                                               .threshold = 0.5,
                                               .threshold_f1 = 1.0};
    x->fields[0] =
        (struct unknown_field){.name = "event", .is_event_name = true, .count = 7};
    x->fields[1] = (struct unknown_field){.name = "service"};
    x->fields[2] = (struct unknown_field){.name = "say \"when\"", .count = 1};
    for (size_t i = 0; i < (C + 1) * C; i++)
        x->confusion[i] = i;
    x->evaluation = (struct evaluation){.histories = 3,
                                        .positions = 4,
                                        .other_labels = 2,
                                        .ends_left_out = 1,
                                        .C = C,
                                        .unsupported = 1,
                                        .accuracy = {0.1, 0.05, 1.0 / 3},
                                        .loss = none,
                                        .macro_f1 = none,
                                        .classes = x->classes,
                                        .confusion = x->confusion,
                                        .events = 9,
                                        .unknown_fields = x->fields,
                                        .unknown_field_count = FIELDS,
                                        .has_optimum = true,
                                        .training_histories = 12,
                                        .model_histories = 12,
                                        .source = BASELINES_FROM_MODEL,
                                        .end = {.exists = true,
                                                .labels = 2,
                                                .predicted = 3,
                                                .correct = 1,
                                                .correct_without = 1}};
    for (size_t i = 0; i < EVALUATION_BASELINES; i++)
        x->evaluation.baselines[i] =
            (struct baseline_metrics){.name = "baseline", .is_available = i < 6};
    (void)snprintf(x->evaluation.baselines[6].note, 90, "too \"large\"");
    x->evaluation.comparison.verdict = VERDICT_WORSE;
    x->evaluation.comparison.loss_reduction = none;
    x->evaluation.calibration = (struct calibration_test){0.02, 0.01, 0.03, 0.06};
    x->evaluation.average_precision = (struct estimate){0.7, (double)NAN, (double)NAN};
    x->evaluation.known.row_count = KNOWN_ROWS;
    x->evaluation.known.histories = 2;
    for (size_t i = 0; i < KNOWN_ROWS; i++)
        x->evaluation.known.rows[i] =
            (struct known_row){.histories = i < KNOWN_ROWS - 1 ? 3 : 0,
                               .share = i < KNOWN_SHARES ? 0.25 * (double)(i + 1) : 0.0,
                               .events = i < KNOWN_SHARES ? 0 : 1U << (i - KNOWN_SHARES),
                               .accuracy = {0.5, 0.4, 0.6},
                               .auc = none,
                               .loss = {0.7, 0.6, 0.8},
                               .calibration = {0.1, 0.2, 0.25, 1.0},
                               .calibration_error = 0.3,
                               .optimal_accuracy = (double)NAN,
                               .optimal_loss = (double)NAN,
                               .comparison = {.verdict = VERDICT_NO_BETTER,
                                              .accuracy_gain = {-0.125, -0.5, 0.25},
                                              .p = 0.75,
                                              .loss_verdict = VERDICT_BETTER,
                                              .loss_p = 0.0005}};
    x->evaluation.settings = (struct evaluation_settings){.seed = 1, .resamples = 100};
    x->output = (struct evaluation_output){"m", x->model, "all", &x->evaluation};
}

/* The same without a verdict, because the baselines are cross-fitted. */
static void make_without_verdict(struct sample *x)
{
    make(x);
    struct evaluation *e = &x->evaluation;
    e->source = BASELINES_CROSS_FITTED;
    e->training_histories = 0;
    e->end.correct_without = 0;
    e->comparison.verdict = e->comparison.loss_verdict = VERDICT_NONE;
    e->comparison.p = e->comparison.loss_p = (double)NAN;
    e->loss = e->comparison.loss_reduction = (struct estimate){0.5, 0.4, 0.6};
    (void)snprintf(e->no_verdict, sizeof e->no_verdict, "its \"file\" has none");
}

static json_t *written(const struct evaluation_output *output)
{
    struct error err = {.status = STATUS_OK};
    struct strbuf text;
    json_t *json;
    strbuf_init(&text, SIZE_MAX);
    evaluation_output_write(output, &text);
    ck_assert(!text.has_failed);
    json = json_read(text.bytes, text.length, &err);
    ck_assert_msg(json != NULL, "%s: %s", err.text, text.bytes);
    strbuf_release(&text);
    return json;
}

/* A value in the object by a path of keys and indices with dots between them. */
static const json_t *find(const json_t *json, const char *path)
{
    char copy[100], *rest = copy, *key;
    (void)snprintf(copy, sizeof copy, "%s", path);
    while ((key = strsep(&rest, ".")))
        json = json_is_array(json) ? json_array_get(json, strtoul(key, NULL, 10))
                                   : json_object_get(json, key);
    return json;
}

static const struct {
    const char *about, *path, *expected;
    bool has_no_verdict;
} values[] = {
    {"the verdict", "verdict", "\"worse than counting\"", false},
    {"a number is not rounded", "accuracy.high", "0.333333333333333", false},
    {"an undefined metric is null", "log_loss.value", "null", false},
    {"no verdict by an undefined log-loss", "comparison.log_loss_verdict", "null", false},
    {"and no p", "comparison.log_loss_p", "null", false},
    {"a class without precision", "actions.1.precision.low", "null", false},
    {"the recall of the class", "actions.1.recall.low", "0.25", false},
    {"the name of a class", "actions.2.action", "\"escalate\"", false},
    {"a row of the confusion matrix", "confusion.1", "[3, 4, 5]", false},
    {"the last row is for labels that are none of the model's actions", "confusion.3",
     "[9, 10, 11]", false},
    {"a baseline that is not available has no accuracy", "floors.6.accuracy", "", false},
    {"and a note that says why", "floors.6.note", "\"too \\\"large\\\"\"", false},
    {"the baselines are not cross-fitted", "counting.cross_fitted", "false", false},
    {"the histories that the model was trained on", "counting.model_histories", "12",
     false},
    {"what the end of a history wins", "end",
     "{\"support\": 2, \"predicted\": 3, \"correct\": 1, \"accuracy_without\": 0.25}",
     false},
    {"nothing to find an overlap with", "overlap.compared", "0", false},
    {"without a verdict it is null", "verdict", "null", true},
    {"and there is the reason", "no_verdict", "\"its \\\"file\\\" has none\"", true},
    {"no p either", "comparison.p", "null", true},
    {"nor by log-loss", "comparison.log_loss_p", "null", true},
    {"nor that verdict", "comparison.log_loss_verdict", "null", true},
    {"the baselines are cross-fitted", "counting.cross_fitted", "true", true},
    {"with a verdict there is no reason", "no_verdict", "", false},
    {"the number of events", "unknown.events", "9", false},
    {"events that the model does not know", "unknown.fields.0",
     "{\"name\": \"event\", \"unknown\": 7}", false},
    {"a field whose values are all known", "unknown.fields.1.unknown", "0", false},
    {"a field's name", "unknown.fields.2.name", "\"say \\\"when\\\"\"", false},
    {"ends left out", "ends_left_out", "1", false},
    {"the optimum", "possible.accuracy.value", "0", false},
    {"the test of the calibration", "calibration_test",
     "{\"expected\": 0.02, \"excess\": 0.01, \"p\": 0.03, \"p_holm\": 0.06}", false},
    {"a metric without an interval", "average_precision",
     "{\"value\": 0.7, \"low\": null, \"high\": null}", false},
    {"a class that has no area under the curve", "actions.1.auc", "null", false},
    {"the threshold of a class", "actions.1.threshold", "0.5", false},
    {"a baseline has an area under the curve", "floors.1.auc", "0", false},
    {"how many histories the table by what is known is of", "known.histories", "2",
     false},
    {"a row of it", "known.rows.1.share", "0.5", false},
    {"a row by events", "known.rows.6.events", "4", false},
    {"its verdict", "known.rows.6.verdict", "\"no better than counting\"", false},
    {"its verdict by log-loss", "known.rows.6.log_loss_verdict",
     "\"better than counting\"", false},
    {"its effect", "known.rows.6.accuracy_gain.value", "-0.125", false},
    {"its test of the calibration", "known.rows.6.calibration_test.p_holm", "1", false},
    {"no area under the curve", "known.rows.6.auc.value", "null", false},
    {"no optimum", "known.rows.6.possible_accuracy", "null", false},
    {"a row without histories is there", "known.rows.8.histories", "0", false},
};

START_TEST(test_json_has_each_value)
{
    static struct sample x;
    (values[_i].has_no_verdict ? make_without_verdict : make)(&x);
    json_t *json = written(&x.output);
    const json_t *found = find(json, values[_i].path);
    char *text =
        found ? json_dumps(found, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) : NULL;
    ck_assert_msg(strcmp(text ? text : "", values[_i].expected) == 0,
                  "%s: %s, expected %s", values[_i].about, text, values[_i].expected);
    free(text);
    json_decref(json);
    triage_model_free(x.model);
}
END_TEST

static const struct {
    const char *about, *expected;
    bool has_no_verdict;
} lines[] = {
    {"the verdict is the first line",
     "m is worse than counting: accuracy 0.1000 [0.0500, 0.3333]", false},
    {"unknown values are counted below it, by field",
     "\n  values unknown to the model, in 9 events: event 7, say \"when\" 1\n", false},
    {"a metric", "\naccuracy              0.1000 [0.0500, 0.3333]\n", false},
    {"an undefined metric", "\nmacro F1                   -\n", false},
    {"a baseline that is not available says why", "too \"large\"\n", false},
    {"a class", "\n  rollback                   1         1         -  0.5000       -\n",
     false},
    {"a row of the confusion matrix",
     "\n   2 rollback                   3       4       5\n", false},
    {"its last row", "\n   4 (none of the model's)       9      10      11\n", false},
    {"how the baselines were trained",
     "\nbaselines: trained on the 12 histories of the model\n", false},
    {"an end that wins nothing",
     "\n  predicting the end of a history wins nothing: accuracy 0.1000 with it, 0.2500",
     false},
    {"the first line says that there is no verdict",
     "no verdict on m: its \"file\" has none\n  to compare with counting, give it what "
     "the "
     "model was trained on: --against TRAIN_DATA\n  accuracy 0.1000 [0.0500, 0.3333]; "
     "not "
     "comparable: 0.0000 (baseline)\n  log-loss 0.5000; not comparable: 0.0000 "
     "(baseline)\n",
     true},
    {"the baselines are cross-fitted", "each fifth of the histories", true},
    {"the test of the calibration",
     "\n  a calibrated model would show 0.0200 on such data; the difference is +0.0100 "
     "(p-value 0.0300):\n  no evidence that it is not calibrated\n",
     false},
    {"a row by share",
     "\n  25 %              3   0.5000   0.0000 baseline            -0.1250  0.7500 no "
     "better\n",
     false},
    {"a row by events, by log-loss",
     "\n  4 events     0.0000   0.7000   0.0000 baseline            +0.0000  0.0005 "
     "better\n",
     false},
    {"a row of areas and calibration",
     "\n  1 event          -   0.0000 baseline                 0.3000   0.1000  +0.2000  "
     "0.2500  1.0000\n",
     false},
    {"a sample", "\n  of a random sample of 2 histories\n", false},
    {"the threshold of a class",
     "\n  rollback                   -    0.2500    0.5000  1.0000\n", false},
    {"a warning about training data", "may have been trained on them", false},
};

START_TEST(test_report_has_each_line)
{
    static struct sample x;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    (lines[_i].has_no_verdict ? make_without_verdict : make)(&x);
    evaluation_output_print(&x.output, out);
    fclose(out);
    ck_assert_msg(strstr(text, lines[_i].expected) != NULL, "%s: \"%s\" is not in\n%s",
                  lines[_i].about, lines[_i].expected, text);
    ck_assert_msg(strstr(text, "nan") == NULL, "%s", text);
    ck_assert_msg(strstr(text, "16 events") == NULL, "a row without histories: %s", text);
    for (const char *known = strstr(text, "by how much"), *end; known && *known != '\0';
         known = end + 1) {
        end = strchr(known, '\n');
        ck_assert_msg(end - known <= 100, "%d columns: %.*s", (int)(end - known),
                      (int)(end - known), known);
    }
    ck_assert(!lines[_i].has_no_verdict ||
              (strstr(text, ", p ") == NULL && strstr(text, "wins nothing") == NULL));
    free(text);
    triage_model_free(x.model);
}
END_TEST

Suite *evaluation_output_suite(void)
{
    Suite *suite = suite_create("evaluation_output");
    TCase *tc = tcase_create("evaluation_output");
    tcase_add_loop_test(tc, test_json_has_each_value, 0, COUNT(values));
    tcase_add_loop_test(tc, test_report_has_each_line, 0, COUNT(lines));
    suite_add_tcase(suite, tc);
    return suite;
}
