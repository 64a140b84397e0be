/*
 * The fast kernels: written once over the vectors of vectors.h, compiled once per instruction set.
 * They have the bits of kernels_ref.c: lanes hold different outputs, and each output is the same
 * chain of the same operations.
 *
 * A step has two parts.  First the sums of all gates go to work, [row][gate][padded H].  Then the
 * gates are computed over whole rows: short loops of independent operations keep the processor
 * busier than gates computed at the end of each sum (by 10 % for 64 units), and the sums need all
 * registers.  A GRU's reset and update gates are a loop of their own, which is 5 % faster; an
 * LSTM's gates are not, which is 2 to 10 % faster.
 *
 * Weights are packed in panels.  The outputs of each gate are padded with zeros to whole vectors,
 * and PANEL_VECTORS vectors side by side make a panel, which is contiguous over k:
 *
 *     gates of 5 units, 2 lanes          panel 0                panel 1
 *     r: 01 23 4.  z: 01 23 4.           k=0: r01 r23 r4.       k=0: z01 z23 z4.
 *                                        k=1: r01 r23 r4.       k=1: z01 z23 z4.   ...
 *
 * A step reads each cache line of them once for some rows.  With KERNELS_AMX the packing and the
 * sums are those of kernels_amx.h, which have other bits.
 */
#include "infer/kernels.h"

#include <stdint.h>
#include <string.h>

#include "infer/vectors.h"

/*
 * STEP_ROWS rows of a step are worked on together, BLOCK_ROWS of them in registers: 12 sums, 3
 * weights and a state take all of AVX2's 16 registers, 24 sums 28 of the 32 of the others.
 */
#if defined KERNELS_AMX
enum { STEP_ROWS = 16 };
#elif LANES == 8
enum { STEP_ROWS = 8, BLOCK_ROWS = 4 };
#else
enum { STEP_ROWS = 8, BLOCK_ROWS = 8 };
#endif

_Static_assert(LANES <= KERNELS_LANES && (int)STEP_ROWS <= (int)KERNELS_ROWS,
               "work is too small");

static size_t vectors_of(size_t units)
{
    return (units + LANES - 1) / LANES;
}

/*
 * to <- start + x w for some rows and for vectors first .. end - 1 of w.  The first of them is at
 * start[row] and to[row].
 */
struct sums {
    size_t in, first, end;
    const float *w;            /* packed */
    const float *const *x;     /* [rows] -> [in] */
    const float *const *start; /* [rows] */
    const float *shared_start; /* that of vectors shared_first .. end - 1, for all rows */
    size_t shared_first;
    float *const *to; /* [rows] */
    bool is_backwards;
};

#if defined KERNELS_AMX
#include "infer/kernels_amx.h"
#else

#define KERNELS_TITLE SET_NAME
enum { IS_EXACT = true };

/* ---- exact sums --------------------------------------------------------------------------------
 *
 * From the first panel to the last, for each of them blocks of rows, each x[row][k] broadcast.
 * Few rows take two panels at once, because a sum waits for its own last addition; more than two
 * streams of weights arrive too slowly.
 */

enum { PANEL_VECTORS = 3, VECTORS_MOST = 3 * PANEL_VECTORS };

static size_t packed_floats(size_t gates, size_t units, size_t in)
{
    size_t panels = (gates * vectors_of(units) + PANEL_VECTORS - 1) / PANEL_VECTORS;

    return panels * PANEL_VECTORS * LANES * in;
}

static void pack(size_t gates, size_t units, size_t in, size_t stride, const float *w,
                 float *packed)
{
    memset(packed, 0, packed_floats(gates, units, in) * sizeof *packed);
    for (size_t gate = 0; gate < gates; gate++)
        for (size_t unit = 0; unit < units; unit++) {
            const float *row = w + (gate * units + unit) * stride;
            size_t vector = gate * vectors_of(units) + unit / LANES;
            size_t panel = vector / PANEL_VECTORS, column = vector % PANEL_VECTORS;
            float *to = packed + panel * PANEL_VECTORS * LANES * in + column * LANES +
                        unit % LANES;
            for (size_t k = 0; k < in; k++)
                to[k * PANEL_VECTORS * LANES] = row[k];
        }
}

