/*
 * What libmicrohttpd calls, and what is called of it.
 *
 * on_request is called at least twice for a request: with its head, then with each piece of
 * its body, then once more when all of it is there; after a resume yet again.
 *
 *   - An answer can be queued with the head or with the end, not in between, and one queued
 *     with the head ends the connection.  So what is refused is read to its end and thrown
 *     away, within bounds, and past them answered on the bare socket and cut.
 *   - A suspended connection is in nobody's poll set and never times out by itself.
 *   - An answer's bytes are borrowed until on_completed.
 */
#include "http.h"

#include <limits.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/random.h"
#include "clock.h"
#include "connections.h"
#include "counters.h"
#include "guard.h"
#include "headers.h"
#include "log.h"
#include "loop.h"
#include "receive.h"
#include "reply.h"
#include "routes.h"
#include "stream.h"
#include "streaming.h"
#include "waiting.h"

struct http {
    struct loop *loop;
    struct service *service;
    struct MHD_Daemon *daemon;
    struct random random;          /* of request ids */
    struct request_list receiving; /* bodies */
    struct connections open;
    unsigned requests, connections;
    int64_t active_us;
    bool has_resumed;
    bool has_added; /* since the last run */
};

static int socket_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

int http_socket(const struct request *request)
{
    return socket_of(request->connection);
}

static bool add_headers(struct MHD_Response *response, const struct request *request)
{
    struct headers headers;
    headers_of(&headers, request);
    for (size_t i = 0; i < headers.count; i++)
        if (!MHD_add_response_header(response, headers.fields[i].name,
                                     headers.fields[i].value))
            return false;
    return true;
}

