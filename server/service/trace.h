/*
 * W3C Trace Context: the trace that a request belongs to.
 *
 * A valid traceparent is continued; anything else is ignored and a new trace begins.  Either way
 * the request is a new span, named in its log line and in the traceparent of its answer.
 */
#ifndef TRIAGE_TRACE_H
#define TRIAGE_TRACE_H

#include <stdbool.h>

#include "base/random.h"

enum { TRACE_TEXT = 56 }; /* bytes of a buffer for a traceparent of version 00 */

struct trace {
    char trace_id[33], span_id[17];
    char parent_id[17]; /* "" for a new trace */
    unsigned flags;     /* as they are passed on */
};

/* Continue the trace of that traceparent header, which may be NULL, or begin a new one. */
void trace_begin(struct trace *trace, const char *header, struct random *random);

/* Write the traceparent of the request's own span.  Returns buffer. */
char *trace_format(const struct trace *trace, char buffer[TRACE_TEXT]);

#endif
