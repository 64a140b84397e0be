/* The policy that is fitted on validation data, against all decisions counted one by one. */
#include "train/decision_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "base/random.h"
#include "infer/model.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { HISTORIES = 60, LONGEST = 6, C = SAMPLE_ACTIONS };

struct trial {
    struct model *model;
    struct history *histories;
    struct example examples[HISTORIES];
    struct training_data data;
    struct arena arena;
};

/* Labels that are right where the model is sure, else at random. */
static void trial_init(struct trial *x)
{
    const struct spec spec = sample_spec(2, 0, 6, 1, 1);
    struct random random;
    memset(x, 0, sizeof *x);
    arena_init(&x->arena, SIZE_MAX);
    random_init(&random, 3, 0);
    x->model = sample_model(sample_plain, &spec, 2.5f, 4);
    x->histories = sample_histories(triage_model_schema(x->model), HISTORIES, LONGEST,
                                    &x->arena, 12);
    for (size_t h = 0; h < HISTORIES; h++) {
        float *p = sample_alone(x->model, &x->histories[h], 1, LONGEST);
        uint32_t label = (uint32_t)argmax(p, C);
        if (p[label] < 0.9f)
            label = (uint32_t)random_below(&random, C);
        x->examples[h] = (struct example){.history = x->histories[h], .action = label};
        free(p);
    }
    x->data =
        (struct training_data){.validation = x->examples, .validation_count = HISTORIES};
}

static void trial_release(struct trial *x)
{
    triage_model_free(x->model);
    arena_release(&x->arena);
}

/* The share that is answered, and its accuracy and cost, by the policy of the model. */
static void count_answers(const struct trial *x, double *coverage, double *accuracy,
                          double *cost)
{
    const struct decision_policy *policy = &x->model->trained->decision;
    double answered = 0.0, right = 0.0, all = 0.0;
    *cost = 0.0;
    for (size_t h = 0; h < HISTORIES; h++)
        for (uint32_t length = 1; length <= x->histories[h].length; length++) {
            struct history cut = x->histories[h];
            double weight = 1.0 / x->histories[h].length;
            uint32_t label = x->examples[h].action;
            cut.length = length;
            float *p = sample_alone(x->model, &cut, 1, LONGEST);
            struct decision decision = decision_make(policy, p, C, length, 0);
            all += weight;
            if (decision.decline == DECLINE_NOT) {
                answered += weight;
                right += decision.action == label ? weight : 0.0;
                if (policy->costs)
                    *cost += weight * policy->costs[label * C + decision.action];
            }
            free(p);
        }
    *coverage = answered / all;
    *accuracy = right / answered;
    *cost /= answered;
}

START_TEST(test_threshold_reaches_the_accuracy)
{
    static struct trial x;
    struct training training = {.accuracy = 0.0};
    struct report report = {0};
    struct error err = {.status = STATUS_OK};
    double coverage, all_coverage, accuracy, cost, least;
    trial_init(&x);
    struct trained_model *model = x.model->trained;
    ck_assert_int_eq(decision_fit(model, &training, &x.data, &report, &err), STATUS_OK);
    ck_assert(!model->decision.exists && report.coverage.row_count == 0);
    model->decision.exists = true; /* an empty policy answers everything */
    model->decision.max_unknown = 1.0f;
    model->decision.decline_cost = (double)INFINITY;
    count_answers(&x, &all_coverage, &least, &cost);
    assert_close("everything", 0, all_coverage, 1.0, 1e-12);
    training.accuracy = least + 0.1 * (1.0 - least);
    ck_assert_int_eq(decision_fit(model, &training, &x.data, &report, &err), STATUS_OK);
    const struct coverage_table *table = &report.coverage;
    ck_assert(table->row_count > 1 && table->is_reached && !table->has_costs);
    count_answers(&x, &coverage, &accuracy, &cost);
    ck_assert_msg(accuracy >= training.accuracy && coverage < 1.0,
                  "%g of %g at a coverage of %g", accuracy, training.accuracy, coverage);
    assert_close("coverage", 0, table->chosen.coverage, coverage, 1e-12);
    assert_close("accuracy", 0, table->chosen.accuracy, accuracy, 1e-12);
    const struct coverage_row *last = &table->rows[table->row_count - 1];
    assert_close("the last row answers everything", 0, last->coverage, 1.0, 1e-12);
    assert_close("its accuracy", 0, last->accuracy, least, 1e-12);
    for (size_t i = 1; i < table->row_count; i++)
        ck_assert(table->rows[i].coverage > table->rows[i - 1].coverage &&
                  table->rows[i].threshold < table->rows[i - 1].threshold);
    trial_release(&x);
}
END_TEST

