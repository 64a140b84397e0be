#include "math/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "engine.h"
#include "math/elementary.h"
#include "math/panels.h"
#include "suites.h"
#include "support/compare.h"
#include "support/effort.h"
#include "support/kernels.h"

enum { ROWS = 37, WIDEST = 70, GATES = 4 };

static const char *const steps[] = {"rnn",
                                    "gru, reset after, keep",
                                    "gru, reset after, write",
                                    "gru, reset before, keep",
                                    "gru, reset before, write",
                                    "lstm"};
static const size_t step_gates[] = {1, 3, 3, 3, 3, 4};

/* The values of a step before and after, in rows of H with a float that nobody may touch. */
struct field_of_rows {
    size_t hidden;
    float gx[ROWS][GATES * WIDEST + 1], h[ROWS][WIDEST + 1], next[ROWS][WIDEST + 1];
    float c[ROWS][WIDEST + 1], u[GATES * WIDEST * WIDEST], c_n[WIDEST];
};

static const float fence = 12345.0f;

static void fill(struct field_of_rows *x, size_t hidden, uint64_t seed)
{
    struct random random;

    random_init(&random, seed, hidden);
    x->hidden = hidden;
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t j = 0; j < GATES * hidden; j++)
            x->gx[row][j] = (float)random_normal(&random);
        for (size_t j = 0; j < hidden; j++) {
            x->h[row][j] = (float)(2.0 * random_unit(&random) - 1.0);
            x->c[row][j] = (float)random_normal(&random);
        }
        x->next[row][hidden] = x->c[row][hidden] = x->gx[row][GATES * hidden] = fence;
        x->h[row][hidden] = fence;
    }
    for (size_t i = 0; i < GATES * hidden * hidden; i++)
        x->u[i] = (float)random_normal(&random) * 0.3f;
    for (size_t i = 0; i < hidden; i++)
        x->c_n[i] = (float)random_normal(&random);
}

/* Packed by the kernels that will read it; free() it. */
static float *packed(const struct kernels *kernels, size_t gates, size_t units, size_t in,
                     size_t stride, const float *w)
{
    size_t bytes = kernels->packed_floats(gates, units, in) * sizeof(float);
    float *floats = aligned_alloc(64, (bytes + 64) / 64 * 64);

    kernels->pack(gates, units, in, stride, w, floats);
    return floats;
}

/* Run the which-th of steps on rows first .. first + rows - 1. */
static void run(const struct kernels *kernels, struct field_of_rows *x, int which,
                size_t first, size_t rows)
{
    const size_t H = x->hidden, gates = step_gates[which];
    const bool is_before = which == 3 || which == 4;
    float *u = packed(kernels, is_before ? 2 : gates, H, H, H, x->u);
    float *u_n = packed(kernels, 1, H, H, H, x->u + 2 * H * H * is_before);
    const struct recurrence cell = {
        .hidden = H, .u = u, .u_n = u_n, .c_n = x->c_n, .update_writes = which % 2 == 0};
    const float *gx[ROWS], *h[ROWS];
    float *next[ROWS], *c[ROWS];
    size_t work = kernels_work(gates, H);
    const struct step_rows step = {.count = rows,
                                   .gx = gx,
                                   .h = h,
                                   .next = next,
                                   .c = c,
                                   .work = calloc(work + 1, sizeof(float)),
                                   .is_backwards = first % 2 == 1};

    for (size_t i = 0; i < rows; i++) {
        gx[i] = x->gx[first + i];
        h[i] = x->h[first + i];
        next[i] = x->next[first + i];
        c[i] = x->c[first + i];
    }
    step.work[work] = fence;
    if (which == 0)
        kernels->rnn_step(&cell, &step);
    else if (which <= 2)
        kernels->gru_after_step(&cell, &step);
    else if (which <= 4)
        kernels->gru_before_step(&cell, &step);
    else
        kernels->lstm_step(&cell, &step);
    ck_assert_msg(step.work[work] == fence, "%s writes past its work", steps[which]);
    for (size_t i = 0; i < rows; i++)
        ck_assert_msg(next[i][H] == fence && c[i][H] == fence,
                      "%s, H = %zu: row %zu is left by a write", steps[which], H, i);
    free(step.work);
    free(u);
    free(u_n);
}

static struct field_of_rows *field_new(size_t hidden, uint64_t seed)
{
    struct field_of_rows *x = calloc(1, sizeof *x);
    fill(x, hidden, seed);
    return x;
}

START_TEST(test_a_row_depends_on_no_other)
{
    for (size_t H = 1; H <= WIDEST; H += 1 + H / (effort_is_small() ? 2 : 8)) {
        struct field_of_rows *together = field_new(H, 3), *alone = field_new(H, 3);
        run(kernels_pick(), together, _i, 0, ROWS);
        for (size_t row = 0; row < ROWS; row++)
            run(kernels_pick(), alone, _i, row, 1);
        assert_same_bits(steps[_i], alone->next[0], together->next[0],
                         (size_t)ROWS * (WIDEST + 1));
        assert_same_bits(steps[_i], alone->c[0], together->c[0],
                         (size_t)ROWS * (WIDEST + 1));
        free(together);
        free(alone);
    }
}
END_TEST

