#define KERNELS_NAME lanes16
#define LANES 16
#define BLOCK_ROWS 8
#include "support/kernels_generic.h"
