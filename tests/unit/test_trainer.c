/* A trainer from its initial weights to a model that has learned the order of events. */
#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "train/curve.h"
#include "unit/suites.h"

/*
 * Data that counting cannot predict: two events, once each, in either order, among others without
 * meaning.  The action is their order.
 */
enum { TOY_HISTORIES = 300, TOY_EVENTS = 8 };

struct toy_data {
    uint32_t ids[TOY_HISTORIES][TOY_EVENTS];
    struct example examples[TOY_HISTORIES];
};

static const char *const toy_actions[] = {"first a", "first b"};

static struct toy_data *toy_data_new(uint64_t seed)
{
    struct toy_data *toy = calloc(1, sizeof *toy);
    struct random random;
    random_init(&random, seed, 0);
    for (size_t i = 0; i < TOY_HISTORIES; i++) {
        uint32_t length = 4 + (uint32_t)random_below(&random, TOY_EVENTS - 3);
        uint32_t action = (uint32_t)random_below(&random, 2);
        uint32_t late = 1 + (uint32_t)random_below(&random, length - 1);
        uint32_t early = (uint32_t)random_below(&random, late);
        for (uint32_t t = 0; t < length; t++)
            toy->ids[i][t] = 4 + (uint32_t)random_below(&random, 3);
        toy->ids[i][early] = 2 + action;
        toy->ids[i][late] = 3 - action;
        toy->examples[i] =
            (struct example){{.ids = toy->ids[i], .length = length}, action, NULL};
    }
    return toy;
}

static const struct training quick = {.epochs = 40,
                                      .patience = 40,
                                      .batch = 32,
                                      .schedule = SCHEDULE_COSINE,
                                      .learning_rate = 0.02,
                                      .clip = 1.0,
                                      .average = 0.9,
                                      .calibrate = true,
                                      .seed = 1,
                                      .threads = 1};

enum { NETWORKS = 2 * SAMPLE_CELLS }; /* each cell, then each with an attention head */

static struct trainer *toy_trainer(const struct training *training, int network)
{
    struct schema *schema = sample_schema(sample_plain);
    struct spec spec = sample_spec(network % SAMPLE_CELLS, 6, 12, 1, 1);
    spec.head = network < SAMPLE_CELLS ? HEAD_FINAL : HEAD_ATTENTION;
    struct error err = {.status = STATUS_OK};
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, TASK_LAST, toy_actions, 2, training, &err);
    ck_assert_msg(trainer, "%s", err.text);
    triage_schema_free(schema);
    return trainer;
}

/* The bytes of the model; free() them. */
static char *write(struct trainer *trainer, const struct report *report, size_t *length)
{
    struct error err = {.status = STATUS_OK};
    char *bytes;
    ck_assert_msg(triage_trainer_write(trainer, &(struct model_annex){.report = report},
                                       &bytes, length, &err) == STATUS_OK,
                  "%s: %s", err.where, err.text);
    return bytes;
}

/* The first histories train, the last ones validate. */
static struct training_data split(const struct toy_data *toy, size_t train,
                                  size_t validation)
{
    return (struct training_data){.train = toy->examples,
                                  .validation = toy->examples + 200,
                                  .train_count = train,
                                  .validation_count = validation};
}

static void train(struct trainer *trainer, const struct toy_data *toy,
                  struct report *report)
{
    const struct training_data data = split(toy, 200, 100);
    struct error err = {.status = STATUS_OK};
    ck_assert_msg(triage_trainer_train(trainer, &data, NULL, report, &err) == STATUS_OK,
                  "%s: %s", err.where, err.text);
}

/* The share of examples that the model, written and loaded, gets right. */
static double accuracy(struct trainer *trainer, const struct toy_data *toy)
{
    size_t length, right = 0;
    char *bytes = write(trainer, NULL, &length);
    struct model *model = triage_model_read("toy", bytes, length, NULL);
    struct classifier *classifier = triage_classifier_new(model, 1, TOY_EVENTS, NULL);
    for (size_t i = 0; i < TOY_HISTORIES; i++) {
        float p[2];
        ck_assert_int_eq(
            triage_classifier_run(classifier, &toy->examples[i].history, 1, p, NULL),
            STATUS_OK);
        right += (p[1] > p[0]) == toy->examples[i].action;
    }
    triage_classifier_free(classifier);
    triage_model_free(model);
    free(bytes);
    return (double)right / TOY_HISTORIES;
}

