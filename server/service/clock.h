/*
 * Two clocks, both in microseconds: the monotonic clock, in which deadlines and durations are
 * measured, and the time of day.
 */
#ifndef TRIAGE_CLOCK_H
#define TRIAGE_CLOCK_H

#include <stdint.h>
#include <time.h>

enum { MICROS_PER_MS = 1000, MICROS_PER_SECOND = 1000000 };

/* Since an unspecified moment; never goes back. */
static inline int64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MICROS_PER_SECOND + now.tv_nsec / 1000;
}

/* Since the epoch. */
static inline int64_t clock_of_day_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MICROS_PER_SECOND + now.tv_nsec / 1000;
}

#endif
