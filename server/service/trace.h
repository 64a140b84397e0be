/*
 * W3C Trace Context: the trace that a request belongs to.
 *
 * A request with a valid traceparent continues that trace; any other request begins a new one.  In
 * both cases it is a new span, whose id is in its log line and in the traceparent of its answer.
 */
#ifndef TRIAGE_TRACE_H
#define TRIAGE_TRACE_H

#include "base/random.h"

enum { TRACE_TEXT = 56 }; /* bytes of a buffer for a traceparent of version 00 */

struct trace {
    char trace_id[33], span_id[17];
    char parent_id[17]; /* "" for a new trace */
    unsigned flags;     /* of the traceparent in the answer */
};

/* Continue the trace of a traceparent header, or begin a new one if it is invalid or NULL. */
void trace_begin(struct trace *trace, const char *header, struct random *random);

/* Write the traceparent of the request's own span.  Returns buffer. */
char *trace_format(const struct trace *trace, char buffer[TRACE_TEXT]);

#endif
