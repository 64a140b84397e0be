/*
 * An answer that is written while its request still comes in: on the bare socket, past the
 * library, which can begin an answer only when it has seen all of the request.
 *
 * What is to be said collects in lines; a flush frames it as one chunk and sends what the
 * socket takes.  The connection ends with the answer.
 */
#ifndef TRIAGE_CHUNKED_RESPONSE_H
#define TRIAGE_CHUNKED_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "service/request.h"

struct chunked_response {
    int socket;
    bool is_chunked; /* HTTP/1.0 reads until the end instead */
    bool has_begun;  /* the head is framed */
    bool has_ended;  /* the end is framed */
    bool wants_end;  /* there will be no more lines */
    bool wants_cut;  /* and the end shall not look like one */
    struct strbuf lines, wire;
    size_t sent;    /* of wire */
    uint64_t bytes; /* sent in all */
};

enum chunked_state {
    CHUNKED_IDLE,    /* all that was said is sent */
    CHUNKED_BLOCKED, /* the socket takes no more until it is writable */
    CHUNKED_DONE,    /* the end is sent */
    CHUNKED_FAILED   /* the client has gone, or memory has run out */
};

void chunked_response_init(struct chunked_response *outlet, int socket, bool is_chunked);
void chunked_response_release(struct chunked_response *outlet);

/* So much waits that it is better to say no more before it is sent. */
bool chunked_response_is_full(const struct chunked_response *outlet);

/* Send what there is; the head of the request's answer, a 200, goes first. */
enum chunked_state chunked_response_flush(struct chunked_response *outlet,
                                          const struct request *request);

#endif
