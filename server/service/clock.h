/*
 * Two clocks in microseconds: the monotonic clock for deadlines and durations, and the time of day.
 */
#ifndef TRIAGE_CLOCK_H
#define TRIAGE_CLOCK_H

#include <stdint.h>
#include <time.h>

enum { MICROS_PER_MS = 1000, MICROS_PER_SECOND = 1000000 };

/* The time since an unspecified moment; it never goes back. */
static inline int64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MICROS_PER_SECOND + now.tv_nsec / 1000;
}

/* The time since the epoch. */
static inline int64_t clock_of_day_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MICROS_PER_SECOND + now.tv_nsec / 1000;
}

#endif
