#define KERNELS_NAME lanes4
#define LANES 4
#define BLOCK_ROWS 8
#include "support/kernels_generic.h"
