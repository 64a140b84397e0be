/*
 * Where a complaint belongs in somebody's data: the file, the line, and there the place by the
 * names that the data itself uses, not ours.
 */
#ifndef TRIAGE_PLACE_H
#define TRIAGE_PLACE_H

#include <stddef.h>

#include "base/error.h"
#include "data/entry.h"

/* "FILE:LINE" into room; of a long path the end says more. */
void place_line(const char *file, size_t line, char *room, size_t size);

/*
 * A complaint about a history, whose where is a JSON Pointer into it, as one about the file:
 * where is "FILE:LINE", the pointer moves into the text, in the words of the data.  In CSV an
 * event has a line of its own, and what is left of the pointer is the name of a column.
 */
void place_error(const struct entry *entry, const struct keys *keys,
                 const struct error *inner, struct error *err);

#endif
