/*
 * The exact sums of kernels_simd.h: rows times packed weights, from the first panel (panels.h) to
 * the last, for each of them blocks of rows, each x[row][k] broadcast; few rows take two panels
 * at once, for a sum waits for itself, and more than two streams of weights are slow to come.
 * BLOCK_ROWS rows are worked on at once, 4 or 8: BLOCK_ROWS * PANEL_VECTORS sums, and
 * PANEL_VECTORS + 1 more vectors, are held in registers.
 */
#include "infer/panels.h"

enum { VECTORS_MOST = 3 * PANEL_VECTORS };

_Static_assert(PANEL_VECTORS == 3, "blocks are made of such panels");

/* Where some vectors of a block start from their row and some from shared: both, in to. */
static void mix_starts(const struct sums *s, size_t row, size_t rows, size_t vector,
                       size_t vectors)
{
    for (size_t r = row; r < row + rows; r++)
        for (size_t i = vector; i < vector + vectors; i++)
            vec_store(s->to[r] + (i - s->first) * LANES,
                      vec_load(i < s->apart ? s->from[r] + (i - s->first) * LANES
                                            : s->shared + (i - s->apart) * LANES));
}

/*
 * rows * vectors sums, both known to the compiler; vector is the first of its panel, or they
 * all lie in one.
 */
INLINE void sum_block(const size_t rows, const size_t vectors, const struct sums *s,
                      size_t row, size_t vector)
{
    const size_t panel = PANEL_VECTORS * LANES * s->in, place = vector - s->first;
    const float *x[BLOCK_ROWS], *w = s->w + vector / PANEL_VECTORS * panel;
    vec sum[BLOCK_ROWS][VECTORS_MOST];

    w += vector % PANEL_VECTORS * LANES;
    if (vector < s->apart && vector + vectors > s->apart)
        mix_starts(s, row, rows, vector, vectors);
    UNROLL for (size_t r = 0; r < rows; r++)
    {
        const float *start = vector >= s->apart ? s->shared + (vector - s->apart) * LANES
                             : vector + vectors > s->apart
                                 ? s->to[row + r] + place * LANES
                                 : s->from[row + r] + place * LANES;
        x[r] = s->x[row + r];
        UNROLL for (size_t i = 0; i < vectors; i++) sum[r][i] =
            vec_load(start + i * LANES);
    }
    for (size_t k = 0; k < s->in; k++, w += PANEL_VECTORS * LANES)
        UNROLL for (size_t p = 0; p < vectors; p += PANEL_VECTORS)
        {
            const size_t some = vectors - p < PANEL_VECTORS ? vectors - p : PANEL_VECTORS;
            vec column[PANEL_VECTORS];
            UNROLL for (size_t i = 0; i < some; i++) column[i] =
                vec_load(w + p / PANEL_VECTORS * panel + i * LANES);
            UNROLL for (size_t r = 0; r < rows; r++)
            {
                vec state = vec_all(x[r][k]);
                UNROLL for (size_t i = 0; i < some; i++) sum[r][p + i] =
                    vec_fma(state, column[i], sum[r][p + i]);
            }
        }
    UNROLL for (size_t r = 0; r < rows; r++)
    {
        UNROLL for (size_t i = 0; i < vectors; i++)
            vec_store(s->to[row + r] + (place + i) * LANES, sum[r][i]);
    }
}

#define SUMS(rows, vectors)                                                              \
    case vectors:                                                                        \
        sum_block(rows, vectors, s, row, vector);                                        \
        break;
#define SUMS_TO_3(rows) SUMS(rows, 1) SUMS(rows, 2) SUMS(rows, 3)
#define SUMS_TO_6(rows) SUMS_TO_3(rows) SUMS(rows, 4) SUMS(rows, 5) SUMS(rows, 6)
#define SUMS_TO_9(rows) SUMS_TO_6(rows) SUMS(rows, 7) SUMS(rows, 8) SUMS(rows, 9)
#define SUM_FUNCTION(rows, cases)                                                        \
    static void sum_##rows(const struct sums *s, size_t row, size_t vector,              \
                           size_t vectors)                                               \
    {                                                                                    \
        switch (vectors) {                                                               \
            cases                                                                        \
        }                                                                                \
    }

SUM_FUNCTION(1, SUMS_TO_9(1))
SUM_FUNCTION(2, SUMS_TO_6(2))
#if BLOCK_ROWS == 4
SUM_FUNCTION(4, SUMS_TO_3(4))
#else
SUM_FUNCTION(4, SUMS_TO_6(4))
SUM_FUNCTION(8, SUMS_TO_3(8))
#endif

/* Rows row .. end - 1, so many at once, in all vectors, so many at once but for the last. */
INLINE void sum_rows(const struct sums *s, const size_t rows, const size_t vectors,
                     size_t row, size_t end, size_t groups)
{
    for (size_t i = 0; i < groups; i++) {
        size_t group = s->is_backwards ? groups - 1 - i : i;
        size_t vector = s->first + group * vectors;
        size_t some = group + 1 == groups ? s->end - vector : vectors;
        for (size_t r = row; r < end; r += rows)
            switch (rows) {
            case 1:
                sum_1(s, r, vector, some);
                break;
            case 2:
                sum_2(s, r, vector, some);
                break;
            case 4:
                sum_4(s, r, vector, some);
                break;
#if BLOCK_ROWS == 8
            case 8:
                sum_8(s, r, vector, some);
                break;
#endif
            }
    }
}

static void sum_all(const struct sums *s, size_t count)
{
    const size_t whole = count / BLOCK_ROWS * BLOCK_ROWS;
    const size_t vectors = s->end - s->first;
    size_t done = whole;

    if (whole > 0)
        sum_rows(s, BLOCK_ROWS, 3, 0, whole, (vectors + 2) / 3);
#if BLOCK_ROWS == 8
    if ((count & 4) != 0) {
        sum_rows(s, 4, 6, done, done + 4, (vectors + 5) / 6);
        done += 4;
    }
#endif
    if ((count & 2) != 0) {
        sum_rows(s, 2, 6, done, done + 2, (vectors + 5) / 6);
        done += 2;
    }
    if ((count & 1) != 0) /* the rest goes with the last six: alone it would wait */
        sum_rows(s, 1, 6, done, done + 1, vectors <= 9 ? 1 : (vectors + 2) / 6);
}

static size_t packed_floats(size_t gates, size_t units, size_t in)
{
    return panels_floats(LANES, gates, units, in);
}

static void pack(size_t gates, size_t units, size_t in, size_t stride, const float *w,
                 float *packed)
{
    panels_pack(LANES, gates, units, in, stride, w, packed);
}
