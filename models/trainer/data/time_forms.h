/*
 * Times in the forms that exports write, rewritten as RFC 3339.
 *
 * The year comes first and is followed by dashes or slashes.  The time of day may be missing, or
 * its seconds.  The zone may be Z, UTC, GMT, +01:00, +0100 or +01; UTC if there is none.  Forms
 * that begin with a day or a month are refused, because they are ambiguous.
 */
#ifndef TRIAGE_TIME_FORMS_H
#define TRIAGE_TIME_FORMS_H

#include <stdbool.h>
#include <stddef.h>

enum { TIME_FORMS_BYTES = 64 };

/*
 * False when the text has none of these forms.  Whether the day exists is not checked:
 * timestamp_parse does that.
 */
bool time_forms_normalise(const char *text, size_t length, char buffer[TIME_FORMS_BYTES]);

#endif
