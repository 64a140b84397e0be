/*
 * Fewer cases where the environment has TRIAGE_TEST_SMALL: under valgrind and the sanitizers, which
 * are ten to fifty times slower and find their errors in the first cases of a kind.
 */
#ifndef TRIAGE_CASE_COUNT_H
#define TRIAGE_CASE_COUNT_H

#include <stdbool.h>
#include <stdlib.h>

static inline bool case_count_is_reduced(void)
{
    return getenv("TRIAGE_TEST_SMALL") != NULL;
}

/* count, or count / divisor rounded up where case counts are reduced. */
static inline int case_count(int count, int divisor)
{
    return case_count_is_reduced() ? (count + divisor - 1) / divisor : count;
}

#endif
