/*
 * Valgrind and the sanitizers compute ten to fifty times slower, and what they look for
 * shows in the first cases of a kind as in the last: with TRIAGE_TEST_SMALL in the environment
 * tests take fewer cases.
 */
#ifndef TRIAGE_EFFORT_H
#define TRIAGE_EFFORT_H

#include <stdbool.h>
#include <stdlib.h>

static inline bool effort_is_small(void)
{
    return getenv("TRIAGE_TEST_SMALL") != NULL;
}

/* How many cases of count are taken, rounded up. */
static inline int effort(int count, int divisor)
{
    return effort_is_small() ? (count + divisor - 1) / divisor : count;
}

#endif
