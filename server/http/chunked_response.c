#include "http/chunked_response.h"

#include <errno.h>
#include <sys/socket.h>

#include "http/headers.h"

enum { FULL_BYTES = 64 << 10 };

void chunked_response_init(struct chunked_response *outlet, int socket, bool is_chunked)
{
    *outlet = (struct chunked_response){.socket = socket, .is_chunked = is_chunked};
    strbuf_init(&outlet->lines, SIZE_MAX);
    strbuf_init(&outlet->wire, SIZE_MAX);
}

void chunked_response_release(struct chunked_response *outlet)
{
    strbuf_release(&outlet->lines);
    strbuf_release(&outlet->wire);
}

bool chunked_response_is_full(const struct chunked_response *outlet)
{
    return outlet->lines.length + outlet->wire.length - outlet->sent >= FULL_BYTES;
}

static void add_head(struct chunked_response *outlet, const struct request *request)
{
    char fields[HEADERS_TEXT];
    struct headers headers;
    headers_of(&headers, request);
    strbuf_printf(&outlet->wire, "HTTP/1.1 200 OK\r\n%s%s\r\n",
                  headers_write(&headers, fields),
                  outlet->is_chunked ? "Transfer-Encoding: chunked\r\n" : "");
    outlet->has_begun = true;
}

/* The next piece of wire, made from what was said; nothing when there is nothing to say. */
static void frame(struct chunked_response *outlet, const struct request *request)
{
    strbuf_clear(&outlet->wire);
    outlet->sent = 0;
    if (!outlet->has_begun && (outlet->lines.length > 0 || outlet->wants_end))
        add_head(outlet, request);
    if (outlet->lines.length > 0) {
        if (outlet->is_chunked)
            strbuf_printf(&outlet->wire, "%zx\r\n", outlet->lines.length);
        strbuf_add_bytes(&outlet->wire, outlet->lines.bytes, outlet->lines.length);
        if (outlet->is_chunked)
            strbuf_add(&outlet->wire, "\r\n");
        strbuf_clear(&outlet->lines);
    }
    if (outlet->wants_end && !outlet->has_ended) {
        if (outlet->is_chunked && !outlet->wants_cut)
            strbuf_add(&outlet->wire, "0\r\n\r\n");
        outlet->has_ended = true;
    }
}

enum chunked_state chunked_response_flush(struct chunked_response *outlet,
                                          const struct request *request)
{
    for (;;) {
        if (outlet->sent == outlet->wire.length) {
            bool has_failed = outlet->lines.has_failed;
            frame(outlet, request);
            if (has_failed || outlet->wire.has_failed)
                return CHUNKED_FAILED;
            if (outlet->wire.length == 0)
                return outlet->has_ended ? CHUNKED_DONE : CHUNKED_IDLE;
        }
        ssize_t sent =
            send(outlet->socket, outlet->wire.bytes + outlet->sent,
                 outlet->wire.length - outlet->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            outlet->sent += (size_t)sent;
            outlet->bytes += (size_t)sent;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return CHUNKED_BLOCKED;
        } else if (errno != EINTR) {
            return CHUNKED_FAILED;
        }
    }
}