/* ---- initial state --------------------------------------------------------------------------- */

START_TEST(test_initial_weights_are_within_their_bounds)
{
    struct spec spec = sample_spec(1, 8, 16, 2, 2);
    struct schema *schema = sample_schema(sample_rich);
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, TASK_LAST, toy_actions, 2, &quick, NULL);
    size_t count;
    ck_assert_ptr_null(triage_trainer_tensor(trainer, "rnn.weight_ih_l2", &count));
    const float *table = triage_trainer_tensor(trainer, "embedding.event.weight", &count);
    ck_assert_uint_eq(count, 7 * 8);
    for (size_t i = 0; i < 16; i++)
        assert_close("rows \"unknown\" and \"missing\"", i, (double)table[i], 0, 0);
    const float *bias = triage_trainer_tensor(trainer, "rnn.bias_ih_l1_reverse", &count);
    ck_assert_uint_eq(count, 64);
    for (size_t i = 0; i < count; i++) /* +-1/4, plus 1 for the forget gate */
        assert_close("a bias", i, (double)bias[i], i / 16 == 1 ? 1 : 0, 0.25);
    const float *w = triage_trainer_tensor(trainer, "rnn.weight_hh_l0", &count);
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)w[i]));
    ck_assert(largest > 0.2 && largest <= 0.25);
    const float *head_bias = triage_trainer_tensor(trainer, "head.bias", &count);
    ck_assert(count == 2 && head_bias[0] == 0.0f && head_bias[1] == 0.0f);
    triage_trainer_free(trainer);
    triage_trainer_free(NULL);
    triage_schema_free(schema);
}
END_TEST

static const struct {
    const char *about;
    const char *actions[3];
    size_t count;
    const char *text;
} bad_actions[] = {
    {"none", {NULL}, 0, "there are 0 actions, expected 2 to 65536"},
    {"one", {"x"}, 1, "there are 1 actions, expected 2 to 65536"},
    {"the same twice", {"x", "y", "x"}, 3, "\"x\" is given twice"},
};

START_TEST(test_bad_actions_are_refused)
{
    struct schema *schema = sample_schema(sample_plain);
    struct spec spec = sample_spec(0, 0, 2, 1, 1);
    struct error err = {.status = STATUS_OK};
    ck_assert_ptr_null(triage_trainer_new(schema, &spec, TASK_LAST,
                                          bad_actions[_i].actions, bad_actions[_i].count,
                                          &quick, &err));
    ck_assert_int_eq(err.status, STATUS_BAD_INPUT);
    ck_assert_str_eq(err.where, "/actions");
    ck_assert_msg(strcmp(err.text, bad_actions[_i].text) == 0, "%s: %s",
                  bad_actions[_i].about, err.text);
    triage_schema_free(schema);
}
END_TEST

/* ---- training -------------------------------------------------------------------------------- */

START_TEST(test_order_is_learned)
{
    struct toy_data *toy = toy_data_new(1), *unseen = toy_data_new(2);
    const int network =
        case_count_is_reduced() ? 1 + 4 * _i : _i; /* lstm, gru, and gru with attention */
    struct trainer *trainer = toy_trainer(&quick, network);
    struct report report;
    train(trainer, toy, &report);
    ck_assert_msg(report.validation_accuracy == 1.0 && accuracy(trainer, unseen) == 1.0,
                  "%s: %g on validation, %g on unseen data",
                  sample_cells[network % SAMPLE_CELLS].name, report.validation_accuracy,
                  accuracy(trainer, unseen));
    ck_assert(report.validation_loss < 0.1 && report.train_loss < 0.1);
    ck_assert(report.temperature >= 0.125 && report.temperature <= 8.0);
    ck_assert_uint_eq(report.train_count, 200);
    ck_assert_uint_eq(report.validation_count, 100);
    ck_assert_uint_ge(report.epochs, report.best_epoch);
    ck_assert(!report.was_interrupted);
    triage_trainer_free(trainer);
    free(toy);
    free(unseen);
}
END_TEST

