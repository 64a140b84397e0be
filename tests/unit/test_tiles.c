/*
 * Sums by tiles, in plain C: near to the definition, a row by itself, numbers at the edge; and
 * those of a processor that has them, which have the same bits.
 */
#include <math.h>
#include <stdlib.h>

#include "engine.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "support/steps.h"
#include "unit/suites.h"

/* A step of a cell, and what it did to states and memories: near to the definition's. */
static void compare_nearly(int which, size_t H, size_t rows)
{
    struct field_of_rows *ours = steps_field(H, 3), *portable = steps_field(H, 3);

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

START_TEST(test_tiles_are_near_the_definition)
{
    for (size_t H = 1; H <= STEPS_WIDEST; H += 1 + H / (case_count_is_reduced() ? 2 : 6))
        compare_nearly(_i, H, 1 + (H * 7 + (size_t)_i) % STEPS_ROWS);
}
END_TEST

START_TEST(test_a_row_of_a_tile_depends_on_no_other)
{
    steps_compare_alone(&kernels_amx_portable, _i, STEPS_WIDEST);
}
END_TEST

/* y + x w of one row and one output, by tiles in plain C; in inputs. */
static float tiles_product(size_t in, const float *x, const float *w, float y)
{
    float *tiles = steps_pack(&kernels_amx_portable, 1, 1, in, in, w), *to = &y;

    kernels_amx_portable.product(1, in, 1, tiles, &x, &to);
    free(tiles);
    return y;
}

/* More inputs than are split at once, in numbers of which both halves are whole. */
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
} edges[] = {
    {1.0f, 1.0f, 1.0f},
    {1.0f + 0x1p-8f, 1.0f, 1.0f + 0x1p-8f},   /* the low half counts */
    {1.0f, 1.0f + 0x1p-15f, 1.0f + 0x1p-15f}, /* of either */
    {0x1p-127f, 1.0f, 0.0f},                  /* subnormal: nothing */
    {0x1p-100f, 0x1p-40f, 0.0f},              /* a product likewise */
    {INFINITY, 2.0f, INFINITY},
    {INFINITY, -2.0f, -INFINITY},
    {3.4e38f, 1.0f, 0x1.ff94p+127f}, /* nearer to no bf16 */
    {NAN, 1.0f, NAN},
    {1.0f, NAN, NAN},
    {INFINITY, 0.0f, 0.0f}, /* it is but a large number */
};

START_TEST(test_tiles_of_numbers_at_the_edge)
{
    const float x = edges[_i].x, w = edges[_i].w, expected = edges[_i].y;
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

Suite *tiles_suite(void)
{
    Suite *suite = suite_create("tiles");
    TCase *tc = tcase_create("tiles");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_tiles_are_near_the_definition, 0, STEPS);
    tcase_add_loop_test(tc, test_a_row_of_a_tile_depends_on_no_other, 0, STEPS);
    tcase_add_test(tc, test_tiles_of_many_inputs);
    tcase_add_loop_test(tc, test_tiles_of_numbers_at_the_edge, 0, COUNT(edges));
    tcase_add_test(tc, test_tiles_of_the_processor);
    suite_add_tcase(suite, tc);
    return suite;
}
