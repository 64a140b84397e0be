/*
 * What libmicrohttpd calls, and what is called of it.
 *
 * on_request is called at least twice for a request: with its head, then with each piece of
 * its body, then once more when all of it is there; after a resume yet again.  What that means
 * for the request is exchange.c's; here it is turned into calls of the library.
 */
#include "http/http.h"

#include <limits.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "http/connections.h"
#include "http/exchange.h"
#include "http/headers.h"
#include "loop/loop.h"
#include "service/clock.h"
#include "service/reply.h"

struct http {
    struct loop *loop;
    struct service *service;
    struct MHD_Daemon *daemon;
    struct exchanges *exchanges; /* of the loop */
    struct connections open;
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

/* A head that is being read. */
struct head_of_request {
    struct head head;
    struct request *request;
    enum status status;
};

/* A header, or a key of the query. */
static enum MHD_Result on_field(void *context, enum MHD_ValueKind kind, const char *name,
                                size_t name_length, const char *value,
                                size_t value_length)
{
    struct head_of_request *reading = context;
    value = value ? value : "";
    if (kind == MHD_HEADER_KIND)
        guard_field(&reading->head, name, name_length, value, value_length);
    else if (request_add_argument(reading->request, name, value) != STATUS_OK)
        reading->status = STATUS_NO_MEMORY;
    return MHD_YES;
}

/* NULL when there was no memory for it. */
static struct connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* Not even the request could be made. */
static enum MHD_Result refuse_without_memory(struct http *http,
                                             struct MHD_Connection *connection)
{
    struct request none;
    exchange_refuse_without_memory(http->exchanges, &none);
    none.connection = connection;
    return send_answer(&none);
}

static enum MHD_Result act(struct http *http, struct request *request, enum exchange next)
{
    switch (next) {
    case EXCHANGE_ON:
        return MHD_YES;
    case EXCHANGE_ANSWER:
        request->must_close |= service_is_draining(http->service);
        return send_answer(request);
    case EXCHANGE_SUSPEND:
        request->is_suspended = true;
        MHD_suspend_connection(request->connection);
        return MHD_YES;
    case EXCHANGE_CUT:
        break;
    }
    return MHD_NO;
}

static enum MHD_Result begin(struct http *http, struct MHD_Connection *connection,
                             const char *target, const char *method, const char *version,
                             void **slot)
{
    struct head_of_request reading = {0};
    struct connection *open = connection_of(connection);
    struct request *request =
        open ? request_new(http->loop, method, guard_path(target)) : NULL;
    if (!request)
        return refuse_without_memory(http, connection);
    *slot = request;
    request->connection = connection;
    connection_touch(open, request);
    reading.request = request;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND | MHD_GET_ARGUMENT_KIND,
                                on_field, &reading);
    if (reading.status != STATUS_OK)
        reply_no_memory(request);
    return act(http, request,
               exchange_begin(http->exchanges, request, &reading.head, version, target,
                              open->is_spare));
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *target, const char *method,
                                  const char *version, const char *data, size_t *bytes,
                                  void **slot)
{
    struct http *http = context;
    struct request *request = *slot;
    const size_t length = *bytes;
    if (!request)
        return begin(http, connection, target, method, version, slot);
    if (length || request->stream)
        connection_touch(connection_of(connection), request);
    *bytes = 0;
    return act(http, request, exchange_go_on(http->exchanges, request, data, length));
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode reason)
{
    struct http *http = context;
    struct request *request = *slot;
    struct connection *open = connection_of(connection);
    *slot = NULL;
    if (!request)
        return;
    if (open) {
        connection_touch(open, NULL);
        connection_expect_head(open, http->service->options->idle_timeout_ms);
    }
    exchange_complete(http->exchanges, request,
                      reason == MHD_REQUEST_TERMINATED_COMPLETED_OK);
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
    const struct connection *closed = *slot;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *slot =
            connections_open(&http->open, socket_of(connection), address_of(connection));
        return;
    }
    if (closed && closed->request) /* 0.9.75 may forget to say so */
        exchange_complete(http->exchanges, closed->request, false);
    connections_close(&http->open, *slot, address_of(connection));
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
    http->exchanges = loop_exchanges(loop);
    http->open.service = http->service;
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
    int64_t deadline_us = exchanges_deadline_us(http->exchanges);
    if (deadline_us != INT64_MAX) {
        int64_t left_ms = (deadline_us - now_us) / MICROS_PER_MS + 1;
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
    http->exchanges->active_us = clock_us();
    /* When it fails the library has closed the socket. */
    if (MHD_add_connection(http->daemon, client, address, length) == MHD_YES)
        http->has_added = true;
}

static void refuse_late_head(void *context, int socket)
{
    struct http *http = context;
    exchange_refuse_late_head(http->exchanges, socket);
}

void http_watch(struct http *http, int64_t now_us)
{
    connections_watch(&http->open, now_us, refuse_late_head, http);
}

void http_shut_idle(struct http *http)
{
    connections_shut_idle(&http->open);
}

unsigned http_connections(const struct http *http)
{
    /* Since 1.0 the library tells of a connection that was added in its next run only. */
    return http->open.count + http->has_added;
}

bool http_is_fresh(const struct http *http, int64_t now_us)
{
    return http->has_added || connections_are_fresh(&http->open, now_us);
}

void http_resume(struct request *request)
{
    request->is_suspended = false;
    loop_http(request->loop)->has_resumed = true;
    MHD_resume_connection(request->connection);
}