/* ---- initial biases by the lengths of the histories ------------------------------------------ */

static const struct {
    const char *about;
    const char *cell;
    uint32_t gate;
    double sign;
} gates[] = {
    {"GRU, z is kept", "gru, reset after, keep", 1, 1.0},
    {"GRU, z is written", "gru, reset after, write", 1, -1.0},
    {"LSTM, forget gate", "lstm", 1, 1.0},
    {"LSTM, input gate", "lstm", 0, -1.0},
};

/* A training that changes nothing, so that its initial weights can be looked at. */
static struct trainer *begin(int cell, uint32_t init)
{
    struct toy_data *toy = toy_data_new(1);
    struct training training = quick;
    struct report report;
    training.epochs = 1;
    training.learning_rate = 1e-30;
    training.average = 0.0;
    training.init = init;
    for (size_t i = 0; i < TOY_HISTORIES; i++) /* but for one in thirty */
        toy->examples[i].history.length = i % 30 == 0 ? TOY_EVENTS : 6;
    struct trainer *trainer = toy_trainer(&training, cell);
    train(trainer, toy, &report);
    free(toy);
    return trainer;
}

START_TEST(test_chrono_biases_keep_the_state_for_as_long_as_histories_are)
{
    size_t count;
    int cell = 0;
    while (strcmp(sample_cells[cell].name, gates[_i].cell) != 0)
        ck_assert_int_lt(++cell, SAMPLE_CELLS);
    struct trainer *trainer = begin(cell, INIT_CHRONO);
    const float *b_ih = triage_trainer_tensor(trainer, "rnn.bias_ih_l0", &count);
    const float *b_hh = triage_trainer_tensor(trainer, "rnn.bias_hh_l0", &count);
    double smallest = INFINITY, largest = -INFINITY;
    for (uint32_t j = 12 * gates[_i].gate; j < 12 * (gates[_i].gate + 1); j++) {
        double u = exp(gates[_i].sign * (double)b_ih[j]);
        ck_assert_msg(u > 0.999 && u < 5.001, "%s: %g is not in 1 .. 6 - 1",
                      gates[_i].about, u);
        assert_close("the other bias", j, (double)b_hh[j], 0, 1e-20);
        smallest = fmin(smallest, u);
        largest = fmax(largest, u);
    }
    ck_assert_msg(smallest < 2.0 && largest > 4.0, "%s: from %g to %g", gates[_i].about,
                  smallest, largest);
    struct trainer *uniform = begin(cell, INIT_UNIFORM);
    const float *other = triage_trainer_tensor(uniform, "rnn.weight_hh_l0", &count);
    const float *same = triage_trainer_tensor(trainer, "rnn.weight_hh_l0", &count);
    ck_assert_msg(memcmp(other, same, count * sizeof *same) == 0,
                  "%s: other weights, too", gates[_i].about);
    triage_trainer_free(trainer);
    triage_trainer_free(uniform);
}
END_TEST

/* ---- training again on all of the data ------------------------------------------------------- */

struct refit_calls {
    uint32_t epochs, refit_epochs, stop_at; /* refit epoch that is stopped; 0: none */
};

static bool count_refit(void *context, const struct progress *progress)
{
    struct refit_calls *calls = context;
    if (!progress->has_epoch_ended)
        return true;
    calls->epochs += !progress->is_refit;
    calls->refit_epochs += progress->is_refit;
    ck_assert(!progress->is_refit || !progress->has_validation);
    return calls->stop_at == 0 || calls->refit_epochs < calls->stop_at;
}

