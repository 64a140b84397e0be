/*
 * Packing and sums for processors that multiply tiles of bf16 (Intel AMX), and the same in plain
 * C for all others; included by kernels_simd.c alone.
 *
 * Every float is split into two bf16, its own high half rounded and what is left of it,
 * x = high + low + about 2^-17 x.  Of the four products of a weight and an input, the three that
 * matter are added up in single precision:
 *
 *     y <- y + ((0 + block 0) + block 1) + ...      for each CHUNK of inputs, 32 to a block:
 *     block:  + high(x) high(w)  + low(x) high(w)  + high(x) low(w)
 *
 * Each of the three products adds two chains of fused multiply-adds over 16 inputs, the even ones
 * and the odd ones, each from 0, to each other and then to the sum.  In there a subnormal number
 * counts as zero, and an infinity as a large number.  That order is the hardware's (TDPBF16PS), not
 * the definition's, and 2^-17 is lost, so the bits are not those of numerics 1.  A row's bits still
 * depend on no other row.
 *
 *     packed: for each vector of 16 outputs, for each block, two tiles, high and low; a tile is
 *     [16 pairs of inputs][16 outputs][2]
 */
#ifndef TRIAGE_KERNELS_AMX_H
#define TRIAGE_KERNELS_AMX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "infer/vectors.h"

_Static_assert(LANES == 16 && STEP_ROWS == 16, "the size of a tile");

enum { IS_EXACT = false };
enum { BLOCK = 32, TILE = LANES * BLOCK, TILES = 2, CHUNK = 512, SUMS = 4 };

typedef uint16_t bf16 __attribute__((may_alias));
typedef uint16_t bf16_vec
    __attribute__((vector_size(LANES * sizeof(bf16)), aligned(2), may_alias));

/* ---- tiles -------------------------------------------------------------------------------------
 *
 *     tiles_begin(rows)           from now on sums and states have so many rows, weights 16
 *     tiles_end()
 *     tile_zero(t)                t and the other arguments are literals: tiles 0 to 3 are sums,
 *     tile_load(t, from)          4 and 5 states, 6 and 7 weights; rows of 64 bytes, contiguous,
 *     tile_load_states(t, from)   or, for states, CHUNK bf16 apart
 *     tile_store(t, to)
 *     tile_dot(to, x, w)          the two chains
 */

#if defined VECTORS_AVX512

#define KERNELS_TITLE "amx"

/* LDTILECFG's operand, palette 1. */
struct tile_shapes {
    uint8_t palette, start, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};
_Static_assert(sizeof(struct tile_shapes) == 64, "the size that LDTILECFG reads");

/* Tiles belong to the thread.  tiles_end releases them, so that no context switch saves them. */
static void tiles_begin(size_t rows)
{
    struct tile_shapes shapes = {.palette = 1};

    for (size_t t = 0; t < 8; t++) {
        shapes.row_bytes[t] = 64;
        shapes.rows[t] = t < 6 ? (uint8_t)rows : 16;
    }
    _tile_loadconfig(&shapes);
}

/* gcc 12 does not know that _tile_loadd reads memory, so the asm says that it is written by now. */
#define tile_load_rows(t, from, stride)                                                  \
    do {                                                                                 \
        const void *first = (from);                                                      \
        __asm__ volatile("" : : "r"(first) : "memory");                                  \
        _tile_loadd(t, first, stride);                                                   \
    } while (0)
#define tiles_end() _tile_release()
#define tile_zero(t) _tile_zero(t)
#define tile_load(t, from) tile_load_rows(t, from, 64)
#define tile_load_states(t, from) tile_load_rows(t, from, CHUNK * sizeof(bf16))
#define tile_store(t, to) _tile_stored(t, to, 64)
#define tile_dot(to, x, w) _tile_dpbf16ps(to, x, w)

#else

/*
 * One operation at a time, as Intel's manual defines them (volume 2, TDPBF16PS).  Slow: it repeats
 * an answer of an AMX machine on any other, bit for bit.
 */
#define KERNELS_TITLE "amx-portable"

union tile_register {
    float sums[16][16];
    uint16_t halves[16][32];
};

static _Thread_local union tile_register tiles[8];
static _Thread_local size_t tile_rows;

static void tiles_begin(size_t rows)
{
    tile_rows = rows;
}