/* Where some vectors of a block start from their row and some from shared_start: copy both. */
static void mix_starts(const struct sums *s, size_t row, size_t rows, size_t vector,
                       size_t vectors)
{
    for (size_t r = row; r < row + rows; r++)
        for (size_t i = vector; i < vector + vectors; i++) {
            const float *start = i < s->shared_first
                                     ? s->start[r] + (i - s->first) * LANES
                                     : s->shared_start + (i - s->shared_first) * LANES;
            vec_store(s->to[r] + (i - s->first) * LANES, vec_load(start));
        }
}

/*
 * rows * vectors sums in registers, both numbers known to the compiler; vector is the first of
 * its panel, or all of them lie in one panel.
 */
INLINE void sum_block(const size_t rows, const size_t vectors, const struct sums *s,
                      size_t row, size_t vector)
{
    const size_t panel = PANEL_VECTORS * LANES * s->in, place = vector - s->first;
    const float *x[BLOCK_ROWS], *w = s->w + vector / PANEL_VECTORS * panel;
    vec sum[BLOCK_ROWS][VECTORS_MOST];

    w += vector % PANEL_VECTORS * LANES;
    if (vector < s->shared_first && vector + vectors > s->shared_first)
        mix_starts(s, row, rows, vector, vectors);
    UNROLL_FOR (r, rows) {
        const float *start = vector >= s->shared_first
                                 ? s->shared_start + (vector - s->shared_first) * LANES
                             : vector + vectors > s->shared_first
                                 ? s->to[row + r] + place * LANES
                                 : s->start[row + r] + place * LANES;
        x[r] = s->x[row + r];
        UNROLL_FOR (i, vectors)
            sum[r][i] = vec_load(start + i * LANES);
    }
    for (size_t k = 0; k < s->in; k++, w += PANEL_VECTORS * LANES)
        UNROLL_FOR (p, (vectors + PANEL_VECTORS - 1) / PANEL_VECTORS) {
            const size_t done = p * PANEL_VECTORS;
            const size_t some =
                vectors - done < PANEL_VECTORS ? vectors - done : PANEL_VECTORS;
            vec column[PANEL_VECTORS];
            UNROLL_FOR (i, some)
                column[i] = vec_load(w + p * panel + i * LANES);
            UNROLL_FOR (r, rows) {
                vec state = vec_all(x[r][k]);
                UNROLL_FOR (i, some) {
                    sum[r][done + i] = vec_fma(state, column[i], sum[r][done + i]);
                }
            }
        }
    UNROLL_FOR (r, rows)
        UNROLL_FOR (i, vectors)
            vec_store(s->to[row + r] + (place + i) * LANES, sum[r][i]);
}

/* sum_block for rows rows and any number of vectors up to most, both known to the compiler. */
INLINE void sum_vectors(const size_t rows, const size_t most, const struct sums *s,
                        size_t row, size_t vector, size_t vectors)
{
#define SUM_VECTORS(count)                                                               \
    case (count):                                                                        \
        if ((count) <= most)                                                             \
            sum_block(rows, count, s, row, vector);                                      \
        break
    switch (vectors) {
        SUM_VECTORS(1);
        SUM_VECTORS(2);
        SUM_VECTORS(3);
        SUM_VECTORS(4);
        SUM_VECTORS(5);
        SUM_VECTORS(6);
        SUM_VECTORS(7);
        SUM_VECTORS(8);
        SUM_VECTORS(9);
    }
}

/*
 * Rows row .. end - 1, rows at once, in groups of vectors; the last group takes what is left, at
 * most most vectors.
 */
INLINE void sum_rows(const size_t rows, const size_t vectors, const size_t most,
                     const struct sums *s, size_t row, size_t end, size_t groups)
{
    for (size_t i = 0; i < groups; i++) {
        size_t group = s->is_backwards ? groups - 1 - i : i;
        size_t vector = s->first + group * vectors;
        size_t some = group + 1 == groups ? s->end - vector : vectors;
        for (size_t r = row; r < end; r += rows)
            sum_vectors(rows, most, s, r, vector, some);
    }
}