/* Train for three epochs, of which the last is the best; returns the weights of the head. */
static void train_three(bool refit, uint32_t stop_at, const struct training_data *data,
                        struct report *report, float head[24], struct refit_calls *calls)
{
    struct training training = quick;
    size_t count;
    training.epochs = 3;
    training.batch = 8;
    training.learning_rate = 0.005;
    training.schedule = SCHEDULE_COSINE;
    training.dropout = 0.1;
    training.refit = refit;
    *calls = (struct refit_calls){.stop_at = stop_at};
    const struct progress_callback callback = {.call = count_refit, .context = calls};
    struct trainer *trainer = toy_trainer(&training, 2);
    ck_assert_int_eq(triage_trainer_train(trainer, data, &callback, report, NULL),
                     STATUS_OK);
    const float *w = triage_trainer_tensor(trainer, "head.weight", &count);
    ck_assert_uint_eq(count, 24);
    memcpy(head, w, 24 * sizeof *head);
    triage_trainer_free(trainer);
}

START_TEST(test_refit_is_a_training_on_all_of_the_data)
{
    struct toy_data *toy = toy_data_new(1);
    const struct training_data both = split(toy, 200, 100), all = split(toy, 300, 0);
    struct report without, with, other;
    struct refit_calls calls;
    float chosen[24], refitted[24], direct[24];
    train_three(false, 0, &both, &without, chosen, &calls);
    ck_assert_uint_eq(calls.refit_epochs, 0);
    ck_assert_uint_eq(without.refit_count, 0);
    train_three(true, 0, &both, &with, refitted, &calls);
    ck_assert_uint_eq(with.best_epoch, 3);
    ck_assert(calls.epochs == 3 && calls.refit_epochs == 3);
    ck_assert_uint_eq(with.refit_count, 300);
    ck_assert_msg(with.validation_loss == without.validation_loss &&
                      with.temperature == without.temperature &&
                      with.train_count == 200 && with.validation_count == 100,
                  "the report is not that of the first run");
    train_three(true, 0, &all, &other, direct, &calls);
    ck_assert_uint_eq(calls.refit_epochs, 0); /* nothing to validate on, nothing to add */
    ck_assert_msg(memcmp(refitted, direct, sizeof direct) == 0,
                  "the weights are not those of a training on all of the data");
    ck_assert(memcmp(refitted, chosen, sizeof chosen) != 0);
    free(toy);
}
END_TEST

START_TEST(test_a_refit_that_is_stopped_keeps_the_chosen_weights)
{
    struct toy_data *toy = toy_data_new(1);
    const struct training_data both = split(toy, 200, 100);
    struct report without, stopped;
    struct refit_calls calls;
    float chosen[24], kept[24];
    train_three(false, 0, &both, &without, chosen, &calls);
    train_three(true, 2, &both, &stopped, kept, &calls);
    ck_assert_uint_eq(calls.refit_epochs, 2);
    ck_assert(stopped.was_interrupted && stopped.refit_count == 0);
    ck_assert(memcmp(kept, chosen, sizeof chosen) == 0);
    free(toy);
}
END_TEST

/* ---- steps and epochs ------------------------------------------------------------------------ */

static bool keep_progress(void *context, const struct progress *progress)
{
    *(struct progress *)context = *progress;
    return true;
}

static const struct {
    const char *about;
    enum task task;
    size_t histories;
    uint32_t batch, steps;
} steps[] = {
    {"last: a history is one label", TASK_LAST, 64, 16, 8}, /* small data: 8 at a time */
    {"last: the limit", TASK_LAST, 64, 4, 16},
    {"every: 15 labels are those of 3 histories", TASK_EVERY, 64, 15, 22},
    {"every: one history has more labels than a step", TASK_EVERY, 64, 2, 64},
};

