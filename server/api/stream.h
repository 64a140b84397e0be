/*
 * Streams: POST /predict with NDJSON, one history a line in, one answer a line out, in the same
 * order, while the body is still arriving.
 *
 * Neither side can fill the memory.  A stream works on a few lines at a time.  It is hungry for
 * more of the body only when it has no complete line left, and it begins no line while too many
 * bytes of answers are unsent, so a slow reader slows the sender down.  A line that cannot be
 * answered becomes {"line", "id", "error"}, and the next line goes on.
 */
#ifndef TRIAGE_STREAM_H
#define TRIAGE_STREAM_H

#include "base/error.h"
#include "service/context.h"
#include "service/request.h"

/* Begin a stream, or answer 503.  The request's work is the stream until it is abandoned. */
void stream_start(struct context *context, struct request *request);

/* Take lines from request->body, add answers to request->answer. */
enum stream_state stream_step(struct request *request);

/*
 * Answer the lines that have been begun, then the next line with that error, and end without the
 * mark of a complete answer.
 */
void stream_stop(struct request *request, const struct error *err);

#endif
