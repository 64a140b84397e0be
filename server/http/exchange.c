#include "http/exchange.h"

#include <string.h>
#include <sys/random.h>

#include "api/routes.h"
#include "api/stream.h"
#include "api/streaming.h"
#include "base/digits.h"
#include "base/utf8.h"
#include "http/http.h"
#include "http/receive.h"
#include "loop/loop.h"
#include "service/clock.h"
#include "service/counters.h"
#include "service/log.h"
#include "service/reply.h"
#include "service/suspended.h"

enum { NEW_ID = 16 }; /* digits of an id that is made here */

void exchanges_init(struct exchanges *exchanges, struct loop *loop)
{
    *exchanges = (struct exchanges){.loop = loop, .service = loop_service(loop)};
    exchanges->active_us = clock_us();
    exchanges->soonest_us = INT64_MAX;
    uint64_t seed = (uint64_t)exchanges->active_us;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) < 0)
        seed = (uint64_t)exchanges->active_us; /* ids are names, not secrets */
    random_init(&exchanges->random, seed, (uint64_t)(uintptr_t)exchanges);
}

/* In the middle of an upload: answer past the library, which cannot, and end it all. */
static enum exchange cut(struct request *request)
{
    request->must_close = true;
    if (!request->is_cut)
        reply_on_socket(request, http_socket(request));
    request->is_cut = true;
    return EXCHANGE_CUT;
}

static enum exchange begin_stream(struct exchanges *exchanges, struct request *request,
                                  const char *version)
{
    request->stream = stream_new(request, strcmp(version, "HTTP/1.0") == 0);
    if (!request->stream) {
        reply_no_memory(request);
        request->must_close = true;
        return EXCHANGE_ANSWER;
    }
    request->code = 200;
    streaming_add(loop_streaming(exchanges->loop), request);
    return EXCHANGE_ON;
}

/* Its id and its trace, as the head says or new ones. */
static void name(struct exchanges *exchanges, struct request *request,
                 const struct head *head)
{
    if (head->request_id && guard_accepts_id(head->request_id))
        utf8_copy(request->id, sizeof request->id, head->request_id);
    else
        *digits_hex(request->id, random_next(&exchanges->random), NEW_ID) = '\0';
    trace_begin(&request->trace, head->trace, &exchanges->random);
}

/* It is being received; its deadline may be nearer than before. */
static void note_deadline(struct exchanges *exchanges, const struct request *request)
{
    if (request->deadline_us < exchanges->soonest_us)
        exchanges->soonest_us = request->deadline_us;
}

static enum exchange collect(struct exchanges *exchanges, struct request *request,
                             const char *data, size_t bytes)
{
    if (receive_body(request, exchanges->service->options, data, bytes) == RECEIVE_CUT)
        return cut(request);
    note_deadline(exchanges, request); /* too large a body gets less time */
    return EXCHANGE_ON;
}

enum exchange exchange_begin(struct exchanges *exchanges, struct request *request,
                             const struct head *head, const char *version,
                             const char *target, bool is_spare)
{
    const struct options *options = exchanges->service->options;
    exchanges->count++;
    exchanges->active_us = request->started_us;
    counters_begin(loop_counters(exchanges->loop));
    name(exchanges, request, head);
    if (!guard_fits(head, target, options->max_head)) {
        receive_large_head(request, options);
        return cut(request); /* the library has no room for an answer's head either */
    }
    if (receive_head(request, options, head, version, target, is_spare) == RECEIVE_ANSWER)
        return EXCHANGE_ANSWER;
    if (request->is_stream)
        return begin_stream(exchanges, request, version);
    request->is_receiving = true;
    request_list_add(&exchanges->receiving, request);
    note_deadline(exchanges, request);
    return EXCHANGE_ON;
}

static struct request nameless(struct exchanges *exchanges)
{
    const struct head head = {0};
    struct request request = {.must_close = true, .started_us = clock_us()};
    name(exchanges, &request, &head);
    return request;
}

void exchange_refuse_late_head(struct exchanges *exchanges, int socket)
{
    struct error err = {0};
    struct request late = nameless(exchanges);
    strbuf_init(&late.answer, SIZE_MAX);
    error_set(&err, STATUS_TIMED_OUT, "", "the head did not arrive in time");
    reply_problem(&late, 408, &err);
    reply_on_socket(&late, socket);
    counters_reject(loop_counters(exchanges->loop), REJECTION_HEAD_LATE);
    strbuf_release(&late.answer);
}