static void read_tile(union tile_register *tile, size_t rows, const void *from,
                      size_t stride)
{
    for (size_t row = 0; row < rows; row++)
        memcpy(tile->halves[row], (const char *)from + row * stride, 64);
}

/* A subnormal number becomes a zero of its sign. */
static float flushed(float x)
{
    uint32_t bits = float_bits(x);
    bool is_small = (bits & 0x7f800000u) == 0;

    return is_small ? float_from_bits(bits & 0x80000000u) : x;
}

static float widened(uint16_t half)
{
    return flushed(float_from_bits((uint32_t)half << 16));
}

static void dot(size_t rows, union tile_register *to, const union tile_register *x,
                const union tile_register *w)
{
    for (size_t row = 0; row < rows; row++) {
        float even[16] = {0}, odd[16] = {0};
        for (size_t pair = 0; pair < 16; pair++) {
            float first = widened(x->halves[row][2 * pair]);
            float second = widened(x->halves[row][2 * pair + 1]);
            for (size_t j = 0; j < 16; j++) {
                even[j] = flushed(fmaf(first, widened(w->halves[pair][2 * j]), even[j]));
                odd[j] =
                    flushed(fmaf(second, widened(w->halves[pair][2 * j + 1]), odd[j]));
            }
        }
        for (size_t j = 0; j < 16; j++)
            to->sums[row][j] = flushed(to->sums[row][j] + flushed(even[j] + odd[j]));
    }
}

#define tiles_end() (void)0
#define tile_zero(t) memset(&tiles[t], 0, sizeof tiles[t])
#define tile_load(t, from) read_tile(&tiles[t], 16, from, 64)
#define tile_load_states(t, from)                                                        \
    read_tile(&tiles[t], tile_rows, from, CHUNK * sizeof(bf16))
#define tile_store(t, to) memcpy(to, tiles[t].sums, tile_rows * sizeof tiles[t].sums[0])
#define tile_dot(to, x, w) dot(tile_rows, &tiles[to], &tiles[x], &tiles[w])

#endif

/* ---- splitting ------------------------------------------------------------------------------- */

/* LANES floats to the nearest bf16, ties to even, none of them infinite; a NaN to a NaN. */
INLINE vec_bits rounded(vec x)
{
    vec_bits whole = (vec_bits)x, is_nan = (vec_bits)(x != x);
    vec_bits near = whole + 0x7fffu + ((whole >> 16) & 1u);
    vec_bits is_large = (vec_bits)((near & 0x7fffffffu) >= 0x7f800000u);

    near = (near & ~is_large) | (((whole & 0x80000000u) | 0x7f7f0000u) & is_large);
    near = (near & ~is_nan) | (is_nan & 0x7fc00000u);
    return near & 0xffff0000u;
}

INLINE void split(vec x, bf16 *high, bf16 *low)
{
    vec_bits near = rounded(x), left = rounded(x - (vec)near);

    *(bf16_vec *)high = __builtin_convertvector(near >> 16, bf16_vec);
    *(bf16_vec *)low = __builtin_convertvector(left >> 16, bf16_vec);
}

static size_t blocks_of(size_t in)
{
    return (in + BLOCK - 1) / BLOCK;
}

/* in inputs of a row, padded with zeros to whole blocks. */
static void split_row(size_t in, const float *x, bf16 *high, bf16 *low)
{
    for (size_t k = 0; k < blocks_of(in) * BLOCK; k += LANES) {
        size_t left = k < in ? in - k : 0;
        split(vec_load_some(x + (left > 0 ? k : 0), left < LANES ? left : LANES),
              high + k, low + k);
    }
}

/* ---- packing --------------------------------------------------------------------------------- */

/* bf16 of one vector of outputs. */
static size_t vector_size(size_t in)
{
    return blocks_of(in) * TILES * TILE;
}

static size_t packed_floats(size_t gates, size_t units, size_t in)
{
    return gates * vectors_of(units) * vector_size(in) * sizeof(bf16) / sizeof(float);
}

