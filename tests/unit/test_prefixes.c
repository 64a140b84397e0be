/*
 * Training on the beginnings of histories: the loss after every event of a history is that of the
 * history cut there, and a model that was trained so is not confident before it can know.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/compare.h"
#include "support/sample.h"
#include "train/data_parallel.h"
#include "unit/suites.h"

enum { HISTORIES = 6, LONGEST = 7, TOY = 120, TOY_EVENTS = 6 };

/* ---- loss and gradient ----------------------------------------------------------------------- */

struct fixture {
    struct model *model;
    struct arena arena;
    struct example examples[HISTORIES];
    struct training training;
};

static void fixture_init(struct fixture *fixture, int i)
{
    struct spec spec = sample_spec(i, 3, 4, 1 + (uint32_t)i % 2, 1);
    *fixture = (struct fixture){
        .model = sample_model(sample_rich, &spec, 0.6f, (uint64_t)i),
        .training = {.threads = 1, .seed = 1, .prefix_weight = 0.7},
    };
    arena_init(&fixture->arena, SIZE_MAX);
    const struct schema *schema = fixture->model->trained->schema;
    const struct history *histories =
        sample_histories(schema, HISTORIES, LONGEST, &fixture->arena, (uint64_t)i);
    for (uint32_t b = 0; b < HISTORIES; b++)
        fixture->examples[b] = (struct example){histories[b], b % SAMPLE_ACTIONS, NULL};
    fixture->examples[0].history.length = 1;    /* nothing before its end */
    fixture->examples[1].action = ACTION_OTHER; /* no target at all */
}

static void fixture_release(struct fixture *fixture)
{
    arena_release(&fixture->arena);
    triage_model_free(fixture->model);
}

/* The loss of some examples; its gradient is added to sum [floats], multiplied by weight. */
static double loss_of(const struct fixture *fixture, const struct training *training,
                      const struct example *const *examples, size_t count, double weight,
                      double *sum)
{
    const struct trained_model *model = fixture->model->trained;
    struct data_parallel parallel;
    double loss;
    ck_assert_int_eq(data_parallel_init(&parallel, model, training, count, NULL),
                     STATUS_OK);
    ck_assert_int_eq(data_parallel_backward(&parallel, model->params,
                                            (struct example_list){examples, count}, 0,
                                            &loss, NULL),
                     STATUS_OK);
    const float *gradients = data_parallel_gradients(&parallel);
    for (size_t i = 0; i < model->tensors.floats; i++)
        sum[i] += weight * (double)gradients[i];
    data_parallel_release(&parallel);
    return loss;
}

/*
 * The same by the definition: each prefix is a history of its own, trained on at its end.  The
 * weights: 1 at the end of a history of n events, and after each earlier event w / (n - 1) for the
 * mean of the losses, w for their sum.
 */
static double loss_by_definition(const struct fixture *fixture, double *sum)
{
    struct training training = fixture->training;
    bool is_mean = training.prefix_loss == PREFIX_MEAN;
    double w = training.prefix_weight, all = 0.0, loss = 0.0;
    training.prefix_weight = 0.0;
    for (size_t b = 0; b < HISTORIES; b++) {
        uint32_t earlier = fixture->examples[b].history.length - 1;
        if (fixture->examples[b].action < SAMPLE_ACTIONS)
            all += 1.0 + (is_mean && earlier > 0 ? w : w * earlier);
    }
    for (size_t b = 0; b < HISTORIES; b++) {
        uint32_t n = fixture->examples[b].history.length;
        for (uint32_t t = 1; t <= n; t++) {
            struct example prefix = fixture->examples[b];
            const struct example *examples[1] = {&prefix};
            double weight = (t == n ? 1.0 : is_mean ? w / (n - 1) : w) / all;
            if (prefix.action >= SAMPLE_ACTIONS)
                continue;
            prefix.history.length = t;
            loss += weight * loss_of(fixture, &training, examples, 1, weight, sum);
        }
    }
    return loss;
}

static void check_loss_over_prefixes(int cell, enum prefix_loss prefix_loss)
{
    struct fixture fixture;
    const struct example *examples[HISTORIES];
    fixture_init(&fixture, cell);
    fixture.training.prefix_loss = prefix_loss;
    size_t floats = fixture.model->trained->tensors.floats;
    double *exact = calloc(floats, sizeof *exact), *sum = calloc(floats, sizeof *sum);
    for (size_t b = 0; b < HISTORIES; b++)
        examples[b] = &fixture.examples[b];
    double expected = loss_by_definition(&fixture, exact);
    double loss = loss_of(&fixture, &fixture.training, examples, HISTORIES, 1.0, sum);
    assert_close(sample_cells[cell].name, 0, loss, expected, 1e-6);
    for (size_t i = 0; i < floats; i++)
        assert_close(sample_cells[cell].name, i, sum[i], exact[i], 2e-6);
    free(exact);
    free(sum);
    fixture_release(&fixture);
}

