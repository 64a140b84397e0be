#include "api/streaming.h"

#include <sys/socket.h>

#include "api/stream.h"
#include "http/http.h"
#include "loop/loop.h"
#include "service/clock.h"

void streaming_add(struct streaming *streaming, struct request *request)
{
    request_list_add(&streaming->list, request);
}

void streaming_remove(struct streaming *streaming, struct request *request)
{
    request_list_remove(&streaming->list, request);
}

/* The client does not read: that is silence, like any other. */
static bool has_stalled(struct request *request, int64_t now_us, uint32_t patience_ms)
{
    if (!stream_is_blocked(request->stream) ||
        request->streamed_bytes != request->seen_bytes) {
        request->seen_bytes = request->streamed_bytes;
        request->seen_us = now_us;
        return false;
    }
    return now_us - request->seen_us > (int64_t)patience_ms * MICROS_PER_MS;
}

/* Over, one way or the other: have the library see it. */
static void end(struct request *request)
{
    if (!request->is_whole)
        shutdown(http_socket(request), SHUT_RDWR);
    if (request->is_suspended)
        http_resume(request);
}

void streaming_turn(struct streaming *streaming, struct loop *loop, int64_t now_us)
{
    uint32_t patience_ms = loop_service(loop)->options->idle_timeout_ms;
    for (struct request *request = streaming->list.first, *next; request;
         request = next) {
        next = request->next;
        enum stream_state state = stream_turn(request->stream);
        if (has_stalled(request, now_us, patience_ms))
            stream_fail(request->stream);
        if (state == STREAM_DONE || state == STREAM_FAILED)
            end(request);
        else if (state == STREAM_HUNGRY && request->is_suspended)
            http_resume(request);
        else if (stream_is_blocked(request->stream))
            loop_watch_output(loop, http_socket(request));
    }
}

void streaming_stop(struct streaming *streaming)
{
    struct error err = {0};
    error_set(&err, STATUS_INTERRUPTED, "", "the service is stopping");
    for (struct request *request = streaming->list.first; request;
         request = request->next)
        stream_stop(request->stream, &err);
}

void streaming_close(struct streaming *streaming)
{
    for (struct request *request = streaming->list.first; request;
         request = request->next) {
        stream_fail(request->stream);
        end(request);
    }
}
