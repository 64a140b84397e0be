/*
 * Request targets (RFC 9112) and the percent-encoding of their parts (RFC 3986).
 *
 * Equivalent targets are equal: a path is compared in its normal form, in which only what an escape
 * must protect is escaped, and "." and ".." are resolved.
 */
#ifndef TRIAGE_TARGET_H
#define TRIAGE_TARGET_H

#include <stdbool.h>
#include <stddef.h>

/* The path of a target in absolute form, or the target itself in another form. */
const char *target_path(const char *target);

/* The host and port of a target in absolute form; NULL: it is in another form. */
const char *target_host(const char *target, size_t *length);

/* Whether each '%' begins an escape, and none is that of a NUL byte. */
bool target_is_valid(const char *text);

/*
 * Bring a path, which is visible ASCII, into its normal form, which is too.  "%2f" becomes "%2F", a
 * slash in a name; "%6d" becomes "m".  A path that is not valid is left as it is.
 */
void target_normalise(char *path);

/* Replace every escape of a valid text by its byte.  Returns text. */
char *target_decode(char *text);

#endif