static void sum_all(const struct sums *s, size_t rows)
{
    const size_t vectors = s->end - s->first;
    size_t done = rows / BLOCK_ROWS * BLOCK_ROWS;

    if (done > 0)
        sum_rows(BLOCK_ROWS, 3, 3, s, 0, done, (vectors + 2) / 3);
    if (BLOCK_ROWS > 4 && (rows & 4) != 0) {
        sum_rows(4, 6, 6, s, done, done + 4, (vectors + 5) / 6);
        done += 4;
    }
    if ((rows & 2) != 0) {
        sum_rows(2, 6, 6, s, done, done + 2, (vectors + 5) / 6);
        done += 2;
    }
    /* Up to three vectors join the last six: alone they would wait for each other. */
    if ((rows & 1) != 0)
        sum_rows(1, 6, 9, s, done, done + 1, vectors <= 9 ? 1 : (vectors + 2) / 6);
}

#endif

/* ---- products, sums of rows, exponentials ------------------------------------------------------ */

/* The last vector of a product, of which count lanes are outputs, by way of a buffer. */
static void product_rest(const struct sums *whole, size_t rows, float *const *y,
                         size_t count)
{
    float buffer[STEP_ROWS][LANES] = {{0}}, *to[STEP_ROWS];
    struct sums sums = *whole;

    sums.first = whole->end;
    sums.end = whole->end + 1;
    sums.start = (const float *const *)to;
    sums.to = to;
    for (size_t row = 0; row < rows; row++)
        to[row] = memcpy(buffer[row], y[row] + sums.first * LANES, count * sizeof **y);
    sum_all(&sums, rows);
    for (size_t row = 0; row < rows; row++)
        memcpy(y[row] + sums.first * LANES, buffer[row], count * sizeof **y);
}

static void product(size_t rows, size_t in, size_t out, const float *w,
                    const float *const *x, float *const *y)
{
    for (size_t first = 0; first < rows; first += STEP_ROWS) {
        size_t count = rows - first < STEP_ROWS ? rows - first : STEP_ROWS;
        const struct sums sums = {.in = in,
                                  .end = out / LANES,
                                  .w = w,
                                  .x = x + first,
                                  .start = (const float *const *)(y + first),
                                  .shared_first = SIZE_MAX,
                                  .to = y + first};
        if (sums.end > 0)
            sum_all(&sums, count);
        if (out % LANES > 0)
            product_rest(&sums, count, y + first, out % LANES);
    }
}

/*
 * Do the block for each vector of length floats, from float j on.  lanes is LANES, known to the
 * compiler, in all but the last vector.
 */
#define EACH_VECTOR(length, j, lanes, ...)                                               \
    do {                                                                                 \
        size_t j = 0;                                                                    \
        for (; j + LANES <= (length); j += LANES) {                                      \
            const size_t lanes = LANES;                                                  \
            __VA_ARGS__                                                                  \
        }                                                                                \
        if (j < (length)) {                                                              \
            const size_t lanes = (length)-j;                                             \
            __VA_ARGS__                                                                  \
        }                                                                                \
    } while (0)

static void add(size_t count, size_t length, const float *const *terms, float *sum)
{
    EACH_VECTOR(length, j, lanes, {
        vec total = vec_load_some(terms[0] + j, lanes);
        for (size_t i = 1; i < count; i++)
            total += vec_load_some(terms[i] + j, lanes);
        vec_store_some(sum + j, total, lanes);
    });
}

static void exponentials(size_t count, float largest, float *x)
{
    EACH_VECTOR(count, j, lanes, {
        vec shifted = vec_load_some(x + j, lanes) - vec_all(largest);
        vec_store_some(x + j, vec_exp(shifted), lanes);
    });
}

static void tanhs(size_t count, float *x)
{
    EACH_VECTOR(count, j, lanes,
                { vec_store_some(x + j, vec_tanh(vec_load_some(x + j, lanes)), lanes); });
}

static void move_mean(size_t count, float share, const float *x, float *mean)
{
    EACH_VECTOR(count, j, lanes, {
        vec old = vec_load_some(mean + j, lanes);
        vec moved = vec_fma(vec_all(share), vec_load_some(x + j, lanes) - old, old);
        vec_store_some(mean + j, moved, lanes);
    });
}

