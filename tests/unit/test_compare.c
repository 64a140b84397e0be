/* What compare-architectures computes: names, formulas, right answers by length, and what it writes. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "compare/comparison.h"
#include "compare/comparison_output.h"
#include "compare/measurements.h"
#include "compare/networks.h"
#include "evaluation.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "support/xml.h"
#include "unit/suites.h"

/* ---- names and formulas ------------------------------------------------------------------ */

static const struct {
    const char *about, *names;
    size_t count;      /* 0: refused */
    const char *error; /* a part of it */
} lists[] = {
    {"the default", NETWORKS_DEFAULT, 5, NULL},
    {"one", "gru", 1, NULL},
    {"as many as there may be",
     "rnn,lstm,gru,attention,gru+attention,attention+attention", 6, NULL},
    {"more", "rnn,lstm,gru,attention,gru+attention,lstm+attention,rnn+attention", 0,
     "more than 6"},
    {"nothing", "", 0, "no such network: \"\""},
    {"a comma too many", "gru,", 0, "no such network: \"\""},
    {"one twice", "gru,rnn,gru", 0, "\"gru\" is there twice"},
    {"a slip of the keyboard", "gru,lstn", 0, "did you mean \"lstm\"?"},
    {"an encoder-decoder", "gru,encoder-decoder", 2, NULL},
    {"an unknown head", "gru+max", 0, "no such network: \"gru+max\""},
    {"a long name", "gru+attention+attention+attention", 0, "no such network: \"gru+att"},
};

START_TEST(test_networks_are_read_by_name)
{
    struct network_list networks;
    struct error err = {.status = STATUS_OK};
    enum status status = networks_read(&networks, lists[_i].names, &err);
    if (lists[_i].count > 0) {
        ck_assert_msg(status == STATUS_OK, "%s: %s", lists[_i].about, err.text);
        ck_assert_uint_eq(networks.count, lists[_i].count);
        return;
    }
    ck_assert_msg(status == STATUS_BAD_OPTION, "%s", lists[_i].about);
    ck_assert_msg(strstr(err.text, lists[_i].error) != NULL, "%s: %s", lists[_i].about,
                  err.text);
}
END_TEST

START_TEST(test_a_name_says_cell_and_head)
{
    struct network_list networks;
    ck_assert_int_eq(networks_read(&networks, "lstm,gru+attention,attention", NULL),
                     STATUS_OK);
    ck_assert(networks.list[0].cell == CELL_LSTM && networks.list[0].head == HEAD_FINAL);
    ck_assert(networks.list[1].cell == CELL_GRU &&
              networks.list[1].head == HEAD_ATTENTION);
    ck_assert(networks.list[2].cell == CELL_ATTENTION &&
              networks.list[2].head == HEAD_FINAL);
    ck_assert_str_eq(networks.list[1].name, "gru+attention");
}
END_TEST

static const struct {
    const char *about, *name;
    uint32_t layers;
    const char *path, *operations;
} formulas[] = {
    {"a recurrence", "gru", 1, "n", "n"},
    {"three layers of it", "rnn", 3, "n + 2", "n + 2"},
    {"an attention head reads the first state", "lstm+attention", 1, "1", "n"},
    {"which two layers compute", "lstm+attention", 2, "2", "n + 1"},
    {"self-attention", "attention", 4, "4", "4"},
    {"both", "attention+attention", 2, "2", "2"},
    {"a decoder reads one more event, its start", "encoder-decoder", 1, "n + 1", "n + 1"},
};

START_TEST(test_path_length_and_sequential_operations)
{
    struct network_list networks;
    char path[FORMULA_SIZE], operations[FORMULA_SIZE];
    ck_assert_int_eq(networks_read(&networks, formulas[_i].name, NULL), STATUS_OK);
    network_path_length(&networks.list[0], formulas[_i].layers, path);
    network_sequential_operations(&networks.list[0], formulas[_i].layers, operations);
    ck_assert_msg(strcmp(path, formulas[_i].path) == 0, "%s: %s", formulas[_i].about,
                  path);
    ck_assert_msg(strcmp(operations, formulas[_i].operations) == 0, "%s: %s",
                  formulas[_i].about, operations);
}
END_TEST

