/* The p of the paired permutation test against enumeration and the normal distribution. */
#include "eval/permutation.h"

#include <math.h>
#include <stdlib.h>

#include "support/compare.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

enum { MAX_COUNT = 12, PERMUTATIONS = 200000 };

static const struct {
    const char *about;
    size_t count;
    double differences[MAX_COUNT];
    double p; /* computed by hand; negative: only by enumeration */
} cases[] = {
    {"no history", 0, {0}, 1.0},
    {"no difference anywhere", 3, {0, 0, 0}, 1.0},
    {"one history says nothing", 1, {1}, 1.0},
    {"five of five: two of 32 permutations are as far", 5, {1, 1, 1, 1, 1}, 2.0 / 32},
    {"the other way round", 5, {-1, -1, -1, -1, -1}, 2.0 / 32},
    {"histories without a difference do not count",
     8,
     {1, 0, 1, 0, 1, 1, 0, 1},
     2.0 / 32},
    {"four against one: 12 of 32", 5, {1, 1, -1, 1, 1}, 12.0 / 32},
    {"a sum of 0 is never far", 4, {1, -1, 2, -2}, 1.0},
    {"differences of several sizes", 8, {3, -1, 2, 2, 1, -2, 5, 1}, -1},
    {"and larger ones", 12, {9, 1, 1, -4, 2, 2, 7, -1, -1, 3, 3, 1}, -1},
};

/* p from all sign flips. */
static double enumerate(const double *differences, size_t count)
{
    double observed = 0.0;
    unsigned as_far = 0;
    for (size_t i = 0; i < count; i++)
        observed += differences[i];
    for (unsigned flips = 0; flips < 1u << count; flips++) {
        double sum = 0.0;
        for (size_t i = 0; i < count; i++)
            sum += flips >> i & 1 ? differences[i] : -differences[i];
        as_far += fabs(sum) >= fabs(observed);
    }
    return as_far / (double)(1u << count);
}

START_TEST(test_p_equals_enumeration)
{
    double exact = enumerate(cases[_i].differences, cases[_i].count), p, again;
    struct random random;
    if (cases[_i].p >= 0.0)
        assert_close(cases[_i].about, 0, exact, cases[_i].p, 1e-15);
    random_init(&random, 1, 0);
    ck_assert_int_eq(permutation_test(cases[_i].differences, cases[_i].count,
                                      PERMUTATIONS, &random, &p, NULL),
                     STATUS_OK);
    assert_close(cases[_i].about, 1, p, exact, 5 * sqrt(0.25 / PERMUTATIONS) + 1e-5);
    random_init(&random, 1, 0);
    permutation_test(cases[_i].differences, cases[_i].count, PERMUTATIONS, &random,
                     &again, NULL);
    assert_close(cases[_i].about, 2, again, p, 0.0);
}
END_TEST

/* 150 against 100 of 250: more signs than one random number has bits.  By the normal
   distribution p is 2 * (1 - Phi(49.5 / sqrt(250))), with the continuity correction. */
START_TEST(test_p_of_many_histories_is_nearly_normal)
{
    double differences[250], p, expected = erfc(49.0 / sqrt(250.0) / sqrt(2.0));
    struct random random;
    for (size_t i = 0; i < 250; i++)
        differences[i] = i < 150 ? 1.0 : -1.0;
    random_init(&random, 2, 0);
    ck_assert_int_eq(permutation_test(differences, 250, PERMUTATIONS, &random, &p, NULL),
                     STATUS_OK);
    assert_close("about the normal distribution", 0, p, expected, 2e-4);
}
END_TEST

/* Every size occurs once, as with losses: signed ranks (Wilcoxon), whose sum is about normal
   with variance n (n + 1) (2 n + 1) / 6. */
START_TEST(test_p_of_many_sizes_is_nearly_normal)
{
    double differences[250], p, sum = 0.0, variance = 250.0 * 251.0 * 501.0 / 6.0;
    struct random random;
    for (size_t i = 0; i < 250; i++)
        sum += differences[i] = (double)(i + 1) * (i % 7 < 4 ? 1.0 : -1.0);
    random_init(&random, 2, 0);
    ck_assert_int_eq(permutation_test(differences, 250, PERMUTATIONS, &random, &p, NULL),
                     STATUS_OK);
    assert_close("about the normal distribution", 0, p,
                 erfc((fabs(sum) - 1.0) / sqrt(variance) / sqrt(2.0)), 2e-3);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    for (unsigned n = 0; failing_malloc_next(&n);) {
        const double differences[] = {1, -1, 1};
        struct random random;
        double p;
        random_init(&random, 1, 0);
        ck_assert_int_eq(permutation_test(differences, 3, 10, &random, &p, NULL),
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
    }
}
END_TEST

Suite *permutation_suite(void)
{
    Suite *suite = suite_create("permutation");
    TCase *tc = tcase_create("permutation");
    tcase_add_loop_test(tc, test_p_equals_enumeration, 0, COUNT(cases));
    tcase_add_test(tc, test_p_of_many_histories_is_nearly_normal);
    tcase_add_test(tc, test_p_of_many_sizes_is_nearly_normal);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
