/*
 * The fast text of the kernels: written once over the compiler's own vectors, compiled once per
 * instruction set.  It gives the bits of kernels_ref.c: lanes hold different outputs, and
 * each output is the same chain of the same operations.
 *
 * The including file names the instruction set (vectors.h), the implementation and its shape:
 *
 *     KERNELS_NAME  avx2, say: the struct will be kernels_avx2
 *     STEP_ROWS     rows of a step worked on side by side
 *     BLOCK_ROWS    rows of a sum: kernels_sums.h; who has other sums names them instead, and
 *                   does not give these bits:
 *     KERNELS_SUMS  "math/kernels_tiles.h", and IS_EXACT false
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
#include <stdbool.h>

#include "infer/vectors.h"

/* The body for each vector of H floats, from float j on; the last may have fewer than LANES. */
#define EACH_VECTOR(H, body)                                                             \
    do {                                                                                 \
        size_t j = 0;                                                                    \
        for (; j + LANES <= (H); j += LANES)                                             \
            body(j, LANES);                                                              \
        if (j < (H))                                                                     \
            body(j, (H)-j);                                                              \
    } while (0)

#if !defined KERNELS_SUMS
#define KERNELS_SUMS "infer/kernels_sums.h"
#define IS_EXACT true
#endif
#include "infer/kernels_products.h"

static void add(size_t count, size_t length, const float *const *terms, float *sum)
{
#define ADD(j, some)                                                                     \
    {                                                                                    \
        vec total = vec_load_some(terms[0] + j, some);                                   \
        for (size_t i = 1; i < count; i++)                                               \
            total += vec_load_some(terms[i] + j, some);                                  \
        vec_store_some(sum + j, total, some);                                            \
    }
    EACH_VECTOR(length, ADD);
}

static void exponentials(size_t count, float largest, float *x)
{
#define EXPONENTIAL(j, some)                                                             \
    vec_store_some(x + j, vec_exp(vec_load_some(x + j, some) - vec_all(largest)), some)
    EACH_VECTOR(count, EXPONENTIAL);
}

/* At most STEP_ROWS rows of a step; work's rows are [gates][padded]. */
struct part {
    size_t count, H, padded;
    const float *const *gx, *const *h;
    float *const *next, *const *c;
    float *work[STEP_ROWS];
    bool is_backwards;
};

INLINE void part_init(struct part *part, size_t gates, const struct recurrence *cell,
                      const struct step_rows *rows, size_t first)
{
    size_t left = rows->count - first;

    part->count = left < STEP_ROWS ? left : STEP_ROWS;
    part->H = cell->hidden;
    part->padded = panels_vectors(LANES, 1, cell->hidden) * LANES;
    part->gx = rows->gx + first;
    part->h = rows->h + first;
    part->next = rows->next + first;
    part->c = rows->c == NULL ? NULL : rows->c + first;
    part->is_backwards = rows->is_backwards;
    for (size_t row = 0; row < part->count; row++)
        part->work[row] = rows->work + row * gates * part->padded;
}

/* Where H is no whole number of vectors, sums start from copies with room for all lanes. */
static void copy_starts(struct sums *s, const struct part *part, size_t gates)
{
    for (size_t row = 0; row < part->count; row++)
        for (size_t gate = 0; gate < gates; gate++) {
            float *to = s->to[row] + gate * part->padded;
            const float *from = gate * part->padded < s->apart * LANES
                                    ? s->from[row] + gate * part->H
                                    : s->shared;
            memcpy(to, from, part->H * sizeof *to);
            memset(to + part->H, 0, (part->padded - part->H) * sizeof *to);
        }
    s->from = (const float *const *)s->to;
    s->apart = SIZE_MAX;
}

/* to <- from + x w, gate by gate; the last starts from shared, if there is one. */
static void sum_gates(const struct part *part, size_t gates, const float *w,
                      const float *const *x, const float *const *from,
                      const float *shared, float *const *to)
{
    size_t vectors = part->padded / LANES;
    struct sums sums = {.in = part->H,
                        .end = gates * vectors,
                        .w = w,
                        .x = x,
                        .from = from,
                        .shared = shared,
                        .apart = shared == NULL ? gates * vectors : (gates - 1) * vectors,
                        .to = to,
                        .is_backwards = part->is_backwards};

    if (part->padded != part->H)
        copy_starts(&sums, part, gates);
    sum_all(&sums, part->count);
}

INLINE void sigmoid_all(float *x, size_t count)
{
    for (size_t j = 0; j < count; j += LANES)
        vec_store(x + j, vec_sigmoid(vec_load(x + j)));
}

