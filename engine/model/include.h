/*
 * Optional members of an answer: the names of "include", and which models have them.
 *
 * A set of includes is a number with one bit for each, 1 << INCLUDE_SURPRISE and so on.
 */
#ifndef TRIAGE_INCLUDE_H
#define TRIAGE_INCLUDE_H

#include <stddef.h>

#include "base/error.h"

enum { INCLUDE_TEXT = 64 }; /* bytes of an unknown name that a message repeats */

/*
 * The bit of a name.  STATUS_BAD_INPUT at `where` if there is no such include; a name that is nearly
 * known is suggested.
 */
enum status include_find(const char *name, size_t length, const char *where,
                         unsigned *bit, struct error *err);

#endif
