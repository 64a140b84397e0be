/*
 * W3C Trace Context: which trace a request belongs to.
 *
 * A valid traceparent is continued, anything else is ignored and a new trace is begun.  Either
 * way the request is a span of its own, named in its log line and its answer.
 */
#ifndef TRIAGE_TRACE_H
#define TRIAGE_TRACE_H

#include <stdbool.h>

#include "base/random.h"

enum { TRACE_TEXT = 56 }; /* room for a traceparent of version 00 */

struct trace {
    char trace_id[33], span_id[17], parent_id[17]; /* parent_id: "" for a new trace */
    unsigned flags;                                /* as they are passed on */
};

/* Continue what the header says, which may be NULL, or begin. */
void trace_begin(struct trace *trace, const char *header, struct random *random);

/* The traceparent of what this request would call.  Returns room. */
char *trace_format(const struct trace *trace, char room[TRACE_TEXT]);

#endif
