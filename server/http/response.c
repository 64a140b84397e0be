/* The fields of an answer's head; sending answers on the socket, whole or in chunks. */
#include "http/response.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/digits.h"
#include "service/clock.h"
#include "service/reply.h"

enum { HEADERS_TEXT = 2048 };

/* ---- the head -------------------------------------------------------------------------- */

static void add_header(struct headers *headers, const char *name, const char *value)
{
    headers->fields[headers->count].name = name;
    headers->fields[headers->count++].value = value;
}

/* Copy text with its zero byte.  Returns the place of the zero byte. */
static char *copy_text(char *out, const char *text)
{
    size_t length = strlen(text);
    memcpy(out, text, length + 1);
    return out + length;
}

/*
 * The value of Server-Timing: the milliseconds of each phase that the request has reached.  "total"
 * and "first" are from the request's head until now: a stream sends its head with its first line.
 */
static const char *format_timing(const struct request *request, char buffer[TIMING_TEXT])
{
    const struct {
        const char *name;
        int64_t from_us, to_us;
    } phases[] = {
        {.name = "receive",
         .from_us = request->started_us,
         .to_us = request->received_us},
        {.name = "parse", .from_us = request->received_us, .to_us = request->parsed_us},
        {.name = "wait", .from_us = request->parsed_us, .to_us = request->admitted_us},
        {.name = "inference",
         .from_us = request->admitted_us,
         .to_us = request->ended_us},
        {.name = request->is_stream ? "first" : "total",
         .from_us = request->started_us,
         .to_us = clock_us()},
    };
    char *out = buffer;
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        int64_t us = phases[i].to_us - phases[i].from_us;
        if (phases[i].from_us == 0 || us < 0)
            continue;
        out = copy_text(out, out > buffer ? ", " : "");
        out = copy_text(copy_text(out, phases[i].name), ";dur=");
        out = digits_all(out, (uint64_t)us / MICROS_PER_MS);
        *out++ = '.';
        out = digits_last(out, (uint64_t)us, 3);
    }
    *out = '\0';
    return buffer;
}

/* What a page of another origin may do (CORS, in the Fetch standard). */
static void add_origin_headers(struct headers *headers, const struct request *request)
{
    if (request->vary)
        add_header(headers, "Vary", request->vary);
    if (!request->allowed_origin)
        return;
    add_header(headers, "Access-Control-Allow-Origin", request->allowed_origin);
    if (!request->is_preflight) {
        add_header(headers, "Access-Control-Expose-Headers",
                   "X-Request-Id, traceparent, Server-Timing, Retry-After, Allow, "
                   "Accept-Encoding, ETag");
        return;
    }
    if (request->allow)
        add_header(headers, "Access-Control-Allow-Methods", request->allow);
    add_header(headers, "Access-Control-Allow-Headers",
               "Content-Type, Content-Encoding, If-None-Match, X-Request-Id, "
               "X-Request-Timeout-Ms, traceparent");
    add_header(headers, "Access-Control-Max-Age", "600");
}

void headers_make(struct headers *headers, const struct request *request)
{
    headers->count = 0;
    if (request->answer_type)
        add_header(headers, "Content-Type", request->answer_type);
    add_header(headers, "Cache-Control", request->entity_tag ? "no-cache" : "no-store");
    if (request->entity_tag)
        add_header(headers, "ETag", request->entity_tag);
    if (*request->id)
        add_header(headers, "X-Request-Id", request->id);
    if (*request->trace.trace_id)
        add_header(headers, "traceparent", trace_format(&request->trace, headers->trace));
    if (request->started_us != 0)
        add_header(headers, "Server-Timing", format_timing(request, headers->timing));
    if (request->allow)
        add_header(headers, "Allow", request->allow);
    if (request->accepted_codings)
        add_header(headers, "Accept-Encoding", request->accepted_codings);
    add_origin_headers(headers, request);
    if (request->retry_after_s > 0) {
        snprintf(headers->retry_after, sizeof headers->retry_after, "%u",
                 request->retry_after_s);
        add_header(headers, "Retry-After", headers->retry_after);
    }
    if (request->must_close)
        add_header(headers, "Connection", "close");
}

