/* How often each value was seen, and in how many histories. */
#ifndef TRIAGE_TALLY_H
#define TRIAGE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { TALLY_MOST = 100000 }; /* values that are told apart */

struct tally_value {
    const char *bytes; /* with a zero behind them */
    size_t length;
    uint32_t hash;
    uint32_t histories;
    size_t last; /* history that counted */
    size_t events;
};

struct tally {
    struct arena arena;
    struct tally_value *values; /* in order of appearance; owned */
    uint32_t *slots;            /* value + 1, 0: empty; owned */
    size_t count, slot_count;
    size_t beyond; /* events whose value came when TALLY_MOST were there */
};

void tally_init(struct tally *tally);
void tally_release(struct tally *tally);

/*
 * Count a value that stands in so many events of a history, which is known by a number that
 * never comes back once another was given.  False without memory.
 */
bool tally_add(struct tally *tally, const void *bytes, size_t length, size_t events,
               size_t history);

#endif
