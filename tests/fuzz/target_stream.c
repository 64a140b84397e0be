/*
 * Every line of an NDJSON request gets exactly one answer line: an object with "action" or with
 * "error".  Blank lines get none.
 */
#include <string.h>

#include "base/json.h"
#include "fuzz/fuzzed_service.h"
#include "fuzz/targets.h"

static size_t count_lines(const char *bytes, size_t length)
{
    size_t count = 0, begun = 0;
    for (size_t i = 0; i <= length; i++)
        if (i == length || bytes[i] == '\n') {
            bool is_blank = true;
            for (size_t j = begun; j < i; j++)
                is_blank =
                    is_blank && (bytes[j] == ' ' || bytes[j] == '\t' || bytes[j] == '\r');
            count += !is_blank;
            begun = i + 1;
        }
    return count;
}

void fuzz_stream(const uint8_t *bytes, size_t length)
{
    if (length == 0)
        return;
    struct drive *drive = fuzzed_service();
    const char *lines = (const char *)bytes + 1;
    struct strbuf request, answer;
    strbuf_init(&request, 64 << 20);
    strbuf_init(&answer, 64 << 20);
    strbuf_printf(
        &request,
        "POST /predict HTTP/1.0\r\nHost: t\r\nContent-Type: application/x-ndjson\r\n"
        "Content-Length: %zu\r\n\r\n",
        length - 1);
    strbuf_add_bytes(&request, lines, length - 1);
    REQUIRE(drive_ask(drive, request.bytes, request.length,
                      1 + (size_t)bytes[0] * bytes[0], &answer));
    REQUIRE(answer.length > 0);
    const char *body = strstr(answer.bytes, "\r\n\r\n");
    REQUIRE(body);
    body += 4;
    size_t expected = count_lines(lines, length - 1), count = 0;
    for (const char *end = NULL; *body != '\0'; body = end + 1, count++) {
        end = strchr(body, '\n');
        REQUIRE(end);
        json_t *line = json_read(body, (size_t)(end - body), NULL);
        REQUIRE(json_is_object(line));
        REQUIRE(json_object_get(line, "action") || json_object_get(line, "error"));
        json_decref(line);
    }
    REQUIRE(count == expected);
    fuzzed_service_check(drive);
    strbuf_release(&answer);
    strbuf_release(&request);
}
