/*
 * Weights packed once into the layout that the kernels read.
 *
 * The fast kernels read panels: the outputs of each gate are padded with zeros to whole
 * vectors of some lanes, and PANEL_VECTORS vectors side by side make a panel, in which k walks:
 *
 *     gates of 5 units, 2 lanes          panel 0                panel 1
 *     r: 01 23 4.  z: 01 23 4.           k=0: r01 r23 r4.       k=0: z01 z23 z4.
 *                                        k=1: r01 r23 r4.       k=1: z01 z23 z4.   ...
 *
 * A step reads it from one end to the other, each cache line once for some rows.
 */
#ifndef TRIAGE_PANELS_H
#define TRIAGE_PANELS_H

#include <stddef.h>

enum { PANEL_VECTORS = 3 };

/* Vectors of lanes that hold all gates. */
static inline size_t panels_vectors(size_t lanes, size_t gates, size_t units)
{
    return gates * ((units + lanes - 1) / lanes);
}

size_t panels_floats(size_t lanes, size_t gates, size_t units, size_t in);

/* w [gates*units][in], its rows stride apart -> panels */
void panels_pack(size_t lanes, size_t gates, size_t units, size_t in, size_t stride,
                 const float *w, float *packed);

/* w [out][in], its rows stride apart -> packed [in][out] */
void panels_transpose(size_t out, size_t in, size_t stride, const float *w,
                      float *packed);

#endif
