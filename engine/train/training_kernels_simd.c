/*
 * The training kernels, compiled once per instruction set (infer/vectors.h).
 *
 * Weights are packed in panels of PANEL = 2 * LANES columns (training_pack).  A tile is a block of
 * outputs, some rows by some panels, that stays in registers while k runs.  A tile of few rows
 * covers several panels, so that there are enough independent chains.  Each lane of a vector holds
 * another output, so each output is one chain, whatever the shape of the tile.
 *
 * The service has panels of three vectors (infer/kernels_simd.c).  With AVX2 and 64 units, those
 * cost training 2.5 % of the time of an epoch, and panels of two cost the service 3.5 % (AMD EPYC,
 * Zen 4, 2026-11-26, medians of interleaved runs).
 */
#include "train/training_kernels.h"

#include <math.h>
#include <string.h>

#include "infer/vectors.h"

/*
 * Rows of a tile of one panel.  Two vectors of sums per row, two vectors of weights and one of the
 * input must fit in the registers: 16 with AVX2, 32 with AVX-512 and NEON.
 */
#if defined VECTORS_AVX512 || defined VECTORS_NEON
enum { TILE_ROWS = 12 };
#else
enum { TILE_ROWS = 6 };
#endif

enum {
    PANEL = 2 * LANES,
    MAX_SUMS = 2 * TILE_ROWS,
    DEPTH = 128, /* transposed_product copies blocks [DEPTH][WIDTH] of B */
    WIDTH = 128
};

/* ---- products of a few rows with packed weights ------------------------------------------------ */

/* One operand of a product: element (i, k) is at from[i * row + k * step]. */
struct operand {
    const float *from;
    size_t row, step;
};

/* The operand from row i on. */
INLINE struct operand operand_at(struct operand a, size_t i)
{
    return (struct operand){.from = a.from + i * a.row, .row = a.row, .step = a.step};
}

/*
 * Compute rows x panels outputs; both are constants where this is inlined.  The panels of b are
 * distance floats apart.
 */
INLINE void tile(const size_t rows, const size_t panels, size_t depth, struct operand a,
                 const float *b, size_t distance, float *c, size_t ldc)
{
    vec sums[MAX_SUMS];

    UNROLL_FOR (i, rows)
        UNROLL_FOR (j, 2 * panels)
            sums[i * 2 * panels + j] = vec_load(c + i * ldc + j * LANES);
    for (size_t k = 0; k < depth; k++) {
        UNROLL_FOR (p, panels) {
            vec left = vec_load(b + p * distance);
            vec right = vec_load(b + p * distance + LANES);
            UNROLL_FOR (i, rows) {
                vec x = vec_all(a.from[i * a.row]);
                vec *sum = &sums[i * 2 * panels + 2 * p];
                sum[0] = vec_multiply_add(x, left, sum[0]);
                sum[1] = vec_multiply_add(x, right, sum[1]);
            }
        }
        a.from += a.step;
        b += PANEL;
    }
    UNROLL_FOR (i, rows)
        UNROLL_FOR (j, 2 * panels)
            vec_store(c + i * ldc + j * LANES, sums[i * 2 * panels + j]);
}

/* Compute at most TILE_ROWS rows of one panel. */
static void one_panel(size_t rows, size_t depth, struct operand a, const float *b,
                      float *c, size_t ldc)
{
#define TILE(count)                                                                      \
    case (count):                                                                        \
        if ((int)(count) <= (int)TILE_ROWS)                                              \
            tile(count, 1, depth, a, b, 0, c, ldc);                                      \
        break
    switch (rows) {
        TILE(1);
        TILE(2);
        TILE(3);
        TILE(4);
        TILE(5);
        TILE(6);
        TILE(7);
        TILE(8);
        TILE(9);
        TILE(10);
        TILE(11);
        TILE(12);
    }
}

/*
 * Compute at most three rows of several panels at once.  Returns the number of panels that were
 * computed; 0 if no tile of several panels fits.
 */
