/* Measuring time: a clock, a median, and a call that is repeated for some milliseconds. */
#ifndef TRIAGE_TIMING_H
#define TRIAGE_TIMING_H

#include <stddef.h>
#include <stdlib.h>
#include <time.h>

enum { TIMING_MAX_CALLS = 100000 };

struct timing {
    double median, least; /* seconds per call */
    size_t calls;
};

/* Monotonic time in seconds. */
static inline double timing_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline int timing_compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Sort the values and return the median; of an even number, the upper of the two middle ones. */
static inline double timing_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, timing_compare);
    return values[count / 2];
}

/* Call at least once, then until ms milliseconds have passed. */
static inline struct timing timing_repeat(void (*call)(void *), void *context, double ms)
{
    static double times[TIMING_MAX_CALLS];
    const double begin = timing_now();
    double last = begin;
    size_t calls = 0;
    do {
        call(context);
        double t = timing_now();
        times[calls++] = t - last;
        last = t;
    } while (last - begin < ms * 1e-3 && calls < TIMING_MAX_CALLS);
    const double median = timing_median(times, calls);
    return (struct timing){.median = median, .least = times[0], .calls = calls};
}

#endif
