/*
 * The callbacks that libmicrohttpd calls, and the calls of libmicrohttpd.
 *
 * The library calls on_request at least twice for a request: when its head is complete, then with
 * each part of its body, when the body is complete, and after each resume.  exchange.c decides
 * what to do; act() does it.
 */
#include "http/http.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "http/connections.h"
#include "http/exchange.h"
#include "http/head.h"
#include "http/response.h"
#include "service/clock.h"
#include "service/reply.h"
#include "service/target.h"

enum { REFUSALS = 16 };

struct http {
    struct context *context;
    struct MHD_Daemon *daemon;
    struct exchanges exchanges;
    struct connections connections;
    int poller;       /* of the loop */
    uint32_t tag;     /* of our events there */
    bool has_resumed; /* a request was resumed since the last run */
    bool has_added;   /* a connection was added since the last run */
    bool has_work;    /* the next turn has a body to decode */

    /* What the library refused in this run on a connection that is not known yet; see on_message. */
    struct refusal refusals[REFUSALS]; /* [refusal_count] */
    size_t refusal_count;
    int64_t checked_us,
        checked_before_us; /* the last two calls of http_check_connections */
};

static int socket_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/* Our record of a connection of the library; NULL if there was no memory for it. */
static struct connection *record_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static const struct sockaddr *address_of(struct MHD_Connection *connection)
{
    static const struct sockaddr none = {.sa_family = AF_UNSPEC};
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info && info->client_addr ? info->client_addr : &none;
}

/* ---- requests that the library refuses ------------------------------------------------- */

static void refuse_head(struct http *http, struct connection *record,
                        const struct refusal *refusal)
{
    exchange_refuse_head(&http->exchanges, record->socket, record->target, refusal);
    connection_touch(record, NULL);
}

/*
 * The library answers requests that it cannot parse by itself, with a page of HTML.  It does not tell
 * its caller, except by a message, which is written just before the answer is sent.  If it is clear
 * which connection is meant, the request is answered here instead: what the library sends then goes
 * to a socket that is shut down.  If not, the refusal is counted later.
 */
static void on_message(void *context, const char *format, va_list values)
{
    struct http *http = context;
    if (!strstr(format, "HTTP response code is %u"))
        return;
    struct refusal refusal = {.code = (int)va_arg(values, unsigned)};
    refusal.page = va_arg(values, const char *);
    struct connection *record =
        connections_find_refused(&http->connections, http->checked_before_us, clock_us());
    if (record && record->exchange)
        exchange_refuse_rest(&http->exchanges, record->exchange, &refusal);
    else if (record)
        refuse_head(http, record, &refusal);
    else if (http->refusal_count < REFUSALS)
        http->refusals[http->refusal_count++] = refusal;
}

/* The library closes a connection on which no request has begun. */
static void refuse_unread(struct http *http, struct connection *record)
{
    const struct refusal unread = {.code = 400, .page = ""};
    if (http->refusal_count > 0)
        refuse_head(http, record, &http->refusals[--http->refusal_count]);
    else
        refuse_head(http, record, &unread);
}

/* The status that the library has refused the rest of a body with; 0: it has not. */
static int take_refusal(struct http *http, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        http->refusal_count > 0
            ? MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS)
            : NULL;
    for (size_t i = 0; info && i < http->refusal_count; i++) {
        if (http->refusals[i].code == (int)info->http_status) {
            http->refusals[i] = http->refusals[--http->refusal_count];
            return (int)info->http_status;
        }
    }
    return 0;
}

/* Count what was refused on connections that are still not known. */
static void end_refusals(struct http *http)
{
    for (size_t i = 0; i < http->refusal_count; i++)
        exchange_refuse_head(&http->exchanges, -1, "", &http->refusals[i]);
    http->refusal_count = 0;
}

/* ---- requests -------------------------------------------------------------------------- */

static enum MHD_Result send_answer(const struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    size_t length = 0;
    char *bytes = reply_bytes(request, &length);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, bytes, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    enum MHD_Result result = MHD_NO;
    struct headers headers;
    headers_make(&headers, request);
    for (size_t i = 0; i < headers.count; i++)
        if (MHD_add_response_header(response, headers.fields[i].name,
                                    headers.fields[i].value) != MHD_YES)
            goto out;
    result = MHD_queue_response(exchange->connection, (unsigned)request->code, response);
out:
    MHD_destroy_response(response);
    return result;
}

