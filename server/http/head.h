/*
 * The head of a request: its fields are read and checked.
 *
 * RFC 9112 tells a server to refuse ambiguous heads: a proxy in front of the service might see two
 * requests where the service sees one.  libmicrohttpd accepts some of them; head_check does not.
 */
#ifndef TRIAGE_HEAD_H
#define TRIAGE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "http/content_coding.h"
#include "service/options.h"
#include "service/problem.h"
#include "service/request.h"

/* What the fields of one head say.  All zero before the first head_add_field. */
struct head {
    /* How many fields there are: Host, Content-Length, Transfer-Encoding, traceparent, Origin. */
    unsigned hosts, lengths, encodings, traces, origins;
    bool has_bad_name, has_bad_value, has_bad_encoding, has_bad_query, has_bad_host;
    bool expects_continue, expects_other;
    bool has_two_types, has_two_timeouts; /* fields of one name that differ */
    uint64_t content_length;
    enum content_coding coding;
    size_t bytes; /* of memory that the library needs for the fields */

    /* Values; NULL: none. */
    const char *content_type, *coding_name, *request_id, *timeout, *trace, *user_agent;
    const char *accept, *if_none_match, *host, *origin, *fetch_site, *preflight_method;
    const char *first_coding_name; /* of several; else NULL */
};

/* value is followed by a zero byte, which value_length does not count. */
void head_add_field(struct head *head, const char *name, size_t name_length,
                    const char *value, size_t value_length);

/* Whether this head and the head of an answer fit into the limit bytes that the library has. */
bool head_fits(const struct head *head, const char *target, uint64_t limit);

/* PROBLEM_NONE, or the problem to refuse the request with; err then says why. */
enum problem_kind head_check(const struct head *head, const char *version,
                             const char *target, struct error *err);

/* Whether a browser may have sent the request. */
bool head_is_of_browser(const struct head *head);

/*
 * PROBLEM_NONE, or why a request with this method may not be served because of its Host or Origin.
 * *allowed_origin is its Origin if --allowed-origin has it, else NULL.
 */
enum problem_kind head_check_origin(const struct head *head, const char *target,
                                    enum method method, const struct options *options,
                                    const char **allowed_origin, struct error *err);

/* X-Request-Timeout-Ms; 0 if there is none, or it is not a whole number from 1 to 86400000. */
uint32_t head_timeout_ms(const struct head *head);

/* Whether there is an X-Request-Id that may be logged: 1 to 128 letters, digits and "._-". */
bool head_has_valid_id(const struct head *head);

#endif
