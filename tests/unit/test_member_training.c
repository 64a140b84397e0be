/*
 * Training several networks: each has the weights that it gets alone, one temperature is fitted for
 * the mean of all, and a training that is stopped keeps the networks that it has.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "infer/model.h"
#include "support/compare.h"
#include "support/sample.h"
#include "support/small_training.h"
#include "train/loss.h"
#include "trainer.h"
#include "unit/suites.h"

/* Train and load the model, which the caller frees. */
static struct model *train(const struct small_training *small,
                           const struct progress_callback *callback,
                           struct report *report)
{
    struct error err = {0};
    size_t length;
    char *bytes;
    ck_assert_msg(small_training_run(small, callback, NULL, report, &bytes, &length,
                                     &err) == STATUS_OK,
                  "%s", err.text);
    struct model *model = triage_model_read("trained", bytes, length, &err);
    ck_assert_msg(model, "%s: %s", err.where, err.text);
    free(bytes);
    return model;
}

START_TEST(test_each_network_is_that_of_its_seed)
{
    struct small_training *small = small_training_new();
    struct report report;
    small->training.members = 3;
    small->training.refit = true;
    small->training.init = INIT_CHRONO;
    struct model *model = train(small, NULL, &report);
    ck_assert_uint_eq(report.member_count, 3);
    ck_assert_uint_eq(report.refit_count, SMALL_EXAMPLES);
    size_t count = model->trained->tensors.count;
    small->training.members = 1;
    for (uint32_t m = 0; m < 3; m++, small->training.seed++) {
        struct report own;
        struct model *network = train(small, NULL, &own);
        for (size_t t = 0; t < count; t++) {
            struct tensor_view a = triage_model_tensor(model, m * count + t);
            struct tensor_view b = triage_model_tensor(network, t);
            assert_same_bits(a.name, a.data, b.data, (size_t)b.rows * b.columns);
        }
        ck_assert_uint_eq(report.members[m].best_epoch, own.best_epoch);
        ck_assert(report.members[m].validation_loss == own.validation_loss);
        triage_model_free(network);
    }
    triage_model_free(model);
    small_training_free(small);
}
END_TEST

START_TEST(test_the_number_of_threads_changes_no_byte)
{
    struct small_training *small = small_training_new();
    struct report report;
    size_t lengths[2];
    char *bytes[2];
    small->training.members = 2;
    for (int i = 0; i < 2; i++) {
        small->training.threads = i == 0 ? 1 : 3;
        ck_assert_int_eq(
            small_training_run(small, NULL, NULL, &report, &bytes[i], &lengths[i], NULL),
            STATUS_OK);
    }
    ck_assert_uint_eq(lengths[0], lengths[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], lengths[0]);
    free(bytes[0]);
    free(bytes[1]);
    small_training_free(small);
}
END_TEST

/* The mean loss at the end of the validation histories, by the probabilities of the model. */
static double validation_loss(const struct model *model,
                              const struct small_training *small)
{
    double loss = 0.0;
    for (size_t i = SMALL_TRAIN; i < SMALL_EXAMPLES; i++) {
        float *p = sample_alone(model, &small->examples[i].history, 1, SMALL_EVENTS);
        loss -= log((double)p[small->examples[i].action]) / SMALL_VALIDATION;
        free(p);
    }
    return loss;
}

START_TEST(test_the_temperature_is_the_best_of_the_mean)
{
    struct small_training *small = small_training_new();
    struct report report;
    small->training.members = 3;
    struct model *model = train(small, NULL, &report);
    float best = model->trained->temperature;
    double loss = validation_loss(model, small);
    ck_assert(best == (float)report.temperature && best != 1.0f);
    static const float factors[] = {0.95f, 1.05f};
    for (size_t i = 0; i < 2; i++) {
        for (uint32_t m = 0; m < 3; m++)
            model->packed[m]->inverse_temperature = 1.0f / (best * factors[i]);
        ck_assert_double_le(loss, validation_loss(model, small));
    }
    for (uint32_t m = 0; m < 3; m++)
        model->packed[m]->inverse_temperature = 1.0f;
    assert_close("the reported loss is that of the mean", 0,
                 validation_loss(model, small), report.validation_end_loss, 1e-5);
    triage_model_free(model);
    small_training_free(small);
}
END_TEST