/* Tell the library what to do with the connection.  MHD_NO closes it. */
static enum MHD_Result act(struct http *http, struct exchange *exchange,
                           enum exchange_action action)
{
    switch (action) {
    case EXCHANGE_GO_ON:
        return MHD_YES;
    case EXCHANGE_ANSWER:
        exchange->request.must_close |= service_is_draining(http->context->service);
        return send_answer(exchange);
    case EXCHANGE_SUSPEND:
        exchange->is_suspended = true;
        http->has_work |= exchange->decoder || exchange->request.is_stream;
        MHD_suspend_connection(exchange->connection);
        return MHD_YES;
    case EXCHANGE_CUT:
        break;
    }
    return MHD_NO;
}

/* There is no memory for an exchange. */
static enum MHD_Result refuse_without_memory(struct http *http,
                                             struct MHD_Connection *connection)
{
    struct exchange substitute;
    exchange_refuse_without_memory(&http->exchanges, &substitute);
    substitute.connection = connection;
    return send_answer(&substitute);
}

/* The context of on_field, which fills it. */
struct fields {
    struct head head;
    struct request *request;
};

/* Called for each header and for each argument of the query. */
static enum MHD_Result on_field(void *context, enum MHD_ValueKind kind, const char *name,
                                size_t name_length, const char *value,
                                size_t value_length)
{
    struct fields *fields = context;
    value = value ? value : "";
    if (kind == MHD_HEADER_KIND)
        head_add_field(&fields->head, name, name_length, value, value_length);
    else if (!target_is_valid(name) || !target_is_valid(value))
        fields->head.has_bad_query = true;
    else if (request_add_argument(fields->request, name, value) != STATUS_OK)
        reply_no_memory(fields->request);
    return MHD_YES;
}

static enum MHD_Result begin(struct http *http, struct MHD_Connection *connection,
                             const char *target, const char *method, const char *version,
                             void **request_data)
{
    struct connection *record = record_of(connection);
    struct exchange *exchange =
        record ? exchange_new(connection, record->socket, method, target) : NULL;
    if (!exchange)
        return refuse_without_memory(http, connection);
    *request_data = exchange;
    connection_touch(record, exchange);
    struct fields fields = {.request = &exchange->request};
    exchange->request.peer = address_of(connection);
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND | MHD_GET_ARGUMENT_KIND,
                                on_field, &fields);
    return act(http, exchange,
               exchange_begin(&http->exchanges, exchange, &fields.head, version, target,
                              record->is_spare));
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *target, const char *method,
                                  const char *version, const char *data, size_t *bytes,
                                  void **request_data)
{
    struct http *http = context;
    struct exchange *exchange = *request_data;
    if (!exchange)
        return begin(http, connection, target, method, version, request_data);
    const size_t length = *bytes;
    if (length > 0 || exchange->request.is_stream)
        connection_touch(record_of(connection), exchange);
    *bytes = 0;
    return act(http, exchange,
               exchange_receive(&http->exchanges, exchange, data, length));
}

static void on_completed(void *context, struct MHD_Connection *connection,
                         void **request_data, enum MHD_RequestTerminationCode reason)
{
    struct http *http = context;
    struct exchange *exchange = *request_data;
    *request_data = NULL;
    if (!exchange)
        return;
    if (exchange->request.code == 0)
        exchange->request.code = take_refusal(http, connection);
    struct connection *record = record_of(connection);
    if (record) {
        connection_touch(record, NULL);
        connection_expect_head(record, http->context->options->idle_timeout_ms);
    }
    exchange_complete(&http->exchanges, exchange,
                      reason == MHD_REQUEST_TERMINATED_COMPLETED_OK);
}

/* ---- connections ----------------------------------------------------------------------- */

/* The first line of a request has arrived.  The library stores the result in *request_data. */
static void *on_first_line(void *context, const char *target,
                           struct MHD_Connection *connection)
{
    (void)context;
    struct connection *record = record_of(connection);
    if (record) {
        record->has_begun = true;
        /* The library may move or free its memory of the target before a refusal is logged. */
        if (target && !memccpy(record->target, target, '\0', sizeof record->target))
            record->target[sizeof record->target - 1] = '\0';
    }
    return NULL;
}

