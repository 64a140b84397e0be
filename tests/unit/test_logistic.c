/* Logistic regression against scikit-learn, and its gradient against differences. */
#include "eval/logistic.h"

#include "base/random.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

enum { EXAMPLES = 12, LONGEST = 4, C = 3 };

static const struct event_ids one_field = {1, 0};
static const char *const histories[EXAMPLES] = {"aab", "abc", "cba", "bbc", "ca", "aac",
                                                "cab", "b",   "bca", "cc",  "ab", "acb"};

/* Labelled histories to train on. */
struct training_set {
    uint32_t ids[EXAMPLES][LONGEST], actions[EXAMPLES][LONGEST];
    struct example examples[EXAMPLES];
    const struct example *list[EXAMPLES];
    struct workers *workers;
};

/* labels: the action after the last event; NULL: the next event, after every other event. */
static void training_init(struct training_set *training, const uint32_t *labels,
                          uint32_t threads)
{
    for (size_t i = 0; i < EXAMPLES; i++) {
        struct example *example = &training->examples[i];
        uint32_t length = (uint32_t)strlen(histories[i]);
        for (uint32_t t = 0; t < length; t++) {
            training->ids[i][t] = (uint32_t)(histories[i][t] - 'a') + 2;
            training->actions[i][t] =
                t + 1 < length ? (uint32_t)(histories[i][t + 1] - 'a') : ACTION_NONE;
        }
        *example =
            (struct example){.history = {.ids = training->ids[i], .length = length},
                             .action = labels ? labels[i] : ACTION_NONE,
                             .actions = labels ? NULL : training->actions[i]};
        training->list[i] = example;
    }
    training->workers = workers_new(threads, NULL);
}

static struct logistic *train(const struct training_set *training, struct error *err)
{
    const struct logistic_data data = {.examples = training->list,
                                       .count = EXAMPLES,
                                       .ids = one_field,
                                       .C = C,
                                       .max_logits = LOGISTIC_MAX_LOGITS,
                                       .workers = training->workers};
    return logistic_train(&data, err);
}

static void predict(const struct logistic *logistic, const char *names, double *p)
{
    double logits[C + 1];
    struct logistic_state state = {.logits = logits};
    logistic_begin(logistic, &state);
    for (; *names != '\0'; names++)
        logistic_step(logistic, &state, (uint32_t)(*names - 'a') + 2);
    logistic_predict(logistic, &state, p);
}

/*
 * scikit-learn 1.2.1, LogisticRegression(tol=1e-12, max_iter=100000) on counts of letters and
 * of adjacent pairs of the histories above; of each prefix when the label is the next event.
 * Without the position that is spread evenly over the actions.
 */