START_TEST(test_loss_over_prefixes_is_that_of_cut_histories)
{
    check_loss_over_prefixes(_i, PREFIX_MEAN);
    check_loss_over_prefixes(_i, PREFIX_SUM);
}
END_TEST

/* ---- training -------------------------------------------------------------------------------- */

/* The last event tells the action; the events before it say nothing. */
static void draw_toy(struct example examples[TOY], uint32_t ids[TOY][TOY_EVENTS])
{
    struct random random;
    random_init(&random, 3, 0);
    for (size_t i = 0; i < TOY; i++) {
        uint32_t length = 2 + (uint32_t)random_below(&random, TOY_EVENTS - 1);
        uint32_t action = (uint32_t)random_below(&random, 2);
        for (uint32_t t = 0; t < length; t++)
            ids[i][t] = 4 + (uint32_t)random_below(&random, 3);
        ids[i][length - 1] = 2 + action;
        examples[i] = (struct example){{.ids = ids[i], .length = length}, action, NULL};
    }
}

/* Train, and return the report; *confidence is the mean probability of the answer after one event. */
static struct report train_toy(double prefix_weight, uint32_t directions,
                               double *confidence)
{
    static const char *const actions[] = {"a", "b"};
    static uint32_t ids[TOY][TOY_EVENTS];
    static struct example examples[TOY];
    draw_toy(examples, ids);
    const struct training training = {.epochs = 12,
                                      .patience = 12,
                                      .batch = 16,
                                      .learning_rate = 0.02,
                                      .clip = 1.0,
                                      .average = 0.9,
                                      .seed = 1,
                                      .threads = 1,
                                      .prefix_weight = prefix_weight};
    const struct training_data data = {.train = examples,
                                       .validation = examples + 90,
                                       .train_count = 90,
                                       .validation_count = TOY - 90};
    struct spec spec = sample_spec(2, 6, 8, 1, directions);
    struct schema *schema = sample_schema(sample_plain);
    struct error err = {.status = STATUS_OK};
    struct report report;
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, TASK_LAST, actions, 2, &training, &err);
    ck_assert_msg(trainer && triage_trainer_train(trainer, &data, NULL, &report, &err) ==
                                 STATUS_OK,
                  "%s", err.text);
    struct model *model = sample_finish(trainer);
    struct classifier *classifier = triage_classifier_new(model, 1, TOY_EVENTS, NULL);
    *confidence = 0.0;
    for (size_t i = 0; i < TOY; i++) {
        struct history first = examples[i].history;
        float p[2];
        first.length = 1;
        ck_assert_int_eq(triage_classifier_run(classifier, &first, 1, p, NULL),
                         STATUS_OK);
        *confidence += (double)fmaxf(p[0], p[1]) / TOY;
    }
    triage_classifier_free(classifier);
    triage_model_free(model);
    triage_schema_free(schema);
    return report;
}

START_TEST(test_a_model_trained_on_prefixes_is_not_confident_too_early)
{
    double with, without;
    struct report report = train_toy(1.0, 1, &with);
    ck_assert_msg(report.validation_accuracy == 1.0 && report.validation_end_loss < 0.1,
                  "at the end: accuracy %g, loss %g", report.validation_accuracy,
                  report.validation_end_loss);
    ck_assert_msg(fabs(report.validation_prefix_loss - log(2.0)) < 0.1 &&
                      report.validation_prefix_accuracy < 0.8,
                  "before it: accuracy %g, loss %g", report.validation_prefix_accuracy,
                  report.validation_prefix_loss);
    assert_close("the mean of both, with equal weights", 0, report.validation_loss,
                 (report.validation_end_loss + report.validation_prefix_loss) / 2, 1e-9);
    report = train_toy(0.0, 1, &without);
    assert_close("without prefixes", 0, report.validation_loss,
                 report.validation_end_loss, 0);
    assert_close("without prefixes", 1, report.validation_prefix_loss, 0, 0);
    ck_assert_msg(with < 0.6 && without > with, "confidence %g, without prefixes %g",
                  with, without);
}
END_TEST

START_TEST(test_two_directions_are_trained_at_the_end_only)
{
    double confidence;
    struct report report = train_toy(1.0, 2, &confidence);
    assert_close("no prefixes", 0, report.validation_loss, report.validation_end_loss, 0);
    assert_close("no prefixes", 1, report.validation_prefix_loss, 0, 0);
}
END_TEST

Suite *prefixes_suite(void)
{
    Suite *suite = suite_create("prefixes");
    TCase *tc = tcase_create("prefixes");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_loss_over_prefixes_is_that_of_cut_histories, 0,
                        SAMPLE_CELLS);
    tcase_add_test(tc, test_a_model_trained_on_prefixes_is_not_confident_too_early);
    tcase_add_test(tc, test_two_directions_are_trained_at_the_end_only);
    suite_add_tcase(suite, tc);
    return suite;
}
