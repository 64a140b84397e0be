/* How often each value was seen, and in how many histories. */
#ifndef TRIAGE_CENSUS_H
#define TRIAGE_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { CENSUS_MOST = 100000 }; /* values that are told apart */

struct census_value {
    const char *bytes; /* with a zero behind them */
    size_t length;
    uint32_t hash;
    uint32_t histories;
    size_t last; /* history that counted */
    size_t events;
};

struct census {
    struct arena arena;
    struct census_value *values; /* in order of appearance; owned */
    uint32_t *slots;             /* value + 1, 0: empty; owned */
    size_t count, slot_count;
    size_t beyond; /* events whose value came when CENSUS_MOST were there */
};

void census_init(struct census *census);
void census_release(struct census *census);

/*
 * Count a value that stands in so many events of a history, which is known by a number that
 * never comes back once another was given.  False without memory.
 */
bool census_add(struct census *census, const void *bytes, size_t length, size_t events,
                size_t history);

#endif
