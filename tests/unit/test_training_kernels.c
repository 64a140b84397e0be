/*
 * Training's kernels: every implementation that this machine can run, against plain chains and
 * equations.
 */
#include "train/training_kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "base/random.h"
#include "support/case_count.h"
#include "support/compare.h"
#include "train/training_weights.h"
#include "unit/suites.h"

enum { IMPLEMENTATIONS = 3, WIDEST = 70, DEEPEST = 300, ROWS = 29 };

static const size_t widths[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 48, 64, 65, 70};

static void draw(float *x, size_t count, uint64_t stream)
{
    struct random random;
    random_init(&random, 9, stream);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)random_normal(&random);
}

/* One output of a product, by its definition. */
static float chain(size_t k, const float *a, size_t a_step, const float *b, size_t b_step,
                   float start)
{
    for (size_t i = 0; i < k; i++)
        start = fmaf(a[i * a_step], b[i * b_step], start);
    return start;
}

static void check(const struct training_kernels *kernels, size_t i, float got,
                  float expected)
{
    if (strcmp(kernels->name, "portable") == 0)
        assert_close("portable", i, (double)got, (double)expected, 1e-4);
    else
        assert_same_bits(kernels->name, &got, &expected, 1);
}

START_TEST(test_product_equals_its_definition)
{
    const struct training_kernels *kernels = training_kernels_at((size_t)_i % 3);
    static const size_t depths[] = {0, 1, 5, 64, DEEPEST};
    const size_t step = case_count_is_reduced() ? 5 : 1;
    size_t n = widths[_i / 3], lda = DEEPEST + 3, ldc = WIDEST + 5;
    static float a[ROWS * (DEEPEST + 3)], b[DEEPEST * WIDEST];
    static float c[ROWS * (WIDEST + 5)], before[ROWS * (WIDEST + 5)];
    if (!kernels)
        return;
    draw(a, sizeof a / sizeof *a, 1);
    draw(b, sizeof b / sizeof *b, 2);
    /* A reduced run packs the depths in turn as they are and transposed. */
    for (size_t which = 0; which < 2 * sizeof depths / sizeof *depths;
         which += case_count_is_reduced() ? 3 : 1) {
        size_t k = depths[which / 2];
        bool is_transposed = which % 2 == 1; /* b is [n][k], else [k][n] */
        size_t k_step = is_transposed ? 1 : n, n_step = is_transposed ? k : 1;
        float *packed = calloc(training_pack_floats(kernels, k, n) + 1, sizeof *packed);
        training_pack(kernels, k, n, b, k_step, n_step, packed);
        /* All heights of a tile, then several tiles. */
        for (size_t m = 0; m <= ROWS; m += m < 13 ? 1 : step) {
            draw(c, sizeof c / sizeof *c, 3);
            memcpy(before, c, sizeof c);
            kernels->product(m, n, k, a, lda, packed, c, ldc);
            for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
                size_t row = i / ldc, j = i % ldc;
                check(kernels, i, c[i],
                      row < m && j < n
                          ? chain(k, a + row * lda, 1, b + j * n_step, k_step, before[i])
                          : before[i]);
            }
        }
        free(packed);
    }
}
END_TEST

START_TEST(test_transposed_product_equals_its_definition)
{
    const struct training_kernels *kernels = training_kernels_at((size_t)_i % 3);
    static const size_t depths[] = {0, 1, 127, 128, DEEPEST};
    size_t m = widths[_i / 3], lda = WIDEST + 1, ldb = 140, ldc = 141;
    static float a[DEEPEST * (WIDEST + 1)], b[DEEPEST * 140];
    static float c[WIDEST * 141], before[WIDEST * 141];
    static const size_t columns[] = {1, 8, 16, 33, 128, 137};
    if (!kernels)
        return;
    draw(a, sizeof a / sizeof *a, 1);
    draw(b, sizeof b / sizeof *b, 2);
    for (size_t which = 0; which < 30; which += case_count_is_reduced() ? 7 : 1) {
        size_t k = depths[which % 5], n = columns[which / 5];
        draw(c, sizeof c / sizeof *c, 3);
        memcpy(before, c, sizeof c);
        kernels->transposed_product(m, n, k, a, lda, b, ldb, c, ldc);
        for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
            size_t row = i / ldc, j = i % ldc;
            check(kernels, i, c[i],
                  row < m && j < n ? chain(k, a + row, lda, b + j, ldb, before[i])
                                   : before[i]);
        }
    }
}
END_TEST

/* ---- cells --------------------------------------------------------------------------- */

