/*
 * Steps of every cell and convention on random rows, for tests of the kernels: each array ends in
 * a float that nobody may touch.
 */
#ifndef TRIAGE_STEPS_H
#define TRIAGE_STEPS_H

#include <stddef.h>
#include <stdint.h>

#include "infer/kernels.h"

enum { STEPS = 6, STEPS_ROWS = 37, STEPS_WIDEST = 70, STEPS_GATES = 4 };

extern const char *const step_names[STEPS];
static const float steps_fence = 12345.0f;

/* The values of a step before and after, in rows of H with a float that nobody may touch. */
struct field_of_rows {
    size_t hidden;
    float gx[STEPS_ROWS][STEPS_GATES * STEPS_WIDEST + 1], h[STEPS_ROWS][STEPS_WIDEST + 1],
        next[STEPS_ROWS][STEPS_WIDEST + 1];
    float c[STEPS_ROWS][STEPS_WIDEST + 1], u[STEPS_GATES * STEPS_WIDEST * STEPS_WIDEST],
        b_hh_n[STEPS_WIDEST];
};

/* Of so many units, drawn from a seed; free() it. */
struct field_of_rows *steps_field(size_t hidden, uint64_t seed);

/* Packed by the kernels that will read it; free() it. */
float *steps_pack(const struct kernels *kernels, size_t gates, size_t units, size_t in,
                  size_t stride, const float *w);

/* Run the which-th of steps on rows first .. first + rows - 1. */
void steps_run(const struct kernels *kernels, struct field_of_rows *x, int which,
               size_t first, size_t rows);

/* All that a step of some rows writes has the same bits by both kernels. */
void steps_compare(const struct kernels *kernels, const struct kernels *expected,
                   int which, size_t hidden, size_t rows);

/* A row's bits are the same among all others and by itself. */
void steps_compare_alone(const struct kernels *kernels, int which, size_t hidden);

#endif