START_TEST(test_batches_are_counted_in_labels)
{
    static uint32_t ids[64][5], actions[5] = {0, 1, 0, 1, 0};
    static const char *const names[] = {"a", "b"};
    struct schema *schema = sample_schema(sample_plain);
    struct spec spec = sample_spec(2, 3, 2, 1, 1);
    struct example examples[64];
    struct training training = quick;
    struct progress last;
    struct report report;
    const struct progress_callback callback = {.call = keep_progress, .context = &last};
    const struct training_data data = {.train = examples,
                                       .train_count = steps[_i].histories};
    for (size_t i = 0; i < 64; i++)
        examples[i] =
            (struct example){.history = {.ids = ids[i], .length = 5},
                             .action = (uint32_t)i % 2,
                             .actions = steps[_i].task == TASK_EVERY ? actions : NULL};
    training.epochs = 1;
    training.batch = steps[_i].batch;
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, steps[_i].task, names, 2, &training, NULL);
    ck_assert_int_eq(triage_trainer_train(trainer, &data, &callback, &report, NULL),
                     STATUS_OK);
    ck_assert_msg(last.steps == steps[_i].steps, "%s: %u steps, expected %u",
                  steps[_i].about, last.steps, steps[_i].steps);
    triage_trainer_free(trainer);
    triage_schema_free(schema);
}
END_TEST

static const struct {
    const char *about;
    uint32_t epochs; /* 0: chosen */
    double learning_rate;
    uint32_t ran, limit;
} limits[] = {
    {"a limit that is given holds", 4, 1e-3, 4, 4},
    {"nothing improves at epoch 30", 0, 1e-9, 30, 30},
    {"the loss falls: up to 120", 0, 1e-3, 120, 120},
};

START_TEST(test_epochs_go_on_while_the_loss_falls)
{
    struct toy_data *toy = toy_data_new(1);
    struct training training = quick;
    struct progress last;
    struct report report;
    const struct progress_callback callback = {.call = keep_progress, .context = &last};
    const struct training_data data = split(toy, 16, 0);
    training.epochs = limits[_i].epochs;
    training.learning_rate = limits[_i].learning_rate;
    training.patience = 1000;
    training.schedule = SCHEDULE_CONSTANT;
    struct trainer *trainer = toy_trainer(&training, 2);
    ck_assert_int_eq(triage_trainer_train(trainer, &data, &callback, &report, NULL),
                     STATUS_OK);
    ck_assert_msg(report.epochs == limits[_i].ran && last.epochs == limits[_i].limit,
                  "%s: %u epochs of %u", limits[_i].about, report.epochs, last.epochs);
    ck_assert(report.was_limited == (report.best_epoch == limits[_i].ran));
    triage_trainer_free(trainer);
    free(toy);
}
END_TEST

/* ---- the curve ------------------------------------------------------------------------------- */

START_TEST(test_curve_has_every_epoch_and_is_bounded)
{
    struct curve *curve = calloc(1, sizeof *curve);
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    for (uint32_t epoch = 1; epoch <= 10 * CURVE_POINTS; epoch++) {
        const struct progress progress = {.epoch = epoch, .is_refit = epoch > 100};
        curve_add(curve, &progress);
        ck_assert(curve->count <= CURVE_POINTS && curve->points[0].epoch == 1);
        ck_assert(epoch > CURVE_POINTS || curve->points[epoch - 1].epoch == epoch);
    }
    for (size_t i = 1; i < curve->count; i++)
        ck_assert_uint_eq(curve->points[i].epoch - curve->points[i - 1].epoch, 16);
    curve->count = 1;
    curve->points[0] = (struct progress){.epoch = 7,
                                         .train_loss = 0.5,
                                         .learning_rate = 0.25,
                                         .norm = 2,
                                         .has_validation = true,
                                         .validation_loss = 1,
                                         .validation_end_loss = 0.75,
                                         .validation_accuracy = 0.125};
    curve_write(curve, &text);
    ck_assert_str_eq(text.bytes,
                     "[{\"epoch\": 7, \"phase\": \"train\", \"train_loss\": 0.5, "
                     "\"validation_loss\": 1.0, \"validation_end_loss\": 0.75, "
                     "\"validation_accuracy\": 0.125, \"rate\": 0.25, "
                     "\"norm\": 2.0, \"clip_rate\": 0.0}]");
    strbuf_release(&text);
    free(curve);
}
END_TEST

/* ---- the same training, the same bytes ------------------------------------------------------- */

