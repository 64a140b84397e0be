#include "http/receive.h"

#include <stdio.h>

#include "api/routes.h"
#include "api/stream.h"
#include "service/clock.h"
#include "service/reply.h"

enum {
    DISCARD_BYTES = 32 << 20, /* of a body past the limit, before its client is cut */
    DISCARD_US = 2 * MICROS_PER_SECOND
};

static void discard(struct request *request)
{
    strbuf_release(&request->body);
    request->is_discarding = true;
}

/* bytes: what came, or what the head says will come. */
static void refuse_large(struct request *request, const struct options *options,
                         uint64_t bytes, bool is_known)
{
    char limit[48], received[64];
    struct error err = {0};
    snprintf(limit, sizeof limit, "at most %llu bytes",
             (unsigned long long)options->max_body);
    snprintf(received, sizeof received, "%llu bytes%s", (unsigned long long)bytes,
             is_known ? "" : " or more");
    error_mismatch(&err, STATUS_TOO_LARGE, "", limit, received,
                   "the body is larger than the limit");
    reply_error(request, &err);
    request->rejection = REJECTION_BODY_TOO_LARGE;
    request->must_close = true;
    int64_t patience_us = clock_us() + DISCARD_US;
    if (request->deadline_us > patience_us)
        request->deadline_us = patience_us;
    discard(request);
}

/* True when the head alone is reason to refuse the whole connection. */
static bool is_refused(struct request *request, const struct head *head,
                       const char *version, const char *target)
{
    struct error err = {0};
    int code = guard_check(head, version, target, &err);
    if (!code && request->method == METHOD_UNKNOWN) {
        char name[48];
        code = 501;
        error_mismatch(&err, STATUS_BAD_INPUT, "", "",
                       reply_printable(name, sizeof name, request->method_name),
                       "the method is not known here");
    }
    if (code)
        reply_problem(request, code, &err);
    return code != 0;
}

enum receive receive_head(struct request *request, const struct options *options,
                          const struct head *head, const char *version,
                          const char *target, bool is_spare)
{
    request->content_type = head->content_type;
    request->deadline_us =
        request->started_us + (int64_t)options->body_timeout_ms * MICROS_PER_MS;
    if (head->timeout && guard_timeout_ms(head->timeout))
        request->answer_by_us = request->started_us +
                                (int64_t)guard_timeout_ms(head->timeout) * MICROS_PER_MS;
    if (is_refused(request, head, version, target)) {
        request->must_close = true;
        return RECEIVE_ANSWER;
    }
    route_find(request);
    if (is_spare) {
        struct error err = {0};
        error_set(&err, STATUS_BUSY, "", "too many connections are open");
        if (!request->code && !request->is_probe) {
            reply_error(request, &err);
            request->rejection = REJECTION_CONNECTIONS;
        }
        request->must_close = true;
    }
    request->is_stream = !request->code && request->route->accepts_stream &&
                         stream_is_asked_for(head->content_type);
    if (!request->code && !request->is_stream && head->content_length > options->max_body)
        refuse_large(request, options, head->content_length, true);
    if (request->code && head->expects_continue) {
        request->must_close = true; /* its body will not come */
        return RECEIVE_ANSWER;
    }
    request->is_discarding = request->code != 0;
    return RECEIVE_ON;
}

enum receive receive_body(struct request *request, const struct options *options,
                          const char *data, size_t bytes)
{
    request->body_bytes += bytes;
    if (request->is_cut)
        return RECEIVE_CUT;
    if (request->is_discarding)
        return request->body_bytes > options->max_body + DISCARD_BYTES ? RECEIVE_CUT
                                                                       : RECEIVE_ON;
    if (request->body_bytes > options->max_body) {
        refuse_large(request, options, request->body_bytes, false);
        return RECEIVE_ON;
    }
    strbuf_add_bytes(&request->body, data, bytes);
    if (request->body.has_failed) {
        struct error err = {0};
        error_no_memory(&err);
        reply_error(request, &err);
        discard(request);
    }
    return RECEIVE_ON;
}

void receive_large_head(struct request *request, const struct options *options)
{
    struct error err = {0};
    error_set(&err, STATUS_TOO_LARGE, "",
              "the head takes more than %llu bytes less 1 KiB",
              (unsigned long long)options->max_head);
    reply_problem(request, 431, &err);
}

void receive_late(struct request *request)
{
    struct error err = {0};
    if (request->code)
        return;
    error_set(&err, STATUS_TIMED_OUT, "", "the body did not arrive in time");
    reply_problem(request, 408, &err);
    request->rejection = REJECTION_BODY_LATE;
}

void receive_stop(struct request *request)
{
    struct error err = {0};
    if (request->code)
        return;
    error_set(&err, STATUS_INTERRUPTED, "", "the service is stopping");
    reply_error(request, &err);
}
