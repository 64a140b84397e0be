#include "eval/logistic.h"

#include "base/random.h"
#include "eval/likelihood.h"
#include "support/compare.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

enum { LESSONS = 12, LONGEST = 4, C = 3 };
#define WORK LOGISTIC_WORK

static const struct events alone = {1, 0};
static const char *const histories[LESSONS] = {"aab", "abc", "cba", "bbc", "ca", "aac",
                                               "cab", "b",   "bca", "cc",  "ab", "acb"};

/* Histories with what was right, ready to learn from. */
struct lessons {
    uint32_t ids[LESSONS][LONGEST], actions[LESSONS][LONGEST];
    struct example examples[LESSONS];
    const struct example *list[LESSONS];
    struct crew crew;
};

/* rights: the action at the end of each; NULL: the next event, after each event but the last. */
static void lessons_init(struct lessons *lessons, const uint32_t *rights, uint32_t lanes)
{
    for (size_t i = 0; i < LESSONS; i++) {
        struct example *example = &lessons->examples[i];
        uint32_t length = (uint32_t)strlen(histories[i]);
        for (uint32_t t = 0; t < length; t++) {
            lessons->ids[i][t] = (uint32_t)(histories[i][t] - 'a') + 2;
            lessons->actions[i][t] =
                t + 1 < length ? (uint32_t)(histories[i][t + 1] - 'a') : ACTION_NONE;
        }
        *example =
            (struct example){.history = {.ids = lessons->ids[i], .length = length},
                             .action = rights == NULL ? ACTION_NONE : rights[i],
                             .actions = rights == NULL ? lessons->actions[i] : NULL};
        lessons->list[i] = example;
    }
    lessons->crew = (struct crew){workers_new(lanes, NULL), lanes};
}

static void answer(const struct logistic *logistic, const char *names, double *p)
{
    double scores[C + 1];
    struct logistic_walk walk = {.scores = scores};

    logistic_begin(logistic, &walk);
    for (; *names != '\0'; names++)
        logistic_step(logistic, &walk, (uint32_t)(*names - 'a') + 2);
    logistic_answer(logistic, &walk, p);
}

/*
 * scikit-learn 1.2.1, LogisticRegression(tol=1e-12, max_iter=100000) on counts of letters and
 * of adjacent pairs of the histories above; when learning what comes next, of each prefix.
 * Before one more example is thought to be spread evenly.
 */
