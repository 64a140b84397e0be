/*
 * Points in time: int64 microseconds since 1970-01-01T00:00:00Z, proleptic Gregorian, no
 * leap seconds (a 60th second is read as the 59th's next, as POSIX does).
 */
#ifndef TRIAGE_TIMESTAMP_H
#define TRIAGE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIMESTAMP_SIZE = 32 }; /* room for timestamp_format's text */

/*
 * RFC 3339 ("2026-11-22T10:04:00Z", "2026-11-22 10:04:00.25+01:00"; T, t or a space; Z or z;
 * years 0001 to 9999, in UTC too; fractions beyond a microsecond are cut off).  False when
 * text is not that.
 */
bool timestamp_parse(const char *text, size_t length, int64_t *micros);

/* Seconds since the epoch, rounded to the microsecond; false outside years 0001 to 9999. */
bool timestamp_from_seconds(double seconds, int64_t *micros);

/* "2026-11-22T10:04:00.250000Z"; no fraction when it is zero. */
void timestamp_format(char room[TIMESTAMP_SIZE], int64_t micros);

/* 0 to 23, and 0 (Monday) to 6 (Sunday), both UTC. */
unsigned timestamp_hour(int64_t micros);
unsigned timestamp_weekday(int64_t micros);

#endif
