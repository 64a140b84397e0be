/* What happens to a request: its head, its body or stream of lines, its handler, its end. */
#include "http/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/digits.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "service/clock.h"
#include "service/origin.h"
#include "service/reply.h"
#include "service/target.h"

enum {
    ID_DIGITS = 16, /* of a new request id */

    /* How much of a body past its limit is discarded, and for how long, before it is cut. */
    DISCARD_BYTES = 32 << 20,
    PATH_BYTES = 256, /* of a refused request, in the log */
    DISCARD_US = 2 * MICROS_PER_SECOND
};

static struct exchange *exchange_of(struct list_link *link)
{
    return LIST_ITEM(link, struct exchange, link);
}

void exchanges_init(struct exchanges *exchanges, struct context *context,
                    const struct http_handlers *handlers)
{
    *exchanges = (struct exchanges){.context = context, .handlers = handlers};
    list_init(&exchanges->receiving);
    list_init(&exchanges->streams);
    list_init(&exchanges->decoding);
    exchanges->active_us = clock_us();
    exchanges->soonest_us = INT64_MAX;
    uint64_t seed = (uint64_t)exchanges->active_us;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) < 0)
        seed = (uint64_t)exchanges->active_us; /* ids are names, not secrets */
    random_init(&exchanges->random, seed, (uint64_t)(uintptr_t)exchanges);
}

struct exchange *exchange_new(struct MHD_Connection *connection, int socket,
                              const char *method, const char *target)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return NULL;
    if (request_init(&exchange->request, method, target_path(target)) != STATUS_OK) {
        request_release(&exchange->request);
        free(exchange);
        return NULL;
    }
    exchange->connection = connection;
    exchange->request.socket = socket;
    return exchange;
}

/* ---- refusing -------------------------------------------------------------------------- */

/* Answer on the socket, because the library cannot answer now, and end the connection. */
static enum exchange_action cut(struct exchange *exchange)
{
    exchange->request.must_close = true;
    if (!exchange->is_cut)
        response_send(&exchange->request);
    exchange->is_cut = true;
    return EXCHANGE_CUT;
}

static void discard_body(struct exchange *exchange)
{
    strbuf_release(&exchange->request.body);
    content_decoder_free(exchange->decoder);
    exchange->decoder = NULL;
    exchange->is_discarding = true;
}

/* Bytes that may be received: data that does not shrink is a little larger when compressed. */
static uint64_t received_limit(const struct exchange *exchange,
                               const struct options *options)
{
    enum { SHARE = 1024, HEADER_BYTES = 64 << 10 };
    const uint64_t limit = options->max_body;
    return exchange->decoder ? limit + limit / SHARE + HEADER_BYTES : limit;
}

/* bytes is the Content-Length, or what has been received so far. */
static void refuse_large_body(struct exchange *exchange, const struct options *options,
                              uint64_t bytes, bool is_content_length)
{
    bool is_compressed = exchange->decoder != NULL && !is_content_length;
    struct request *request = &exchange->request;
    char limit[48], received[64];
    struct error err = {0};
    snprintf(limit, sizeof limit, "at most %llu bytes",
             (unsigned long long)options->max_body);
    snprintf(received, sizeof received, "%llu bytes%s", (unsigned long long)bytes,
             is_content_length ? "" : " or more");
    error_mismatch(&err, STATUS_TOO_LARGE, "", limit, received,
                   "the body is larger than the limit%s",
                   is_compressed ? " after decompression" : "");
    reply_problem(request, PROBLEM_BODY_TOO_LARGE, &err);
    request->rejection = REJECTION_BODY_TOO_LARGE;
    request->must_close = true;
    int64_t discard_until_us = clock_us() + DISCARD_US;
    if (exchange->body_by_us > discard_until_us)
        exchange->body_by_us = discard_until_us;
    discard_body(exchange);
}

static void refuse_large_head(struct request *request, const struct options *options)
{
    struct error err = {0};
    error_set(&err, STATUS_TOO_LARGE, "",
              "the head is larger than %llu bytes minus 1 KiB",
              (unsigned long long)options->max_head);
    reply_problem(request, PROBLEM_HEAD_TOO_LARGE, &err);
}