static void pack(size_t gates, size_t units, size_t in, size_t stride, const float *w,
                 float *packed)
{
    bf16 *out = (bf16 *)packed, high[BLOCK], low[BLOCK];

    memset(packed, 0, packed_floats(gates, units, in) * sizeof *packed);
    for (size_t gate = 0; gate < gates; gate++)
        for (size_t unit = 0; unit < units; unit++) {
            const float *row = w + (gate * units + unit) * stride;
            size_t vector = gate * vectors_of(units) + unit / LANES;
            bf16 *to = out + vector * vector_size(in) + unit % LANES * 2;
            for (size_t k = 0; k < in; k += BLOCK, to += TILES * TILE) {
                split_row(in - k < BLOCK ? in - k : BLOCK, row + k, high, low);
                for (size_t i = 0; i < BLOCK; i++) {
                    size_t place = i / 2 * 2 * LANES + i % 2;
                    to[place] = high[i];
                    to[TILE + place] = low[i];
                }
            }
        }
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* Some inputs of all rows, split once and read by all vectors of outputs. */
struct chunk {
    size_t first, blocks;
    _Alignas(64) bf16 high[STEP_ROWS][CHUNK], low[STEP_ROWS][CHUNK];
};

/* The sums of some vectors, at most SUMS, over the chunk: each in a tile of its own. */
static void sum_tiles(const struct sums *s, const struct chunk *chunk, size_t vector,
                      size_t some, float (*sums)[STEP_ROWS][LANES])
{
    const size_t size = vector_size(s->in);
    const bf16 *w =
        (const bf16 *)s->w + vector * size + chunk->first / BLOCK * TILES * TILE;

#define TILE_ZERO(t)                                                                     \
    if (t < some)                                                                        \
    tile_zero(t)
#define TILE_DOTS(t)                                                                     \
    if (t < some) {                                                                      \
        tile_load(6, w + t * size);                                                      \
        tile_dot(t, 4, 6);                                                               \
        tile_dot(t, 5, 6);                                                               \
        tile_load(7, w + t * size + TILE);                                               \
        tile_dot(t, 4, 7);                                                               \
    }
#define TILE_STORE(t)                                                                    \
    if (t < some)                                                                        \
    tile_store(t, sums[t])
    TILE_ZERO(0);
    TILE_ZERO(1);
    TILE_ZERO(2);
    TILE_ZERO(3);
    for (size_t block = 0; block < chunk->blocks; block++, w += TILES * TILE) {
        tile_load_states(4, chunk->high[0] + block * BLOCK);
        tile_load_states(5, chunk->low[0] + block * BLOCK);
        TILE_DOTS(0)
        TILE_DOTS(1)
        TILE_DOTS(2)
        TILE_DOTS(3)
    }
    TILE_STORE(0);
    TILE_STORE(1);
    TILE_STORE(2);
    TILE_STORE(3);
}

/* to <- start + sums for one vector of outputs; later chunks are added to what is there. */
static void add_sums(const struct sums *s, size_t rows, size_t vector, bool is_first,
                     float (*sums)[LANES])
{
    size_t place = (vector - s->first) * LANES;

    for (size_t row = 0; row < rows; row++) {
        const float *start = s->to[row] + place;
        if (is_first)
            start = vector < s->shared_first
                        ? s->start[row] + place
                        : s->shared_start + (vector - s->shared_first) * LANES;
        vec_store(s->to[row] + place, vec_load(start) + vec_load(sums[row]));
    }
}

static void sum_all(const struct sums *s, size_t rows)
{
    const size_t vectors = s->end - s->first, groups = (vectors + SUMS - 1) / SUMS;
    struct chunk chunk = {.first = 0};
    _Alignas(64) float sums[SUMS][STEP_ROWS][LANES];

    tiles_begin(rows);
    do {
        size_t in = s->in - chunk.first < CHUNK ? s->in - chunk.first : CHUNK;
        chunk.blocks = blocks_of(in);
        for (size_t row = 0; row < rows; row++)
            split_row(in, s->x[row] + chunk.first, chunk.high[row], chunk.low[row]);
        for (size_t i = 0; i < groups; i++) {
            size_t group = s->is_backwards ? groups - 1 - i : i;
            size_t vector = s->first + group * SUMS;
            size_t some = s->end - vector < SUMS ? s->end - vector : SUMS;
            sum_tiles(s, &chunk, vector, some, sums);
            for (size_t v = 0; v < some; v++)
                add_sums(s, rows, vector + v, chunk.first == 0, sums[v]);
        }
        chunk.first += CHUNK;
    } while (chunk.first < s->in);
    tiles_end();
}

#endif