static enum MHD_Result send_answer(struct request *request)
{
    size_t length = 0;
    char *bytes = reply_bytes(request, &length);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, bytes, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    enum MHD_Result result = MHD_NO;
    if (add_headers(response, request))
        result =
            MHD_queue_response(request->connection, (unsigned)request->code, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result queue_answer(struct http *http, struct request *request)
{
    request->must_close |= service_is_draining(http->service);
    return send_answer(request);
}

/* In the middle of an upload: answer past the library, which cannot, and end it all. */
static void cut(struct request *request)
{
    request->must_close = true;
    if (!request->is_cut)
        reply_on_socket(request, http_socket(request));
    request->is_cut = true;
}

static enum MHD_Result on_field(void *context, enum MHD_ValueKind kind, const char *name,
                                size_t name_length, const char *value,
                                size_t value_length)
{
    (void)kind;
    guard_field(context, name, name_length, value ? value : "", value_length);
    return MHD_YES;
}

/* NULL when there was no memory for it. */
static struct connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* Something happens: request is what goes on there from now on. */
static struct connection *touch(struct MHD_Connection *connection,
                                struct request *request)
{
    struct connection *touched = connection_of(connection);
    if (touched) {
        touched->request = request;
        touched->has_ended = touched->has_begun = false;
        touched->fresh_until_us = 0;
    }
    return touched;
}

/* The next request's head has that long. */
static void expect_head(struct connection *connection, uint32_t timeout_ms)
{
    connection->head_by_us = clock_us() + (int64_t)timeout_ms * MICROS_PER_MS;
}

static void suspend(struct request *request)
{
    request->is_suspended = true;
    MHD_suspend_connection(request->connection);
}

static enum MHD_Result begin_stream(struct http *http, struct request *request,
                                    const char *version)
{
    request->stream = stream_new(request, strcmp(version, "HTTP/1.0") == 0);
    if (!request->stream) {
        reply_no_memory(request);
        request->must_close = true;
        return queue_answer(http, request);
    }
    request->code = 200;
    streaming_add(loop_streaming(http->loop), request);
    return MHD_YES;
}

/* More of a stream, or its end: what is answered goes out past the library. */
static enum MHD_Result go_on(struct request *request, const char *data, size_t *bytes)
{
    touch(request->connection, request);
    if (*bytes)
        stream_take(request->stream, data, *bytes);
    else
        stream_end(request->stream);
    request->is_whole = *bytes == 0;
    request->body_bytes += *bytes;
    *bytes = 0;
    if (request->is_suspended)
        return MHD_YES; /* the library hands out all the chunks that it has, even then */
    switch (stream_turn(request->stream)) {
    case STREAM_DONE:
        request->is_cut = true;
        return MHD_NO;
    case STREAM_FAILED:
        return MHD_NO;
    case STREAM_BUSY:
        suspend(request);
        return MHD_YES;
    case STREAM_HUNGRY:
        return MHD_YES;
    }
    return MHD_NO;
}

static enum MHD_Result begin(struct http *http, struct request *request,
                             const char *version, const char *target)
{
    struct head head = {0};
    const struct connection *connection = touch(request->connection, request);
    http->requests++;
    counters_begin(loop_counters(http->loop));
    http->active_us = request->started_us;
    MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, on_field, &head);
    if (head.request_id && guard_accepts_id(head.request_id))
        copy_cut(request->id, sizeof request->id, head.request_id);
    else
        snprintf(request->id, sizeof request->id, "%016llx",
                 (unsigned long long)random_next(&http->random));
    trace_begin(&request->trace, head.trace, &http->random);
    if (!guard_fits(&head, target, http->service->options->max_head)) {
        receive_large_head(request, http->service->options);
        cut(request); /* the library has no room for an answer's head either */
        return MHD_NO;
    }
    if (receive_head(request, http->service->options, &head, version, target,
                     connection && connection->is_spare) == RECEIVE_ANSWER)
        return queue_answer(http, request);
    if (request->is_stream)
        return begin_stream(http, request, version);
    request->is_receiving = true;
    request_list_add(&http->receiving, request);
    return MHD_YES;
}

static enum MHD_Result collect(struct http *http, struct request *request,
                               const char *data, size_t *bytes)
{
    touch(request->connection, request);
    enum receive next = receive_body(request, http->service->options, data, *bytes);
    if (next == RECEIVE_CUT) {
        cut(request);
        return MHD_NO;
    }
    *bytes = 0;
    return MHD_YES;
}

/* Not even the request could be made. */
static enum MHD_Result refuse_without_memory(struct http *http,
                                             struct MHD_Connection *connection)
{
    struct request none = {.connection = connection, .must_close = true};
    reply_no_memory(&none);
    counters_reject(loop_counters(http->loop), none.rejection);
    return send_answer(&none);
}

static void end_receiving(struct http *http, struct request *request)
{
    if (request->is_receiving)
        request_list_remove(&http->receiving, request);
    request->is_receiving = false;
}

/* All of it is there: answer, or suspend it until the loop has an answer. */
static enum MHD_Result handle(struct http *http, struct request *request)
{
    end_receiving(http, request);
    request->received_us = clock_us();
    if (request->is_cut)
        return MHD_NO;
    if (!request->code && request->answer_by_us <= request->received_us)
        waiting_answer_late(request);
    if (!request->code)
        request->route->handle(request);
    if (request->code)
        return queue_answer(http, request);
    suspend(request);
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *target, const char *method,
                                  const char *version, const char *data, size_t *bytes,
                                  void **slot)
{
    struct http *http = context;
    struct request *request = *slot;
    if (!request) {
        if (!connection_of(connection))
            return refuse_without_memory(http, connection);
        *slot = request = request_new(http->loop, method, target);
        if (!request)
            return refuse_without_memory(http, connection);
        request->connection = connection;
        return begin(http, request, version, target);
    }
    if (request->stream)
        return go_on(request, data, bytes);
    if (*bytes)
        return collect(http, request, data, bytes);
    if (request->is_receiving)
        return handle(http, request);
    return request->code ? queue_answer(http, request) : MHD_NO;
}

static void end_stream(struct http *http, struct request *request)
{
    if (!request->stream)
        return;
    streaming_remove(loop_streaming(http->loop), request);
    stream_free(request->stream);
    request->stream = NULL;
}

static void complete(struct http *http, struct request *request, bool is_delivered)
{
    struct connection *idle = touch(request->connection, NULL);
    if (idle)
        expect_head(idle, http->service->options->idle_timeout_ms);
    waiting_abandon(loop_waiting(http->loop), request);
    end_receiving(http, request);
    end_stream(http, request);
    log_request(loop_log(http->loop), request, is_delivered);
    http->active_us = clock_us();
    http->requests--;
    counters_end(loop_counters(http->loop), request, http->active_us);
    request_free(request);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode reason)
{
    struct request *request = *slot;
    (void)connection;
    *slot = NULL;
    if (request)
        complete(context, request,
                 reason == MHD_REQUEST_TERMINATED_COMPLETED_OK || request->is_cut);
}

static const struct sockaddr *address_of(struct MHD_Connection *connection)
{
    static const struct sockaddr none = {.sa_family = AF_UNSPEC};
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info && info->client_addr ? info->client_addr : &none;
}

/* The first line of a request is there; the library calls its answer the request's slot. */
static void *on_line(void *context, const char *target, struct MHD_Connection *connection)
{
    (void)context;
    (void)target;
    struct connection *begun = connection_of(connection);
    if (begun)
        begun->has_begun = true;
    return NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **slot,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http *http = context;
    struct service *service = http->service;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        http->connections++;
        bool is_spare = atomic_fetch_add(&service->connections, 1) >=
                        service->options->max_connections;
        is_spare |= !clients_add(&service->clients, address_of(connection));
        *slot = connections_add(&http->open, socket_of(connection), is_spare);
        if (*slot)
            expect_head(*slot, service->options->head_timeout_ms);
    } else {
        const struct connection *closed = *slot;
        if (closed && closed->request)
            complete(http, closed->request, false); /* 0.9.75 may forget to say so */
        connections_remove(&http->open, *slot);
        http->connections--;
        clients_remove(&service->clients, address_of(connection));
        atomic_fetch_sub(&service->connections, 1);
    }
}