static char *train_and_write(const struct training *training, size_t *length)
{
    struct toy_data *toy = toy_data_new(1);
    struct trainer *trainer = toy_trainer(training, 2);
    struct report report;
    train(trainer, toy, &report);
    char *bytes = write(trainer, &report, length);
    triage_trainer_free(trainer);
    free(toy);
    return bytes;
}

static const struct {
    const char *about;
    uint32_t threads;
    uint64_t seed;
    bool is_same;
} repeats[] = {
    {"a second run", 1, 1, true},
    {"two threads", 2, 1, true},
    {"three threads", 3, 1, true},
    {"another seed", 1, 2, false},
};

START_TEST(test_training_is_repeatable_for_any_threads)
{
    struct training training = quick;
    size_t lengths[2];
    training.epochs = 3;
    training.dropout = 0.2;
    training.word_dropout = 0.05;
    training.prefix_weight = 1.0;
    training.refit = true;
    training.init = INIT_CHRONO;
    training.batch = 50; /* four shards, the last one smaller */
    char *first = train_and_write(&training, &lengths[0]);
    training.threads = repeats[_i].threads;
    training.seed = repeats[_i].seed;
    char *second = train_and_write(&training, &lengths[1]);
    bool is_same = lengths[0] == lengths[1] && memcmp(first, second, lengths[0]) == 0;
    ck_assert_msg(is_same == repeats[_i].is_same, "%s: %s bytes", repeats[_i].about,
                  is_same ? "the same" : "other");
    free(first);
    free(second);
}
END_TEST

/* ---- stopping -------------------------------------------------------------------------------- */

struct calls {
    size_t count, limit;
    uint32_t last_epoch, last_step;
};

static bool on_progress(void *context, const struct progress *progress)
{
    struct calls *calls = context;
    calls->last_epoch = progress->epoch;
    calls->last_step = progress->step;
    ck_assert(isfinite(progress->train_loss) && isfinite(progress->norm));
    return ++calls->count < calls->limit;
}

static const struct {
    const char *about;
    size_t limit; /* the call that stops the training */
    uint32_t epochs, best_epoch;
} stops[] = {
    {"in the first epoch: its weights are kept", 3, 1, 1},
    {"between epochs", 8, 1, 1}, /* seven steps and the end of the epoch */
    {"in the second epoch: the best weights are kept", 10, 1, 1},
};

START_TEST(test_callback_stops_and_keeps_the_best_weights)
{
    struct toy_data *toy = toy_data_new(1);
    struct trainer *trainer = toy_trainer(&quick, 2);
    struct calls calls = {.limit = stops[_i].limit};
    const struct progress_callback callback = {.call = on_progress, .context = &calls};
    const struct training_data data = split(toy, 200, 100);
    struct report report;
    ck_assert_int_eq(triage_trainer_train(trainer, &data, &callback, &report, NULL),
                     STATUS_OK);
    ck_assert(report.was_interrupted);
    ck_assert_uint_eq(calls.count, stops[_i].limit);
    ck_assert_msg(
        report.epochs == stops[_i].epochs && report.best_epoch == stops[_i].best_epoch,
        "%s: %u epochs, the best %u", stops[_i].about, report.epochs, report.best_epoch);
    triage_trainer_free(trainer);
    free(toy);
}
END_TEST

START_TEST(test_training_ends_when_patience_is_over)
{
    struct toy_data *toy = toy_data_new(1);
    struct training training = quick;
    struct report report;
    training.patience = 2;
    training.learning_rate = 1e-9; /* no epoch is better */
    training.epochs = 30;
    for (size_t i = 0; i < TOY_HISTORIES; i++)
        toy->examples[i].action = (uint32_t)i % 2;
    struct trainer *trainer = toy_trainer(&training, 2);
    train(trainer, toy, &report);
    ck_assert_uint_le(report.epochs, report.best_epoch + 2);
    triage_trainer_free(trainer);
    free(toy);
}
END_TEST