/* The decoder has failed. */
static void refuse_damaged_body(struct exchange *exchange, const struct error *err)
{
    reply_error(&exchange->request, err);
    discard_body(exchange);
}

/* Make the decoder of a compressed body, or refuse a coding that is not supported. */
static void begin_decoding(struct exchange *exchange, const struct head *head)
{
    enum content_coding coding = head->coding;
    struct request *request = &exchange->request;
    if (coding == CODING_NONE || request->code != 0 || request->method != METHOD_POST)
        return;
    if (coding == CODING_OTHER) {
        struct error err = {0};
        char names[64], received[64];
        snprintf(names, sizeof names, "%s%s%s",
                 head->first_coding_name ? head->first_coding_name : "",
                 head->first_coding_name ? ", " : "", head->coding_name);
        error_mismatch(&err, STATUS_BAD_INPUT, "", "gzip or deflate",
                       reply_printable(received, sizeof received, names),
                       "the Content-Encoding of the body is not supported");
        reply_problem(request, PROBLEM_UNSUPPORTED_ENCODING, &err);
        request->accepted_codings = CODINGS_SUPPORTED;
        return;
    }
    exchange->decoder = content_decoder_new(coding);
    if (!exchange->decoder)
        reply_no_memory(request);
}

/* For end_bodies. */
static void answer_late_body(struct request *request)
{
    struct error err = {0};
    error_set(&err, STATUS_TIMED_OUT, "", "the body did not arrive in time");
    reply_problem(request, PROBLEM_REQUEST_TIMEOUT, &err);
    request->rejection = REJECTION_BODY_LATE;
}

/* For end_bodies. */
static void answer_stopping(struct request *request)
{
    struct error err = {0};
    error_set(&err, STATUS_INTERRUPTED, "", "the service is stopping");
    reply_error(request, &err);
}

/* Whether the head is invalid: it is answered, and the connection cannot be used afterwards. */
static bool refuse_invalid_head(struct request *request, const struct head *head,
                                const char *version, const char *target)
{
    struct error err = {0};
    enum problem_kind kind = head_check(head, version, target, &err);
    if (kind == PROBLEM_NONE && request->method == METHOD_UNKNOWN) {
        char name[48], phrase[SUGGEST_PHRASE];
        static const char *const known[] = {"GET", "HEAD", "POST", "OPTIONS", NULL};
        kind = PROBLEM_UNKNOWN_METHOD;
        reply_printable(name, sizeof name, request->method_name);
        error_mismatch(&err, STATUS_BAD_INPUT, "", "", name, "unknown method \"%s\"%s",
                       name, suggest_phrase(name, known, phrase, sizeof phrase));
    }
    if (kind != PROBLEM_NONE) {
        reply_problem(request, kind, &err);
        request->must_close = true;
    }
    return kind != PROBLEM_NONE;
}

/* Refuse what a page of another origin has sent, whatever the answer would be. */
static void refuse_foreign(struct request *request, const struct head *head,
                           const char *target, const struct options *options)
{
    if (!*options->allowed_host && !*options->allowed_origin && !head_is_of_browser(head))
        return;
    struct error err = {0};
    const char *origin = NULL;
    enum problem_kind kind =
        head_check_origin(head, target, request->method, options, &origin, &err);
    if (origin && origin_is_any_allowed(options->allowed_origin))
        origin = "*";
    request->allowed_origin = origin;
    request->is_preflight =
        origin && head->preflight_method && request->method == METHOD_OPTIONS;
    if (*options->allowed_origin)
        request->vary = "Origin";
    if (kind != PROBLEM_NONE) {
        request->allow = NULL;
        reply_problem(request, kind, &err);
    }
}

/* The connection is past a limit: only probes are served. */
static void refuse_unless_probe(struct request *request)
{
    if (request->code == 0 && !request->is_probe) {
        struct error err = {0};
        error_set(&err, STATUS_BUSY, "", "too many connections are open");
        reply_problem(request, PROBLEM_TOO_MANY_CONNECTIONS, &err);
        request->rejection = REJECTION_CONNECTIONS;
    }
    request->must_close = true;
}

/* ---- the head -------------------------------------------------------------------------- */