/* ---- right answers by length ------------------------------------------------------------- */

START_TEST(test_every_number_of_events_is_in_one_bucket)
{
    for (uint32_t events = 1; events < 5000; events++) {
        uint32_t bucket = length_bucket(events);
        ck_assert_uint_lt(bucket, LENGTH_BUCKETS);
        ck_assert_uint_le(length_bucket_first(bucket), events);
        ck_assert_uint_le(events, UINT32_C(1) << bucket);
        if (bucket > 0)
            ck_assert_uint_eq(length_bucket_first(bucket),
                              (UINT32_C(1) << (bucket - 1)) + 1);
    }
    ck_assert_uint_eq(length_bucket(UINT32_MAX), LENGTH_BUCKETS - 1);
}
END_TEST

enum { HISTORIES = 70, LONGEST = 20, C = SAMPLE_ACTIONS }; /* more than run at once */

static const struct {
    const char *about;
    enum task task;
} tasks[] = {
    {"the action at the end", TASK_LAST},
    {"the next event", TASK_NEXT},
    {"the action after every event", TASK_EVERY},
};

struct fixture {
    struct model *model;
    struct example examples[HISTORIES];
    uint32_t actions[HISTORIES][LONGEST];
    struct arena arena;
};

/* Some labels are none of the model's, after some events there is none. */
static void fixture_init(struct fixture *x, enum task task)
{
    static const char *const actions[C] = {"a", "b", "c"};
    const struct spec spec = sample_spec(2, 0, 6, 1, 1);
    const struct training training = {.seed = 3, .threads = 1};
    struct schema *schema = sample_schema(sample_rich);
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, task, actions, C, &training, NULL);
    ck_assert_ptr_nonnull(trainer);
    triage_schema_free(schema);
    x->model = sample_finish(trainer);
    arena_init(&x->arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(triage_model_schema(x->model), HISTORIES, LONGEST, &x->arena, 8);
    for (uint32_t h = 0; h < HISTORIES; h++) {
        for (uint32_t t = 0; t < LONGEST; t++)
            x->actions[h][t] = (h + t) % 7 == 0   ? ACTION_NONE
                               : (h + t) % 5 == 0 ? ACTION_OTHER
                                                  : (h + t) % C;
        x->examples[h] =
            (struct example){.history = histories[h],
                             .action = h % 9 == 0 ? (uint32_t)ACTION_OTHER : h % C,
                             .actions = task == TASK_LAST ? NULL : x->actions[h]};
    }
}

static void fixture_release(struct fixture *x)
{
    triage_model_free(x->model);
    arena_release(&x->arena);
}

START_TEST(test_answers_are_counted_as_evaluate_does)
{
    static const struct evaluation_settings settings = {
        .seed = 1, .resamples = 100, .shortest = 1, .end = true, .threads = 1};
    static struct fixture x;
    struct answer_counts counts;
    struct evaluation evaluation;
    uint64_t positions = 0, correct = 0;
    fixture_init(&x, tasks[_i].task);
    const struct evaluation_data data = {
        .evaluated = x.examples, .evaluated_count = HISTORIES, .end_action = ACTION_NONE};
    ck_assert_int_eq(answers_count(&counts, x.model, x.examples, HISTORIES, NULL),
                     STATUS_OK);
    ck_assert_int_eq(triage_evaluate(&evaluation, x.model, &data, &settings, NULL),
                     STATUS_OK);
    ck_assert_msg(counts.positions == evaluation.positions, "%s", tasks[_i].about);
    ck_assert_uint_eq(counts.positions - counts.labelled, evaluation.other_labels);
    ck_assert_double_eq_tol((double)counts.correct / (double)counts.positions,
                            evaluation.accuracy.value, 1e-12);
    ck_assert_double_eq_tol(counts.loss, evaluation.loss.value, 1e-9);
    for (int b = 0; b < LENGTH_BUCKETS; b++) {
        positions += counts.by_events[b].positions;
        correct += counts.by_events[b].correct;
    }
    ck_assert_uint_eq(positions, counts.positions);
    ck_assert_uint_eq(correct, counts.correct);
    ck_assert_uint_eq(counts.by_events[6].positions, 0); /* 33 to 64 events */
    ck_assert_uint_gt(counts.by_events[4].positions, 0);
    triage_evaluation_release(&evaluation);
    fixture_release(&x);
}
END_TEST