void exchange_refuse_without_memory(struct exchanges *exchanges, struct request *none)
{
    *none = nameless(exchanges);
    reply_no_memory(none);
    counters_reject(loop_counters(exchanges->loop), none->rejection);
}

/* More of a stream, or its end: what is answered goes out past the library. */
static enum exchange stream_on(struct request *request, const char *data, size_t bytes)
{
    if (bytes)
        stream_take(request->stream, data, bytes);
    else
        stream_end(request->stream);
    request->is_whole = bytes == 0;
    request->body_bytes += bytes;
    if (request->is_suspended)
        return EXCHANGE_ON; /* the library hands out all chunks that it has, even then */
    switch (stream_turn(request->stream)) {
    case STREAM_DONE:
        request->is_cut = true;
        return EXCHANGE_CUT;
    case STREAM_FAILED:
        return EXCHANGE_CUT;
    case STREAM_BUSY:
        return EXCHANGE_SUSPEND;
    case STREAM_HUNGRY:
        return EXCHANGE_ON;
    }
    return EXCHANGE_CUT;
}

static void end_receiving(struct exchanges *exchanges, struct request *request)
{
    if (request->is_receiving)
        request_list_remove(&exchanges->receiving, request);
    request->is_receiving = false;
}

/* All of it is there: answer, or suspend it until the loop has an answer. */
static enum exchange handle(struct exchanges *exchanges, struct request *request)
{
    end_receiving(exchanges, request);
    request->received_us = clock_us();
    if (request->is_cut)
        return EXCHANGE_CUT;
    if (!request->code && request->answer_by_us <= request->received_us)
        suspended_answer_late(request);
    if (!request->code)
        request->route->handle(loop_context(exchanges->loop), request);
    return request->code ? EXCHANGE_ANSWER : EXCHANGE_SUSPEND;
}

enum exchange exchange_go_on(struct exchanges *exchanges, struct request *request,
                             const char *data, size_t bytes)
{
    if (request->stream)
        return stream_on(request, data, bytes);
    if (bytes)
        return collect(exchanges, request, data, bytes);
    if (request->is_receiving)
        return handle(exchanges, request);
    return request->code ? EXCHANGE_ANSWER : EXCHANGE_CUT;
}

static void end_stream(struct exchanges *exchanges, struct request *request)
{
    if (!request->stream)
        return;
    streaming_remove(loop_streaming(exchanges->loop), request);
    stream_free(request->stream);
    request->stream = NULL;
}

void exchange_complete(struct exchanges *exchanges, struct request *request,
                       bool is_delivered)
{
    struct loop *loop = exchanges->loop;
    suspended_abandon(loop_suspended(loop), request);
    end_receiving(exchanges, request);
    end_stream(exchanges, request);
    log_request(loop_log(loop), request, is_delivered || request->is_cut);
    exchanges->active_us = clock_us();
    exchanges->count--;
    counters_end(loop_counters(loop), request, exchanges->active_us);
    request_free(request);
}

int64_t exchanges_deadline_us(const struct exchanges *exchanges)
{
    return exchanges->receiving.first ? exchanges->soonest_us : INT64_MAX;
}

/* The uploads whose time is over at that moment, unless they have been ended. */
static void end_uploads(struct exchanges *exchanges, int64_t now_us,
                        void (*answer)(struct request *request))
{
    exchanges->soonest_us = INT64_MAX;
    for (struct request *request = exchanges->receiving.first; request;
         request = request->next) {
        if (request->is_cut)
            continue;
        if (now_us < request->deadline_us) {
            note_deadline(exchanges, request);
            continue;
        }
        answer(request);
        cut(request);
        request->deadline_us = INT64_MAX;
    }
}

void exchanges_expire(struct exchanges *exchanges, int64_t now_us)
{
    if (now_us >= exchanges->soonest_us)
        end_uploads(exchanges, now_us, receive_late);
}

void exchanges_stop_receiving(struct exchanges *exchanges)
{
    end_uploads(exchanges, INT64_MAX, receive_stop);
}