/* Take the request's id and trace from the head, or make new ones. */
static void name_request(struct exchanges *exchanges, struct request *request,
                         const struct head *head)
{
    if (head_has_valid_id(head))
        utf8_copy(request->id, sizeof request->id, head->request_id);
    else
        *digits_hex(request->id, random_next(&exchanges->random), ID_DIGITS) = '\0';
    trace_begin(&request->trace, head->trace, &exchanges->random);
}

/* The exchange is in receiving and has a new deadline: keep soonest_us right. */
static void update_soonest(struct exchanges *exchanges, const struct exchange *exchange)
{
    if (exchange->body_by_us < exchanges->soonest_us)
        exchanges->soonest_us = exchange->body_by_us;
}

static enum exchange_action begin_stream(struct exchanges *exchanges,
                                         struct exchange *exchange, const char *version)
{
    struct request *request = &exchange->request;
    exchanges->handlers->handle(exchanges->context, request);
    request->must_close = true; /* the connection ends with the answer */
    if (request->code != 0) {
        request->is_stream = false;
        return EXCHANGE_ANSWER;
    }
    request->code = 200;
    exchange->wants_input = true;
    chunked_response_init(&exchange->chunked, strcmp(version, "HTTP/1.0") != 0);
    list_append(&exchanges->streams, &exchange->link);
    return EXCHANGE_GO_ON;
}

enum exchange_action exchange_begin(struct exchanges *exchanges,
                                    struct exchange *exchange, const struct head *head,
                                    const char *version, const char *target,
                                    bool is_spare)
{
    const struct options *options = exchanges->context->options;
    struct request *request = &exchange->request;
    exchanges->count++;
    exchanges->active_us = request->started_us;
    counters_begin(exchanges->context->counters);
    name_request(exchanges, request, head);
    request->user_agent = head->user_agent;
    if (!head_fits(head, target, options->max_head)) {
        refuse_large_head(request, options);
        return cut(exchange); /* the library has no memory left for the answer's head */
    }
    request->content_type = head->content_type;
    request->if_none_match = head->if_none_match;
    request->accept = head->accept;
    exchange->body_by_us =
        request->started_us + (int64_t)options->body_timeout_ms * MICROS_PER_MS;
    uint32_t timeout_ms = head_timeout_ms(head);
    if (timeout_ms > 0)
        request->answer_by_us = request->started_us + (int64_t)timeout_ms * MICROS_PER_MS;
    if (refuse_invalid_head(request, head, version, target))
        return EXCHANGE_ANSWER;
    exchanges->handlers->route(exchanges->context, request);
    refuse_foreign(request, head, target, options);
    if (is_spare)
        refuse_unless_probe(request);
    begin_decoding(exchange, head);
    request->is_stream &= request->code == 0;
    if (request->code == 0 && !request->is_stream &&
        head->content_length > received_limit(exchange, options))
        refuse_large_body(exchange, options, head->content_length, true);
    if (request->code != 0 && head->expects_continue) {
        request->must_close = true; /* the client does not send its body now */
        return EXCHANGE_ANSWER;
    }
    if (request->is_stream)
        return begin_stream(exchanges, exchange, version);
    exchange->is_discarding = request->code != 0;
    exchange->is_receiving = true;
    list_append(&exchanges->receiving, &exchange->link);
    update_soonest(exchanges, exchange);
    return EXCHANGE_GO_ON;
}

/* ---- the body -------------------------------------------------------------------------- */

bool exchanges_have_decoded(const struct exchanges *exchanges)
{
    return exchanges->decoded_bytes >= CODING_SLICE;
}

/* Decode a slice of what has been received, unless that has to wait. */
static enum status decode_slice(struct exchanges *exchanges, struct exchange *exchange,
                                struct error *err)
{
    struct strbuf *body = &exchange->request.body;
    size_t length = body->length;
    if (exchanges_have_decoded(exchanges))
        return STATUS_OK;
    enum status status = content_decoder_step(exchange->decoder, body, err);
    exchanges->decoded_bytes += body->length - length;
    return status;
}

