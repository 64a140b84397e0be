/*
 * Sums of kernels_simd.h in tiles of split numbers, for a processor that multiplies those: every
 * float is two bf16, its own high half rounded and what is left of it, x = high + low + about
 * 2^-17 x, and of the four products the three that matter are added up in single precision.
 *
 *     y <- y + ((0 + block 0) + block 1) + ...      for each CHUNK of inputs, 32 to a block:
 *     block:  + high(x) high(w)  + low(x) high(w)  + high(x) low(w)
 *
 * Each of the three products adds two chains of fused multiply-adds over 16 inputs, the even ones
 * and the odd ones, each from 0, to each other and then to the sum; in there a subnormal number
 * counts as zero, and an infinity as a large number.  That order is the hardware's (TDPBF16PS), not
 * the definition's, and 2^-17 is lost, so the bits are others; but a row's still depend on no
 * other row.
 *
 *     packed: for each vector of 16 outputs, for each block, two tiles, high and low; a tile
 *     [16 pairs of inputs][16 outputs][2]
 *
 * Words of whoever includes it:
 *
 *     tiles_begin(rows)      sums and states have so many rows from now on, weights 16
 *     tiles_end()
 *     tile_zero(t)           t and the others are numbers, written out: 0 to 3 are sums, 4 and 5
 *     tile_load(t, from)     hold states, 6 and 7 weights; rows of 64 bytes one after the other,
 *     tile_load_states(t, from)      those of states CHUNK bf16 apart
 *     tile_store(t, to)
 *     tile_dot(to, x, w)     the two chains
 */
#include <stdint.h>

#include "infer/panels.h"

_Static_assert(LANES == 16 && STEP_ROWS == 16, "so large is a tile");

enum { BLOCK = 32, TILE = LANES * BLOCK, TILES = 2, CHUNK = 512, SUMS = 4 };

typedef uint16_t bf16 __attribute__((may_alias));
typedef uint16_t bf16s
    __attribute__((vector_size(LANES * sizeof(bf16)), aligned(2), may_alias));

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

    *(bf16s *)high = __builtin_convertvector(near >> 16, bf16s);
    *(bf16s *)low = __builtin_convertvector(left >> 16, bf16s);
}

/* in inputs of a row, padded with zeros to whole blocks. */
static void split_row(size_t in, const float *x, bf16 *high, bf16 *low)
{
    size_t padded = (in + BLOCK - 1) / BLOCK * BLOCK;

    for (size_t k = 0; k < padded; k += LANES) {
        size_t left = k < in ? in - k : 0;
        split(vec_load_some(x + (left > 0 ? k : 0), left < LANES ? left : LANES),
              high + k, low + k);
    }
}

static size_t blocks_of(size_t in)
{
    return (in + BLOCK - 1) / BLOCK;
}

/* bf16 of one vector of outputs. */
static size_t vector_size(size_t in)
{
    return blocks_of(in) * TILES * TILE;
}

static size_t packed_floats(size_t gates, size_t units, size_t in)
{
    return panels_vectors(LANES, gates, units) * vector_size(in) * sizeof(bf16) /
           sizeof(float);
}

static void pack(size_t gates, size_t units, size_t in, size_t stride, const float *w,
                 float *packed)
{
    size_t per_gate = panels_vectors(LANES, 1, units);
    bf16 *out = (bf16 *)packed, high[BLOCK], low[BLOCK];

    memset(packed, 0, packed_floats(gates, units, in) * sizeof *packed);
    for (size_t gate = 0; gate < gates; gate++)
        for (size_t unit = 0; unit < units; unit++) {
            const float *row = w + (gate * units + unit) * stride;
            bf16 *to = out + (gate * per_gate + unit / LANES) * vector_size(in) +
                       unit % LANES * 2;
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

/* Some inputs of count rows at work: they are split once, and read by all vectors of outputs. */
struct chunk {
    size_t first, blocks;
    _Alignas(64) bf16 high[STEP_ROWS][CHUNK], low[STEP_ROWS][CHUNK];
};

/* some vectors' sums over the chunk: tile by tile, SUMS side by side. */
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

/* to <- from + sums for one vector of outputs; later chunks are added to what is there. */
static void add_sums(const struct sums *s, size_t count, size_t vector, bool is_first,
                     float (*sums)[LANES])
{
    size_t place = (vector - s->first) * LANES;

    for (size_t row = 0; row < count; row++) {
        const float *from = !is_first           ? s->to[row] + place
                            : vector < s->apart ? s->from[row] + place
                                                : s->shared + (vector - s->apart) * LANES;
        vec_store(s->to[row] + place, vec_load(from) + vec_load(sums[row]));
    }
}

static void sum_all(const struct sums *s, size_t count)
{
    const size_t vectors = s->end - s->first, groups = (vectors + SUMS - 1) / SUMS;
    struct chunk chunk = {.first = 0};
    _Alignas(64) float sums[SUMS][STEP_ROWS][LANES];

    tiles_begin(count);
    do {
        size_t in = s->in - chunk.first < CHUNK ? s->in - chunk.first : CHUNK;
        chunk.blocks = blocks_of(in);
        for (size_t row = 0; row < count; row++)
            split_row(in, s->x[row] + chunk.first, chunk.high[row], chunk.low[row]);
        for (size_t i = 0; i < groups; i++) {
            size_t group = s->is_backwards ? groups - 1 - i : i;
            size_t vector = s->first + group * SUMS;
            size_t some = s->end - vector < SUMS ? s->end - vector : SUMS;
            sum_tiles(s, &chunk, vector, some, sums);
            for (size_t v = 0; v < some; v++)
                add_sums(s, count, vector + v, chunk.first == 0, sums[v]);
        }
        chunk.first += CHUNK;
    } while (chunk.first < s->in);
    tiles_end();
}
