/*
 * Rows times packed weights, for kernels_simd.h.  How they are packed and added up is
 * KERNELS_SUMS, which has the three functions packed_floats and pack (kernels.h) and
 *
 *     static void sum_all(const struct sums *s, size_t count)     at most STEP_ROWS rows
 */
#include "infer/kernels.h"

/* to <- from + x w for some rows: vectors first .. end - 1 of w, the first of them at to[row]. */
struct sums {
    size_t in, first, end;
    const float *w;           /* packed */
    const float *const *x;    /* [rows] -> [in] */
    const float *const *from; /* [rows] */
    const float *shared; /* where vectors from apart on start instead, in every row */
    size_t apart;
    float *const *to; /* [rows] */
    bool is_backwards;
};

#include KERNELS_SUMS

_Static_assert(LANES <= KERNELS_LANES && STEP_ROWS <= KERNELS_ROWS, "work is too small");

/* The last vector, of which there are count lanes only: by way of a room, for some rows. */
static void product_rest(struct sums *s, size_t rows, float *const *y, size_t count)
{
    float room[STEP_ROWS][LANES] = {{0}}, *to[STEP_ROWS];

    for (size_t row = 0; row < rows; row++) {
        to[row] = room[row];
        memcpy(room[row], y[row], count * sizeof **y);
    }
    s->from = (const float *const *)to;
    s->to = to;
    sum_all(s, rows);
    for (size_t row = 0; row < rows; row++)
        memcpy(y[row], room[row], count * sizeof **y);
}

static void product(size_t rows, size_t in, size_t out, const float *w,
                    const float *const *x, float *const *y)
{
    const size_t whole = out / LANES, rest = out % LANES;
    struct sums sums = {.in = in, .end = whole, .w = w, .apart = SIZE_MAX};

    for (size_t first = 0; first < rows; first += STEP_ROWS) {
        size_t count = rows - first < STEP_ROWS ? rows - first : STEP_ROWS;
        float *last[STEP_ROWS];
        sums.x = x + first;
        if (whole > 0) {
            sums.from = (const float *const *)(y + first);
            sums.to = y + first;
            sum_all(&sums, count);
        }
        if (rest > 0) {
            struct sums one = sums;
            one.first = whole;
            one.end = whole + 1;
            for (size_t row = 0; row < count; row++)
                last[row] = y[first + row] + whole * LANES;
            product_rest(&one, count, last, rest);
        }
    }
}
