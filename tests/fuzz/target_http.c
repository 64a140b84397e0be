/*
 * Any bytes from a client give answers that are HTTP, and the connection is closed.  Afterwards
 * nothing of it is left, and the next request gets the same answer as always.
 */
#include <string.h>

#include "fuzz/fuzzed_service.h"
#include "fuzz/targets.h"

void fuzz_http(const uint8_t *bytes, size_t length)
{
    if (length == 0)
        return;
    struct drive *drive = fuzzed_service();
    struct strbuf answer;
    strbuf_init(&answer, 64 << 20);
    /* The first byte chooses the size of the pieces that the rest is sent in. */
    bool has_ended = drive_ask(drive, (const char *)bytes + 1, length - 1,
                               1 + (size_t)bytes[0] * bytes[0], &answer);
    REQUIRE(has_ended);
    REQUIRE(answer.length == 0 || strncmp(answer.bytes, "HTTP/1.", 7) == 0);
    fuzzed_service_check(drive);
    strbuf_release(&answer);
}
