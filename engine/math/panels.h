/*
 * Weights packed once into the layout that the kernels read.  For the definition that is the
 * transpose: the output index fastest, so that a step walks k outside and outputs inside.
 */
#ifndef TRIAGE_PANELS_H
#define TRIAGE_PANELS_H

#include <stddef.h>

/* w [out][in], its rows stride apart -> packed [in][out] */
void panels_pack(size_t out, size_t in, size_t stride, const float *w, float *packed);

#endif
