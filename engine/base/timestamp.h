/*
 * Points in time: int64 microseconds since 1970-01-01T00:00:00Z in the proleptic Gregorian
 * calendar, without leap seconds: second 60 is the next minute's second 0, as in POSIX.
 */
#ifndef TRIAGE_TIMESTAMP_H
#define TRIAGE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIMESTAMP_SIZE = 32 }; /* bytes that timestamp_format needs */

/*
 * Read RFC 3339: "2026-11-22T10:04:00Z", "2026-11-22 10:04:00.25+01:00"; T, t or a space; Z or z.
 * The year is 0001 to 9999, as written and in UTC.  Digits after the microsecond are ignored.
 * False when text is anything else.
 */
bool timestamp_parse(const char *text, size_t length, int64_t *micros);

/* From seconds since the epoch, rounded to the microsecond; false outside years 0001 to 9999. */
bool timestamp_from_seconds(double seconds, int64_t *micros);

/* "2026-11-22T10:04:00.250000Z"; no fraction when it is zero. */
void timestamp_format(char text[TIMESTAMP_SIZE], int64_t micros);

/* 0 to 23, and 0 (Monday) to 6 (Sunday), both in UTC. */
unsigned timestamp_hour(int64_t micros);
unsigned timestamp_weekday(int64_t micros);

#endif