START_TEST(test_counting_ends_cleanly_when_memory_runs_out)
{
    static struct fixture x;
    fixture_init(&x, tasks[_i].task);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct answer_counts counts;
        struct error err = {.status = STATUS_OK};
        enum status status = answers_count(&counts, x.model, x.examples, 3, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
    }
    fixture_release(&x);
}
END_TEST

/* ---- what is written --------------------------------------------------------------------- */

static struct measures runs[NETWORKS_MOST][2];

/* Two networks, two seeds. */
static void fill(struct comparison *comparison)
{
    *comparison = (struct comparison){.count = 2,
                                      .seeds = 2,
                                      .first_seed = 7,
                                      .is_tested = true,
                                      .part = "test",
                                      .train_count = 80,
                                      .validation_count = 20,
                                      .measured_count = 10,
                                      .has_refit = true,
                                      .positions = 10,
                                      .lag_count = 3,
                                      .has_times = true,
                                      .best_accuracy = {"last event", 0.75},
                                      .best_loss = {"majority", 1.5}};
    comparison->by_events[3] = 10;
    for (size_t n = 0; n < 2; n++) {
        struct compared_network *network = &comparison->networks[n];
        *network =
            (struct compared_network){.kind = {.name = n == 0 ? "rnn" : "gru+attention"},
                                      .spec = {.cell = CELL_RNN, .layers = 1},
                                      .parameters = 1234,
                                      .runs = runs[n],
                                      .accuracy_deviation = 0.0625,
                                      .times_us = {1.5, 15.0, 1500.0}};
        network->mean = (struct measures){.best_epoch = 3.5,
                                          .validation_accuracy = 0.5,
                                          .validation_loss = 1.25,
                                          .accuracy = n == 0 ? 0.625 : (double)NAN,
                                          .loss = 1.125,
                                          .by_events = {[3] = 0.625},
                                          .gradients = {0.5, 0.25, 1e-9}};
        if (n == 1)
            network->mean.gradients[0] = (double)NAN;
        runs[n][0] = runs[n][1] = network->mean;
    }
}

static const struct {
    const char *about, *line;
} table_lines[] = {
    {"the parts, and the seeds",
     "trained on 80 histories, validated on 20, tested on 10, after a training on both "
     "parts; means of 2 trainings, seeds 7 to 8\n"},
    {"the networks",
     "                                    rnn  gru+attention  best baseline"},
    {"the best baseline, and a dash for what does not exist",
     "test accuracy                      0.6250              -  0.7500, last event\n"},
    {"the spread", "  standard deviation               0.0625         0.0625\n"},
    {"the accuracy by length",
     "  5 to 8 (10)                      0.6250         0.6250\n"},
    {"no gradient", "  1 event before                      0.5              -\n"},
    {"the gradient", "  4 events before                   1e-09          1e-09\n"},
    {"the time", "  2000 events                        1500           1500\n"},
};

START_TEST(test_the_table)
{
    struct comparison comparison;
    struct strbuf out;
    fill(&comparison);
    strbuf_init(&out, SIZE_MAX);
    comparison_write_table(&comparison, &out);
    ck_assert_msg(strstr(out.bytes, table_lines[_i].line) != NULL, "%s:\n%s",
                  table_lines[_i].about, out.bytes);
    strbuf_release(&out);
}
END_TEST

