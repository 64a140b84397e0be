/*
 * The fast text of the kernels: written once over the compiler's own vectors, compiled once per
 * instruction set.  It gives the bits of kernels_ref.c: lanes hold different outputs, and
 * each output is the same chain of the same operations.
 *
 * Who includes it names the implementation and its shape, and has the four words for which the
 * compiler has none of its own, exact and not contracted:
 *
 *     KERNELS_NAME  avx2, say: the struct will be kernels_avx2
 *     LANES         floats in a vector
 *     STEP_ROWS     rows of a step worked on side by side
 *     BLOCK_ROWS    rows of a sum: kernels_sums.h; who has other sums names them instead, and
 *                   does not give these bits:
 *     KERNELS_SUMS  "math/kernels_tiles.h", and IS_EXACT false
 *     vec           the vector, readable from any float's address
 *     vec_all(x)    x in every lane
 *     vec_fma(a, b, c)       a * b + c, rounded once
 *     vec_min(limit, x)      x > limit ? limit : x, and so x where it is a NaN
 *     vec_max(limit, x)      x < limit ? limit : x, likewise
 *
 * A step has two parts.  First the sums (kernels_products.h) go to work, [row][gate][padded H].
 * Then the gates, over whole rows: short loops without dependence keep the processor busier
 * than gates computed where the sums stand (by 10 % for 64 units), and the sums need all
 * registers.  A GRU's reset and update are a loop of their own, which is 5 % faster; an LSTM's
 * gates are not, which is 2 to 10 %.
 *
 * Everything is static: code for one instruction set must never be shared with the rest of the
 * program.
 */
#include "math/kernels_vectors.h"

#if !defined KERNELS_SUMS
#define KERNELS_SUMS "math/kernels_sums.h"
#define IS_EXACT true
#endif
#include "math/kernels_products.h"

static void add(size_t count, size_t length, const float *const *terms, float *sum)
{
#define ADD(j, some)                                                                     \
    {                                                                                    \
        vec total = load_some(terms[0] + j, some);                                       \
        for (size_t i = 1; i < count; i++)                                               \
            total += load_some(terms[i] + j, some);                                      \
        store_some(sum + j, total, some);                                                \
    }
    EACH_VECTOR(length, ADD);
}

static void exponentials(size_t count, float largest, float *x)
{
#define EXPONENTIAL(j, some)                                                             \
    store_some(x + j, vec_exp(load_some(x + j, some) - vec_all(largest)), some)
    EACH_VECTOR(count, EXPONENTIAL);
}

/* At most STEP_ROWS rows of a step; work's rows are [gates][padded]. */
struct tile {
    size_t count, H, padded;
    const float *const *gx, *const *h;
    float *const *next, *const *c;
    float *work[STEP_ROWS];
    bool is_backwards;
};

INLINE void tile_init(struct tile *tile, size_t gates, const struct recurrence *cell,
                      const struct step_rows *rows, size_t first)
{
    size_t left = rows->count - first;

    tile->count = left < STEP_ROWS ? left : STEP_ROWS;
    tile->H = cell->hidden;
    tile->padded = panels_vectors(LANES, 1, cell->hidden) * LANES;
    tile->gx = rows->gx + first;
    tile->h = rows->h + first;
    tile->next = rows->next + first;
    tile->c = rows->c == NULL ? NULL : rows->c + first;
    tile->is_backwards = rows->is_backwards;
    for (size_t row = 0; row < tile->count; row++)
        tile->work[row] = rows->work + row * gates * tile->padded;
}

/* Where H is no whole number of vectors, sums start from copies with room for all lanes. */
static void copy_starts(struct sums *s, const struct tile *tile, size_t gates)
{
    for (size_t row = 0; row < tile->count; row++)
        for (size_t gate = 0; gate < gates; gate++) {
            float *to = s->to[row] + gate * tile->padded;
            const float *from = gate * tile->padded < s->apart * LANES
                                    ? s->from[row] + gate * tile->H
                                    : s->shared;
            memcpy(to, from, tile->H * sizeof *to);
            memset(to + tile->H, 0, (tile->padded - tile->H) * sizeof *to);
        }
    s->from = (const float *const *)s->to;
    s->apart = SIZE_MAX;
}

/* to <- from + x w, gate by gate; the last starts from shared, if there is one. */
static void sum_gates(const struct tile *tile, size_t gates, const float *w,
                      const float *const *x, const float *const *from,
                      const float *shared, float *const *to)
{
    size_t vectors = tile->padded / LANES;
    struct sums sums = {.in = tile->H,
                        .end = gates * vectors,
                        .w = w,
                        .x = x,
                        .from = from,
                        .shared = shared,
                        .apart = shared == NULL ? gates * vectors : (gates - 1) * vectors,
                        .to = to,
                        .is_backwards = tile->is_backwards};

    if (tile->padded != tile->H)
        copy_starts(&sums, tile, gates);
    sum_all(&sums, tile->count);
}

INLINE void sigmoid_all(float *x, size_t count)
{
    for (size_t j = 0; j < count; j += LANES)
        store(x + j, vec_sigmoid(load(x + j)));
}

static void rnn_step(const struct recurrence *cell, const struct step_rows *rows)
{
#define RNN(j, some) store_some(next + j, vec_tanh(load(work + j)), some)
    for (size_t first = 0; first < rows->count; first += STEP_ROWS) {
        struct tile tile;
        tile_init(&tile, 1, cell, rows, first);
        sum_gates(&tile, 1, cell->u, tile.h, tile.gx, NULL, tile.work);
        for (size_t row = 0; row < tile.count; row++) {
            const float *work = tile.work[row];
            float *next = tile.next[row];
            EACH_VECTOR(tile.H, RNN);
        }
    }
}

