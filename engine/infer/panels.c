/* See panels.h. */
#include "infer/panels.h"

#include <string.h>

size_t panels_floats(size_t lanes, size_t gates, size_t units, size_t in)
{
    size_t vectors = panels_vectors(lanes, gates, units);

    return (vectors + PANEL_VECTORS - 1) / PANEL_VECTORS * PANEL_VECTORS * lanes * in;
}

void panels_pack(size_t lanes, size_t gates, size_t units, size_t in, size_t stride,
                 const float *w, float *packed)
{
    size_t per_gate = panels_vectors(lanes, 1, units);

    memset(packed, 0, panels_floats(lanes, gates, units, in) * sizeof *packed);
    for (size_t gate = 0; gate < gates; gate++)
        for (size_t unit = 0; unit < units; unit++) {
            const float *row = w + (gate * units + unit) * stride;
            size_t vector = gate * per_gate + unit / lanes;
            float *lane =
                packed + unit % lanes +
                (vector / PANEL_VECTORS * PANEL_VECTORS * in + vector % PANEL_VECTORS) *
                    lanes;
            for (size_t k = 0; k < in; k++)
                lane[k * PANEL_VECTORS * lanes] = row[k];
        }
}

void panels_transpose(size_t out, size_t in, size_t stride, const float *w, float *packed)
{
    for (size_t j = 0; j < out; j++)
        for (size_t k = 0; k < in; k++)
            packed[k * out + j] = w[j * stride + k];
}