/* ---- a training that is stopped ---------------------------------------------------------- */

struct stop {
    uint32_t member, epoch; /* at the end of which it stops */
    bool in_refit;
    uint32_t members; /* as it was told */
};

static bool stop_at(void *context, const struct progress *progress)
{
    struct stop *stop = context;
    stop->members = progress->members;
    return !(progress->has_epoch_ended && progress->member == stop->member &&
             progress->epoch == stop->epoch && progress->is_refit == stop->in_refit);
}

static const struct {
    const char *about;
    struct stop stop;
    uint32_t members;
} stops[] = {
    {"in the first network", {.member = 1, .epoch = 1}, 1},
    {"in the second", {.member = 2, .epoch = 1}, 2},
    {"in the last", {.member = 3, .epoch = 1}, 3},
};

START_TEST(test_a_stopped_training_keeps_its_networks)
{
    struct small_training *small = small_training_new();
    struct stop stop = stops[_i].stop;
    const struct progress_callback callback = {.call = stop_at, .context = &stop};
    struct report report;
    small->training.members = 3;
    struct model *model = train(small, &callback, &report);
    ck_assert_uint_eq(stop.members, 3);
    ck_assert_msg(triage_model_members(model) == stops[_i].members, "%s: %u networks",
                  stops[_i].about, (unsigned)triage_model_members(model));
    ck_assert_int_eq(model->trained->numerics, stops[_i].members == 1 ? 1 : 2);
    ck_assert(report.was_interrupted);
    triage_model_free(model);
    small_training_free(small);
}
END_TEST

/* The second network stops in its refit: the first keeps its chosen weights, too. */
START_TEST(test_a_stopped_refit_changes_no_network)
{
    struct small_training *small = small_training_new();
    struct stop stop = {.member = 2, .epoch = 1, .in_refit = true};
    const struct progress_callback callback = {.call = stop_at, .context = &stop};
    struct report report;
    small->training.members = 2;
    struct model *chosen = train(small, NULL, &report);
    small->training.refit = true;
    struct model *stopped = train(small, &callback, &report);
    ck_assert(report.was_interrupted && report.refit_count == 0);
    ck_assert_uint_eq(triage_model_members(stopped), 2);
    for (size_t t = 0; t < triage_model_tensor_count(chosen); t++) {
        struct tensor_view a = triage_model_tensor(chosen, t);
        struct tensor_view b = triage_model_tensor(stopped, t);
        assert_same_bits(a.name, b.data, a.data, (size_t)a.rows * a.columns);
    }
    triage_model_free(chosen);
    triage_model_free(stopped);
    small_training_free(small);
}
END_TEST

/* ---- the loss of the mean ------------------------------------------------------------------ */

START_TEST(test_mean_logits_are_those_of_the_mean)
{
    /* [2 members][2 rows][3]; the second member has logits that exp cannot represent */
    float logits[2][2][3] = {{{0, 0, 0}, {1, 2, 3}}, {{0, 0, 5000}, {3, 2, 1}}};
    loss_mean_logits(logits[0][0], 2, 2, 3);
    const double e = exp(1.0), sum = 1 + e + e * e;
    const double expected[2][3] = {
        {1.0 / 6, 1.0 / 6, 2.0 / 3},
        {(1 + e * e) / sum / 2, e / sum, (1 + e * e) / sum / 2}};
    for (size_t i = 0; i < 2; i++)
        for (size_t c = 0; c < 3; c++)
            assert_close("a mean", 3 * i + c, exp((double)logits[0][i][c]),
                         expected[i][c], 1e-6);
}
END_TEST

Suite *member_training_suite(void)
{
    Suite *suite = suite_create("member_training");
    TCase *tc = tcase_create("member_training");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, test_each_network_is_that_of_its_seed);
    tcase_add_test(tc, test_the_number_of_threads_changes_no_byte);
    tcase_add_test(tc, test_the_temperature_is_the_best_of_the_mean);
    tcase_add_loop_test(tc, test_a_stopped_training_keeps_its_networks, 0,
                        sizeof stops / sizeof *stops);
    tcase_add_test(tc, test_a_stopped_refit_changes_no_network);
    tcase_add_test(tc, test_mean_logits_are_those_of_the_mean);
    suite_add_tcase(suite, tc);
    return suite;
}