static size_t some_panels(size_t rows, size_t panels, size_t depth, struct operand a,
                          const float *b, float *c, size_t ldc)
{
    const size_t distance = depth * PANEL;

    if (rows == 1 && panels >= 4) {
        tile(1, 4, depth, a, b, distance, c, ldc);
        return 4;
    }
    if (rows == 2 && panels >= 3) {
        tile(2, 3, depth, a, b, distance, c, ldc);
        return 3;
    }
    if (rows == 2 && panels == 2) {
        tile(2, 2, depth, a, b, distance, c, ldc);
        return 2;
    }
    if (rows == 3 && panels >= 2) {
        tile(3, 2, depth, a, b, distance, c, ldc);
        return 2;
    }
    return 0;
}

/* Compute the last panel, of which only the first columns are outputs, in a buffer. */
static void narrow_panel(size_t rows, size_t columns, size_t depth, struct operand a,
                         const float *b, float *c, size_t ldc)
{
    float buffer[TILE_ROWS][PANEL] = {{0.0f}};

    for (size_t i = 0; i < rows; i++)
        memcpy(buffer[i], c + i * ldc, columns * sizeof *c);
    one_panel(rows, depth, a, b, buffer[0], PANEL);
    for (size_t i = 0; i < rows; i++)
        memcpy(c + i * ldc, buffer[i], columns * sizeof *c);
}

/* The rows of the next tile, given the rows that are left.  The last two tiles are about equal. */
static size_t tile_rows(size_t left)
{
    if (left <= TILE_ROWS)
        return left;
    return left < 2 * TILE_ROWS ? (left + 1) / 2 : TILE_ROWS;
}

/* c [m][n] += a b; b is packed in panels [depth][PANEL]. */
static void all_rows(size_t m, size_t n, size_t depth, struct operand a, const float *b,
                     float *c, size_t ldc)
{
    const size_t full = n / PANEL, rest = n % PANEL;

    for (size_t p = 0, done; p < full; p += done) {
        const float *panel = b + p * depth * PANEL;
        done = 1;
        for (size_t i = 0, rows; i < m; i += rows) {
            float *out = c + i * ldc + p * PANEL;
            rows = tile_rows(m - i);
            size_t some = 0;
            if (m <= 3) /* this tile has all rows */
                some =
                    some_panels(rows, full - p, depth, operand_at(a, i), panel, out, ldc);
            if (some > 0)
                done = some;
            else
                one_panel(rows, depth, operand_at(a, i), panel, out, ldc);
        }
    }
    for (size_t i = 0, rows; rest > 0 && i < m; i += rows) {
        rows = tile_rows(m - i);
        narrow_panel(rows, rest, depth, operand_at(a, i), b + full * depth * PANEL,
                     c + i * ldc + full * PANEL, ldc);
    }
}

static void product(size_t m, size_t n, size_t k, const float *a, size_t lda,
                    const float *packed, float *c, size_t ldc)
{
    const struct operand operand = {.from = a, .row = lda, .step = 1};

    all_rows(m, n, k, operand, packed, c, ldc);
}

/* ---- products of many events ------------------------------------------------------------------- */

/* Pack rows of B into one panel: its next columns, at most PANEL, filled up with zeros. */
static void pack_panel(size_t rows, size_t columns, const float *b, size_t ldb, float *to)
{
    for (size_t i = 0; i < rows; i++, b += ldb, to += PANEL) {
        if (columns >= PANEL) {
            vec_store(to, vec_load(b));
            vec_store(to + LANES, vec_load(b + LANES));
        } else {
            memset(to, 0, PANEL * sizeof *to);
            memcpy(to, b, columns * sizeof *to);
        }
    }
}

/* C [m][n] += A^T B for a block of B, which is packed into panels that stay in the cache. */
static void transposed_part(size_t m, size_t n, size_t depth, const float *a, size_t lda,
                            const float *b, size_t ldb, float *c, size_t ldc)
{
    float panels[DEPTH * WIDTH] __attribute__((aligned(64)));
    const struct operand operand = {.from = a, .row = 1, .step = lda};

    for (size_t j = 0; j < n; j += PANEL)
        pack_panel(depth, n - j, b + j, ldb, panels + j * depth);
    all_rows(m, n, depth, operand, panels, c, ldc);
}

