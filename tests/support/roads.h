/*
 * One text, two roads to its histories: the quick reader, and json_read with history_decode,
 * which is the definition.  Where the quick one answers, the other must say the same, bit for
 * bit.
 */
#ifndef TRIAGE_ROADS_H
#define TRIAGE_ROADS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/schema.h"

enum { ROADS_EVENTS = 1000, ROADS_HISTORIES = 50 };

struct roads {
    const struct schema *schemas[2]; /* of models "one", the default, and "two" */
    size_t max_histories;            /* ROADS_HISTORIES, or 0: as a line is read */
};

/*
 * NULL when the promise holds, else what is not the same, borrowed for ever.  is_quick, if given:
 * the quick reader answered.
 */
const char *roads_differ(const struct roads *roads, const char *text, size_t length,
                         bool *is_quick);

#endif