/* ---- layers of self-attention ------------------------------------------------------------------
 *
 * Sums over a row are sixteen sums of every sixteenth element, whatever the width of a vector.
 */

enum { PARTS = KEY_BLOCK / LANES }; /* vectors of sixteen floats */

_Static_assert((int)KEY_BLOCK == (int)KERNELS_LANES, "sums of sixteen lanes");

static double add_sixteen(const vec sums[PARTS])
{
    float lanes[KERNELS_LANES];
    double sum = 0.0;

    UNROLL_FOR (p, PARTS)
        vec_store(lanes + p * LANES, sums[p]);
    for (size_t lane = 0; lane < KERNELS_LANES; lane++)
        sum += (double)lanes[lane];
    return sum;
}

/* Add the squares of x, or x itself, to sums. */
INLINE void add_lanes(const bool squares, size_t count, const float *x, vec sums[PARTS])
{
    size_t j = 0;

    for (; j + KERNELS_LANES <= count; j += KERNELS_LANES)
        UNROLL_FOR (p, PARTS) {
            vec part = vec_load(x + j + p * LANES);
            sums[p] = squares ? vec_fma(part, part, sums[p]) : sums[p] + part;
        }
    UNROLL_FOR (p, PARTS) {
        if (j + p * LANES >= count)
            break;
        size_t left = count - j - p * LANES;
        vec part = vec_load_some(x + j + p * LANES, left < LANES ? left : LANES);
        sums[p] = squares ? vec_fma(part, part, sums[p]) : sums[p] + part;
    }
}

static void layer_norm(size_t count, const float *x, const float *weight,
                       const float *bias, float *y)
{
    vec sums[PARTS] = {{0}}, squares[PARTS] = {{0}};

    add_lanes(false, count, x, sums);
    const float mean = (float)(add_sixteen(sums) / (double)count);
    EACH_VECTOR(count, j, lanes, {
        vec_store_some(y + j, vec_load_some(x + j, lanes) - vec_all(mean), lanes);
    });
    add_lanes(true, count, y, squares);
    const double variance = add_sixteen(squares) / (double)count;
    const float inverse = (float)(1.0 / sqrt(variance + NORM_EPSILON));
    EACH_VECTOR(count, j, lanes, {
        vec scaled = vec_load_some(y + j, lanes) * vec_all(inverse);
        vec norm = vec_fma(scaled, vec_load_some(weight + j, lanes),
                           vec_load_some(bias + j, lanes));
        vec_store_some(y + j, norm, lanes);
    });
}

static void relu(size_t count, float *x)
{
    EACH_VECTOR(count, j, lanes, {
        vec positive = vec_max(vec_all(0.0f), vec_load_some(x + j, lanes));
        vec_store_some(x + j, positive + vec_all(0.0f), lanes);
    });
}

/* The scores of blocks blocks of events, from block on; blocks is known to the compiler. */
INLINE void score_blocks(const size_t blocks, const struct attend *head, size_t block,
                         float *scores)
{
    const size_t ring = head->capacity / KEY_BLOCK, d = head->width;
    const uint32_t now = head->clocks[head->last % head->capacity];
    const float *keys[4];
    vec sums[4][PARTS];

    UNROLL_FOR (b, blocks) {
        const size_t place = (block + b) % ring * KEY_BLOCK;
        const uint32_t *clocks = head->clocks + place;
        const uint32_t distance = (uint32_t)(head->last - (block + b) * KEY_BLOCK);
        keys[b] = head->keys + place * d;
        UNROLL_FOR (p, PARTS) {
            const vec ticks = vec_differences(now, clocks + p * LANES);
            const vec steps = vec_countdown(distance - (uint32_t)(p * LANES));
            sums[b][p] =
                vec_fma(vec_all(-head->time_slope), ticks, vec_all(-head->slope) * steps);
        }
    }
    for (size_t k = 0; k < d; k++) {
        const vec query = vec_all(head->query[k]);
        UNROLL_FOR (b, blocks)
            UNROLL_FOR (p, PARTS)
                sums[b][p] = vec_fma(query, vec_load(keys[b] + k * KEY_BLOCK + p * LANES),
                                     sums[b][p]);
    }
    UNROLL_FOR (b, blocks)
        UNROLL_FOR (p, PARTS)
            vec_store(scores + b * KEY_BLOCK + p * LANES, sums[b][p]);
}