/* Decode a slice of the body of a request that is not a stream. */
static enum exchange_action decode(struct exchanges *exchanges, struct exchange *exchange)
{
    const struct options *options = exchanges->context->options;
    struct request *request = &exchange->request;
    struct error err = {0};
    if (decode_slice(exchanges, exchange, &err) != STATUS_OK) {
        refuse_damaged_body(exchange, &err);
    } else if (request->body.length > options->max_body) {
        refuse_large_body(exchange, options, request->body.length, false);
        update_soonest(exchanges, exchange);
    } else if (content_decoder_is_busy(exchange->decoder)) {
        if (!exchange->is_suspended)
            list_append(&exchanges->decoding, &exchange->decoding_link);
        return EXCHANGE_SUSPEND;
    }
    return EXCHANGE_GO_ON;
}

enum exchange_action exchange_step_decoding(struct exchanges *exchanges,
                                            struct exchange *exchange)
{
    enum exchange_action action = EXCHANGE_GO_ON;
    if (exchange->decoder && !exchange->is_cut)
        action = decode(exchanges, exchange);
    if (action == EXCHANGE_GO_ON)
        list_remove(&exchange->decoding_link);
    return action;
}

/* Whether a body begins like a gzip file, which no JSON does. */
static bool has_gzip_mark(const char *data, size_t bytes)
{
    return bytes >= 2 && data[0] == 0x1f && data[1] == (char)0x8b;
}

static enum status refuse_gzip(struct error *err)
{
    return error_set(err, STATUS_BAD_ENCODING, "",
                     "the body is gzip data, but the request has no "
                     "\"Content-Encoding: gzip\"");
}

/* Keep a part of a body that is not compressed. */
static enum exchange_action keep(struct exchange *exchange, const char *data,
                                 size_t bytes)
{
    struct request *request = &exchange->request;
    bool is_gzip = request->body.length == 0 && has_gzip_mark(data, bytes);
    if (!is_gzip)
        strbuf_add_bytes(&request->body, data, bytes);
    if (is_gzip || request->body.has_failed) {
        struct error err = {0};
        (void)(is_gzip ? refuse_gzip(&err) : error_no_memory(&err));
        refuse_damaged_body(exchange, &err);
    }
    return EXCHANGE_GO_ON;
}

/* Keep a part of a compressed body, and decode a slice of it. */
static enum exchange_action keep_compressed(struct exchanges *exchanges,
                                            struct exchange *exchange, const char *data,
                                            size_t bytes)
{
    struct error err = {0};
    if (content_decoder_add(exchange->decoder, data, bytes, &err) == STATUS_OK)
        /* The library passes on the chunks that it has already. */
        return exchange->is_suspended ? EXCHANGE_GO_ON : decode(exchanges, exchange);
    refuse_damaged_body(exchange, &err);
    return EXCHANGE_GO_ON;
}

static enum exchange_action add_to_body(struct exchanges *exchanges,
                                        struct exchange *exchange, const char *data,
                                        size_t bytes)
{
    const struct options *options = exchanges->context->options;
    struct request *request = &exchange->request;
    enum exchange_action action = EXCHANGE_GO_ON;
    request->body_bytes += bytes;
    if (exchange->is_cut)
        return EXCHANGE_CUT;
    if (exchange->is_discarding) {
        if (request->body_bytes > options->max_body + DISCARD_BYTES)
            return cut(exchange);
    } else if (request->body_bytes > received_limit(exchange, options)) {
        refuse_large_body(exchange, options, request->body_bytes, false);
    } else if (exchange->decoder) {
        action = keep_compressed(exchanges, exchange, data, bytes);
    } else {
        action = keep(exchange, data, bytes);
    }
    update_soonest(exchanges, exchange); /* a body that is too large has less time */
    return action;
}

/* The body is complete: the decoder must be too. */
static void end_decoding(struct exchange *exchange)
{
    if (!exchange->decoder)
        return;
    struct error err = {0};
    if (content_decoder_end(exchange->decoder, &err) != STATUS_OK)
        refuse_damaged_body(exchange, &err);
    content_decoder_free(exchange->decoder);
    exchange->decoder = NULL;
}

static void end_receiving(struct exchange *exchange)
{
    if (exchange->is_receiving)
        list_remove(&exchange->link);
    exchange->is_receiving = false;
}