static const struct {
    const char *about;
    uint32_t rights[LESSONS];
    bool is_next;
    size_t places;
    const char *asked[3];
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
    {"two classes, one score; the third was never right",
     {0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0},
     false,
     12,
     {"abca", "cc", "bbb"},
     {{0.630346, 0.369654, 0}, {0.142997, 0.857003, 0}, {0.310704, 0.689296, 0}}},
    {"every place learnt from",
     {0},
     true,
     19,
     {"ab", "ca", "abc"},
     {{0.149791, 0.221802, 0.628407},
      {0.244967, 0.607632, 0.147401},
      {0.386645, 0.229371, 0.383984}}},
    {"one class: nothing to tell apart",
     {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
     false,
     12,
     {"abca", "cc", "bbb"},
     {{0, 1, 0}, {0, 1, 0}, {0, 1, 0}}},
};

START_TEST(test_optimum)
{
    struct lessons lessons;
    struct logistic *logistic;
    double p[C], n = (double)cases[_i].places;

    lessons_init(&lessons, cases[_i].is_next ? NULL : cases[_i].rights, 2);
    logistic = logistic_learn(lessons.list, LESSONS, alone, C, WORK, &lessons.crew, NULL);
    ck_assert(logistic != NULL && logistic->has_converged);
    ck_assert_uint_eq(logistic->N, cases[_i].places);
    for (size_t i = 0; i < 3; i++) {
        answer(logistic, cases[_i].asked[i], p);
        for (size_t c = 0; c < C; c++)
            assert_close(cases[_i].about, i * C + c, p[c],
                         (n * cases[_i].p[i][c] + 1.0 / C) / (n + 1), 1e-3);
    }
    logistic_free(logistic);
    workers_free(lessons.crew.workers);
}
END_TEST

START_TEST(test_nothing_to_learn_from)
{
    struct crew crew = {workers_new(1, NULL), 1};
    struct logistic *logistic = logistic_learn(NULL, 0, alone, C, WORK, &crew, NULL);
    double p[C];

    answer(logistic, "ab", p);
    for (size_t c = 0; c < C; c++)
        assert_close("even", c, p[c], 1.0 / 3, 1e-15);
    logistic_free(logistic);
    workers_free(crew.workers);
}
END_TEST

/* As many events as actions, 1,100: more than a million weights. */
START_TEST(test_too_many_weights)
{
    enum { MANY = 1100 };
    static struct example examples[MANY];
    static const struct example *list[MANY];
    static uint32_t ids[MANY];
    struct crew crew = {workers_new(1, NULL), 1};
    struct error err = {.status = STATUS_OK};

    for (uint32_t i = 0; i < MANY; i++) {
        ids[i] = i;
        examples[i] =
            (struct example){.history = {.ids = &ids[i], .length = 1}, .action = i};
        list[i] = &examples[i];
    }
    ck_assert_ptr_null(logistic_learn(list, MANY, alone, MANY, WORK, &crew, &err));
    ck_assert_int_eq(err.status, STATUS_TOO_LARGE);
    ck_assert_str_eq(err.text,
                     "1100 events and pairs by 1100 actions: more than 1048576 weights");
    workers_free(crew.workers);
}
END_TEST

START_TEST(test_same_bits_for_any_threads)
{
    struct logistic *logistic[2];
    struct lessons lessons;

    for (uint32_t i = 0; i < 2; i++) {
        lessons_init(&lessons, NULL, 1 + 2 * i);
        logistic[i] =
            logistic_learn(lessons.list, LESSONS, alone, C, WORK, &lessons.crew, NULL);
        workers_free(lessons.crew.workers);
    }
    ck_assert_uint_eq(logistic[0]->rows.count, logistic[1]->rows.count);
    ck_assert_mem_eq(logistic[0]->w, logistic[1]->w,
                     (logistic[0]->rows.count + 1) * C * sizeof(double));
    logistic_free(logistic[0]);
    logistic_free(logistic[1]);
}
END_TEST

/* Two examples of five events, four rows, some places asked. */
enum { ROWS = 4, EVENTS = 5 };
static size_t starts[] = {0, 3, EVENTS};
static uint32_t rows[EVENTS][2] = {{0, MAP_NONE}, {1, 2}, {0, 3}, {1, MAP_NONE}, {1, 3}};
static uint32_t rights[EVENTS] = {1, MAP_NONE, 0, 1, 0};

static const struct {
    const char *about;
    size_t S;
} shapes[] = {{"a score for each of three", 3}, {"one score for two", 1}};

static void likelihood_make(struct likelihood *l, size_t S, const struct crew *crew,
                            double *gradients, double *rooms)
{
    *l = (struct likelihood){.count = 2,
                             .starts = starts,
                             .rows = rows,
                             .rights = rights,
                             .row_count = ROWS,
                             .S = S,
                             .N = 4,
                             .crew = crew,
                             .gradients = gradients,
                             .rooms = rooms};
}

START_TEST(test_gradient_is_the_derivative)
{
    enum { MOST = (ROWS + 1) * C };
    static double gradients[LIKELIHOOD_CHUNKS * MOST], rooms[LIKELIHOOD_CHUNKS * 3 * C];
    double w[MOST], gradient[MOST], scratch[MOST];
    struct crew crew = {workers_new(2, NULL), 2};
    struct likelihood l;
    struct random random;

    random_init(&random, 4, 0);
    for (size_t i = 0; i < MOST; i++)
        w[i] = random_normal(&random);
    likelihood_make(&l, shapes[_i].S, &crew, gradients, rooms);
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
    workers_free(crew.workers);
}
END_TEST

START_TEST(test_squares)
{
    /* How often each row was added by then, at places 0, 2, 3, 4:
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
    struct lessons lessons;

    lessons_init(&lessons, NULL, 1);
    for (unsigned n = 0; torture_again(&n);) {
        struct error err = {.status = STATUS_OK};
        struct logistic *logistic =
            logistic_learn(lessons.list, LESSONS, alone, C, WORK, &lessons.crew, &err);
        ck_assert((logistic == NULL) == torture_has_struck());
        ck_assert_int_eq(err.status, logistic == NULL ? STATUS_NO_MEMORY : STATUS_OK);
        logistic_free(logistic);
    }
    workers_free(lessons.crew.workers);
}
END_TEST

Suite *logistic_suite(void)
{
    Suite *suite = suite_create("logistic");
    TCase *tc = tcase_create("logistic");
    tcase_add_loop_test(tc, test_optimum, 0, COUNT(cases));
    tcase_add_test(tc, test_nothing_to_learn_from);
    tcase_add_test(tc, test_too_many_weights);
    tcase_add_test(tc, test_same_bits_for_any_threads);
    tcase_add_loop_test(tc, test_gradient_is_the_derivative, 0, COUNT(shapes));
    tcase_add_test(tc, test_squares);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
