/*
 * Writing answers: the fields of their head, and answers that bypass libmicrohttpd.
 *
 * The library sends most answers.  It can begin one only when the head or the body of the request
 * is complete.  In between, and for streams, the answer is written to the socket here, and the
 * connection ends with it.
 */
#ifndef TRIAGE_RESPONSE_H
#define TRIAGE_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "service/request.h"

/* ---- the head -------------------------------------------------------------------------- */

enum { HEADERS_MAX = 20, TIMING_TEXT = 192 };

struct headers {
    size_t count;
    struct {
        const char *name, *value;
    } fields[HEADERS_MAX]; /* [count] */

    char trace[TRACE_TEXT], timing[TIMING_TEXT], retry_after[16]; /* memory of values */
};

/* The fields for a request that is answered; borrowed from headers and request. */
void headers_make(struct headers *headers, const struct request *request);

/* ---- a whole answer -------------------------------------------------------------------- */

/*
 * Send the answer on the socket, as much as it takes at once, and shut the socket down.  Whether it
 * took all.
 */
bool response_send(const struct request *request);

/* ---- an answer in chunks --------------------------------------------------------------- */

/*
 * The answer of a stream.  Each flush makes one chunk of the lines in request->answer, removes
 * them there, and sends as much as the socket takes.
 */
struct chunked_response {
    bool is_chunked;      /* false: HTTP/1.0, where the answer ends with the connection */
    bool is_closed;       /* no more lines will be added */
    bool is_incomplete;   /* leave out the last chunk, so that the client sees an error */
    bool has_begun;       /* the head is in wire or sent */
    bool has_ended;       /* the last chunk, if there is one, is in wire or sent */
    struct strbuf wire;   /* what is sent next, in the form of HTTP */
    size_t sent;          /* how many bytes of wire are sent */
    uint64_t total_bytes; /* how many bytes of the whole answer are sent */
};

enum chunked_state {
    CHUNKED_IDLE,    /* all lines so far are sent */
    CHUNKED_BLOCKED, /* the rest can be sent when the socket is writable */
    CHUNKED_DONE,    /* the whole answer is sent */
    CHUNKED_FAILED   /* the client has gone, or memory has run out */
};

void chunked_response_init(struct chunked_response *response, bool is_chunked);
void chunked_response_release(struct chunked_response *response);

/* The first flush that has something to send sends the head too, with status 200. */
enum chunked_state chunked_response_flush(struct chunked_response *response,
                                          struct request *request);

#endif