/* Give those of the first and the last block that are not attended to a value. */
static void fill_edges(const struct attend *head, size_t begin, size_t end, float value)
{
    for (size_t i = begin; i < head->first; i++)
        head->weights[i - begin] = value;
    for (size_t i = head->last + 1; i < end; i++)
        head->weights[i - begin] = value;
}

static float largest_of(size_t count, const float *x)
{
    vec most = vec_all(-INFINITY);
    float lanes[LANES], largest = -INFINITY;

    for (size_t j = 0; j < count; j += LANES)
        most = vec_max(most, vec_load(x + j));
    vec_store(lanes, most);
    for (size_t lane = 0; lane < LANES; lane++)
        largest = lanes[lane] > largest ? lanes[lane] : largest;
    return largest;
}

/* vectors columns of the mean from component j on, the last one of lanes floats; both are known to
 * the compiler unless the vector is not whole. */
INLINE void mean_columns(const size_t vectors, size_t lanes, const struct attend *head,
                         size_t j, float inverse)
{
    const size_t d = head->width, begin = head->first / KEY_BLOCK * KEY_BLOCK;
    size_t place = head->first % head->capacity, i = head->first;
    vec parts[4][2] = {{{0}}};

    while (i <= head->last) {
        const float *value = head->values + place * d + j;
        const bool is_quad = i % 4 == 0 && i + 3 <= head->last;
        if (is_quad) {
            UNROLL_FOR (r, 4) {
                const vec weight = vec_all(head->weights[i - begin + r]);
                UNROLL_FOR (v, vectors)
                    parts[r][v] =
                        vec_fma(weight, vec_load_some(value + r * d + v * LANES, lanes),
                                parts[r][v]);
            }
        } else {
            UNROLL_FOR (v, vectors)
                parts[i % 4][v] =
                    vec_fma(vec_all(head->weights[i - begin]),
                            vec_load_some(value + v * LANES, lanes), parts[i % 4][v]);
        }
        i += is_quad ? 4 : 1;
        place += is_quad ? 4 : 1;
        place = place == head->capacity ? 0 : place;
    }
    UNROLL_FOR (v, vectors) {
        vec sum = (parts[0][v] + parts[1][v]) + (parts[2][v] + parts[3][v]);
        vec_store_some(head->mean + j + v * LANES, sum * vec_all(inverse), lanes);
    }
}

static struct attended attend(const struct attend *head)
{
    const size_t block = head->first / KEY_BLOCK, end = head->last / KEY_BLOCK + 1;
    const size_t begin = block * KEY_BLOCK, count = (end - block) * KEY_BLOCK;
    float *weights = head->weights;
    vec sums[PARTS] = {{0}};
    size_t b = block, j = 0;

    for (; b + 4 <= end; b += 4)
        score_blocks(4, head, b, weights + (b - block) * KEY_BLOCK);
    for (; b < end; b++)
        score_blocks(1, head, b, weights + (b - block) * KEY_BLOCK);
    fill_edges(head, begin, begin + count, -INFINITY);
    const float largest = largest_of(count, weights);
    exponentials(count, largest, weights);
    fill_edges(head, begin, begin + count, 0.0f);
    add_lanes(false, count, weights, sums);
    const float inverse = (float)(1.0 / add_sixteen(sums));
    for (; j + 2 * LANES <= head->width; j += 2 * LANES)
        mean_columns(2, LANES, head, j, inverse);
    for (; j + LANES <= head->width; j += LANES)
        mean_columns(1, LANES, head, j, inverse);
    if (j < head->width)
        mean_columns(1, head->width - j, head, j, inverse);
    return (struct attended){.largest = largest, .inverse = inverse};
}

/* ---- steps ------------------------------------------------------------------------------------- */

/* At most STEP_ROWS rows of a step. */
struct group {
    size_t rows, H, padded; /* H in whole vectors */
    const float *const *gx, *const *h;
    float *const *next, *const *c;
    float *work[STEP_ROWS]; /* each [gates][padded] */
    bool is_backwards;
};

