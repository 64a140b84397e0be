/*
 * Times as exports write them, made into RFC 3339.
 *
 * Year first, by dashes or slashes; the time of day may be missing, or its seconds; a zone may
 * be Z, UTC, GMT, +01:00, +0100 or +01, and is UTC where there is none.  What begins with a
 * day or a month is not guessed at.
 */
#ifndef TRIAGE_MOMENT_H
#define TRIAGE_MOMENT_H

#include <stdbool.h>
#include <stddef.h>

enum { MOMENT_TEXT = 64 };

/*
 * False when it is none of these forms.  Whether there is such a day is left to whoever reads
 * the outcome.
 */
bool moment_normalise(const char *text, size_t length, char room[MOMENT_TEXT]);

#endif