static void rnn_step(const struct recurrence *cell, const struct step_rows *rows)
{
#define RNN(j, some) vec_store_some(next + j, vec_tanh(vec_load(work + j)), some)
    for (size_t first = 0; first < rows->count; first += STEP_ROWS) {
        struct part part;
        part_init(&part, 1, cell, rows, first);
        sum_gates(&part, 1, cell->u, part.h, part.gx, NULL, part.work);
        for (size_t row = 0; row < part.count; row++) {
            const float *work = part.work[row];
            float *next = part.next[row];
            EACH_VECTOR(part.H, RNN);
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
        vec n =                                                                          \
            vec_fma(vec_load(work + j), vec_load(q + j), vec_load_some(x + j, some));    \
        vec old = vec_load_some(h + j, some);                                            \
        vec_store_some(next + j,                                                         \
                       blend(update_writes, vec_load(z + j), vec_tanh(n), old), some);   \
    }
    sigmoid_all(work, 2 * padded);
    EACH_VECTOR(H, GRU_AFTER);
}

static void gru_after_step(const struct recurrence *cell, const struct step_rows *rows)
{
    size_t H = cell->hidden;

    for (size_t first = 0; first < rows->count; first += STEP_ROWS) {
        struct part part;
        part_init(&part, 3, cell, rows, first);
        sum_gates(&part, 3, cell->u, part.h, part.gx, cell->c_n, part.work);
        for (size_t row = 0; row < part.count; row++) {
            const float *x = part.gx[row] + 2 * H, *h = part.h[row];
            if (cell->update_writes)
                gru_after_row(true, H, part.padded, part.work[row], x, h, part.next[row]);
            else
                gru_after_row(false, H, part.padded, part.work[row], x, h,
                              part.next[row]);
        }
    }
}

/* r and z of each row, and r * h in the place of r. */
static void gru_reset(const struct part *part)
{
#define GRU_RESET(j, some) vec_store(r + j, vec_load(r + j) * vec_load_some(h + j, some))
    for (size_t row = 0; row < part->count; row++) {
        const float *h = part->h[row];
        float *r = part->work[row];
        sigmoid_all(r, 2 * part->padded);
        EACH_VECTOR(part->H, GRU_RESET);
    }
}

static void gru_before_step(const struct recurrence *cell, const struct step_rows *rows)
{
#define GRU_BEFORE(j, some)                                                              \
    vec_store_some(next + j,                                                             \
                   blend(cell->update_writes, vec_load(z + j),                           \
                         vec_tanh(vec_load(n + j)), vec_load_some(h + j, some)),         \
                   some)
    for (size_t first = 0; first < rows->count; first += STEP_ROWS) {
        struct part part;
        part_init(&part, 3, cell, rows, first);
        const float *x[STEP_ROWS];
        float *candidate[STEP_ROWS];
        for (size_t row = 0; row < part.count; row++) {
            x[row] = part.gx[row] + 2 * part.H;
            candidate[row] = part.work[row] + 2 * part.padded;
        }
        sum_gates(&part, 2, cell->u, part.h, part.gx, NULL, part.work);
        gru_reset(&part);
        sum_gates(&part, 1, cell->u_n, (const float *const *)part.work, x, NULL,
                  candidate);
        for (size_t row = 0; row < part.count; row++) {
            const float *z = part.work[row] + part.padded, *n = candidate[row];
            const float *h = part.h[row];
            float *next = part.next[row];
            EACH_VECTOR(part.H, GRU_BEFORE);
        }
    }
}

/* One row: i, f, g, o in work -> c and the new state. */
INLINE void lstm_row(size_t H, size_t padded, const float *work, float *c, float *next)
{
    const float *i = work, *f = work + padded, *g = work + 2 * padded;
    const float *o = work + 3 * padded;
#define LSTM_MEMORY(j, some)                                                             \
    vec_store_some(c + j,                                                                \
                   vec_fma(vec_sigmoid(vec_load(f + j)), vec_load_some(c + j, some),     \
                           vec_sigmoid(vec_load(i + j)) * vec_tanh(vec_load(g + j))),    \
                   some)
#define LSTM_STATE(j, some)                                                              \
    vec_store_some(next + j,                                                             \
                   vec_sigmoid(vec_load(o + j)) * vec_tanh(vec_load_some(c + j, some)),  \
                   some)
    EACH_VECTOR(H, LSTM_MEMORY);
    EACH_VECTOR(H, LSTM_STATE);
}

static void lstm_step(const struct recurrence *cell, const struct step_rows *rows)
{
    for (size_t first = 0; first < rows->count; first += STEP_ROWS) {
        struct part part;
        part_init(&part, 4, cell, rows, first);
        sum_gates(&part, 4, cell->u, part.h, part.gx, NULL, part.work);
        for (size_t row = 0; row < part.count; row++)
            lstm_row(part.H, part.padded, part.work[row], part.c[row], part.next[row]);
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
