/*
 * Steps of every cell and convention on random rows, for tests of the kernels.  Every array ends
 * in a guard value, which no step may overwrite.
 */
#ifndef TRIAGE_STEPS_H
#define TRIAGE_STEPS_H

#include <stddef.h>
#include <stdint.h>

#include "infer/kernels.h"

enum { STEPS = 6, STEPS_ROWS = 37, STEPS_WIDEST = 70, STEPS_GATES = 4 };

extern const char *const step_names[STEPS];
static const float steps_guard = 12345.0f;

/* What a step reads and writes.  Only the first hidden floats of a row are used, or for gx the
 * first STEPS_GATES * hidden; a guard value follows them. */
struct step_arrays {
    size_t hidden;
    float gx[STEPS_ROWS][STEPS_GATES * STEPS_WIDEST + 1];
    float h[STEPS_ROWS][STEPS_WIDEST + 1], next[STEPS_ROWS][STEPS_WIDEST + 1];
    float c[STEPS_ROWS][STEPS_WIDEST + 1];
    float u[STEPS_GATES * STEPS_WIDEST * STEPS_WIDEST], b_hh_n[STEPS_WIDEST];
};

/* Random arrays for that many units; free() them. */
struct step_arrays *steps_arrays(size_t hidden, uint64_t seed);

/* Weights packed by the kernels that will read them; free() them. */
float *steps_pack(const struct kernels *kernels, size_t gates, size_t units, size_t in,
                  size_t stride, const float *w);

/* Run the step of index which on rows first .. first + rows - 1, and check the guard values. */
void steps_run(const struct kernels *kernels, struct step_arrays *x, int which,
               size_t first, size_t rows);

/* Both kernels write the same bits in a step of some rows. */
void steps_compare(const struct kernels *kernels, const struct kernels *expected,
                   int which, size_t hidden, size_t rows);

/* The bits of a row are the same among all other rows and alone. */
void steps_compare_alone(const struct kernels *kernels, int which, size_t hidden);

#endif