static const struct {
    const char *about;
    uint32_t labels[EXAMPLES];
    bool is_next;
    size_t positions;
    const char *histories[3];
    double p[3][C];
} cases[] = {
    {"three classes, softmax over all of them",
     {0, 1, 2, 1, 2, 0, 2, 1, 0, 2, 0, 1},
     false,
     12,
     {"abca", "cc", "bbb"},
     {{0.65757, 0.123801, 0.218628},
      {0.044221, 0.155787, 0.799992},
      {0.066317, 0.904725, 0.028958}}},
    {"two classes, one logit; the third action is never the label",
     {0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0},
     false,
     12,
     {"abca", "cc", "bbb"},
     {{0.630346, 0.369654, 0}, {0.142997, 0.857003, 0}, {0.310704, 0.689296, 0}}},
    {"a label after every event but the last",
     {0},
     true,
     19,
     {"ab", "ca", "abc"},
     {{0.149791, 0.221802, 0.628407},
      {0.244967, 0.607632, 0.147401},
      {0.386645, 0.229371, 0.383984}}},
    {"one class: nothing to train",
     {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
     false,
     12,
     {"abca", "cc", "bbb"},
     {{0, 1, 0}, {0, 1, 0}, {0, 1, 0}}},
};

START_TEST(test_probabilities_equal_those_of_scikit_learn)
{
    struct training_set training;
    struct logistic *logistic;
    double p[C], n = (double)cases[_i].positions;
    training_init(&training, cases[_i].is_next ? NULL : cases[_i].labels, 2);
    logistic = train(&training, NULL);
    ck_assert(logistic != NULL && logistic->has_converged);
    ck_assert_uint_eq(logistic->N, cases[_i].positions);
    for (size_t i = 0; i < 3; i++) {
        predict(logistic, cases[_i].histories[i], p);
        for (size_t c = 0; c < C; c++)
            assert_close(cases[_i].about, i * C + c, p[c],
                         (n * cases[_i].p[i][c] + 1.0 / C) / (n + 1), 1e-3);
    }
    logistic_free(logistic);
    workers_free(training.workers);
}
END_TEST

START_TEST(test_without_training_data_all_actions_are_equal)
{
    struct workers *workers = workers_new(1, NULL);
    const struct logistic_data nothing = {
        .ids = one_field, .C = C, .max_logits = LOGISTIC_MAX_LOGITS, .workers = workers};
    struct logistic *logistic = logistic_train(&nothing, NULL);
    double p[C];
    predict(logistic, "ab", p);
    for (size_t c = 0; c < C; c++)
        assert_close("even", c, p[c], 1.0 / 3, 1e-15);
    logistic_free(logistic);
    workers_free(workers);
}
END_TEST

/* As many events as actions, 1,100: more than a million weights. */
START_TEST(test_too_many_weights_are_refused)
{
    enum { MANY = 1100 };
    static struct example examples[MANY];
    static const struct example *list[MANY];
    static uint32_t ids[MANY];
    struct workers *workers = workers_new(1, NULL);
    struct error err = {.status = STATUS_OK};
    for (uint32_t i = 0; i < MANY; i++) {
        ids[i] = i;
        examples[i] =
            (struct example){.history = {.ids = &ids[i], .length = 1}, .action = i};
        list[i] = &examples[i];
    }
    const struct logistic_data data = {.examples = list,
                                       .count = MANY,
                                       .ids = one_field,
                                       .C = MANY,
                                       .max_logits = LOGISTIC_MAX_LOGITS,
                                       .workers = workers};
    ck_assert_ptr_null(logistic_train(&data, &err));
    ck_assert_int_eq(err.status, STATUS_TOO_LARGE);
    ck_assert_str_eq(err.text,
                     "1100 events and pairs by 1100 actions: more than 1048576 weights");
    workers_free(workers);
}
END_TEST

START_TEST(test_same_bits_for_any_threads)
{
    struct logistic *logistic[2];
    struct training_set training;
    for (uint32_t i = 0; i < 2; i++) {
        training_init(&training, NULL, 1 + 2 * i);
        logistic[i] = train(&training, NULL);
        workers_free(training.workers);
    }
    ck_assert_uint_eq(logistic[0]->rows.count, logistic[1]->rows.count);
    ck_assert_mem_eq(logistic[0]->w, logistic[1]->w,
                     (logistic[0]->rows.count + 1) * C * sizeof(double));
    logistic_free(logistic[0]);
    logistic_free(logistic[1]);
}
END_TEST

/* Two examples, five events, four rows, four labels. */
enum { ROWS = 4, EVENTS = 5 };
static size_t starts[] = {0, 3, EVENTS};
static uint32_t rows[EVENTS][2] = {{0, MAP_NONE}, {1, 2}, {0, 3}, {1, MAP_NONE}, {1, 3}};
static uint32_t labels[EVENTS] = {1, MAP_NONE, 0, 1, 0};

static const struct {
    const char *about;
    size_t S;
} shapes[] = {{"a logit for each of three classes", 3}, {"one logit for two classes", 1}};

static void likelihood_make(struct likelihood *l, size_t S, struct workers *workers,
                            double *gradients, double *logits)
{
    *l = (struct likelihood){.count = 2,
                             .starts = starts,
                             .rows = rows,
                             .labels = labels,
                             .row_count = ROWS,
                             .S = S,
                             .N = 4,
                             .workers = workers,
                             .gradients = gradients,
                             .logits = logits};
}

START_TEST(test_gradient_is_the_derivative)
{
    enum { WEIGHTS = (ROWS + 1) * C };
    static double gradients[LIKELIHOOD_CHUNKS * WEIGHTS],
        logits[LIKELIHOOD_CHUNKS * 3 * C];
    double w[WEIGHTS], gradient[WEIGHTS], scratch[WEIGHTS];
    struct workers *workers = workers_new(2, NULL);
    struct likelihood l;
    struct random random;
    random_init(&random, 4, 0);
    for (size_t i = 0; i < WEIGHTS; i++)
        w[i] = random_normal(&random);
    likelihood_make(&l, shapes[_i].S, workers, gradients, logits);
    likelihood_value(&l, w, gradient);
    for (size_t i = 0; i < likelihood_weights(&l); i++) {
        double kept = w[i], above, below, step = 1e-5;
        w[i] = kept + step;
        above = likelihood_value(&l, w, scratch);
        w[i] = kept - step;
        below = likelihood_value(&l, w, scratch);
        w[i] = kept;
        assert_close(shapes[_i].about, i, gradient[i], (above - below) / (2 * step),
                     1e-9);
    }
    workers_free(workers);
}
END_TEST

START_TEST(test_squares_of_each_row_are_summed)
{
    /* How often each row was added up to positions 0, 2, 3, 4:
       row 0: 1 2 0 0; row 1: 0 1 1 2; row 2: 0 1 0 0; row 3: 0 1 0 1 */
    static const double expected[ROWS] = {5, 6, 1, 2};
    struct likelihood l;
    double squares[ROWS];

    likelihood_make(&l, 1, NULL, NULL, NULL);
    ck_assert_int_eq(likelihood_squares(&l, squares, NULL), STATUS_OK);
    for (size_t i = 0; i < ROWS; i++)
        assert_close("sum of squares", i, squares[i], expected[i], 0);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct training_set training;
    training_init(&training, NULL, 1);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct logistic *logistic = train(&training, &err);
        ck_assert((logistic == NULL) == failing_malloc_has_failed());
        ck_assert_int_eq(err.status, logistic == NULL ? STATUS_NO_MEMORY : STATUS_OK);
        logistic_free(logistic);
    }
    workers_free(training.workers);
}
END_TEST

Suite *logistic_suite(void)
{
    Suite *suite = suite_create("logistic");
    TCase *tc = tcase_create("logistic");
    tcase_add_loop_test(tc, test_probabilities_equal_those_of_scikit_learn, 0,
                        COUNT(cases));
    tcase_add_test(tc, test_without_training_data_all_actions_are_equal);
    tcase_add_test(tc, test_too_many_weights_are_refused);
    tcase_add_test(tc, test_same_bits_for_any_threads);
    tcase_add_loop_test(tc, test_gradient_is_the_derivative, 0, COUNT(shapes));
    tcase_add_test(tc, test_squares_of_each_row_are_summed);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
