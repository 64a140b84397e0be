/*
 * What http/ calls to handle a request.  The functions are those of api/; the loop passes them to
 * http_new, so that http/ does not depend on api/.
 */
#ifndef TRIAGE_HANDLERS_H
#define TRIAGE_HANDLERS_H

#include "service/context.h"
#include "service/request.h"

struct http_handlers {
    /* The head is complete: find the route and set is_stream, or answer. */
    void (*route)(const struct context *context, struct request *request);

    /*
     * The body is complete: answer, or add the request to context->suspended until it has an
     * answer.  For a stream only the head is complete: prepare for step_stream, or answer.
     */
    void (*handle)(struct context *context, struct request *request);

    /* Take lines from request->body, and add their answers to request->answer. */
    enum stream_state (*step_stream)(struct request *request);

    /* Answer the lines that have begun, then one more line with that error, then end. */
    void (*stop_stream)(struct request *request, const struct error *err);
};

#endif
