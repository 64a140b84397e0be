#include "outlet.h"

#include <errno.h>
#include <sys/socket.h>

#include "headers.h"

enum { FULL_BYTES = 64 << 10 };

void outlet_init(struct outlet *outlet, int socket, bool is_chunked)
{
    *outlet = (struct outlet){.socket = socket, .is_chunked = is_chunked};
    text_init(&outlet->lines, SIZE_MAX);
    text_init(&outlet->wire, SIZE_MAX);
}

void outlet_release(struct outlet *outlet)
{
    text_release(&outlet->lines);
    text_release(&outlet->wire);
}

bool outlet_is_full(const struct outlet *outlet)
{
    return outlet->lines.length + outlet->wire.length - outlet->sent >= FULL_BYTES;
}

static void add_head(struct outlet *outlet, const struct request *request)
{
    char fields[HEADERS_TEXT];
    struct headers headers;
    headers_of(&headers, request);
    text_printf(&outlet->wire, "HTTP/1.1 200 OK\r\n%s%s\r\n",
                headers_write(&headers, fields),
                outlet->is_chunked ? "Transfer-Encoding: chunked\r\n" : "");
    outlet->has_begun = true;
}

/* The next piece of wire, made from what was said; nothing when there is nothing to say. */
static void frame(struct outlet *outlet, const struct request *request)
{
    text_clear(&outlet->wire);
    outlet->sent = 0;
    if (!outlet->has_begun && (outlet->lines.length > 0 || outlet->wants_end))
        add_head(outlet, request);
    if (outlet->lines.length > 0) {
        if (outlet->is_chunked)
            text_printf(&outlet->wire, "%zx\r\n", outlet->lines.length);
        text_add_bytes(&outlet->wire, outlet->lines.bytes, outlet->lines.length);
        if (outlet->is_chunked)
            text_add(&outlet->wire, "\r\n");
        text_clear(&outlet->lines);
    }
    if (outlet->wants_end && !outlet->has_ended) {
        if (outlet->is_chunked && !outlet->wants_cut)
            text_add(&outlet->wire, "0\r\n\r\n");
        outlet->has_ended = true;
    }
}

enum outlet_state outlet_flush(struct outlet *outlet, const struct request *request)
{
    for (;;) {
        if (outlet->sent == outlet->wire.length) {
            bool has_failed = outlet->lines.has_failed;
            frame(outlet, request);
            if (has_failed || outlet->wire.has_failed)
                return OUTLET_FAILED;
            if (outlet->wire.length == 0)
                return outlet->has_ended ? OUTLET_DONE : OUTLET_IDLE;
        }
        ssize_t sent =
            send(outlet->socket, outlet->wire.bytes + outlet->sent,
                 outlet->wire.length - outlet->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            outlet->sent += (size_t)sent;
            outlet->bytes += (size_t)sent;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return OUTLET_BLOCKED;
        } else if (errno != EINTR) {
            return OUTLET_FAILED;
        }
    }
}
