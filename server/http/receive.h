/*
 * A request's head and body, before a handler sees them.
 *
 * A request that is refused for what its head says of its framing is answered with the head.
 * Any other that has its answer early is read to its end and thrown away, for a client that
 * is still sending never reads an answer; past a bound it is cut.  Nothing in this room knows
 * the library.
 */
#ifndef TRIAGE_RECEIVE_H
#define TRIAGE_RECEIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/guard.h"
#include "service/options.h"
#include "service/request.h"

enum receive {
    RECEIVE_ON,     /* go on */
    RECEIVE_ANSWER, /* send the answer now, and no more of this connection */
    RECEIVE_CUT     /* send it past the library, and close */
};

/* Find the route, or answer; is_spare: the connection is one too many, for probes only. */
enum receive receive_head(struct request *request, const struct options *options,
                          const struct head *head, const char *version,
                          const char *target, bool is_spare);

/* Keep a piece of the body, or throw it away. */
enum receive receive_body(struct request *request, const struct options *options,
                          const char *data, size_t bytes);

/* The body is late: answer, if there is no answer yet. */
void receive_late(struct request *request);

/* The service does not wait for the body any longer: likewise. */
void receive_stop(struct request *request);

/* Answer 431: the head leaves no room for an answer's. */
void receive_large_head(struct request *request, const struct options *options);

#endif