START_TEST(test_the_json_has_every_training)
{
    struct comparison comparison;
    struct strbuf out;
    struct error err = {.status = STATUS_OK};
    fill(&comparison);
    strbuf_init(&out, SIZE_MAX);
    comparison_write_json(&comparison, &out);
    json_t *json = json_read(out.bytes, out.length, &err);
    ck_assert_msg(json != NULL, "%s: %s", err.text, out.bytes);
    json_t *network = json_array_get(json_object_get(json, "networks"), 1);
    json_t *trainings = json_object_get(network, "trainings");
    ck_assert_uint_eq(json_array_size(trainings), 2);
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_array_get(trainings, 1), "seed")), 8);
    ck_assert(json_is_null(json_object_get(network, "accuracy")));
    ck_assert(json_number_value(json_object_get(network, "loss")) == 1.125);
    ck_assert_uint_eq(json_array_size(json_object_get(network, "gradient_by_lag")), 3);
    ck_assert_uint_eq(json_array_size(json_object_get(network, "time_us")), 3);
    json_decref(json);
    strbuf_release(&out);
}
END_TEST

static const struct {
    const char *about;
    size_t lag_count;
    bool has_times;
    const char *part; /* of the file; NULL: there is none */
    const char *absent;
} drawings[] = {
    {"both charts", 3, true, "Time of one history, by its length", "nan"},
    {"without times", 3, false, "Gradient left, by the distance", "Time of one history"},
    {"without gradients", 0, true, "Time of one history", "Gradient left"},
    {"with one lag", 1, true, "Gradient left, by the distance", "nan"},
    {"nothing", 0, false, NULL, NULL},
};

START_TEST(test_the_charts)
{
    struct comparison comparison;
    struct strbuf out;
    fill(&comparison);
    comparison.lag_count = drawings[_i].lag_count;
    comparison.has_times = drawings[_i].has_times;
    strbuf_init(&out, SIZE_MAX);
    comparison_write_svg(&comparison, &out);
    ck_assert_msg((out.length > 0) == (drawings[_i].part != NULL), "%s",
                  drawings[_i].about);
    if (out.length > 0) {
        const char *mistake = xml_mistake(out.bytes);
        ck_assert_msg(mistake == NULL, "%s: not well formed at: %.200s",
                      drawings[_i].about, mistake);
        ck_assert_ptr_nonnull(strstr(out.bytes, drawings[_i].part));
        ck_assert_ptr_null(strstr(out.bytes, drawings[_i].absent));
        ck_assert_ptr_nonnull(strstr(out.bytes, ">gru+attention</text>"));
    }
    strbuf_release(&out);
}
END_TEST

Suite *compare_suite(void)
{
    Suite *suite = suite_create("compare");
    TCase *tc = tcase_create("compare");
    tcase_add_loop_test(tc, test_networks_are_read_by_name, 0, COUNT(lists));
    tcase_add_test(tc, test_a_name_says_cell_and_head);
    tcase_add_loop_test(tc, test_path_length_and_sequential_operations, 0,
                        COUNT(formulas));
    tcase_add_test(tc, test_every_number_of_events_is_in_one_bucket);
    tcase_add_loop_test(tc, test_answers_are_counted_as_evaluate_does, 0, COUNT(tasks));
    tcase_add_loop_test(tc, test_counting_ends_cleanly_when_memory_runs_out, 0,
                        COUNT(tasks));
    tcase_add_loop_test(tc, test_the_table, 0, COUNT(table_lines));
    tcase_add_test(tc, test_the_json_has_every_training);
    tcase_add_loop_test(tc, test_the_charts, 0, COUNT(drawings));
    suite_add_tcase(suite, tc);
    return suite;
}
