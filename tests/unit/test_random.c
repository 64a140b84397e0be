#include "base/random.h"

#include <stdbool.h>
#include <stdlib.h>

#include "unit/suites.h"

START_TEST(test_known_numbers)
{
    /* xoshiro256** from the state 1, 2, 3, 4, as its authors' code prints it. */
    static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};
    struct random random = {{1, 2, 3, 4}};
    for (int i = 0; i < COUNT(expected); i++)
        ck_assert_uint_eq(random_next(&random), expected[i]);
}
END_TEST

START_TEST(test_seed_and_stream_determine_the_numbers)
{
    struct random a, same, other_seed, other_stream, swapped;
    random_init(&a, 1, 2);
    random_init(&same, 1, 2);
    random_init(&other_seed, 3, 2);
    random_init(&other_stream, 1, 3);
    random_init(&swapped, 2, 1);
    for (int i = 0; i < 100; i++) {
        uint64_t number = random_next(&a);
        ck_assert_uint_eq(number, random_next(&same));
        ck_assert_uint_ne(number, random_next(&other_seed));
        ck_assert_uint_ne(number, random_next(&other_stream));
        ck_assert_uint_ne(number, random_next(&swapped));
    }
}
END_TEST

START_TEST(test_unit_is_uniform)
{
    enum { DRAWS = 200000, BINS = 10 };
    int bins[BINS] = {0};
    struct random random;
    random_init(&random, 4, 0);
    for (int i = 0; i < DRAWS; i++) {
        double unit = random_unit(&random);
        ck_assert(unit >= 0 && unit < 1);
        bins[(int)(unit * BINS)]++;
    }
    for (int i = 0; i < BINS; i++) /* five standard deviations are 671 */
        ck_assert_msg(abs(bins[i] - DRAWS / BINS) < 671, "bin %d has %d", i, bins[i]);
}
END_TEST

START_TEST(test_below_is_uniform)
{
    enum { DRAWS = 70000, BOUND = 7 };
    int bins[BOUND] = {0};
    struct random random;
    random_init(&random, 5, 0);
    for (int i = 0; i < DRAWS; i++)
        bins[random_below(&random, BOUND)]++;
    for (int i = 0; i < BOUND; i++) /* five standard deviations are 463 */
        ck_assert_msg(abs(bins[i] - DRAWS / BOUND) < 463, "%d was drawn %d times", i,
                      bins[i]);
    ck_assert_uint_eq(random_below(&random, 1), 0);
    for (int i = 0; i < 100; i++)
        ck_assert_uint_lt(random_below(&random, UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(test_normal_has_its_moments)
{
    enum { DRAWS = 200000 };
    double sum = 0, squares = 0, fourths = 0;
    struct random random;
    random_init(&random, 6, 0);
    for (int i = 0; i < DRAWS; i++) {
        double x = random_normal(&random);
        sum += x, squares += x * x, fourths += x * x * x * x;
    }
    ck_assert_double_eq_tol(sum / DRAWS, 0, 0.012); /* five standard deviations */
    ck_assert_double_eq_tol(squares / DRAWS, 1, 0.016);
    ck_assert_double_eq_tol(fourths / DRAWS, 3, 0.11);
}
END_TEST

START_TEST(test_shuffle_is_a_permutation)
{
    enum { ITEMS = 1000 };
    size_t indices[ITEMS], moved = 0;
    bool is_seen[ITEMS] = {false};
    struct random random;
    random_init(&random, 8, 0);
    for (size_t i = 0; i < ITEMS; i++)
        indices[i] = i;
    random_shuffle(&random, indices, ITEMS);
    for (size_t i = 0; i < ITEMS; i++) {
        ck_assert(!is_seen[indices[i]]);
        is_seen[indices[i]] = true;
        moved += indices[i] != i;
    }
    ck_assert_uint_gt(moved, ITEMS - 10);
    random_shuffle(&random, indices, 0);
}
END_TEST

START_TEST(test_every_order_is_equally_likely)
{
    enum { DRAWS = 60000 };
    int orders[27] = {0};
    struct random random;
    random_init(&random, 9, 0);
    for (int i = 0; i < DRAWS; i++) {
        size_t three[] = {0, 1, 2};
        random_shuffle(&random, three, 3);
        orders[three[0] * 9 + three[1] * 3 + three[2]]++;
    }
    for (int i = 0; i < 27; i++) /* five standard deviations are 457 */
        ck_assert(orders[i] == 0 || abs(orders[i] - DRAWS / 6) < 457);
}
END_TEST

Suite *random_suite(void)
{
    Suite *suite = suite_create("random");
    TCase *tc = tcase_create("random");
    tcase_add_test(tc, test_known_numbers);
    tcase_add_test(tc, test_seed_and_stream_determine_the_numbers);
    tcase_add_test(tc, test_unit_is_uniform);
    tcase_add_test(tc, test_below_is_uniform);
    tcase_add_test(tc, test_normal_has_its_moments);
    tcase_add_test(tc, test_shuffle_is_a_permutation);
    tcase_add_test(tc, test_every_order_is_equally_likely);
    suite_add_tcase(suite, tc);
    return suite;
}
