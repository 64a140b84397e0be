/*
 * The kernels that multiply tiles of bf16, in plain C: close to the definition, no row depends on
 * another, special numbers.  On a processor with AMX, that its tiles have the same bits.
 */
#include <math.h>
#include <stdlib.h>

#include "engine.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "support/steps.h"
#include "unit/suites.h"

/* The states and cell states after a step are close to those of the definition. */
static void compare_closely(int which, size_t H, size_t rows)
{
    struct step_arrays *ours = steps_arrays(H, 3), *portable = steps_arrays(H, 3);
    steps_run(&kernels_amx_portable, ours, which, STEPS_ROWS - rows, rows);
    steps_run(&kernels_portable, portable, which, STEPS_ROWS - rows, rows);
    for (size_t row = 0; row < STEPS_ROWS; row++)
        for (size_t j = 0; j <= STEPS_WIDEST; j++) {
            assert_close(step_names[which], row, (double)ours->next[row][j],
                         (double)portable->next[row][j], 2e-4);
            assert_close(step_names[which], row, (double)ours->c[row][j],
                         (double)portable->c[row][j], 2e-4);
        }
    free(ours);
    free(portable);
}

START_TEST(test_tiles_are_close_to_the_definition)
{
    for (size_t H = 1; H <= STEPS_WIDEST; H += 1 + H / (case_count_is_reduced() ? 2 : 6))
        compare_closely(_i, H, 1 + (H * 7 + (size_t)_i) % STEPS_ROWS);
}
END_TEST

START_TEST(test_a_row_of_a_tile_depends_on_no_other)
{
    steps_compare_alone(&kernels_amx_portable, _i, STEPS_WIDEST);
}
END_TEST

/* y + x w for one row, in inputs and one output, by tiles in plain C */
static float tiles_product(size_t in, const float *x, const float *w, float y)
{
    float *packed = steps_pack(&kernels_amx_portable, 1, 1, in, in, w), *to = &y;
    kernels_amx_portable.product(1, in, 1, packed, &x, &to);
    free(packed);
    return y;
}

/* More inputs than one chunk, in numbers that are exact as two bf16. */
START_TEST(test_tiles_of_many_inputs)
{
    enum { MANY = 1100 };
    static float x[MANY], w[MANY];
    double expected = 5.0;
    for (size_t k = 0; k < MANY; k++) {
        x[k] = (float)(1 + k % 7) + (k % 3 == 0 ? 0x1p-8f : 0.0f);
        w[k] = k % 2 == 0 ? 1.0f : -2.0f;
        expected += (double)x[k] * (double)w[k];
    }
    ck_assert(tiles_product(MANY, x, w, 5.0f) == (float)expected);
    ck_assert(tiles_product(513, x, w, 0.0f) - tiles_product(512, x, w, 0.0f) ==
              x[512] * w[512]);
    ck_assert(tiles_product(0, x, w, 0.25f) == 0.25f);
}
END_TEST

static const struct {
    float x, w, y;
} special[] = {
    {1.0f, 1.0f, 1.0f},
    {1.0f + 0x1p-8f, 1.0f, 1.0f + 0x1p-8f},   /* the low half counts, in x */
    {1.0f, 1.0f + 0x1p-15f, 1.0f + 0x1p-15f}, /* and in w */
    {0x1p-127f, 1.0f, 0.0f},                  /* a subnormal number is 0 */
    {0x1p-100f, 0x1p-40f, 0.0f},              /* and so is a subnormal product */
    {INFINITY, 2.0f, INFINITY},
    {INFINITY, -2.0f, -INFINITY},
    {3.4e38f, 1.0f, 0x1.ff94p+127f}, /* more than the largest bf16 */
    {NAN, 1.0f, NAN},
    {1.0f, NAN, NAN},
    {INFINITY, 0.0f, 0.0f}, /* infinity is a large number */
};

START_TEST(test_tiles_of_special_numbers)
{
    const float x = special[_i].x, w = special[_i].w, expected = special[_i].y;
    float y = tiles_product(1, &x, &w, 0.0f);
    ck_assert_msg(y == expected || (isnan(y) && isnan(expected)), "%a x %a is %a, not %a",
                  (double)x, (double)w, (double)y, (double)expected);
}
END_TEST

START_TEST(test_tiles_of_the_processor)
{
    const char *before = triage_kernels_name();
    if (triage_kernels_force("amx", NULL) != STATUS_OK)
        return;
    for (int which = 0; which < STEPS; which++)
        for (size_t H = 1; H <= STEPS_WIDEST; H++)
            steps_compare(kernels_pick(), &kernels_amx_portable, which, H, STEPS_ROWS);
    ck_assert_int_eq(triage_kernels_force(before, NULL), STATUS_OK);
}
END_TEST

Suite *kernels_amx_suite(void)
{
    Suite *suite = suite_create("kernels_amx");
    TCase *tc = tcase_create("kernels_amx");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_tiles_are_close_to_the_definition, 0, STEPS);
    tcase_add_loop_test(tc, test_a_row_of_a_tile_depends_on_no_other, 0, STEPS);
    tcase_add_test(tc, test_tiles_of_many_inputs);
    tcase_add_loop_test(tc, test_tiles_of_special_numbers, 0, COUNT(special));
    tcase_add_test(tc, test_tiles_of_the_processor);
    suite_add_tcase(suite, tc);
    return suite;
}
