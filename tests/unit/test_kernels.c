/*
 * The kernels: every implementation has the bits of the definition, no row depends on another, and
 * the definition has the numbers of the lesson.
 */
#include "infer/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "base/random.h"
#include "engine.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "support/kernels.h"
#include "support/steps.h"
#include "unit/suites.h"

START_TEST(test_a_row_depends_on_no_other)
{
    for (size_t H = 1; H <= STEPS_WIDEST; H += 1 + H / (case_count_is_reduced() ? 2 : 8))
        steps_compare_alone(kernels_pick(), _i, H);
}
END_TEST

static void compare_products(const char *name, const struct kernels *kernels)
{
    static float w[STEPS_WIDEST * STEPS_WIDEST], x[STEPS_ROWS][STEPS_WIDEST],
        y[2][STEPS_ROWS][STEPS_WIDEST];
    const float *xs[STEPS_ROWS];
    float *ys[2][STEPS_ROWS];
    struct random random;
    random_init(&random, 4, 0);
    for (size_t i = 0; i < STEPS_WIDEST * STEPS_WIDEST; i++)
        w[i] = (float)random_normal(&random);
    for (int shape = 0; shape < case_count(90, 4); shape++) {
        size_t in = random_below(&random, STEPS_WIDEST + 1);
        size_t out = 1 + random_below(&random, STEPS_WIDEST);
        size_t rows = 1 + random_below(&random, STEPS_ROWS);
        for (size_t row = 0; row < STEPS_ROWS; row++) {
            for (size_t j = 0; j < STEPS_WIDEST; j++) {
                x[row][j] = (float)random_normal(&random);
                y[0][row][j] = y[1][row][j] = (float)random_normal(&random);
            }
            xs[row] = x[row];
            ys[0][row] = y[0][row];
            ys[1][row] = y[1][row];
        }
        for (int i = 0; i < 2; i++) {
            const struct kernels *one = i == 0 ? &kernels_portable : kernels;
            float *packed = steps_pack(one, 1, out, in, STEPS_WIDEST, w);
            one->product(rows, in, out, packed, xs, ys[i]);
            free(packed);
        }
        assert_same_bits(name, &y[1][0][0], &y[0][0][0],
                         (size_t)STEPS_ROWS * STEPS_WIDEST);
    }
}

static void compare_additions(const char *name, const struct kernels *kernels)
{
    float terms[9][STEPS_WIDEST], sum[2][STEPS_WIDEST + 1];
    const float *pointers[9];
    struct random random;
    random_init(&random, 5, 0);
    for (size_t i = 0; i < 9; i++) {
        pointers[i] = terms[i];
        for (size_t j = 0; j < STEPS_WIDEST; j++)
            terms[i][j] = (float)random_normal(&random);
    }
    for (size_t length = 0; length <= STEPS_WIDEST; length++) {
        sum[1][length] = sum[0][length] = steps_guard;
        kernels_portable.add(1 + length % 9, length, pointers, sum[0]);
        kernels->add(1 + length % 9, length, pointers, sum[1]);
        assert_same_bits(name, sum[1], sum[0], length + 1);
    }
    pointers[0] = memcpy(sum[1], terms[0], sizeof terms[0]);
    kernels->add(2, STEPS_WIDEST, pointers, sum[1]);
    for (size_t j = 0; j < STEPS_WIDEST; j++)
        ck_assert(sum[1][j] == terms[0][j] + terms[1][j]);
}

static void compare_with_portable(const struct kernels *kernels)
{
    compare_products(kernels->name, kernels);
    compare_additions(kernels->name, kernels);
    for (int which = 0; which < STEPS; which++)
        for (size_t H = 1; H <= STEPS_WIDEST;
             H += case_count_is_reduced() ? 1 + H / 5 : 1)
            steps_compare(kernels, &kernels_portable, which, H,
                          1 + (H * 7 + (size_t)which) % STEPS_ROWS);
}

START_TEST(test_every_implementation_has_the_bits_of_the_definition)
{
    const char *before = triage_kernels_name();
    if (!kernels_try(_i))
        return;
    ck_assert_str_eq(triage_kernels_name(), kernel_names[_i]);
    compare_with_portable(kernels_pick());
    ck_assert_int_eq(triage_kernels_force(before, NULL), STATUS_OK);
}
END_TEST

START_TEST(test_shapes_of_other_machines_have_the_same_bits)
{
    compare_with_portable(_i == 0 ? &kernels_lanes16 : &kernels_lanes4);
}
END_TEST

