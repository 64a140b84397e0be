/*
 * Streams: POST /predict with NDJSON.  Each line of the body is one history and is answered by one
 * line, in the same order, while the body is still arriving.
 *
 * Memory stays bounded.  A stream has a few lines in progress at a time.  It takes more of the body
 * only when it has no complete line left, and it begins no line while too many bytes of answers
 * are unsent, so a slow reader slows the sender down.  If a line cannot be answered, its answer is
 * {"line", "id", "error"}, and the stream continues.
 */
#ifndef TRIAGE_STREAM_H
#define TRIAGE_STREAM_H

#include "base/error.h"
#include "service/context.h"
#include "service/request.h"

/* Begin a stream, or answer 503.  The stream is request->work until the request is abandoned. */
void stream_start(struct context *context, struct request *request);

/* Take lines from request->body, and add the answers that are ready to request->answer. */
enum stream_state stream_step(struct request *request);

/*
 * Begin no more lines.  When those that have begun are answered, one line with err follows, and
 * stream_step returns STREAM_CUT.
 */
void stream_stop(struct request *request, const struct error *err);

#endif
