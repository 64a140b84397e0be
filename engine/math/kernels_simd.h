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
 *     BLOCK_ROWS    rows worked on at once, 4 or 8; BLOCK_ROWS * PANEL_VECTORS sums, and
 *                   PANEL_VECTORS + 1 more vectors, are held in registers
 *     vec           the vector, readable from any float's address
 *     vec_all(x)    x in every lane
 *     vec_fma(a, b, c)       a * b + c, rounded once
 *     vec_min(limit, x)      x > limit ? limit : x, and so x where it is a NaN
 *     vec_max(limit, x)      x < limit ? limit : x, likewise
 *
 * A step has two parts.  First the sums: panels (panels.h) from the first to the last, for each
 * of them blocks of rows, each h[row][k] broadcast; few rows take two panels at once,
 * for a sum waits for itself, and more than two streams of weights are slow to come.  They go to work, [row][gate][padded H].
 * Then the gates, over whole rows: short loops without dependence keep the processor busier
 * than gates computed where the sums stand (by 10 % for 64 units), and the sums need all
 * registers.  A GRU's reset and update are a loop of their own, which is 5 % faster; an LSTM's
 * gates are not, which is 2 to 10 %.  Everything is static: code for one instruction set must never
 * be shared with the rest of the program.
 */
#include <stdint.h>
#include <string.h>

#include "math/elementary.h"
#include "math/kernels.h"
#include "math/panels.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 9")
enum { VECTORS_MOST = 3 * PANEL_VECTORS };

_Static_assert(PANEL_VECTORS == 3, "blocks are made of such panels");

_Static_assert(LANES <= KERNELS_LANES && BLOCK_ROWS <= KERNELS_ROWS, "work is too small");

typedef uint32_t bits __attribute__((vector_size(LANES * sizeof(uint32_t))));

/* ---- vectors and what is left of them ------------------------------------------------------ */

INLINE vec load(const float *from)
{
    return *(const vec *)from;
}

INLINE void store(float *to, vec x)
{
    *(vec *)to = x;
}

/* The same where only count floats, at most LANES, may be touched; the other lanes are 0. */
INLINE vec load_some(const float *from, size_t count)
{
    float whole[LANES] = {0};

    if (count == LANES)
        return load(from);
    memcpy(whole, from, count * sizeof *whole);
    return load(whole);
}

INLINE void store_some(float *to, vec x, size_t count)
{
    float whole[LANES];

    if (count == LANES) {
        store(to, x);
    } else {
        store(whole, x);
        memcpy(to, whole, count * sizeof *whole);
    }
}

/* The body for each vector of H floats, from float j on; the last may have fewer than LANES. */
#define EACH_VECTOR(H, body)                                                             \
    do {                                                                                 \
        size_t j = 0;                                                                    \
        for (; j + LANES <= (H); j += LANES)                                             \
            body(j, LANES);                                                              \
        if (j < (H))                                                                     \
            body(j, (H)-j);                                                              \
    } while (0)

/* ---- elementary.h, on vectors -------------------------------------------------------------- */

INLINE vec vec_exp_parts(vec x, vec *scale)
{
    vec shifted = vec_fma(x, vec_all(EXP_LOG2_E), vec_all(EXP_ROUND));
    vec n = shifted - vec_all(EXP_ROUND);
    vec r = vec_fma(n, vec_all(-EXP_LN_2), x);

    vec p = vec_fma(vec_all(EXP_C6), r, vec_all(EXP_C5));
    p = vec_fma(p, r, vec_all(EXP_C4));
    p = vec_fma(p, r, vec_all(EXP_C3));
    p = vec_fma(p, r, vec_all(EXP_C2));
    *scale = (vec)(((bits)shifted << 23) + (127u << 23));
    return vec_fma(p, r * r, r);
}

INLINE vec vec_exp(vec x)
{
    vec scale, q;

    x = vec_min(vec_all(EXP_LIMIT), x);
    x = vec_max(vec_all(-EXP_LIMIT), x);
    q = vec_exp_parts(x, &scale);
    return vec_fma(scale, q, scale);
}

INLINE vec vec_sigmoid(vec x)
{
    return vec_all(1.0f) / (vec_all(1.0f) + vec_exp((vec)((bits)x ^ 0x80000000u)));
}

