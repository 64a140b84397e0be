/* The functions that handle requests; the loop gives http/ those of api/. */
#ifndef TRIAGE_HANDLERS_H
#define TRIAGE_HANDLERS_H

#include "service/context.h"
#include "service/request.h"

struct http_handlers {
    /* The head is complete: find the route and set is_stream, or answer. */
    void (*route)(const struct context *context, struct request *request);

    /*
     * The body is complete: answer, or add the request to context->suspended until it has an
     * answer.  Of a stream only the head is complete: get ready for step_stream, or answer.
     */
    void (*handle)(struct context *context, struct request *request);

    /* Take lines from request->body, add lines to request->answer. */
    enum stream_state (*step_stream)(struct request *request);

    /* Answer what has begun, then one line with that error, then end the stream. */
    void (*stop_stream)(struct request *request, const struct error *err);
};

#endif
