/*
 * The head of a request: reading its fields, and refusing what is not valid.
 *
 * libmicrohttpd accepts heads that RFC 9112 tells a server to refuse, because a proxy in front of
 * the service might read them differently and see two requests where the service sees one.  Such
 * heads are refused here.
 */
#ifndef TRIAGE_HEAD_H
#define TRIAGE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* What the fields of one head say.  All zero before the first head_add_field. */
struct head {
    unsigned hosts, lengths, encodings, traces; /* how many fields of that kind */
    bool has_bad_name, has_bad_value, has_bad_encoding;
    bool expects_continue, expects_other;
    uint64_t content_length;
    size_t bytes; /* that the library needs to keep the fields */
    const char *content_type, *request_id, *timeout, *trace; /* NULL: none */
};

/* value is terminated by a zero byte that value_length does not count. */
void head_add_field(struct head *head, const char *name, size_t name_length,
                    const char *value, size_t value_length);

/* Whether the library, which has limit bytes, can also hold the head of an answer. */
bool head_fits(const struct head *head, const char *target, uint64_t limit);

/* 0, or the HTTP status to refuse the request with; err then says why. */
int head_check(const struct head *head, const char *version, const char *target,
               struct error *err);

/* X-Request-Timeout-Ms; 0 if there is none or it is not a whole number from 1 to a day. */
uint32_t head_timeout_ms(const struct head *head);

/* Whether there is an X-Request-Id that may be logged: 1 to 128 letters, digits and "._-". */
bool head_has_valid_id(const struct head *head);

/* The path of a target in absolute form; the target itself if it is in another form. */
const char *target_path(const char *target);

#endif