static void compare_products(const char *name, const struct kernels *kernels)
{
    static float w[WIDEST * WIDEST], x[ROWS][WIDEST], y[2][ROWS][WIDEST];
    const float *xs[ROWS];
    float *ys[2][ROWS];
    struct random random;

    random_init(&random, 4, 0);
    for (size_t i = 0; i < WIDEST * WIDEST; i++)
        w[i] = (float)random_normal(&random);
    for (int shape = 0; shape < effort(90, 4); shape++) {
        size_t in = random_below(&random, WIDEST + 1);
        size_t out = 1 + random_below(&random, WIDEST);
        size_t rows = 1 + random_below(&random, ROWS);
        for (size_t row = 0; row < ROWS; row++) {
            for (size_t j = 0; j < WIDEST; j++) {
                x[row][j] = (float)random_normal(&random);
                y[0][row][j] = y[1][row][j] = (float)random_normal(&random);
            }
            xs[row] = x[row];
            ys[0][row] = y[0][row];
            ys[1][row] = y[1][row];
        }
        for (int i = 0; i < 2; i++) {
            const struct kernels *one = i == 0 ? &kernels_portable : kernels;
            float *panels = packed(one, 1, out, in, WIDEST, w);
            one->product(rows, in, out, panels, xs, ys[i]);
            free(panels);
        }
        assert_same_bits(name, &y[1][0][0], &y[0][0][0], (size_t)ROWS * WIDEST);
    }
}

static void compare_additions(const char *name, const struct kernels *kernels)
{
    float terms[9][WIDEST], sum[2][WIDEST + 1];
    const float *pointers[9];
    struct random random;

    random_init(&random, 5, 0);
    for (size_t i = 0; i < 9; i++) {
        pointers[i] = terms[i];
        for (size_t j = 0; j < WIDEST; j++)
            terms[i][j] = (float)random_normal(&random);
    }
    for (size_t length = 0; length <= WIDEST; length++) {
        sum[1][length] = sum[0][length] = fence;
        kernels_portable.add(1 + length % 9, length, pointers, sum[0]);
        kernels->add(1 + length % 9, length, pointers, sum[1]);
        assert_same_bits(name, sum[1], sum[0], length + 1);
    }
    pointers[0] = memcpy(sum[1], terms[0], sizeof terms[0]);
    kernels->add(2, WIDEST, pointers, sum[1]);
    for (size_t j = 0; j < WIDEST; j++)
        ck_assert(sum[1][j] == terms[0][j] + terms[1][j]);
}

static void compare_with_portable(const struct kernels *kernels)
{
    compare_products(kernels->name, kernels);
    compare_additions(kernels->name, kernels);
    for (int which = 0; which < COUNT(steps); which++)
        for (size_t H = 1; H <= WIDEST; H += effort_is_small() ? 1 + H / 5 : 1) {
            size_t rows = 1 + (H * 7 + (size_t)which) % ROWS;
            struct field_of_rows *ours = field_new(H, 3);
            struct field_of_rows *portable = field_new(H, 3);
            run(kernels, ours, which, ROWS - rows, rows);
            run(&kernels_portable, portable, which, ROWS - rows, rows);
            assert_same_bits(steps[which], ours->next[0], portable->next[0],
                             (size_t)ROWS * (WIDEST + 1));
            assert_same_bits(steps[which], ours->c[0], portable->c[0],
                             (size_t)ROWS * (WIDEST + 1));
            free(ours);
            free(portable);
        }
}

START_TEST(test_every_implementation_is_portable)
{
    const char *before = kernels_name();

    if (!kernels_try(_i))
        return;
    ck_assert_str_eq(kernels_name(), kernel_names[_i]);
    compare_with_portable(kernels_pick());
    ck_assert_int_eq(kernels_force(before, NULL), STATUS_OK);
}
END_TEST

START_TEST(test_shapes_of_other_machines)
{
    compare_with_portable(_i == 0 ? &kernels_lanes16 : &kernels_lanes4);
}
END_TEST

START_TEST(test_an_unknown_kernel_is_refused)
{
    struct error err = {.status = STATUS_OK};

    ck_assert_int_eq(kernels_force("abacus", &err), STATUS_BAD_OPTION);
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

    float *panels = packed(kernels_pick(), 1, 2, 2, 2, w[0]);
    kernels_pick()->product(1, 2, 2, panels, xs, ys);
    assert_same_bits("start, then k = 0, 1", y, expected, 2);
    free(panels);
}
END_TEST

