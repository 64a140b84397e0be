#include "http/headers.h"

#include <stdio.h>
#include <string.h>

#include "base/digits.h"
#include "service/clock.h"

static void add(struct headers *headers, const char *name, const char *value)
{
    headers->fields[headers->count].name = name;
    headers->fields[headers->count++].value = value;
}

/* Returns where the zero is. */
static char *copy(char *out, const char *text)
{
    size_t length = strlen(text);
    memcpy(out, text, length + 1);
    return out + length;
}

/*
 * Where the time went, in milliseconds, as far as the request came: its body, reading it, until
 * its first history had a row, until its last history had ended.  Then all of it until now,
 * which for a stream is its first line.
 */
static const char *format_timing(const struct request *request, char room[TIMING_TEXT])
{
    const struct {
        const char *name;
        int64_t from_us, to_us;
    } spans[] = {
        {"receive", request->started_us, request->received_us},
        {"parse", request->received_us, request->parsed_us},
        {"wait", request->parsed_us, request->admitted_us},
        {"inference", request->admitted_us, request->ended_us},
        {request->stream ? "first" : "total", request->started_us, clock_us()},
    };
    char *out = room;
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        int64_t us = spans[i].to_us - spans[i].from_us;
        if (spans[i].from_us == 0 || us < 0)
            continue;
        out = copy(out, out > room ? ", " : "");
        out = copy(copy(out, spans[i].name), ";dur=");
        out = digits_all(out, (uint64_t)us / MICROS_PER_MS);
        *out++ = '.';
        out = digits_last(out, (uint64_t)us, 3);
    }
    *out = '\0';
    return room;
}

void headers_of(struct headers *headers, const struct request *request)
{
    headers->count = 0;
    add(headers, "Content-Type", request->answer_type);
    add(headers, "Cache-Control", "no-store");
    if (*request->id)
        add(headers, "X-Request-Id", request->id);
    if (*request->trace.trace_id)
        add(headers, "traceparent", trace_format(&request->trace, headers->trace));
    if (request->started_us)
        add(headers, "Server-Timing", format_timing(request, headers->timing));
    if (request->allow)
        add(headers, "Allow", request->allow);
    if (request->retry_after_s) {
        snprintf(headers->retry_after, sizeof headers->retry_after, "%u",
                 request->retry_after_s);
        add(headers, "Retry-After", headers->retry_after);
    }
    if (request->must_close)
        add(headers, "Connection", "close");
}

char *headers_write(const struct headers *headers, char room[HEADERS_TEXT])
{
    size_t length = 0;
    room[0] = '\0';
    for (size_t i = 0; i < headers->count && length < HEADERS_TEXT; i++)
        length += (size_t)snprintf(room + length, HEADERS_TEXT - length, "%s: %s\r\n",
                                   headers->fields[i].name, headers->fields[i].value);
    return room;
}
