/*
 * Training on any machine, in vectors of four.  On AArch64 that is NEON, which has a fused
 * multiply-add; elsewhere a product is rounded before it is added.
 */
#define LANES 4
#ifdef __aarch64__
#include <arm_neon.h>
#define NAME "neon"
#define TILE_ROWS 12
#define vector_fma(a, b, c)                                                              \
    ((vector)vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#else
#define NAME "plain"
#define TILE_ROWS 6
#define vector_fma(a, b, c) ((a) * (b) + (c))
#endif

#include "train/training_products.h"

#include "train/training_gates.h"

extern const struct training_kernels training_kernels_plain;
const struct training_kernels training_kernels_plain = TRAINING_KERNELS(NAME);