INLINE vec blend(bool update_writes, vec z, vec n, vec h)
{
    return update_writes ? vec_fma(z, n - h, h) : vec_fma(z, h - n, n);
}

/* One row: r, z, q in work -> the new state; x is what the candidate receives. */
INLINE void gru_after_row(const bool update_writes, size_t H, size_t padded, float *work,
                          const float *x, const float *h, float *next)
{
    const float *z = work + padded, *q = work + 2 * padded;
#define GRU_AFTER(j, some)                                                               \
    {                                                                                    \
        vec n = vec_fma(load(work + j), load(q + j), load_some(x + j, some));            \
        vec old = load_some(h + j, some);                                                \
        store_some(next + j, blend(update_writes, load(z + j), vec_tanh(n), old), some); \
    }
    sigmoid_all(work, 2 * padded);
    EACH_VECTOR(H, GRU_AFTER);
}

static void gru_after_step(const struct recurrence *cell, const struct step_rows *rows)
{
    size_t H = cell->hidden;

    for (size_t first = 0; first < rows->count; first += STEP_ROWS) {
        struct tile tile;
        tile_init(&tile, 3, cell, rows, first);
        sum_gates(&tile, 3, cell->u, tile.h, tile.gx, cell->c_n, tile.work);
        for (size_t row = 0; row < tile.count; row++) {
            const float *x = tile.gx[row] + 2 * H, *h = tile.h[row];
            if (cell->update_writes)
                gru_after_row(true, H, tile.padded, tile.work[row], x, h, tile.next[row]);
            else
                gru_after_row(false, H, tile.padded, tile.work[row], x, h,
                              tile.next[row]);
        }
    }
}

/* r and z of each row, and r * h in the place of r. */
static void gru_reset(const struct tile *tile)
{
#define GRU_RESET(j, some) store(r + j, load(r + j) * load_some(h + j, some))
    for (size_t row = 0; row < tile->count; row++) {
        const float *h = tile->h[row];
        float *r = tile->work[row];
        sigmoid_all(r, 2 * tile->padded);
        EACH_VECTOR(tile->H, GRU_RESET);
    }
}

static void gru_before_step(const struct recurrence *cell, const struct step_rows *rows)
{
#define GRU_BEFORE(j, some)                                                              \
    store_some(next + j,                                                                 \
               blend(cell->update_writes, load(z + j), vec_tanh(load(n + j)),            \
                     load_some(h + j, some)),                                            \
               some)
    for (size_t first = 0; first < rows->count; first += STEP_ROWS) {
        struct tile tile;
        tile_init(&tile, 3, cell, rows, first);
        const float *x[STEP_ROWS];
        float *candidate[STEP_ROWS];
        for (size_t row = 0; row < tile.count; row++) {
            x[row] = tile.gx[row] + 2 * tile.H;
            candidate[row] = tile.work[row] + 2 * tile.padded;
        }
        sum_gates(&tile, 2, cell->u, tile.h, tile.gx, NULL, tile.work);
        gru_reset(&tile);
        sum_gates(&tile, 1, cell->u_n, (const float *const *)tile.work, x, NULL,
                  candidate);
        for (size_t row = 0; row < tile.count; row++) {
            const float *z = tile.work[row] + tile.padded, *n = candidate[row];
            const float *h = tile.h[row];
            float *next = tile.next[row];
            EACH_VECTOR(tile.H, GRU_BEFORE);
        }
    }
}

/* One row: i, f, g, o in work -> c and the new state. */
INLINE void lstm_row(size_t H, size_t padded, const float *work, float *c, float *next)
{
    const float *i = work, *f = work + padded, *g = work + 2 * padded;
    const float *o = work + 3 * padded;
#define LSTM_MEMORY(j, some)                                                             \
    store_some(c + j,                                                                    \
               vec_fma(vec_sigmoid(load(f + j)), load_some(c + j, some),                 \
                       vec_sigmoid(load(i + j)) * vec_tanh(load(g + j))),                \
               some)
#define LSTM_STATE(j, some)                                                              \
    store_some(next + j, vec_sigmoid(load(o + j)) * vec_tanh(load_some(c + j, some)),    \
               some)
    EACH_VECTOR(H, LSTM_MEMORY);
    EACH_VECTOR(H, LSTM_STATE);
}

static void lstm_step(const struct recurrence *cell, const struct step_rows *rows)
{
    for (size_t first = 0; first < rows->count; first += STEP_ROWS) {
        struct tile tile;
        tile_init(&tile, 4, cell, rows, first);
        sum_gates(&tile, 4, cell->u, tile.h, tile.gx, NULL, tile.work);
        for (size_t row = 0; row < tile.count; row++)
            lstm_row(tile.H, tile.padded, tile.work[row], tile.c[row], tile.next[row]);
    }
}

#define KERNELS_JOINED(a, b) a##b
#define KERNELS_STRUCT(name) KERNELS_JOINED(kernels_, name)
#define KERNELS_QUOTED(name) #name
#define KERNELS_TEXT(name) KERNELS_QUOTED(name)
#if !defined KERNELS_TITLE /* else what a C name cannot say */
#define KERNELS_TITLE KERNELS_TEXT(KERNELS_NAME)
#endif

const struct kernels KERNELS_STRUCT(KERNELS_NAME) = {
    .name = KERNELS_TITLE,
    .is_exact = IS_EXACT,
    .rows = STEP_ROWS,
    .packed_floats = packed_floats,
    .pack = pack,
    .product = product,
    .add = add,
    .exponentials = exponentials,
    .rnn_step = rnn_step,
    .gru_after_step = gru_after_step,
    .gru_before_step = gru_before_step,
    .lstm_step = lstm_step,
};
