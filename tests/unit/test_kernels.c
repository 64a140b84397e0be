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

/* What a build may hold; a machine that cannot run one skips it. */
static const char *const names[] = {"portable", "avx2", "avx512", "neon"};

enum { ROWS = 37, WIDEST = 70, GATES = 4 };

static const size_t widths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 70};

static const char *const steps[] = {"rnn",
                                    "gru, reset after, keep",
                                    "gru, reset after, write",
                                    "gru, reset before, keep",
                                    "gru, reset before, write",
                                    "lstm"};

/* The values of a step before and after. */
struct field_of_rows {
    float gx[ROWS][GATES * WIDEST], h[ROWS * WIDEST], c[ROWS * WIDEST];
    float u[WIDEST * GATES * WIDEST], c_n[WIDEST], work[GATES * WIDEST];
    const float *inputs[ROWS];
    struct recurrence cell;
};

static void fill(struct field_of_rows *x, size_t hidden, int which)
{
    struct random random;

    random_init(&random, 3, hidden);
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t j = 0; j < GATES * WIDEST; j++)
            x->gx[row][j] = (float)random_normal(&random);
        x->inputs[row] = x->gx[row];
    }
    for (size_t i = 0; i < ROWS * WIDEST; i++) {
        x->h[i] = (float)(2.0 * random_unit(&random) - 1.0);
        x->c[i] = (float)random_normal(&random);
    }
    for (size_t i = 0; i < WIDEST * GATES * WIDEST; i++)
        x->u[i] = (float)random_normal(&random) * 0.3f;
    for (size_t i = 0; i < WIDEST; i++)
        x->c_n[i] = (float)random_normal(&random);
    x->cell = (struct recurrence){
        .hidden = hidden, .u = x->u, .c_n = x->c_n, .update_writes = which % 2 == 0};
}

/* Run the which-th of steps on rows first .. first + rows - 1. */
static void run(const struct kernels *kernels, struct field_of_rows *x, int which,
                size_t first, size_t rows)
{
    const float *const *gx = x->inputs + first;
    float *h = x->h + first * x->cell.hidden, *c = x->c + first * x->cell.hidden;

    if (which == 0)
        kernels->rnn_step(rows, &x->cell, gx, h, x->work);
    else if (which <= 2)
        kernels->gru_after_step(rows, &x->cell, gx, h, x->work);
    else if (which <= 4)
        kernels->gru_before_step(rows, &x->cell, gx, h, x->work);
    else
        kernels->lstm_step(rows, &x->cell, gx, h, c, x->work);
}

static struct field_of_rows *field_new(size_t hidden, int which)
{
    struct field_of_rows *x = malloc(sizeof *x);
    fill(x, hidden, which);
    return x;
}

START_TEST(test_a_row_depends_on_no_other)
{
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        struct field_of_rows *together = field_new(widths[w], _i);
        struct field_of_rows *alone = field_new(widths[w], _i);
        run(kernels_pick(), together, _i, 0, ROWS);
        for (size_t row = 0; row < ROWS; row++)
            run(kernels_pick(), alone, _i, row, 1);
        assert_same_bits(steps[_i], alone->h, together->h, ROWS * widths[w]);
        assert_same_bits(steps[_i], alone->c, together->c, ROWS * widths[w]);
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
    for (size_t shape = 0; shape < 60; shape++) {
        size_t in = random_below(&random, WIDEST + 1);
        size_t out = 1 + random_below(&random, WIDEST);
        for (size_t row = 0; row < ROWS; row++) {
            for (size_t j = 0; j < WIDEST; j++) {
                x[row][j] = (float)random_normal(&random);
                y[0][row][j] = y[1][row][j] = (float)random_normal(&random);
            }
            xs[row] = x[row];
            ys[0][row] = y[0][row];
            ys[1][row] = y[1][row];
        }
        kernels_portable.product(ROWS, in, out, w, xs, ys[0]);
        kernels->product(ROWS, in, out, w, xs, ys[1]);
        assert_same_bits(name, &y[1][0][0], &y[0][0][0], (size_t)ROWS * WIDEST);
    }
}

