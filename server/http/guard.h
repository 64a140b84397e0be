/*
 * What a request's head must be before anything else looks at it.
 *
 * The library takes requests that RFC 9112 tells a server to refuse, because a proxy in front
 * might read them differently and then see two requests where we see one.  Here they are
 * refused.  Nothing in this room knows the library.
 */
#ifndef TRIAGE_GUARD_H
#define TRIAGE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "service/request.h"

/* What the fields of one head say.  All-zero before the first guard_field. */
struct head {
    unsigned hosts, lengths, encodings, traces;
    bool has_bad_name, has_bad_value, has_bad_encoding;
    bool expects_continue, expects_other;
    uint64_t content_length;
    size_t bytes; /* that the library keeps for the fields */
    const char *content_type, *request_id, *timeout, *trace; /* NULL if not there */
};

/* Take one field into account; value ends with a zero that value_length does not count. */
void guard_field(struct head *head, const char *name, size_t name_length,
                 const char *value, size_t value_length);

/* Whether the head leaves the library, which has limit bytes, room for an answer's. */
bool guard_fits(const struct head *head, const char *target, uint64_t limit);

/* The HTTP status to refuse with, err saying why; 0 when all is well. */
int guard_check(const struct head *head, const char *version, const char *target,
                struct error *err);

/*
 * The milliseconds of an X-Request-Timeout-Ms; 0, which it may not be, when it is no whole
 * number up to a day.
 */
uint32_t guard_timeout_ms(const char *value);

/* Where the path of an absolute-form target begins; target itself when it is none. */
const char *guard_path(const char *target);

/* Whether an X-Request-Id may be passed on: 1 to 128 of letters, digits, dot, _ and -. */
bool guard_accepts_id(const char *id);

#endif
