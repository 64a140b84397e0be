/*
 * One text decoded twice: by the fast decoder, and by json_read with the tree decoder, which
 * defines the result.  Whatever the fast decoder returns, the tree decoder must return too, bit
 * for bit.
 */
#ifndef TRIAGE_DECODERS_H
#define TRIAGE_DECODERS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/schema.h"

enum { DECODERS_EVENTS = 1000, DECODERS_HISTORIES = 50 };

struct decoders {
    struct schema *schemas[2]; /* of the models "one", which is the default, and "two" */
    size_t max_histories;      /* DECODERS_HISTORIES, or 0 as for a line of a stream */
};

/*
 * The first difference between the two results, a constant string; NULL if they are equal.
 * *is_fast, unless it is NULL, is set to whether the fast decoder decoded the text.
 */
const char *decoders_difference(struct decoders *decoders, const char *text,
                                size_t length, bool *is_fast);

#endif
