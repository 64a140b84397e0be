/*
 * Training on any machine, in vectors of four.  On AArch64 that is NEON, which has a fused
 * multiply-add; elsewhere a product is rounded before it is added.
 */
#ifdef __aarch64__
#define VECTORS_NEON
#define NAME "neon"
#define TILE_ROWS 12
#else
#define NAME "plain"
#define TILE_ROWS 6
#endif

#include "train/training_products.h"

#include "train/training_gates.h"

extern const struct training_kernels training_kernels_plain;
const struct training_kernels training_kernels_plain = TRAINING_KERNELS(NAME);