/* What a step reads and writes, for up to ROWS rows of WIDEST units. */
struct fixture {
    float saved[ROWS][6 * WIDEST + 1], h_prev[ROWS * WIDEST], h[ROWS][WIDEST + 2];
    float c[ROWS * WIDEST], dh[ROWS][WIDEST + 2], dh_prev[ROWS][WIDEST + 2];
    float dc[ROWS * WIDEST], drh[ROWS * WIDEST], ignored[WIDEST];
    struct recurrent_part parts[MAX_RECURRENT_PARTS];
    struct cell_step step;
    struct arena arena;
};

static const struct {
    const char *name;
    enum cell_kind kind;
    enum reset reset;
    enum update update;
    size_t part_gates[MAX_RECURRENT_PARTS];
} cells[] = {
    {"rnn", CELL_RNN, RESET_AFTER, UPDATE_KEEP, {1, 0}},
    {"lstm", CELL_LSTM, RESET_AFTER, UPDATE_KEEP, {4, 0}},
    {"gru, reset after, keep", CELL_GRU, RESET_AFTER, UPDATE_KEEP, {2, 1}},
    {"gru, reset after, write", CELL_GRU, RESET_AFTER, UPDATE_WRITE, {2, 1}},
    {"gru, reset before, keep", CELL_GRU, RESET_BEFORE, UPDATE_KEEP, {2, 1}},
    {"gru, reset before, write", CELL_GRU, RESET_BEFORE, UPDATE_WRITE, {2, 1}},
};

/* Recurrent weights U, [gates * H][H] in each part. */
enum weights {
    WEIGHTS_ZERO,
    /* A single 1 in each row of a gate: no product is rounded, not even by "portable". */
    WEIGHTS_PERMUTATION,
    WEIGHTS_RANDOM
};

static void fixture_init(struct fixture *fixture, const struct training_kernels *kernels,
                         int cell, size_t H, enum weights weights)
{
    static float u[4 * WIDEST * WIDEST];
    memset(fixture, 0, sizeof *fixture);
    arena_init(&fixture->arena, SIZE_MAX);
    draw(fixture->saved[0], sizeof fixture->saved / sizeof(float), 1);
    draw(fixture->h_prev, ROWS * WIDEST, 2);
    draw(fixture->c, ROWS * WIDEST, 3);
    draw(fixture->dh[0], sizeof fixture->dh / sizeof(float), 4);
    draw(fixture->dh_prev[0], sizeof fixture->dh_prev / sizeof(float), 5);
    draw(fixture->dc, ROWS * WIDEST, 6);
    for (size_t i = 0; i < MAX_RECURRENT_PARTS; i++) {
        size_t rows = cells[cell].part_gates[i] * H;
        memset(u, 0, sizeof u);
        if (weights == WEIGHTS_RANDOM)
            draw(u, rows * H, 7 + i);
        for (size_t j = 0; weights == WEIGHTS_PERMUTATION && j < rows; j++)
            u[j * H + (3 * j + i) % H] = 1.0f;
        const struct matrix matrix = {.w = u, .rows = rows, .columns = H, .stride = H};
        fixture->parts[i].forward =
            matrix_pack_transposed(kernels, &matrix, &fixture->arena);
        fixture->parts[i].back = matrix_pack(kernels, &matrix, &fixture->arena);
    }
    fixture->step = (struct cell_step){.kernels = kernels,
                                       .parts = fixture->parts,
                                       .reset = cells[cell].reset,
                                       .update = cells[cell].update,
                                       .rows = ROWS,
                                       .rows_prev = ROWS - 2,
                                       .H = H,
                                       .saved = fixture->saved[0],
                                       .saved_stride = 6 * WIDEST + 1,
                                       .h_prev = fixture->h_prev,
                                       .h = fixture->h[0],
                                       .c = fixture->c,
                                       .dh = fixture->dh[0],
                                       .dh_prev = fixture->dh_prev[0],
                                       .dc = fixture->dc,
                                       .drh = fixture->drh,
                                       .ignored = fixture->ignored,
                                       .stride = WIDEST + 2};
}

/* Forward or backward on the same random numbers, with every implementation. */
static void compare_steps(int cell, size_t H, bool is_backward, enum weights weights)
{
    static struct fixture fixtures[IMPLEMENTATIONS];
    for (size_t i = 0; i < IMPLEMENTATIONS; i++) {
        const struct training_kernels *kernels = training_kernels_at(i);
        if (!kernels)
            break;
        fixture_init(&fixtures[i], kernels, cell, H, weights);
        const struct cell *steps = kernels->cells[cells[cell].kind];
        (is_backward ? steps->backward : steps->forward)(&fixtures[i].step);
        arena_release(&fixtures[i].arena);
        bool is_exact =
            weights != WEIGHTS_RANDOM || strcmp(kernels->name, "portable") != 0;
        if (is_exact)
            assert_same_bits(cells[cell].name, fixtures[i].saved[0], fixtures[0].saved[0],
                             offsetof(struct fixture, ignored) / sizeof(float));
    }
}