START_TEST(test_an_unknown_kernel_is_refused)
{
    struct error err = {.status = STATUS_OK};
    ck_assert_int_eq(triage_kernels_force("abacus", &err), STATUS_BAD_OPTION);
    ck_assert_str_eq(err.where, "--kernel");
    ck_assert_str_eq(err.received, "abacus");
}
END_TEST

START_TEST(test_product_is_one_chain)
{
    const float w[2][2] = {{0.1f, 0.3f}, {0.2f, -0.4f}}, x[2] = {0.7f, -0.6f};
    const float *xs[] = {x};
    float y[2] = {1.0f, -1.0f}, *ys[] = {y};
    const float expected[2] = {fmaf(-0.6f, 0.3f, fmaf(0.7f, 0.1f, 1.0f)),
                               fmaf(-0.6f, -0.4f, fmaf(0.7f, 0.2f, -1.0f))};
    float *packed = steps_pack(kernels_pick(), 1, 2, 2, 2, w[0]);
    kernels_pick()->product(1, 2, 2, packed, xs, ys);
    assert_same_bits("start, then k = 0, 1", y, expected, 2);
    free(packed);
}
END_TEST

START_TEST(test_packed_layout_of_weights)
{
    const float w[2][5] = {{1, 2, 3, -1, -1}, {4, 5, 6, -1, -1}};
    const float transposed[6] = {1, 4, 2, 5, 3, 6};
    const float rows[16][1] = {{1}, {2},  {3},  {4},  {5},  {6},  {7},  {8},
                               {9}, {10}, {11}, {12}, {13}, {14}, {15}, {16}};
    const float panels[24] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    const float gates[12] = {1, 2, 3, 0, 4, 5, 6, 0};
    float packed[24];
    kernels_portable.pack(1, 2, 3, 5, w[0], packed);
    assert_same_bits("[2][3] with rows of 5, transposed", packed, transposed, 6);
    ck_assert_uint_eq(kernels_lanes4.packed_floats(1, 16, 1), 24);
    kernels_lanes4.pack(1, 16, 1, 1, rows[0], packed);
    assert_same_bits("16 units in 4 lanes: 4 vectors, 2 panels", packed, panels, 24);
    kernels_lanes4.pack(2, 3, 1, 1, rows[0], packed);
    assert_same_bits("2 gates of 3 units, each padded to 4 lanes", packed, gates, 12);
}
END_TEST

/* ---- cells of one unit, against the numbers of the lesson --------------------------------- */

/* A step of one unit: from x [G] and h to the new h, which it returns. */
static float one_unit(void (*step)(const struct recurrence *cell,
                                   const struct step_rows *rows),
                      size_t gates, struct recurrence cell, const float *u,
                      const float *x, float h, float *c)
{
    const struct kernels *kernels = kernels_pick();
    bool is_before = step == kernels->gru_before_step;
    float *packed = steps_pack(kernels, is_before ? 2 : gates, 1, 1, 1, u);
    float *packed_n = steps_pack(kernels, 1, 1, 1, 1, u + 2 * is_before);
    float *work = calloc(kernels_work(kernels, gates, 1), sizeof *work), next;
    const float *old = &h;
    float *new = &next;
    cell.hidden = 1;
    cell.u = packed;
    cell.u_n = packed_n;
    step(&cell,
         &(struct step_rows){
             .count = 1, .gx = &x, .h = &old, .next = &new, .c = &c, .work = work});
    free(work);
    free(packed);
    free(packed_n);
    return next;
}

START_TEST(test_rnn_of_the_lesson)
{
    static const double states[] = {0.664036770, 0.573027162, 0.764316151};
    static const float inputs[] = {1.0f, 0.4f, 0.9f};
    const float u = 0.5f;
    float h = 0.0f;
    for (size_t t = 0; t < 3; t++) {
        float x = 0.8f * inputs[t];
        h = one_unit(kernels_pick()->rnn_step, 1, (struct recurrence){0}, &u, &x, h,
                     NULL);
        assert_close("h = tanh(0.8 x + 0.5 h)", t, (double)h, states[t], 1e-7);
    }
}
END_TEST

/* The sum for which a gate is y; +-100 for 1 and 0. */
static float logit(double y)
{
    return y <= 0.0 ? -100.0f : y >= 1.0 ? 100.0f : (float)log(y / (1.0 - y));
}