/* Half of the histories are equal, and so is what is answered to them. */
START_TEST(test_rows_are_of_different_tenths)
{
    static struct trial x;
    const struct training training = {.accuracy = 0.5};
    struct report report = {0};
    trial_init(&x);
    for (size_t h = 0; h < HISTORIES / 2; h++) {
        x.examples[h].history = x.histories[0];
        x.examples[h].history.length = 1;
    }
    ck_assert_int_eq(decision_fit(x.model->trained, &training, &x.data, &report, NULL),
                     STATUS_OK);
    const struct coverage_table *table = &report.coverage;
    ck_assert_uint_gt(table->row_count, 1);
    for (size_t i = 1; i + 1 < table->row_count; i++)
        ck_assert_msg(floor(table->rows[i].coverage * COVERAGE_ROWS + 1e-6) >
                          floor(table->rows[i - 1].coverage * COVERAGE_ROWS + 1e-6),
                      "rows %zu and %zu: %g and %g", i - 1, i,
                      table->rows[i - 1].coverage, table->rows[i].coverage);
    trial_release(&x);
}
END_TEST

START_TEST(test_accuracy_that_cannot_be_reached_declines)
{
    static struct trial x;
    const struct training training = {.accuracy = 1.0, .max_unknown = 0.25};
    struct report report = {0};
    trial_init(&x);
    ck_assert_int_eq(decision_fit(x.model->trained, &training, &x.data, &report, NULL),
                     STATUS_OK);
    ck_assert(!report.coverage.is_reached);
    assert_close("decline_below", 0, (double)x.model->trained->decision.decline_below,
                 1.0, 0.0);
    assert_close("max_unknown", 0, (double)x.model->trained->decision.max_unknown, 0.25,
                 0.0);
    trial_release(&x);
}
END_TEST

START_TEST(test_costs_are_those_of_the_decisions)
{
    static const double costs[C * C] = {0, 1, 3, 10, 0, 2, 4, 4, 0};
    static struct trial x;
    const struct training training = {.accuracy = 0.0};
    struct report report = {0};
    double coverage, accuracy, cost;
    trial_init(&x);
    struct trained_model *model = x.model->trained;
    model->decision.costs = costs;
    model->decision.decline_cost = 1.5;
    ck_assert_int_eq(decision_fit(model, &training, &x.data, &report, NULL), STATUS_OK);
    assert_close("it is kept", 0, model->decision.decline_cost, 1.5, 0.0);
    model->decision.decline_cost = (double)INFINITY;
    count_answers(&x, &coverage, &accuracy, &cost);
    const struct coverage_table *table = &report.coverage;
    const struct coverage_row *last = &table->rows[table->row_count - 1];
    ck_assert(table->has_costs);
    assert_close("cost", 0, last->cost, cost, 1e-12);
    assert_close("accuracy", 0, last->accuracy, accuracy, 1e-12);
    double constant = 1e9;
    for (size_t c = 0; c < C; c++) {
        double sum = 0.0;
        for (size_t h = 0; h < HISTORIES; h++)
            sum += costs[x.examples[h].action * C + c] / HISTORIES;
        constant = fmin(constant, sum);
    }
    assert_close("always the same action", 0, table->constant_cost, constant, 1e-12);
    for (size_t i = 1; i < table->row_count; i++)
        ck_assert(table->rows[i].threshold >= table->rows[i - 1].threshold);
    trial_release(&x);
}
END_TEST

START_TEST(test_without_validation_data_it_is_an_error)
{
    static struct trial x;
    const struct training training = {.accuracy = 0.5};
    struct report report = {0};
    struct error err = {.status = STATUS_OK};
    trial_init(&x);
    x.data.validation_count = 0;
    ck_assert_int_eq(decision_fit(x.model->trained, &training, &x.data, &report, &err),
                     STATUS_BAD_OPTION);
    ck_assert_str_eq(err.where, "--accuracy");
    trial_release(&x);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    static struct trial x;
    const struct training training = {.accuracy = 0.5};
    trial_init(&x);
    x.data.validation_count = 3;
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct report report = {0};
        struct error err = {.status = STATUS_OK};
        enum status status =
            decision_fit(x.model->trained, &training, &x.data, &report, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
    }
    trial_release(&x);
}
END_TEST

Suite *decision_fit_suite(void)
{
    Suite *suite = suite_create("decision_fit");
    TCase *tc = tcase_create("decision_fit");
    tcase_add_test(tc, test_threshold_reaches_the_accuracy);
    tcase_add_test(tc, test_rows_are_of_different_tenths);
    tcase_add_test(tc, test_accuracy_that_cannot_be_reached_declines);
    tcase_add_test(tc, test_costs_are_those_of_the_decisions);
    tcase_add_test(tc, test_without_validation_data_it_is_an_error);
    tcase_add_test(tc, test_memory_runs_out);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return suite;
}