START_TEST(test_every_width_of_vector_gives_the_same_step)
{
    size_t H = widths[_i % COUNT(widths)];
    bool is_backward = _i / COUNT(widths) % 2 == 1;
    int cell = _i / COUNT(widths) / 2;
    for (enum weights weights = WEIGHTS_ZERO; weights <= WEIGHTS_RANDOM; weights++)
        compare_steps(cell, H, is_backward, weights);
}
END_TEST

/* Without recurrent weights the gates are functions of what is in saved. */
START_TEST(test_gru_forward_is_its_equations)
{
    static struct fixture fixture, before;
    const struct training_kernels *kernels = training_kernels_pick();
    size_t H = 33;
    fixture_init(&fixture, kernels, 2, H, WEIGHTS_ZERO);
    before = fixture;
    kernels->cells[CELL_GRU]->forward(&fixture.step);
    for (size_t row = 0; row < ROWS; row++)
        for (size_t j = 0; j < H; j++) {
            const float *in = before.saved[row] + j, *out = fixture.saved[row] + j;
            float r = sigmoid_f(in[0]), z = sigmoid_f(in[H]);
            float n = tanh_f(fmaf(r, in[3 * H], in[2 * H]));
            float h = fmaf(z, before.h_prev[row * H + j] - n, n);
            assert_same_bits("r", &out[0], &r, 1);
            assert_same_bits("z", &out[H], &z, 1);
            assert_same_bits("n", &out[2 * H], &n, 1);
            assert_same_bits("q", &out[3 * H], &in[3 * H], 1);
            assert_same_bits("h", &fixture.h[row][j], &h, 1);
        }
    arena_release(&fixture.arena);
}
END_TEST

START_TEST(test_every_implementation_gives_the_same_sums_and_adam_steps)
{
    static float g[1001], m[3][1001], v[3][1001], w[3][1001];
    const struct adam_rates rates = {.9f, .1f, .999f, .001f, 1e-8f, 1e-2f, 3.0f, .99f};
    draw(g, 1001, 1);
    for (size_t i = 0; i < IMPLEMENTATIONS; i++) {
        const struct training_kernels *kernels = training_kernels_at(i);
        if (!kernels)
            break;
        draw(w[i], 1001, 2);
        for (int step = 0; step < 3; step++)
            kernels->adam(1001, &rates, g, m[i], v[i], w[i]);
        assert_same_bits(kernels->name, w[i], w[0], 1001);
        double sum = 0.0;
        for (size_t j = 0; j < 1001; j++)
            sum += (double)g[j] * (double)g[j];
        assert_close("squares", i, kernels->squares(1001, g), sum, 1e-10);
        ck_assert(kernels->squares(1001, g) == training_kernels_at(0)->squares(1001, g));
        float rows[2] = {1.0f, 2.0f};
        kernels->add_rows(3, 2, g, 5, rows);
        ck_assert(rows[1] == 2.0f + g[1] + g[6] + g[11]);
    }
}
END_TEST

START_TEST(test_at_least_one_implementation_runs)
{
    size_t count = 0;
    while (training_kernels_at(count))
        count++;
    ck_assert_uint_ge(count, 1);
    ck_assert_uint_le(count, IMPLEMENTATIONS);
    ck_assert_ptr_eq(training_kernels_pick(), training_kernels_at(0));
}
END_TEST

Suite *training_kernels_suite(void)
{
    Suite *suite = suite_create("training_kernels");
    TCase *tc = tcase_create("training_kernels");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_product_equals_its_definition, 0, 3 * COUNT(widths));
    tcase_add_loop_test(tc, test_transposed_product_equals_its_definition, 0,
                        3 * COUNT(widths));
    tcase_add_loop_test(tc, test_every_width_of_vector_gives_the_same_step, 0,
                        COUNT(cells) * 2 * COUNT(widths));
    tcase_add_test(tc, test_gru_forward_is_its_equations);
    tcase_add_test(tc, test_every_implementation_gives_the_same_sums_and_adam_steps);
    tcase_add_test(tc, test_at_least_one_implementation_runs);
    suite_add_tcase(suite, tc);
    return suite;
}