/* The body is complete: answer, or suspend the connection until there is an answer. */
static enum exchange_action handle(struct exchanges *exchanges, struct exchange *exchange)
{
    struct request *request = &exchange->request;
    end_receiving(exchange);
    request->received_us = clock_us();
    if (exchange->is_cut)
        return EXCHANGE_CUT;
    end_decoding(exchange);
    if (request->code == 0 && request->answer_by_us <= request->received_us)
        reply_late(request);
    if (request->code == 0)
        exchanges->handlers->handle(exchanges->context, request);
    return request->code != 0 ? EXCHANGE_ANSWER : EXCHANGE_SUSPEND;
}

/* ---- streams --------------------------------------------------------------------------- */

/* The rest of a stream's body cannot be read: keep the error until the lines before are taken. */
static void keep_error(struct exchange *exchange, const struct error *err)
{
    if (exchange->body_error)
        return;
    exchange->body_error = arena_alloc(&exchange->request.arena, sizeof *err);
    if (exchange->body_error)
        *exchange->body_error = *err;
    else
        exchange->has_failed = true;
}

/* Decode a slice of a stream's body, when its lines have been taken. */
static void decode_stream(struct exchanges *exchanges, struct exchange *exchange)
{
    if (exchange->body_error) {
        exchanges->handlers->stop_stream(&exchange->request, exchange->body_error);
    } else if (exchange->decoder) {
        struct error err = {0};
        if (decode_slice(exchanges, exchange, &err) != STATUS_OK)
            keep_error(exchange, &err);
    }
}

bool exchange_is_decoding(const struct exchange *exchange)
{
    bool is_busy = exchange->decoder && content_decoder_is_busy(exchange->decoder);
    return exchange->wants_input && (exchange->body_error || is_busy);
}

static enum exchange_action step_stream(struct exchanges *exchanges,
                                        struct exchange *exchange)
{
    struct request *request = &exchange->request;
    struct chunked_response *chunked = &exchange->chunked;
    enum stream_state state = STREAM_FAILED;
    if (exchange->wants_input)
        decode_stream(exchanges, exchange);
    if (!exchange->has_failed)
        state = exchanges->handlers->step_stream(request);
    if (state == STREAM_ENDED || state == STREAM_CUT) {
        chunked->is_closed = true;
        chunked->is_incomplete = state == STREAM_CUT;
    }
    exchange->wants_input = state == STREAM_NEEDS_INPUT;
    exchange->chunked_state = CHUNKED_FAILED;
    if (state != STREAM_FAILED)
        exchange->chunked_state = chunked_response_flush(chunked, request);
    if (exchange->chunked_state == CHUNKED_DONE ||
        exchange->chunked_state == CHUNKED_FAILED)
        return EXCHANGE_CUT;
    return exchange->wants_input && !exchange_is_decoding(exchange) ? EXCHANGE_GO_ON
                                                                    : EXCHANGE_SUSPEND;
}

/* A part of a stream's body has arrived, or its end. */
static void add_to_stream(struct exchange *exchange, const char *data, size_t bytes)
{
    struct request *request = &exchange->request;
    struct error err = {0};
    bool is_first = request->body_bytes == 0;
    request->body_bytes += bytes;
    enum status status = STATUS_OK;
    if (exchange->decoder)
        status = bytes > 0 ? content_decoder_add(exchange->decoder, data, bytes, &err)
                           : content_decoder_end(exchange->decoder, &err);
    else if (is_first && has_gzip_mark(data, bytes))
        status = refuse_gzip(&err);
    else if (bytes > 0)
        strbuf_add_bytes(&request->body, data, bytes);
    if (status != STATUS_OK)
        keep_error(exchange, &err);
    request->is_whole = bytes == 0 && !exchange->body_error;
}

static enum exchange_action receive_stream(struct exchanges *exchanges,
                                           struct exchange *exchange, const char *data,
                                           size_t bytes)
{
    add_to_stream(exchange, data, bytes);
    if (exchange->is_suspended)
        return EXCHANGE_GO_ON; /* the library passes on the chunks that it has already */
    enum exchange_action action = step_stream(exchanges, exchange);
    exchange->is_cut = exchange->chunked_state == CHUNKED_DONE;
    return action;
}

