/*
 * Assertions on floats.  A failure quotes the sentence about the case, the index, both values and
 * the tolerance.
 *
 * check writes to a pipe for every assertion, even if it holds; these functions call it only for a
 * failure.
 */
#ifndef TRIAGE_COMPARE_H
#define TRIAGE_COMPARE_H

#include <check.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void assert_close(const char *about, size_t i, double got, double expected,
                                double tolerance)
{
    if (!(fabs(got - expected) <= tolerance))
        ck_abort_msg("%s: [%zu] is %.9g, expected %.9g, within %.3g", about, i, got,
                     expected, tolerance);
}

static inline void assert_all_close(const char *about, const float *got,
                                    const double *expected, size_t count,
                                    double tolerance)
{
    for (size_t i = 0; i < count; i++)
        assert_close(about, i, (double)got[i], expected[i], tolerance);
}

static inline void assert_same_bits(const char *about, const float *got,
                                    const float *expected, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&got[i], &expected[i], sizeof *got) != 0)
            ck_abort_msg("%s: [%zu] is %a, expected %a, in every bit", about, i,
                         (double)got[i], (double)expected[i]);
}

#endif
