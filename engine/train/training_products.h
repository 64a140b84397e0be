/*
 * The text of training's products, compiled once per instruction set by the file that
 * includes it, which defines
 *
 *     TILE_ROWS       rows of an output tile; each has two vectors of columns
 *
 * and the instruction set (infer/vectors.h).
 *
 * Weights stand in panels of PANEL = 2 * LANES columns, each panel [k][PANEL], the last one
 * filled up with zeros.  A tile of outputs is held in registers while k runs; a tile of few
 * rows takes several panels at once, so that there are always enough chains under way.
 * Lanes hold different outputs, so each output is one chain, whatever the shape of the tile.
 */
#include <stddef.h>
#include <string.h>

#include "infer/vectors.h"

#define PANEL (2 * LANES)

enum {
    VECTORS_MOST = 2 * TILE_ROWS, /* accumulators of a tile */
    DEPTH = 128,
    WIDTH = 128 /* of B in transposed_product at a time */
};

/* One operand of a product: element (i, k) is at from[i * row + k * step]. */
struct operand {
    const float *from;
    size_t row, step;
};

/* rows x panels outputs, all constants but k; next panels are distance floats on. */
INLINE void tile(const int rows, const int panels, size_t depth, struct operand a,
                 const float *b, size_t distance, float *c, size_t ldc)
{
    vec sums[VECTORS_MOST];

    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
    for (int j = 0; j < 2 * panels; j++)
        sums[i * 2 * panels + j] = vec_load(c + (size_t)i * ldc + j * LANES);
    for (size_t k = 0; k < depth; k++) {
        UNROLL
        for (int p = 0; p < panels; p++) {
            vec left = vec_load(b + (size_t)p * distance);
            vec right = vec_load(b + (size_t)p * distance + LANES);
            UNROLL
            for (int i = 0; i < rows; i++) {
                vec x = vec_all(a.from[(size_t)i * a.row]);
                vec *sum = &sums[i * 2 * panels + 2 * p];
                sum[0] = vec_multiply_add(x, left, sum[0]);
                sum[1] = vec_multiply_add(x, right, sum[1]);
            }
        }
        a.from += a.step;
        b += PANEL;
    }
    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
    for (int j = 0; j < 2 * panels; j++)
        vec_store(c + (size_t)i * ldc + j * LANES, sums[i * 2 * panels + j]);
}

#define TILE(rows, panels)                                                               \
    case rows:                                                                           \
        tile(rows, panels, depth, a, b, distance, c, ldc);                               \
        break;

/* Rows of a tile for one panel. */
static void one_panel(size_t rows, size_t depth, struct operand a, const float *b,
                      float *c, size_t ldc)
{
    const size_t distance = 0;

    switch (rows) {
        TILE(1, 1)
        TILE(2, 1)
        TILE(3, 1)
        TILE(4, 1)
        TILE(5, 1)
        TILE(6, 1)
#if TILE_ROWS > 6
        TILE(7, 1)
        TILE(8, 1)
        TILE(9, 1)
        TILE(10, 1)
        TILE(11, 1)
        TILE(12, 1)
#endif
    }
}

/* Up to three rows of several panels; returns how many panels were done, maybe none. */
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
    if ((rows == 2 || rows == 3) && panels >= 2) {
        if (rows == 2)
            tile(2, 2, depth, a, b, distance, c, ldc);
        else
            tile(3, 2, depth, a, b, distance, c, ldc);
        return 2;
    }
    return 0;
}

/* The last panel's columns, fewer than PANEL, by way of a tile of its own. */
static void narrow_panel(size_t rows, size_t columns, size_t depth, struct operand a,
                         const float *b, float *c, size_t ldc)
{
    float edge[TILE_ROWS][PANEL] = {{0.0f}};

    for (size_t i = 0; i < rows; i++)
        memcpy(edge[i], c + i * ldc, columns * sizeof *c);
    one_panel(rows, depth, a, b, edge[0], PANEL);
    for (size_t i = 0; i < rows; i++)
        memcpy(c + i * ldc, edge[i], columns * sizeof *c);
}

/* How many of the rows that are left go into the next tile: the last two share. */
static size_t tile_rows(size_t left)
{
    if (left <= TILE_ROWS)
        return left;
    return left < 2 * TILE_ROWS ? (left + 1) / 2 : TILE_ROWS;
}

static void all_rows(size_t m, size_t n, size_t depth, struct operand a, const float *b,
                     float *c, size_t ldc)
{
    size_t full = n / PANEL, done;

    for (size_t p = 0; p < full; p += done) {
        const float *panel = b + p * depth * PANEL;
        size_t rows;
        done = 1;
        for (size_t i = 0; i < m; i += rows) {
            struct operand here = {a.from + i * a.row, a.row, a.step};
            float *out = c + i * ldc + p * PANEL;
            rows = tile_rows(m - i);
            size_t some =
                m > 3 ? 0 : some_panels(rows, full - p, depth, here, panel, out, ldc);
            if (some > 0)
                done = some;
            else
                one_panel(rows, depth, here, panel, out, ldc);
        }
    }
    for (size_t i = 0, rows; n % PANEL > 0 && i < m; i += rows) {
        struct operand here = {a.from + i * a.row, a.row, a.step};
        rows = tile_rows(m - i);
        narrow_panel(rows, n % PANEL, depth, here, b + full * depth * PANEL,
                     c + i * ldc + full * PANEL, ldc);
    }
}

static void product(size_t m, size_t n, size_t k, const float *a, size_t lda,
                    const float *packed, float *c, size_t ldc)
{
    all_rows(m, n, k, (struct operand){a, lda, 1}, packed, c, ldc);
}

/* A panel of rows of B, of columns of it, filled up with zeros. */
static void copy_panel(size_t rows, size_t columns, const float *b, size_t ldb, float *to)
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

/* A part of B at a time, copied into panels that stay in cache; A is read where it is. */
static void transposed_part(size_t m, size_t n, size_t depth, const float *a, size_t lda,
                            const float *b, size_t ldb, float *c, size_t ldc)
{
    float panels[DEPTH * WIDTH] __attribute__((aligned(64)));

    for (size_t j = 0; j < n; j += PANEL)
        copy_panel(depth, n - j, b + j, ldb, panels + j * depth);
    all_rows(m, n, depth, (struct operand){a, 1, lda}, panels, c, ldc);
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