INLINE vec vec_tanh(vec x)
{
    bits sign = (bits)x & 0x80000000u;
    vec size = (vec)((bits)x ^ sign), scale, q, m;

    size = vec_min(vec_all(EXP_LIMIT), size + size);
    q = vec_exp_parts(size, &scale);
    m = vec_fma(scale, q, scale - vec_all(1.0f));
    m = m / (m + vec_all(2.0f));
    return (vec)((bits)m | sign);
}

/* ---- sums ---------------------------------------------------------------------------------- */

/* to <- from + x w for some rows: vectors first .. end - 1 of w, the first of them at to[row]. */
struct sums {
    size_t in, first, end;
    const float *w;           /* panels */
    const float *const *x;    /* [rows] -> [in] */
    const float *const *from; /* [rows] */
    const float *shared; /* where vectors from apart on start instead, in every row */
    size_t apart;
    float *const *to; /* [rows] */
    bool is_backwards;
};

/* Where some vectors of a block start from their row and some from shared: both, in to. */
static void mix_starts(const struct sums *s, size_t row, size_t rows, size_t vector,
                       size_t vectors)
{
    for (size_t r = row; r < row + rows; r++)
        for (size_t i = vector; i < vector + vectors; i++)
            store(s->to[r] + (i - s->first) * LANES,
                  load(i < s->apart ? s->from[r] + (i - s->first) * LANES
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
        UNROLL for (size_t i = 0; i < vectors; i++) sum[r][i] = load(start + i * LANES);
    }
    for (size_t k = 0; k < s->in; k++, w += PANEL_VECTORS * LANES)
        UNROLL for (size_t p = 0; p < vectors; p += PANEL_VECTORS)
        {
            const size_t some = vectors - p < PANEL_VECTORS ? vectors - p : PANEL_VECTORS;
            vec column[PANEL_VECTORS];
            UNROLL for (size_t i = 0; i < some; i++) column[i] =
                load(w + p / PANEL_VECTORS * panel + i * LANES);
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
            store(s->to[row + r] + (place + i) * LANES, sum[r][i]);
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

/* ---- products ------------------------------------------------------------------------------ */

static size_t packed_floats(size_t gates, size_t units, size_t in)
{
    return panels_floats(LANES, gates, units, in);
}

static void pack(size_t gates, size_t units, size_t in, size_t stride, const float *w,
                 float *packed)
{
    panels_pack(LANES, gates, units, in, stride, w, packed);
}

/* The last vector, of which there are count lanes only: by way of a room, for some rows. */
static void product_rest(struct sums *s, size_t rows, float *const *y, size_t count)
{
    float room[KERNELS_ROWS][LANES] = {{0}}, *to[KERNELS_ROWS];

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

    for (size_t first = 0; first < rows; first += KERNELS_ROWS) {
        size_t count = rows - first < KERNELS_ROWS ? rows - first : KERNELS_ROWS;
        float *last[KERNELS_ROWS];
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

/* ---- steps --------------------------------------------------------------------------------- */

/* At most KERNELS_ROWS rows of a step; work's rows are [gates][padded]. */
struct tile {
    size_t count, H, padded;
    const float *const *gx, *const *h;
    float *const *next, *const *c;
    float *work[KERNELS_ROWS];
    bool is_backwards;
};

INLINE void tile_init(struct tile *tile, size_t gates, const struct recurrence *cell,
                      const struct step_rows *rows, size_t first)
{
    size_t left = rows->count - first;

    tile->count = left < KERNELS_ROWS ? left : KERNELS_ROWS;
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
    for (size_t first = 0; first < rows->count; first += KERNELS_ROWS) {
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

    for (size_t first = 0; first < rows->count; first += KERNELS_ROWS) {
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
    for (size_t first = 0; first < rows->count; first += KERNELS_ROWS) {
        struct tile tile;
        tile_init(&tile, 3, cell, rows, first);
        const float *x[KERNELS_ROWS];
        float *candidate[KERNELS_ROWS];
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
    for (size_t first = 0; first < rows->count; first += KERNELS_ROWS) {
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

const struct kernels KERNELS_STRUCT(KERNELS_NAME) = {
    .name = KERNELS_TEXT(KERNELS_NAME),
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