INLINE void group_init(struct group *group, size_t gates, const struct recurrence *cell,
                       const struct step_rows *rows, size_t first)
{
    size_t left = rows->count - first;

    group->rows = left < STEP_ROWS ? left : STEP_ROWS;
    group->H = cell->hidden;
    group->padded = vectors_of(cell->hidden) * LANES;
    group->gx = rows->gx + first;
    group->h = rows->h + first;
    group->next = rows->next + first;
    group->c = rows->c == NULL ? NULL : rows->c + first;
    group->is_backwards = rows->is_backwards;
    for (size_t row = 0; row < group->rows; row++)
        group->work[row] = rows->work + row * gates * group->padded;
}

/* Where H is no whole number of vectors, sums start from padded copies, in their own place. */
static void copy_starts(struct sums *s, const struct group *group, size_t gates)
{
    for (size_t row = 0; row < group->rows; row++)
        for (size_t gate = 0; gate < gates; gate++) {
            float *to = s->to[row] + gate * group->padded;
            const float *start = s->shared_start && gate == gates - 1
                                     ? s->shared_start
                                     : s->start[row] + gate * group->H;
            memcpy(to, start, group->H * sizeof *to);
            memset(to + group->H, 0, (group->padded - group->H) * sizeof *to);
        }
    s->start = (const float *const *)s->to;
    s->shared_first = SIZE_MAX;
}

/* to <- start + x w for all gates; the last gate starts from shared_start unless that is NULL. */
static void sum_gates(const struct group *group, size_t gates, const float *w,
                      const float *const *x, const float *const *start,
                      const float *shared_start, float *const *to)
{
    const size_t vectors = group->padded / LANES;
    const size_t own_gates = shared_start == NULL ? gates : gates - 1;
    struct sums sums = {.in = group->H,
                        .end = gates * vectors,
                        .w = w,
                        .x = x,
                        .start = start,
                        .shared_start = shared_start,
                        .shared_first = own_gates * vectors,
                        .to = to,
                        .is_backwards = group->is_backwards};

    if (group->padded != group->H)
        copy_starts(&sums, group, gates);
    sum_all(&sums, group->rows);
}

/* x <- sigmoid(x), count floats in whole vectors. */
INLINE void sigmoid_all(float *x, size_t count)
{
    for (size_t j = 0; j < count; j += LANES)
        vec_store(x + j, vec_sigmoid(vec_load(x + j)));
}

static void rnn_step(const struct recurrence *cell, const struct step_rows *rows)
{
    for (size_t first = 0; first < rows->count; first += STEP_ROWS) {
        struct group group;
        group_init(&group, 1, cell, rows, first);
        sum_gates(&group, 1, cell->u, group.h, group.gx, NULL, group.work);
        for (size_t row = 0; row < group.rows; row++) {
            const float *sum = group.work[row];
            float *next = group.next[row];
            EACH_VECTOR(group.H, j, lanes, {
                vec_store_some(next + j, vec_tanh(vec_load(sum + j)), lanes);
            });
        }
    }
}

INLINE vec blend(bool update_writes, vec z, vec n, vec h)
{
    return update_writes ? vec_fma(z, n - h, h) : vec_fma(z, h - n, n);
}

/* One row: the sums of r, z, q in work -> the new state; x is the candidate's input. */
INLINE void gru_after_row(const bool update_writes, size_t H, size_t padded, float *work,
                          const float *x, const float *h, float *next)
{
    const float *r = work, *z = work + padded, *q = work + 2 * padded;

    sigmoid_all(work, 2 * padded);
    EACH_VECTOR(H, j, lanes, {
        vec n = vec_fma(vec_load(r + j), vec_load(q + j), vec_load_some(x + j, lanes));
        vec old = vec_load_some(h + j, lanes);
        vec new = blend(update_writes, vec_load(z + j), vec_tanh(n), old);
        vec_store_some(next + j, new, lanes);
    });
}

