/*
 * Counts, for each distinct value of a field, the events and the histories that have it.
 *
 * A value is a string of bytes.  At most VALUE_COUNTS_MAX values are told apart; events with
 * further values are counted together.
 */
#ifndef TRIAGE_VALUE_COUNTS_H
#define TRIAGE_VALUE_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"

enum { VALUE_COUNTS_MAX = 100000 };

struct value_count {
    const char *value; /* with a zero behind it */
    size_t events;
    uint32_t histories;
    size_t last_history; /* the last one counted in histories */
};

struct value_counts {
    struct arena arena;         /* of map */
    struct strmap map;          /* value -> index in counts */
    struct value_count *counts; /* [count] in order of first appearance; owned */
    size_t count, capacity;
    size_t further_events; /* events whose value is not among the counts */
};

void value_counts_init(struct value_counts *counts);
void value_counts_release(struct value_counts *counts);

/*
 * Count a value that `events` events of one history have.  `history` is any number that
 * identifies the history; all calls for one history follow each other.  False when memory
 * runs out.
 */
bool value_counts_add(struct value_counts *counts, const void *bytes, size_t length,
                      size_t events, size_t history);

#endif