static void transposed_product(size_t m, size_t n, size_t k, const float *a, size_t lda,
                               const float *b, size_t ldb, float *c, size_t ldc)
{
    for (size_t first = 0; first < k; first += DEPTH)
        for (size_t j = 0; j < n; j += WIDTH)
            transposed_part(m, n - j < WIDTH ? n - j : WIDTH,
                            k - first < DEPTH ? k - first : DEPTH, a + first * lda, lda,
                            b + first * ldb + j, ldb, c + j, ldc);
}

/* ---- self-attention ---------------------------------------------------------------------------- */

enum { PARTS = KEY_BLOCK / LANES }; /* vectors of sixteen floats */

/* Sixteen sums of every sixteenth element of x, or of x * y, then their sum. */
INLINE double sum_products(size_t count, const float *x, const float *y)
{
    double sums[16] = {0.0}, sum = 0.0;
    size_t i = 0;

    for (; i + 16 <= count; i += 16)
        for (size_t lane = 0; lane < 16; lane++)
            sums[lane] += (double)x[i + lane] * (y ? (double)y[i + lane] : 1.0);
    for (size_t lane = 0; i < count; i++, lane++)
        sums[lane] += (double)x[i] * (y ? (double)y[i] : 1.0);
    for (size_t lane = 0; lane < 16; lane++)
        sum += sums[lane];
    return sum;
}

static void layer_norm_backward(size_t count, const float *x, const float *weight,
                                const float *dy, float *dx, float *dweight, float *dbias,
                                float *work)
{
    float *z = work, *g = work + count;
    const double n = (double)count;
    const float mean = (float)(sum_products(count, x, NULL) / n);

    INDEPENDENT
    for (size_t j = 0; j < count; j++)
        z[j] = x[j] - mean;
    const double variance = sum_products(count, z, z) / n;
    const float inverse = (float)(1.0 / sqrt(variance + NORM_EPSILON));
    INDEPENDENT
    for (size_t j = 0; j < count; j++) {
        z[j] *= inverse;
        g[j] = dy[j] * weight[j];
        dweight[j] += dy[j] * z[j];
        dbias[j] += dy[j];
    }
    const float g_mean = (float)(sum_products(count, g, NULL) / n);
    const float gz_mean = (float)(sum_products(count, g, z) / n);
    INDEPENDENT
    for (size_t j = 0; j < count; j++)
        dx[j] += (g[j] - g_mean - z[j] * gz_mean) * inverse;
}

/* The weights and the gradients of the scores of one block of events, and the slopes' gradients. */
static void block_backward(const struct attend_backward *back, size_t block, float total,
                           vec dslopes[PARTS], vec dtime_slopes[PARTS])
{
    const struct attend *head = &back->head;
    const size_t place = block * KEY_BLOCK, d = head->width;
    const float *keys = head->keys + place * d, *values = back->value_columns + place * d;
    const uint32_t now = head->clocks[head->last];
    vec steps[PARTS], ticks[PARTS], p[PARTS], dp[PARTS];

    UNROLL_FOR (i, PARTS) {
        ticks[i] = vec_differences(now, head->clocks + place + i * LANES);
        steps[i] = vec_countdown((uint32_t)(head->last - place - i * LANES));
        p[i] = vec_multiply_add(vec_all(-head->time_slope), ticks[i],
                                vec_all(-head->slope) * steps[i]);
        dp[i] = vec_all(-total);
    }
    for (size_t k = 0; k < d; k++)
        UNROLL_FOR (i, PARTS) {
            const size_t at = k * KEY_BLOCK + i * LANES;
            p[i] = vec_multiply_add(vec_all(head->query[k]), vec_load(keys + at), p[i]);
            dp[i] =
                vec_multiply_add(vec_all(back->dmean[k]), vec_load(values + at), dp[i]);
        }
    UNROLL_FOR (i, PARTS) {
        float weights[LANES];
        p[i] = vec_exp(p[i] - vec_all(back->attended.largest)) *
               vec_all(back->attended.inverse);
        vec_store(weights, p[i]);
        for (size_t lane = 0; lane < LANES; lane++) {
            const size_t event = place + i * LANES + lane;
            if (event < head->first || event > head->last)
                weights[lane] = 0.0f;
        }
        p[i] = vec_load(weights);
        dp[i] = p[i] * dp[i];
        vec_store(head->weights + place + i * LANES, p[i]);
        vec_store(back->dscores + place + i * LANES, dp[i]);
        dslopes[i] += dp[i] * steps[i];
        dtime_slopes[i] += dp[i] * ticks[i];
    }
}

