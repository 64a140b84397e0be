/* Texts that are times, but not in a form that is read: what they are, and a command that helps. */
#ifndef TRIAGE_TIME_FOREIGN_H
#define TRIAGE_TIME_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A range of two times, digits of another script, or the name of a month that is not English.  Write
 * what the text is, to follow a name: `is a range of two times; ...`.  False for all other texts.
 */
bool time_foreign_explain(const char *bytes, size_t length, char *buffer, size_t size);

/* 5012026040844 and 05012026 are day first; the pattern that reads them, or NULL. */
const char *time_foreign_pattern(const char *bytes, size_t length);

#endif
