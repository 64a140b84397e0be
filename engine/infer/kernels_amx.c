/*
 * Sums by Intel's tiles (AMX-TILE, AMX-BF16), gates in 512-bit vectors: see kernels_tiles.h.  A
 * thread has tiles of its own, which are set up for each product and given up after it, so that
 * no switch of threads has to save them.
 */
#if defined __x86_64__ && !defined __clang_analyzer__

#if !defined __AVX512F__ ||                                                              \
    !(defined __AMX_BF16__ || defined __AMXBF16__) /* gcc, clang */
#error "compile this file with -mavx512f -mamx-tile -mamx-bf16"
#endif
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define VECTORS_AVX512
#define KERNELS_NAME amx
#define STEP_ROWS 16
#define KERNELS_SUMS "infer/kernels_tiles.h"
#define IS_EXACT false

/* LDTILECFG's operand, palette 1. */
struct tile_shapes {
    uint8_t palette, start, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};
_Static_assert(sizeof(struct tile_shapes) == 64, "as the instruction reads it");

static void tiles_begin(size_t rows)
{
    struct tile_shapes shapes = {.palette = 1};

    for (size_t t = 0; t < 8; t++) {
        shapes.row_bytes[t] = 64;
        shapes.rows[t] = t < 6 ? (uint8_t)rows : 16;
    }
    _tile_loadconfig(&shapes);
}

/* gcc 12 does not know that a tile is loaded from memory, or that it must have been written. */
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

#include "infer/kernels_simd.h"

#endif