/* Columns j to j + lanes - 1 of the gradients of the query, the keys and the values. */
INLINE void backward_columns(const struct attend_backward *back, size_t j, size_t lanes)
{
    const struct attend *head = &back->head;
    const size_t d = head->width;
    const vec query = vec_load_some(head->query + j, lanes);
    const vec dmean = vec_load_some(back->dmean + j, lanes);
    vec sum = vec_all(0.0f);

    for (size_t i = head->first; i <= head->last; i++) {
        const size_t at = i * d + j;
        const vec ds = vec_all(back->dscores[i]), p = vec_all(head->weights[i]);
        vec dkey = vec_load_some(back->dkeys + at, lanes);
        vec dvalue = vec_load_some(back->dvalues + at, lanes);
        sum = vec_multiply_add(ds, vec_load_some(back->key_rows + at, lanes), sum);
        dkey = vec_multiply_add(ds, query, dkey);
        dvalue = vec_multiply_add(p, dmean, dvalue);
        vec_store_some(back->dkeys + at, dkey, lanes);
        vec_store_some(back->dvalues + at, dvalue, lanes);
    }
    vec_store_some(back->dquery + j, sum, lanes);
}

static double add_sixteen(const vec sums[PARTS])
{
    float lanes[KEY_BLOCK];

    UNROLL_FOR (i, PARTS)
        vec_store(lanes + i * LANES, sums[i]);
    return sum_products(KEY_BLOCK, lanes, NULL);
}

static void attend_backward(struct attend_backward *back)
{
    const struct attend *head = &back->head;
    const float total = (float)sum_products(head->width, back->dmean, head->mean);
    vec dslopes[PARTS] = {{0}}, dtime_slopes[PARTS] = {{0}};
    size_t j = 0;

    for (size_t b = head->first / KEY_BLOCK; b <= head->last / KEY_BLOCK; b++)
        block_backward(back, b, total, dslopes, dtime_slopes);
    back->dslope = -add_sixteen(dslopes);
    back->dtime_slope = -add_sixteen(dtime_slopes);
    for (; j + LANES <= head->width; j += LANES)
        backward_columns(back, j, LANES);
    if (j < head->width)
        backward_columns(back, j, head->width - j);
}

/* ---- sums over rows, the optimiser ------------------------------------------------------------- */

static void add_rows(size_t m, size_t n, const float *a, size_t lda, float *sums)
{
    for (size_t i = 0; i < m; i++) {
        const float *row = a + i * lda;
        float *to = sums;
        INDEPENDENT
        for (size_t j = 0; j < n; j++)
            to[j] += row[j];
    }
}

static void adam(size_t count, const struct adam_rates *rates, const float *g, float *m,
                 float *v, float *w)
{
    const struct adam_rates r = *rates;

    INDEPENDENT
    for (size_t i = 0; i < count; i++) {
        m[i] = r.beta1 * m[i] + r.rest1 * g[i];
        v[i] = r.beta2 * v[i] + r.rest2 * g[i] * g[i];
        w[i] = r.keep * w[i] - r.step * m[i] / (sqrtf(v[i]) * r.correction + r.epsilon);
    }
}

static double squares(size_t count, const float *x)
{
    return sum_products(count, x, x);
}

const struct training_kernels OF_SET(training_kernels_) = {
    .name = SET_NAME,
    .panel = PANEL,
    .product = product,
    .transposed_product = transposed_product,
    .add_rows = add_rows,
    .cells = {[CELL_RNN] = &OF_SET(cell_rnn_),
              [CELL_LSTM] = &OF_SET(cell_lstm_),
              [CELL_GRU] = &OF_SET(cell_gru_)},
    .layer_norm_backward = layer_norm_backward,
    .attend_backward = attend_backward,
    .adam = adam,
    .squares = squares,
};