START_TEST(test_training_without_validation)
{
    struct toy_data *toy = toy_data_new(1);
    struct trainer *trainer = toy_trainer(&quick, 2);
    struct error err = {.status = STATUS_OK};
    struct report report;
    const struct training_data none = split(toy, 0, 0), some = split(toy, 200, 0);
    ck_assert_int_eq(triage_trainer_train(trainer, &none, NULL, &report, &err),
                     STATUS_BAD_INPUT);
    ck_assert_str_eq(err.text, "there is no example to train on");
    ck_assert_int_eq(triage_trainer_train(trainer, &some, NULL, &report, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(report.validation_count, 0);
    ck_assert(report.temperature == 1.0);
    ck_assert(accuracy(trainer, toy) == 1.0);
    triage_trainer_free(trainer);
    free(toy);
}
END_TEST

START_TEST(test_divergence_is_an_error)
{
    struct toy_data *toy = toy_data_new(1);
    struct training training = quick;
    struct error err = {.status = STATUS_OK};
    struct report report;
    training.learning_rate = 1e38;
    training.clip = 0.0;
    struct trainer *trainer = toy_trainer(&training, 0);
    const struct training_data data = split(toy, 200, 0);
    ck_assert_int_eq(triage_trainer_train(trainer, &data, NULL, &report, &err),
                     STATUS_NOT_FINITE);
    ck_assert_msg(strstr(err.text, "try a smaller learning rate"), "%s", err.text);
    triage_trainer_free(trainer);
    free(toy);
}
END_TEST

/* ---- memory ---------------------------------------------------------------------------------- */

static bool (*const failures[])(unsigned *) = {failing_malloc_next,
                                               failing_malloc_next_from};

START_TEST(test_training_without_memory)
{
    struct toy_data *toy = toy_data_new(1);
    struct training training = quick;
    training.epochs = 2;
    training.prefix_weight = 1.0;
    training.refit = true;
    training.init = INIT_CHRONO;
    struct trainer *trainer = toy_trainer(&training, 2);
    const struct training_data data = {.train = toy->examples,
                                       .validation = toy->examples + 40,
                                       .train_count = 40,
                                       .validation_count = 70};
    for (unsigned n = 0; failures[_i](&n);) {
        struct error err = {.status = STATUS_OK};
        struct report report;
        enum status status = triage_trainer_train(trainer, &data, NULL, &report, &err);
        ck_assert_msg(status ==
                          (failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK),
                      "allocation %u: %s: %s", n, triage_status_name(status), err.text);
        ck_assert_int_eq(err.status, status);
    }
    triage_trainer_free(trainer);
    free(toy);
}
END_TEST

Suite *trainer_suite(void)
{
    Suite *suite = suite_create("trainer");
    TCase *tc = tcase_create("trainer");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, test_initial_weights_are_within_their_bounds);
    tcase_add_loop_test(tc, test_bad_actions_are_refused, 0, COUNT(bad_actions));
    tcase_add_loop_test(tc, test_order_is_learned, 0, case_count(NETWORKS, 4));
    tcase_add_loop_test(tc,
                        test_chrono_biases_keep_the_state_for_as_long_as_histories_are, 0,
                        COUNT(gates));
    tcase_add_test(tc, test_refit_is_a_training_on_all_of_the_data);
    tcase_add_test(tc, test_a_refit_that_is_stopped_keeps_the_chosen_weights);
    tcase_add_loop_test(tc, test_batches_are_counted_in_labels, 0, COUNT(steps));
    tcase_add_loop_test(tc, test_epochs_go_on_while_the_loss_falls, 0, COUNT(limits));
    tcase_add_test(tc, test_curve_has_every_epoch_and_is_bounded);
    tcase_add_loop_test(tc, test_training_is_repeatable_for_any_threads, 0,
                        COUNT(repeats));
    tcase_add_loop_test(tc, test_callback_stops_and_keeps_the_best_weights, 0,
                        COUNT(stops));
    tcase_add_test(tc, test_training_ends_when_patience_is_over);
    tcase_add_test(tc, test_training_without_validation);
    tcase_add_test(tc, test_divergence_is_an_error);
    tcase_add_loop_test(tc, test_training_without_memory, 0, COUNT(failures));
    suite_add_tcase(suite, tc);
    return suite;
}
