/*
 * Any bytes from a client get answers that are HTTP, and the connection's end; afterwards
 * nothing is left over and the next client gets what it always gets.
 */
#include <string.h>

#include "fuzz/driven.h"
#include "fuzz/targets.h"

void fuzz_http(const uint8_t *bytes, size_t length)
{
    struct drive *drive = driven();
    struct strbuf answer;

    if (length == 0)
        return;
    strbuf_init(&answer, 64 << 20);
    /* The first byte says how large the pieces are that arrive together. */
    bool has_ended = drive_ask(drive, (const char *)bytes + 1, length - 1,
                               1 + (size_t)bytes[0] * bytes[0], &answer);
    PROMISE(has_ended);
    PROMISE(answer.length == 0 || strncmp(answer.bytes, "HTTP/1.", 7) == 0);
    driven_check(drive);
    strbuf_release(&answer);
}