/* Targets stay escaped: a zero or a slash in one must not become a byte of a path. */
static size_t on_unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *daemon_new(struct http *http, const struct options *options)
{
    unsigned limit = options->max_connections + HTTP_SPARE_CONNECTIONS;
    unsigned idle_s = (options->idle_timeout_ms + 999) / 1000;
    struct MHD_OptionItem items[] =
    { {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)limit, NULL},
      {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)options->max_head, NULL},
      {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)idle_s, NULL},
      {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, http},
      {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, http},
      {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_line, NULL},
      {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)on_unescape, NULL},
#if MHD_VERSION >= 0x01000000
      /* Before 1.0 strictness makes the library's own refusals send their head twice. */
      {MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, NULL},
#endif
      {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
        NULL, on_request, http, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

struct http *http_new(struct loop *loop, struct error *err)
{
    struct http *http = calloc(1, sizeof *http);
    if (!http) {
        error_no_memory(err);
        return NULL;
    }
    http->loop = loop;
    http->service = loop_service(loop);
    http->active_us = clock_us();
    uint64_t seed = (uint64_t)http->active_us;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) < 0)
        seed = (uint64_t)http->active_us; /* ids are names, not secrets */
    random_init(&http->random, seed, (uint64_t)(uintptr_t)http);
    http->daemon = daemon_new(http, http->service->options);
    if (!http->daemon) {
        error_set(err, STATUS_IO, "", "could not start the HTTP library");
        free(http);
        return NULL;
    }
    return http;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    MHD_stop_daemon(http->daemon);
    free(http);
}

int http_descriptor(const struct http *http)
{
    return MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

int http_timeout_ms(struct http *http, int64_t now_us)
{
    MHD_UNSIGNED_LONG_LONG library_ms = 0;
    int64_t timeout_ms = INT_MAX;
    if (http->has_resumed)
        return 0;
    bool is_bound = http->open.first != NULL;
    if (is_bound)
        timeout_ms = CONNECTIONS_WATCH_MS;
    if (MHD_get_timeout(http->daemon, &library_ms) == MHD_YES) {
        is_bound = true;
        if (library_ms < (uint64_t)timeout_ms)
            timeout_ms = (int64_t)library_ms;
    }
    for (const struct request *r = http->receiving.first; r; r = r->next) {
        int64_t left_ms = (r->deadline_us - now_us) / MICROS_PER_MS + 1;
        is_bound = true;
        if (left_ms < timeout_ms)
            timeout_ms = left_ms > 0 ? left_ms : 0;
    }
    return is_bound ? (int)timeout_ms : -1;
}

void http_run(struct http *http)
{
    http->has_resumed = false;
    http->has_added = false;
    MHD_run(http->daemon);
}

bool http_has_resumed(const struct http *http)
{
    return http->has_resumed;
}

void http_add(struct http *http, int client, const struct sockaddr *address,
              socklen_t length)
{
    http->active_us = clock_us();
    /* When it fails the library has closed the socket. */
    if (MHD_add_connection(http->daemon, client, address, length) == MHD_YES)
        http->has_added = true;
}

/* The uploads whose time is over at that moment, unless they have been ended. */
static void end_uploads(struct http *http, int64_t now_us,
                        void (*answer)(struct request *request))
{
    for (struct request *request = http->receiving.first; request;
         request = request->next) {
        if (request->is_cut || now_us < request->deadline_us)
            continue;
        answer(request);
        cut(request);
        request->deadline_us = INT64_MAX;
    }
}

void http_expire(struct http *http, int64_t now_us)
{
    end_uploads(http, now_us, receive_late);
}

void http_stop_receiving(struct http *http)
{
    end_uploads(http, INT64_MAX, receive_stop);
}

void http_watch(struct http *http, int64_t now_us)
{
    connections_watch(&http->open, now_us);
}

void http_shut_idle(struct http *http)
{
    connections_shut_idle(&http->open);
}

unsigned http_connections(const struct http *http)
{
    /* Since 1.0 the library tells of a connection that was added in its next run only. */
    return http->connections + http->has_added;
}

bool http_is_fresh(const struct http *http, int64_t now_us)
{
    return http->has_added || connections_are_fresh(&http->open, now_us);
}

unsigned http_requests(const struct http *http)
{
    return http->requests;
}

int64_t http_last_activity_us(const struct http *http)
{
    return http->active_us;
}

void http_resume(struct request *request)
{
    request->is_suspended = false;
    loop_http(request->loop)->has_resumed = true;
    MHD_resume_connection(request->connection);
}

bool http_asks(const struct request *request, const char *name)
{
    const char *value = NULL;
    size_t length = 0;
    return MHD_lookup_connection_value_n(request->connection, MHD_GET_ARGUMENT_KIND, name,
                                         strlen(name), &value, &length) == MHD_YES;
}
