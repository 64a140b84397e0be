/*
 * Filling a struct error, and passing a failure on.
 *
 * A function that can fail returns enum status and takes a struct error as its last parameter,
 * which may be NULL.  The first failure written to a struct error is kept.
 */
#ifndef TRIAGE_ERROR_H
#define TRIAGE_ERROR_H

#include "base/status.h"

/* Call a function, and return its status if it failed. */
#define RETURN_IF_ERROR(call)                                                            \
    do {                                                                                 \
        enum status status_of_call = (call);                                             \
        if (status_of_call != STATUS_OK)                                                 \
            return status_of_call;                                                       \
    } while (0)

/* Fill err, unless it is NULL or holds a failure, and return status: `return error_set(...)`. */
enum status error_set(struct error *err, enum status status, const char *where,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same, with what was expected and what was received; both may be "". */
enum status error_mismatch(struct error *err, enum status status, const char *where,
                           const char *expected, const char *received, const char *format,
                           ...) __attribute__((format(printf, 6, 7)));

static inline enum status error_no_memory(struct error *err)
{
    (void)error_set(err, STATUS_NO_MEMORY, "", "out of memory");
    return STATUS_NO_MEMORY; /* a constant, so that compilers see a failure */
}

#endif