/* A connection has been opened or closed.  *connection_data is what record_of returns. */
static void on_connection(void *context, struct MHD_Connection *connection,
                          void **connection_data,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http *http = context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *connection_data = connections_open(&http->connections, socket_of(connection),
                                            address_of(connection));
        return;
    }
    struct connection *record = *connection_data;
    if (record && record->exchange) /* 0.9.75 may not have called on_completed */
        exchange_complete(&http->exchanges, record->exchange, false);
    else if (record && connection_has_no_request(record))
        refuse_unread(http, record);
    connections_close(&http->connections, record, address_of(connection));
}

/* Targets stay escaped, because %00 and %2F must not become bytes of a path: see target.h. */
static size_t on_unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void resume(struct http *http, struct exchange *exchange)
{
    exchange->is_suspended = false;
    http->has_resumed = true;
    MHD_resume_connection(exchange->connection);
}

/* ---- the daemon ------------------------------------------------------------------------ */

static struct MHD_Daemon *daemon_new(struct http *http, const struct options *options)
{
    unsigned limit = options->max_connections + HTTP_SPARE_CONNECTIONS;
    unsigned idle_s = (options->idle_timeout_ms + 999) / 1000;
    struct MHD_OptionItem items[] =
    { {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_message, http},
      {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)limit, NULL},
      {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)options->max_head, NULL},
      {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)idle_s, NULL},
      {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, http},
      {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, http},
      {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_first_line, NULL},
      {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)on_unescape, NULL},
#if MHD_VERSION >= 0x01000000
      /* Be strict.  Before 1.0 the library would then send the head of its refusals twice. */
      {MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, NULL},
#endif
      {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET |
                                MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
                            0, NULL, NULL, on_request, http, MHD_OPTION_ARRAY, items,
                            MHD_OPTION_END);
}

struct http *http_new(struct context *context, const struct http_handlers *handlers,
                      struct error *err)
{
    struct http *http = calloc(1, sizeof *http);
    if (!http) {
        error_no_memory(err);
        return NULL;
    }
    http->context = context;
    http->poller = -1;
    exchanges_init(&http->exchanges, context, handlers);
    connections_init(&http->connections, context->service);
    errno = 0;
    http->daemon = daemon_new(http, context->options);
    if (!http->daemon) {
        error_set(err, STATUS_IO, "", "could not start libmicrohttpd%s%s",
                  errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
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

enum status http_attach(struct http *http, int poller, uint32_t tag, struct error *err)
{
    http->poller = poller;
    http->tag = tag;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = tag};
    int descriptor =
        MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) != 0)
        return error_set(err, STATUS_IO, "", "could not poll: %s", strerror(errno));
    return STATUS_OK;
}

int http_timeout_ms(struct http *http, int64_t now_us)
{
    if (http->has_resumed || http->has_work)
        return 0; /* only http_run looks at what was resumed */
    bool is_limited = !list_is_empty(&http->connections.open);
    int64_t timeout_ms = is_limited ? CONNECTIONS_CHECK_MS : INT_MAX;
    MHD_UNSIGNED_LONG_LONG library_ms = 0;
    if (MHD_get_timeout(http->daemon, &library_ms) == MHD_YES) {
        is_limited = true;
        if (library_ms < (uint64_t)timeout_ms)
            timeout_ms = (int64_t)library_ms;
    }
    int64_t deadline_us = exchanges_deadline_us(&http->exchanges);
    if (deadline_us != INT64_MAX) {
        int64_t left_ms = (deadline_us - now_us) / MICROS_PER_MS + 1;
        is_limited = true;
        if (left_ms < timeout_ms)
            timeout_ms = left_ms > 0 ? left_ms : 0;
    }
    return is_limited ? (int)timeout_ms : -1;
}

void http_run(struct http *http)
{
    http->has_resumed = false;
    http->has_added = false;
    http->exchanges.decoded_bytes = 0;
    MHD_run(http->daemon);
    end_refusals(http);
}

void http_run_resumed(struct http *http)
{
    if (http->has_resumed)
        http_run(http);
}

void http_add(struct http *http, int client, const struct sockaddr *address,
              socklen_t length)
{
    http->exchanges.active_us = clock_us();
    /* If it fails, the library has closed the socket. */
    if (MHD_add_connection(http->daemon, client, address, length) == MHD_YES)
        http->has_added = true;
}

