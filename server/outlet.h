/*
 * An answer that is written while its request still comes in: on the bare socket, past the
 * library, which can begin an answer only when it has seen all of the request.
 *
 * What is to be said collects in lines; a flush frames it as one chunk and sends what the
 * socket takes.  The connection ends with the answer.
 */
#ifndef TRIAGE_OUTLET_H
#define TRIAGE_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "request.h"

struct outlet {
    int socket;
    bool is_chunked; /* HTTP/1.0 reads until the end instead */
    bool has_begun;  /* the head is framed */
    bool has_ended;  /* the end is framed */
    bool wants_end;  /* there will be no more lines */
    bool wants_cut;  /* and the end shall not look like one */
    struct text lines, wire;
    size_t sent;    /* of wire */
    uint64_t bytes; /* sent in all */
};

enum outlet_state {
    OUTLET_IDLE,    /* all that was said is sent */
    OUTLET_BLOCKED, /* the socket takes no more until it is writable */
    OUTLET_DONE,    /* the end is sent */
    OUTLET_FAILED   /* the client has gone, or memory has run out */
};

void outlet_init(struct outlet *outlet, int socket, bool is_chunked);
void outlet_release(struct outlet *outlet);

/* So much waits that it is better to say no more before it is sent. */
bool outlet_is_full(const struct outlet *outlet);

/* Send what there is; the head of the request's answer, a 200, goes first. */
enum outlet_state outlet_flush(struct outlet *outlet, const struct request *request);

#endif