/* Write the fields as lines.  Returns buffer. */
static char *format_headers(const struct request *request, char buffer[HEADERS_TEXT])
{
    struct headers headers;
    headers_make(&headers, request);
    size_t length = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < headers.count && length < HEADERS_TEXT; i++)
        length += (size_t)snprintf(buffer + length, HEADERS_TEXT - length, "%s: %s\r\n",
                                   headers.fields[i].name, headers.fields[i].value);
    return buffer;
}

/* ---- a whole answer -------------------------------------------------------------------- */

bool response_send(const struct request *request)
{
    size_t length = 0;
    char *bytes = reply_bytes(request, &length);
    char head[HEADERS_TEXT + 128], fields[HEADERS_TEXT];
    int head_length =
        snprintf(head, sizeof head, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n%s\r\n",
                 request->code, reply_title(request->code), length,
                 format_headers(request, fields));
    struct iovec parts[] = {{head, (size_t)head_length}, {bytes, length}};
    const bool has_body = request->method != METHOD_HEAD;
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = has_body ? 2 : 1};
    ssize_t sent = sendmsg(request->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(request->socket, SHUT_RDWR);
    return sent == (ssize_t)((size_t)head_length + (has_body ? length : 0));
}

/* ---- an answer in chunks --------------------------------------------------------------- */

void chunked_response_init(struct chunked_response *response, bool is_chunked)
{
    *response = (struct chunked_response){.is_chunked = is_chunked};
    strbuf_init(&response->wire, SIZE_MAX);
}

void chunked_response_release(struct chunked_response *response)
{
    strbuf_release(&response->wire);
}

/* Put the next chunk into wire; wire stays empty if there is nothing to send. */
static void fill_wire(struct chunked_response *response, struct request *request)
{
    struct strbuf *wire = &response->wire, *lines = &request->answer;
    strbuf_clear(wire);
    response->sent = 0;
    if (!response->has_begun && (lines->length > 0 || response->is_closed)) {
        char fields[HEADERS_TEXT];
        strbuf_printf(wire, "HTTP/1.1 200 OK\r\n%s%s\r\n",
                      format_headers(request, fields),
                      response->is_chunked ? "Transfer-Encoding: chunked\r\n" : "");
        response->has_begun = true;
    }
    if (lines->length > 0) {
        if (response->is_chunked)
            strbuf_printf(wire, "%zx\r\n", lines->length);
        strbuf_add_bytes(wire, lines->bytes, lines->length);
        if (response->is_chunked)
            strbuf_add(wire, "\r\n");
        strbuf_clear(lines);
    }
    if (response->is_closed && !response->has_ended) {
        if (response->is_chunked && !response->is_incomplete)
            strbuf_add(wire, "0\r\n\r\n");
        response->has_ended = true;
    }
}

static enum chunked_state send_wire(struct chunked_response *response,
                                    struct request *request)
{
    for (;;) {
        if (response->sent == response->wire.length) {
            bool has_failed = request->answer.has_failed;
            fill_wire(response, request);
            if (has_failed || response->wire.has_failed)
                return CHUNKED_FAILED;
            if (response->wire.length == 0)
                return response->has_ended ? CHUNKED_DONE : CHUNKED_IDLE;
        }
        ssize_t sent =
            send(request->socket, response->wire.bytes + response->sent,
                 response->wire.length - response->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            response->sent += (size_t)sent;
            response->total_bytes += (size_t)sent;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return CHUNKED_BLOCKED;
        } else if (errno != EINTR) {
            return CHUNKED_FAILED;
        }
    }
}

enum chunked_state chunked_response_flush(struct chunked_response *response,
                                          struct request *request)
{
    enum chunked_state state = send_wire(response, request);
    request->streamed_bytes = response->total_bytes;
    request->unsent_bytes = response->wire.length - response->sent;
    return state;
}