START_TEST(test_lstm_with_given_gates)
{
    static const struct {
        const char *about;
        double f, i, g, o, c, h;
    } events[] = {
        {"damage recorded", 0.00, 0.95, 0.90, 0.80, 0.855, 0.554938055},
        {"routine scan", 0.98, 0.02, 0.10, 0.80, 0.8399, 0.548604874},
        {"photo verified", 0.97, 0.15, 0.50, 0.90, 0.889703, 0.640122306},
    };
    const float u[4] = {0};
    float h = 0.0f, c = 0.0f;

    for (size_t t = 0; t < 3; t++) {
        const float gates[4] = {logit(events[t].i), logit(events[t].f),
                                (float)atanh(events[t].g), logit(events[t].o)};
        h = one_unit(kernels_pick()->lstm_step, 4, (struct recurrence){0}, u, gates, h,
                     &c);
        assert_close(events[t].about, 0, (double)c, events[t].c, 3e-7);
        assert_close(events[t].about, 1, (double)h, events[t].h, 3e-7);
    }
}
END_TEST

static const struct {
    const char *about;
    bool writes;
    double z, h;
} blends[] = {
    {"keep, z = 0.95", false, 0.95, 0.75},     {"keep, z = 0.50", false, 0.50, 0.30},
    {"keep, z = 0.05", false, 0.05, -0.15},    {"write, 1 - z = 0.95", true, 0.05, 0.75},
    {"write, 1 - z = 0.50", true, 0.50, 0.30}, {"write, 1 - z = 0.05", true, 0.95, -0.15},
};

START_TEST(test_gru_of_the_lesson_blends_states)
{
    const float u[3] = {0}, b_hh_n = 0.0f;
    const float gates[3] = {0.0f, logit(blends[_i].z), (float)atanh(-0.20)};
    const struct recurrence cell = {.b_hh_n = &b_hh_n,
                                    .update_writes = blends[_i].writes};
    float after =
        one_unit(kernels_pick()->gru_after_step, 3, cell, u, gates, 0.80f, NULL);
    float before =
        one_unit(kernels_pick()->gru_before_step, 3, cell, u, gates, 0.80f, NULL);
    assert_close(blends[_i].about, 0, (double)after, blends[_i].h, 2e-7);
    assert_close(blends[_i].about, 1, (double)before, blends[_i].h, 2e-7);
}
END_TEST

/* The two resets differ once r, U_n and b_hh_n are not trivial: q = 2 h + 1, r = 1/4. */
START_TEST(test_gru_resets_before_and_after_differ)
{
    const float u[3] = {0.0f, 0.0f, 2.0f}, b_hh_n = 1.0f;
    const float after_x[3] = {logit(0.25), logit(0.0), 0.1f};
    const float before_x[3] = {logit(0.25), logit(0.0), 0.1f + 1.0f};
    const struct recurrence cell = {.b_hh_n = &b_hh_n};
    float h = one_unit(kernels_pick()->gru_after_step, 3, cell, u, after_x, 0.5f, NULL);
    assert_close("tanh(x + r (U h + b_hh))", 0, (double)h, tanh(0.1 + 0.25 * 2.0), 2e-7);
    h = one_unit(kernels_pick()->gru_before_step, 3, cell, u, before_x, 0.5f, NULL);
    assert_close("tanh(x + U (r h) + b_hh)", 0, (double)h, tanh(0.1 + 2.0 * 0.125 + 1.0),
                 2e-7);
}
END_TEST

Suite *kernels_suite(void)
{
    Suite *suite = suite_create("kernels");
    TCase *tc = tcase_create("kernels");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_a_row_depends_on_no_other, 0, STEPS);
    tcase_add_loop_test(tc, test_every_implementation_has_the_bits_of_the_definition, 0,
                        KERNEL_NAMES);
    tcase_add_loop_test(tc, test_shapes_of_other_machines_have_the_same_bits, 0, 2);
    tcase_add_test(tc, test_an_unknown_kernel_is_refused);
    tcase_add_test(tc, test_product_is_one_chain);
    tcase_add_test(tc, test_packed_layout_of_weights);
    tcase_add_test(tc, test_rnn_of_the_lesson);
    tcase_add_test(tc, test_lstm_with_given_gates);
    tcase_add_loop_test(tc, test_gru_of_the_lesson_blends_states, 0, COUNT(blends));
    tcase_add_test(tc, test_gru_resets_before_and_after_differ);
    suite_add_tcase(suite, tc);
    return suite;
}