/* ---- what the loop does at each turn --------------------------------------------------- */

/* The stream has ended: make the library call on_completed. */
static void end_stream(struct http *http, struct exchange *exchange)
{
    if (!exchange->request.is_whole)
        shutdown(exchange->request.socket, SHUT_RDWR);
    if (exchange->is_suspended)
        resume(http, exchange);
}

/* Wake the loop once when the socket is writable. */
static void watch_output(struct http *http, int client)
{
    struct epoll_event event = {.events = EPOLLOUT | EPOLLONESHOT, .data.u32 = http->tag};
    if (epoll_ctl(http->poller, EPOLL_CTL_MOD, client, &event) != 0)
        epoll_ctl(http->poller, EPOLL_CTL_ADD, client, &event);
}

/* Move the first link to the end, so that another one is first in the next turn. */
static void rotate(struct list *list)
{
    struct list_link *first = list->ends.next;
    if (list_is_empty(list))
        return;
    list_remove(first);
    list_append(list, first);
}

static void step_decoding(struct http *http)
{
    struct exchanges *exchanges = &http->exchanges;
    exchanges->decoded_bytes = 0;
    LIST_EACH (link, &exchanges->decoding) {
        struct exchange *exchange = LIST_ITEM(link, struct exchange, decoding_link);
        if (exchange_step_decoding(exchanges, exchange) == EXCHANGE_GO_ON)
            resume(http, exchange);
    }
    rotate(&exchanges->decoding);
    http->has_work = !list_is_empty(&exchanges->decoding);
}

void http_step_bodies(struct http *http, int64_t now_us)
{
    step_decoding(http);
    http->exchanges.decoded_bytes = 0;
    LIST_EACH (link, &http->exchanges.streams) {
        struct exchange *exchange = LIST_ITEM(link, struct exchange, link);
        enum exchange_action action =
            exchange_step_stream(&http->exchanges, exchange, now_us);
        if (action == EXCHANGE_CUT)
            end_stream(http, exchange);
        else if (action == EXCHANGE_GO_ON && exchange->is_suspended)
            resume(http, exchange);
        else if (exchange->chunked_state == CHUNKED_BLOCKED)
            watch_output(http, exchange->request.socket);
        /* It has more to decode or to take, and nothing else may wake the loop. */
        if (action == EXCHANGE_SUSPEND)
            http->has_work |=
                exchange->chunked_state == CHUNKED_IDLE || exchange_is_decoding(exchange);
    }
    if (exchanges_have_decoded(&http->exchanges))
        rotate(&http->exchanges.streams);
}

void http_resume_finished(struct http *http)
{
    struct request *request = NULL;
    while ((request = suspended_next_finished(&http->context->suspended)))
        resume(http, LIST_ITEM(request, struct exchange, request));
}

void http_check_connections(struct http *http, int64_t now_us)
{
    http->checked_before_us = http->checked_us;
    http->checked_us = now_us;
    exchanges_expire(&http->exchanges, now_us);
    connections_check(&http->connections, &http->exchanges, now_us);
}

/* ---- stopping -------------------------------------------------------------------------- */

void http_stop_receiving(struct http *http)
{
    exchanges_stop(&http->exchanges);
}

void http_close_bodies(struct http *http)
{
    LIST_EACH (link, &http->exchanges.decoding) {
        struct exchange *exchange = LIST_ITEM(link, struct exchange, decoding_link);
        shutdown(exchange->request.socket, SHUT_RDWR);
        list_remove(link);
        resume(http, exchange);
    }
    LIST_EACH (link, &http->exchanges.streams) {
        struct exchange *exchange = LIST_ITEM(link, struct exchange, link);
        exchange->has_failed = true;
        end_stream(http, exchange);
    }
}

void http_shut_idle(struct http *http)
{
    connections_shut_idle(&http->connections);
}

unsigned http_connections(const struct http *http)
{
    /* Since 1.0 the library reports an added connection only in its next run. */
    return http->connections.count + http->has_added;
}

unsigned http_requests(const struct http *http)
{
    return http->exchanges.count;
}

int64_t http_active_us(const struct http *http)
{
    return http->exchanges.active_us;
}

bool http_has_new_client(const struct http *http, int64_t now_us)
{
    return http->has_added || connections_have_new_client(&http->connections, now_us);
}
