/*
 * Histories by the line (application/x-ndjson): lines in, lines out, in order, while both
 * sides are still talking.
 *
 * Neither side can fill the memory.  A stream has a few lines in work at any time; it takes no
 * more input while lines of it wait for their turn, and begins no line while answers wait to
 * be sent: so a slow reader slows the sender.  A line that cannot be answered gets
 * {"line", "id", "error"} in its place, and the next goes on.
 *
 * A stream belongs to its request; its loop gives it a turn after every step of the lanes.
 */
#ifndef TRIAGE_STREAM_H
#define TRIAGE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "service/request.h"

struct stream;

enum stream_state {
    STREAM_HUNGRY, /* it takes more input */
    STREAM_BUSY,   /* it wants a turn first, or its client to read */
    STREAM_DONE,   /* everything is answered and sent */
    STREAM_FAILED  /* nobody is left to answer, or memory has run out */
};

/* Whether a Content-Type says that. */
bool stream_is_asked_for(const char *type);

/* NULL when memory has run out.  The request's socket is written to from now on. */
struct stream *stream_new(struct request *request, bool is_http_1_0);

/* What is still in work is given up. */
void stream_free(struct stream *stream);

/* More of the body; after STREAM_BUSY only when it is hungry again. */
void stream_take(struct stream *stream, const char *data, size_t length);

/* The body is whole. */
void stream_end(struct stream *stream);

/* Begin lines, collect answers, send. */
enum stream_state stream_turn(struct stream *stream);

/* Its client reads too slowly: a turn makes sense when the socket takes more. */
bool stream_is_blocked(const struct stream *stream);

/*
 * Answer what is in work, then the next line with that error, and end without the mark of a
 * whole answer.
 */
void stream_stop(struct stream *stream, const struct error *err);

/* Answer nothing more: every turn says STREAM_FAILED. */
void stream_fail(struct stream *stream);

#endif
