/* What time says: the inputs that are derived from the times of a history's events. */
#ifndef TRIAGE_FEATURES_H
#define TRIAGE_FEATURES_H

#include <stdint.h>

#include "model/schema.h"

/* The part of schema_update that is about time. */
void features_settle(struct schema *schema);

/*
 * Write the time inputs of each event.  values points to the first event's first time input
 * and the next event's stand stride floats further.  times [length] is in order; NULL when
 * the history has none, and then each input is 0 and only TIME_MISSING says 1.
 */
void schema_encode_times(const struct schema *schema, const int64_t *times,
                         uint32_t length, float *values, uint32_t stride);

#endif
