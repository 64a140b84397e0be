/* See panels.h. */
#include "math/panels.h"

void panels_pack(size_t out, size_t in, size_t stride, const float *w, float *packed)
{
    for (size_t j = 0; j < out; j++)
        for (size_t k = 0; k < in; k++)
            packed[k * out + j] = w[j * stride + k];
}
