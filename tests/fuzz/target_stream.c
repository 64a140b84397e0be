/*
 * Any lines get an answer each, in order, and those that are a history the bytes that it gets
 * alone.
 */
#include <string.h>

#include "base/json.h"
#include "fuzz/driven.h"
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
    struct drive *drive = driven();
    const char *lines = (const char *)bytes + 1;
    struct strbuf request, answer;

    if (length == 0)
        return;
    strbuf_init(&request, 64 << 20);
    strbuf_init(&answer, 64 << 20);
    strbuf_printf(
        &request,
        "POST /predict HTTP/1.0\r\nHost: t\r\nContent-Type: application/x-ndjson\r\n"
        "Content-Length: %zu\r\n\r\n",
        length - 1);
    strbuf_add_bytes(&request, lines, length - 1);
    PROMISE(drive_ask(drive, request.bytes, request.length,
                      1 + (size_t)bytes[0] * bytes[0], &answer));
    PROMISE(answer.length > 0);
    const char *body = strstr(answer.bytes, "\r\n\r\n");
    PROMISE(body != NULL);
    body += 4;
    size_t expected = count_lines(lines, length - 1), count = 0;
    for (const char *end = NULL; *body != '\0'; body = end + 1, count++) {
        end = strchr(body, '\n');
        PROMISE(end != NULL);
        json_t *line = json_read(body, (size_t)(end - body), NULL);
        PROMISE(json_is_object(line));
        PROMISE(json_object_get(line, "action") || json_object_get(line, "error"));
        json_decref(line);
    }
    PROMISE(count == expected);
    driven_check(drive);
    strbuf_release(&answer);
    strbuf_release(&request);
}