static void gru_after_step(const struct recurrence *cell, const struct step_rows *rows)
{
    for (size_t first = 0; first < rows->count; first += STEP_ROWS) {
        struct group group;
        group_init(&group, 3, cell, rows, first);
        sum_gates(&group, 3, cell->u, group.h, group.gx, cell->b_hh_n, group.work);
        for (size_t row = 0; row < group.rows; row++) {
            const float *x = group.gx[row] + 2 * group.H, *h = group.h[row];
            float *work = group.work[row], *next = group.next[row];
            if (cell->update_writes)
                gru_after_row(true, group.H, group.padded, work, x, h, next);
            else
                gru_after_row(false, group.H, group.padded, work, x, h, next);
        }
    }
}

/* The sums of r and z in work -> r * h and z. */
static void gru_reset(const struct group *group)
{
    for (size_t row = 0; row < group->rows; row++) {
        const float *h = group->h[row];
        float *r = group->work[row];
        sigmoid_all(r, 2 * group->padded);
        EACH_VECTOR(group->H, j, lanes,
                    { vec_store(r + j, vec_load(r + j) * vec_load_some(h + j, lanes)); });
    }
}

static void gru_before_step(const struct recurrence *cell, const struct step_rows *rows)
{
    for (size_t first = 0; first < rows->count; first += STEP_ROWS) {
        struct group group;
        group_init(&group, 3, cell, rows, first);
        const float *x[STEP_ROWS];
        float *candidate[STEP_ROWS];
        for (size_t row = 0; row < group.rows; row++) {
            x[row] = group.gx[row] + 2 * group.H;
            candidate[row] = group.work[row] + 2 * group.padded;
        }
        sum_gates(&group, 2, cell->u, group.h, group.gx, NULL, group.work);
        gru_reset(&group);
        sum_gates(&group, 1, cell->u_n, (const float *const *)group.work, x, NULL,
                  candidate);
        for (size_t row = 0; row < group.rows; row++) {
            const float *z = group.work[row] + group.padded, *n = candidate[row];
            const float *h = group.h[row];
            float *next = group.next[row];
            EACH_VECTOR(group.H, j, lanes, {
                vec new = blend(cell->update_writes, vec_load(z + j),
                                vec_tanh(vec_load(n + j)), vec_load_some(h + j, lanes));
                vec_store_some(next + j, new, lanes);
            });
        }
    }
}

/* One row: the sums of i, f, g, o in work -> c and the new state. */
INLINE void lstm_row(size_t H, size_t padded, const float *work, float *c, float *next)
{
    const float *i = work, *f = work + padded, *g = work + 2 * padded;
    const float *o = work + 3 * padded;

    EACH_VECTOR(H, j, lanes, {
        vec written = vec_sigmoid(vec_load(i + j)) * vec_tanh(vec_load(g + j));
        vec old = vec_load_some(c + j, lanes);
        vec_store_some(c + j, vec_fma(vec_sigmoid(vec_load(f + j)), old, written), lanes);
    });
    EACH_VECTOR(H, j, lanes, {
        vec shown = vec_tanh(vec_load_some(c + j, lanes));
        vec_store_some(next + j, vec_sigmoid(vec_load(o + j)) * shown, lanes);
    });
}

static void lstm_step(const struct recurrence *cell, const struct step_rows *rows)
{
    for (size_t first = 0; first < rows->count; first += STEP_ROWS) {
        struct group group;
        group_init(&group, 4, cell, rows, first);
        sum_gates(&group, 4, cell->u, group.h, group.gx, NULL, group.work);
        for (size_t row = 0; row < group.rows; row++)
            lstm_row(group.H, group.padded, group.work[row], group.c[row],
                     group.next[row]);
    }
}

const struct kernels OF_SET(kernels_) = {
    .name = KERNELS_TITLE,
    .is_exact = IS_EXACT,
    .rows = STEP_ROWS,
    .packed_floats = packed_floats,
    .pack = pack,
    .product = product,
    .add = add,
    .exponentials = exponentials,
    .tanhs = tanhs,
    .move_mean = move_mean,
    .layer_norm = layer_norm,
    .relu = relu,
    .attend = attend,
    .rnn_step = rnn_step,
    .gru_after_step = gru_after_step,
    .gru_before_step = gru_before_step,
    .lstm_step = lstm_step,
};
