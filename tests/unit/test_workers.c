#include "base/workers.h"

#include <stdatomic.h>

#include "support/failing_malloc.h"
#include "unit/suites.h"

enum { TASKS_MAX = 1000 };

static const struct {
    const char *about;
    uint32_t threads;
    size_t tasks;
} cases[] = {
    {"one thread", 1, 10},
    {"two", 2, 10},
    {"more threads than tasks", 8, 3},
    {"no tasks", 3, 0},
    {"many tasks", 4, TASKS_MAX},
};

static void count_task(void *context, size_t i)
{
    atomic_int *counts = context;
    atomic_fetch_add(&counts[i], 1);
}

START_TEST(test_each_task_runs_once)
{
    static atomic_int counts[TASKS_MAX];
    struct workers *workers = workers_new(cases[_i].threads, NULL);
    for (size_t i = 0; i < TASKS_MAX; i++)
        atomic_store(&counts[i], 0);
    for (int round = 1; round <= 50; round++) {
        workers_run(workers, count_task, counts, cases[_i].tasks);
        for (size_t i = 0; i < TASKS_MAX; i++) {
            int expected = i < cases[_i].tasks ? round : 0;
            ck_assert_msg(atomic_load(&counts[i]) == expected,
                          "%s: task %zu ran %d times in %d rounds", cases[_i].about, i,
                          atomic_load(&counts[i]), round);
        }
    }
    workers_free(workers);
    workers_free(NULL);
}
END_TEST

/* Results are stored without locks and must be visible when workers_run returns. */
static void plain_task(void *context, size_t i)
{
    ((size_t *)context)[i] += i + 1;
}

START_TEST(test_results_are_visible_afterwards)
{
    static size_t sums[TASKS_MAX];
    struct workers *workers = workers_new(3, NULL);
    for (size_t round = 1; round <= 20; round++) {
        workers_run(workers, plain_task, sums, TASKS_MAX);
        for (size_t i = 0; i < TASKS_MAX; i++)
            ck_assert_uint_eq(sums[i], round * (i + 1));
    }
    workers_free(workers);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct workers *workers = workers_new(2, &err);
        ck_assert((!workers) == failing_malloc_has_failed());
        ck_assert_int_eq(err.status, !workers ? STATUS_NO_MEMORY : STATUS_OK);
        workers_free(workers);
    }
}
END_TEST

Suite *workers_suite(void)
{
    Suite *suite = suite_create("workers");
    TCase *tc = tcase_create("workers");
    tcase_add_loop_test(tc, test_each_task_runs_once, 0, COUNT(cases));
    tcase_add_test(tc, test_results_are_visible_afterwards);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