START_TEST(test_every_implementation_is_portable)
{
    const char *name = names[_i], *before = kernels_name();

    if (kernels_force(name, NULL) != STATUS_OK)
        return;
    ck_assert_str_eq(kernels_name(), name);
    compare_products(name, kernels_pick());
    for (int which = 0; which < COUNT(steps); which++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            struct field_of_rows *ours = field_new(widths[w], which);
            struct field_of_rows *portable = field_new(widths[w], which);
            run(kernels_pick(), ours, which, 0, ROWS);
            run(&kernels_portable, portable, which, 0, ROWS);
            assert_same_bits(steps[which], ours->h, portable->h, ROWS * widths[w]);
            assert_same_bits(steps[which], ours->c, portable->c, ROWS * widths[w]);
            free(ours);
            free(portable);
        }
    ck_assert_int_eq(kernels_force(before, NULL), STATUS_OK);
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
    const float w[2][2] = {{0.1f, 0.2f}, {0.3f, -0.4f}}, x[2] = {0.7f, -0.6f};
    const float *xs[] = {x};
    float y[2] = {1.0f, -1.0f}, *ys[] = {y};
    const float expected[2] = {fmaf(-0.6f, 0.3f, fmaf(0.7f, 0.1f, 1.0f)),
                               fmaf(-0.6f, -0.4f, fmaf(0.7f, 0.2f, -1.0f))};

    kernels_pick()->product(1, 2, 2, w[0], xs, ys);
    assert_same_bits("start, then k = 0, 1", y, expected, 2);
}
END_TEST

START_TEST(test_pack_transposes)
{
    const float w[2][5] = {{1, 2, 3, -1, -1}, {4, 5, 6, -1, -1}};
    const float expected[6] = {1, 4, 2, 5, 3, 6};
    float packed[6];

    panels_pack(2, 3, 5, w[0], packed);
    assert_same_bits("[2][3] with rows of 5", packed, expected, 6);
}
END_TEST

/* ---- the lesson's cells, one dimension each -------------------------------------------- */

START_TEST(test_scalar_rnn)
{
    static const double states[] = {0.664036770, 0.573027162, 0.764316151};
    static const float inputs[] = {1.0f, 0.4f, 0.9f};
    const float u = 0.5f;
    const struct recurrence cell = {.hidden = 1, .u = &u};
    float h = 0.0f, work;

    for (size_t t = 0; t < 3; t++) {
        float x = 0.8f * inputs[t];
        const float *gx[] = {&x};
        kernels_pick()->rnn_step(1, &cell, gx, &h, &work);
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
    const struct recurrence cell = {.hidden = 1, .u = u};
    float h = 0.0f, c = 0.0f, work[4];

    for (size_t t = 0; t < 3; t++) {
        const float gates[4] = {logit(events[t].i), logit(events[t].f),
                                (float)atanh(events[t].g), logit(events[t].o)};
        const float *gx[] = {gates};
        kernels_pick()->lstm_step(1, &cell, gx, &h, &c, work);
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
    const float *gx[] = {gates};
    const struct recurrence cell = {
        .hidden = 1, .u = u, .c_n = &c_n, .update_writes = blends[_i].writes};
    float after = 0.80f, before = 0.80f, work[3];

    kernels_pick()->gru_after_step(1, &cell, gx, &after, work);
    kernels_pick()->gru_before_step(1, &cell, gx, &before, work);
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
    const float *gx[] = {after_x};
    const struct recurrence cell = {.hidden = 1, .u = u, .c_n = &c_n};
    float h = 0.5f, work[3];

    kernels_pick()->gru_after_step(1, &cell, gx, &h, work);
    assert_close("tanh(x + r (U h + c))", 0, (double)h, tanh(0.1 + 0.25 * 2.0), 2e-7);
    gx[0] = before_x;
    h = 0.5f;
    kernels_pick()->gru_before_step(1, &cell, gx, &h, work);
    assert_close("tanh(x + U (r h) + c)", 0, (double)h, tanh(0.1 + 2.0 * 0.125 + 1.0),
                 2e-7);
}
END_TEST

Suite *kernels_suite(void)
{
    Suite *suite = suite_create("kernels");
    TCase *tc = tcase_create("kernels");
    tcase_add_loop_test(tc, test_a_row_depends_on_no_other, 0, COUNT(steps));
    tcase_add_loop_test(tc, test_every_implementation_is_portable, 0, COUNT(names));
    tcase_add_test(tc, test_an_unknown_kernel_is_refused);
    tcase_add_test(tc, test_product_is_one_chain);
    tcase_add_test(tc, test_pack_transposes);
    tcase_add_test(tc, test_scalar_rnn);
    tcase_add_test(tc, test_lstm_with_given_gates);
    tcase_add_loop_test(tc, test_gru_blends, 0, COUNT(blends));
    tcase_add_test(tc, test_gru_resets);
    suite_add_tcase(suite, tc);
    return suite;
}
