/*
 * Valgrind and the sanitizers compute ten to fifty times slower, and what they look for
 * shows in the first cases of a kind as in the last: with TRIAGE_TEST_SMALL in the environment
 * tests take fewer cases.
 */
#ifndef TRIAGE_CASE_COUNT_H
#define TRIAGE_CASE_COUNT_H

#include <stdbool.h>
#include <stdlib.h>

static inline bool case_count_is_reduced(void)
{
    return getenv("TRIAGE_TEST_SMALL") != NULL;
}

/* How many cases of count are taken, rounded up. */
static inline int case_count(int count, int divisor)
{
    return case_count_is_reduced() ? (count + divisor - 1) / divisor : count;
}

#endif