/* The client has not read for --idle-timeout-ms: it is treated like one that does not send. */
static bool has_stalled(struct exchange *exchange, int64_t now_us, uint32_t timeout_ms)
{
    if (exchange->chunked_state != CHUNKED_BLOCKED ||
        exchange->request.streamed_bytes != exchange->progress_bytes) {
        exchange->progress_bytes = exchange->request.streamed_bytes;
        exchange->progress_us = now_us;
        return false;
    }
    return now_us - exchange->progress_us > (int64_t)timeout_ms * MICROS_PER_MS;
}

enum exchange_action exchange_step_stream(struct exchanges *exchanges,
                                          struct exchange *exchange, int64_t now_us)
{
    enum exchange_action action = step_stream(exchanges, exchange);
    exchange->has_failed |=
        has_stalled(exchange, now_us, exchanges->context->options->idle_timeout_ms);
    return action;
}

/* ---- every request --------------------------------------------------------------------- */

enum exchange_action exchange_receive(struct exchanges *exchanges,
                                      struct exchange *exchange, const char *data,
                                      size_t bytes)
{
    if (exchange->request.is_stream)
        return receive_stream(exchanges, exchange, data, bytes);
    if (bytes > 0)
        return add_to_body(exchanges, exchange, data, bytes);
    if (exchange->is_receiving)
        return handle(exchanges, exchange);
    return exchange->request.code != 0 ? EXCHANGE_ANSWER : EXCHANGE_CUT;
}

void exchange_complete(struct exchanges *exchanges, struct exchange *exchange,
                       bool is_delivered)
{
    struct context *context = exchanges->context;
    struct request *request = &exchange->request;
    request_abandon(request);
    suspended_remove(&context->suspended, request);
    end_receiving(exchange);
    list_remove(&exchange->decoding_link);
    content_decoder_free(exchange->decoder);
    if (request->is_stream) {
        list_remove(&exchange->link);
        chunked_response_release(&exchange->chunked);
        strbuf_clear(&request->answer); /* lines that were not sent do not count */
    }
    log_request(&context->log, request, is_delivered || exchange->is_cut);
    exchanges->active_us = clock_us();
    exchanges->count--;
    counters_end(context->counters, request, exchanges->active_us);
    request_release(request);
    free(exchange);
}

/* ---- without an exchange --------------------------------------------------------------- */

/* The head is not known: the request gets a new id and trace. */
static void init_without_head(struct exchanges *exchanges, struct exchange *exchange)
{
    const struct head head = {0};
    *exchange = (struct exchange){0};
    exchange->request = (struct request){.must_close = true,
                                         .started_us = clock_us(),
                                         .route_index = ROUTE_NONE,
                                         .method = METHOD_UNKNOWN,
                                         .method_name = "",
                                         .path = ""};
    strbuf_init(&exchange->request.answer, SIZE_MAX);
    name_request(exchanges, &exchange->request, &head);
}

/*
 * Answer a request without an exchange on its socket, which is -1 if it is not known, and count and
 * log it.  The request has an answer.
 */
static void end_without_head(struct exchanges *exchanges, struct exchange *substitute)
{
    struct context *context = exchanges->context;
    struct request *request = &substitute->request;
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getpeername(request->socket, (struct sockaddr *)&address, &length) == 0)
        request->peer = (const struct sockaddr *)&address;
    bool is_sent = request->socket >= 0 && response_send(request);
    counters_begin(context->counters);
    counters_end(context->counters, request, clock_us());
    log_request(&context->log, request, is_sent);
    strbuf_release(&request->answer);
}

void exchange_refuse_late_head(struct exchanges *exchanges, int socket)
{
    struct exchange late;
    init_without_head(exchanges, &late);
    late.request.socket = socket;
    struct error err = {0};
    error_set(&err, STATUS_TIMED_OUT, "", "the head did not arrive in time");
    reply_problem(&late.request, PROBLEM_REQUEST_TIMEOUT, &err);
    late.request.rejection = REJECTION_HEAD_LATE;
    end_without_head(exchanges, &late);
}