START_TEST(test_layouts)
{
    const float w[2][5] = {{1, 2, 3, -1, -1}, {4, 5, 6, -1, -1}};
    const float transposed[6] = {1, 4, 2, 5, 3, 6};
    const float rows[8][1] = {{1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}};
    const float panels[12] = {1, 2, 3, 4, 5, 6, 7, 8};
    const float gates[12] = {1, 2, 3, 0, 4, 5, 6, 0};
    float packed[12];

    panels_transpose(2, 3, 5, w[0], packed);
    assert_same_bits("[2][3] with rows of 5", packed, transposed, 6);
    ck_assert_uint_eq(panels_floats(2, 1, 8, 1), 12);
    panels_pack(2, 1, 8, 1, 1, rows[0], packed);
    assert_same_bits("8 units in pairs: 4 vectors, 2 panels", packed, panels, 12);
    panels_pack(2, 2, 3, 1, 1, rows[0], packed);
    assert_same_bits("2 gates of 3 units, padded to pairs", packed, gates, 12);
}
END_TEST

/* ---- the lesson's cells, one dimension each -------------------------------------------- */

/* A step of one unit: from x [G] and h to the new h, which it returns. */
static float one_unit(void (*step)(const struct recurrence *cell,
                                   const struct step_rows *rows),
                      size_t gates, struct recurrence cell, const float *u,
                      const float *x, float h, float *c)
{
    const struct kernels *kernels = kernels_pick();
    bool is_before = step == kernels->gru_before_step;
    float *panels = packed(kernels, is_before ? 2 : gates, 1, 1, 1, u);
    float *candidate = packed(kernels, 1, 1, 1, 1, u + 2 * is_before);
    float *work = calloc(kernels_work(gates, 1), sizeof *work), next;
    const float *old = &h;
    float *new = &next;

    cell.hidden = 1;
    cell.u = panels;
    cell.u_n = candidate;
    step(&cell,
         &(struct step_rows){
             .count = 1, .gx = &x, .h = &old, .next = &new, .c = &c, .work = work});
    free(work);
    free(panels);
    free(candidate);
    return next;
}

START_TEST(test_scalar_rnn)
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

/* What a gate must receive for its value to be y; the edges 0 and 1 are far out. */
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

START_TEST(test_gru_blends)
{
    const float u[3] = {0}, c_n = 0.0f;
    const float gates[3] = {0.0f, logit(blends[_i].z), (float)atanh(-0.20)};
    const struct recurrence cell = {.c_n = &c_n, .update_writes = blends[_i].writes};
    float after =
        one_unit(kernels_pick()->gru_after_step, 3, cell, u, gates, 0.80f, NULL);
    float before =
        one_unit(kernels_pick()->gru_before_step, 3, cell, u, gates, 0.80f, NULL);

    assert_close(blends[_i].about, 0, (double)after, blends[_i].h, 2e-7);
    assert_close(blends[_i].about, 1, (double)before, blends[_i].h, 2e-7);
}
END_TEST

/* Where reset stands shows as soon as r, U_n and c_n are there: q = 2 h + 1, r = 1/4. */
START_TEST(test_gru_resets)
{
    const float u[3] = {0.0f, 0.0f, 2.0f}, c_n = 1.0f;
    const float after_x[3] = {logit(0.25), logit(0.0), 0.1f};
    const float before_x[3] = {logit(0.25), logit(0.0), 0.1f + 1.0f};
    const struct recurrence cell = {.c_n = &c_n};
    float h = one_unit(kernels_pick()->gru_after_step, 3, cell, u, after_x, 0.5f, NULL);

    assert_close("tanh(x + r (U h + c))", 0, (double)h, tanh(0.1 + 0.25 * 2.0), 2e-7);
    h = one_unit(kernels_pick()->gru_before_step, 3, cell, u, before_x, 0.5f, NULL);
    assert_close("tanh(x + U (r h) + c)", 0, (double)h, tanh(0.1 + 2.0 * 0.125 + 1.0),
                 2e-7);
}
END_TEST

Suite *kernels_suite(void)
{
    Suite *suite = suite_create("kernels");
    TCase *tc = tcase_create("kernels");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_a_row_depends_on_no_other, 0, COUNT(steps));
    tcase_add_loop_test(tc, test_every_implementation_is_portable, 0, KERNEL_NAMES);
    tcase_add_loop_test(tc, test_shapes_of_other_machines, 0, 2);
    tcase_add_test(tc, test_an_unknown_kernel_is_refused);
    tcase_add_test(tc, test_product_is_one_chain);
    tcase_add_test(tc, test_layouts);
    tcase_add_test(tc, test_scalar_rnn);
    tcase_add_test(tc, test_lstm_with_given_gates);
    tcase_add_loop_test(tc, test_gru_blends, 0, COUNT(blends));
    tcase_add_test(tc, test_gru_resets);
    suite_add_tcase(suite, tc);
    return suite;
}
