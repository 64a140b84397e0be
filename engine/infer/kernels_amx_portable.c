/*
 * What kernels_amx.c computes, on any machine: its tiles in plain C, one operation at a time, as
 * Intel's manual defines them (volume 2, TDPBF16PS).  For what an answer of an AMX machine has to be
 * repeated elsewhere, bit for bit; it is slow.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/elementary.h"

#define KERNELS_NAME amx_portable
#define KERNELS_TITLE "amx-portable"
#define LANES 16
#define STEP_ROWS 16
#define KERNELS_SUMS "infer/kernels_tiles.h"
#define IS_EXACT false

union tile_register {
    float sums[16][16];
    uint16_t halves[16][32];
};

/* A subnormal number is a zero of its sign. */
static float flushed(float x)
{
    uint32_t sign_and_size = float_bits(x);

    return (sign_and_size & 0x7f800000u) == 0
               ? float_from_bits(sign_and_size & 0x80000000u)
               : x;
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

static void read_tile(union tile_register *tile, size_t rows, const void *from,
                      size_t stride)
{
    for (size_t row = 0; row < rows; row++)
        memcpy(tile->halves[row], (const char *)from + row * stride, 64);
}

static _Thread_local union tile_register tiles[8];
static _Thread_local size_t tile_rows;

static void tiles_begin(size_t rows)
{
    tile_rows = rows;
}

#define tiles_end() (void)0
#define tile_zero(t) memset(&tiles[t], 0, sizeof tiles[t])
#define tile_load(t, from) read_tile(&tiles[t], 16, from, 64)
#define tile_load_states(t, from)                                                        \
    read_tile(&tiles[t], tile_rows, from, CHUNK * sizeof(bf16))
#define tile_store(t, to) memcpy(to, tiles[t].sums, tile_rows * sizeof tiles[t].sums[0])
#define tile_dot(to, x, w) dot(tile_rows, &tiles[to], &tiles[x], &tiles[w])

#include "infer/kernels_simd.h"