/* The problem of a refusal, by the status and a word of the library's page. */
static void answer_refusal(struct request *request, const struct options *options,
                           const struct refusal *refusal)
{
    static const struct {
        int code;
        enum problem_kind kind;
        const char *word; /* in the page; "": any page */
        const char *text;
    } problems[] = {
        {.code = 400,
         .kind = PROBLEM_INVALID_HEAD,
         .word = "Content-Length",
         .text = "Content-Length is not a number"},
        {.code = 413,
         .kind = PROBLEM_BODY_TOO_LARGE,
         .word = "Content-Length",
         .text = "Content-Length is too large"},
        {.code = 400,
         .kind = PROBLEM_INVALID_HEAD,
         .word = "chunk",
         .text = "the chunks of the body are not valid"},
        {.code = 413,
         .kind = PROBLEM_BODY_TOO_LARGE,
         .word = "chunk",
         .text = "a chunk of the body is too large"},
        {.code = 400,
         .kind = PROBLEM_INVALID_HEAD,
         .word = "Host",
         .text = "no Host header"},
        {.code = 400,
         .kind = PROBLEM_INVALID_HEAD,
         .word = "",
         .text = "the request line or a header is not valid HTTP"},
        {.code = 505,
         .kind = PROBLEM_UNSUPPORTED_VERSION,
         .word = "",
         .text = "only HTTP/1.1 and HTTP/1.0 are supported"},
        {.code = 500,
         .kind = PROBLEM_INTERNAL_ERROR,
         .word = "",
         .text = "the HTTP library has failed"},
    };
    struct error err = {0};
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        if (refusal->code == problems[i].code &&
            strstr(refusal->page, problems[i].word)) {
            error_set(&err, STATUS_BAD_INPUT, "", "%s", problems[i].text);
            reply_problem(request, problems[i].kind, &err);
            return;
        }
    }
    refuse_large_head(request, options); /* 431, 414, 413 */
}

void exchange_refuse_head(struct exchanges *exchanges, int socket, const char *target,
                          const struct refusal *refusal)
{
    struct exchange refused;
    char path[PATH_BYTES] = "";
    init_without_head(exchanges, &refused);
    utf8_copy(path, sizeof path, target_path(target));
    path[strcspn(path, "?")] = '\0';
    refused.request.path = path;
    refused.request.socket = socket;
    answer_refusal(&refused.request, exchanges->context->options, refusal);
    end_without_head(exchanges, &refused);
}

void exchange_refuse_rest(struct exchanges *exchanges, struct exchange *exchange,
                          const struct refusal *refusal)
{
    struct request *request = &exchange->request;
    bool is_begun = request->is_stream && exchange->chunked.has_begun;
    exchange->has_failed = true;
    if (is_begun) { /* the client sees that the answer is cut off */
        shutdown(request->socket, SHUT_RDWR);
        return;
    }
    answer_refusal(request, exchanges->context->options, refusal);
    cut(exchange);
}

void exchange_refuse_without_memory(struct exchanges *exchanges,
                                    struct exchange *substitute)
{
    init_without_head(exchanges, substitute);
    reply_no_memory(&substitute->request);
    counters_reject(exchanges->context->counters, substitute->request.rejection);
}

/* ---- deadlines ------------------------------------------------------------------------- */

int64_t exchanges_deadline_us(const struct exchanges *exchanges)
{
    return list_is_empty(&exchanges->receiving) ? INT64_MAX : exchanges->soonest_us;
}

/* Cut the exchanges whose deadline has passed at now_us; answer is for those without an answer. */
static void end_bodies(struct exchanges *exchanges, int64_t now_us,
                       void (*answer)(struct request *request))
{
    exchanges->soonest_us = INT64_MAX;
    LIST_EACH (link, &exchanges->receiving) {
        struct exchange *exchange = exchange_of(link);
        if (exchange->is_cut)
            continue;
        if (now_us < exchange->body_by_us) {
            update_soonest(exchanges, exchange);
            continue;
        }
        if (exchange->request.code == 0)
            answer(&exchange->request);
        cut(exchange);
        exchange->body_by_us = INT64_MAX;
    }
}

void exchanges_expire(struct exchanges *exchanges, int64_t now_us)
{
    if (now_us >= exchanges->soonest_us)
        end_bodies(exchanges, now_us, answer_late_body);
}

void exchanges_stop(struct exchanges *exchanges)
{
    end_bodies(exchanges, INT64_MAX, answer_stopping);
    struct error err = {0};
    error_set(&err, STATUS_INTERRUPTED, "", "the service is stopping");
    LIST_EACH (link, &exchanges->streams)
        exchanges->handlers->stop_stream(&exchange_of(link)->request, &err);
}
