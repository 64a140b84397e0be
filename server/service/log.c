/* Formatting and writing the lines. */
#include "service/log.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/timestamp.h"
#include "base/utf8.h"
#include "service/clock.h"

enum { LINE_BYTES = 2048, PATH_BYTES = 256, METHOD_BYTES = 32 };

void log_init(struct log *log, enum log_level level)
{
    log->level = level;
    strbuf_init(&log->lines, SIZE_MAX);
    /*
     * Open standard error again instead of setting O_NONBLOCK on descriptor 2: the flag would be
     * set for all processes that share the open file.
     */
    int own = open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
    log->own_descriptor = own;
    log->descriptor = own >= 0 ? own : STDERR_FILENO;
}

void log_release(struct log *log)
{
    log_flush(log);
    strbuf_release(&log->lines);
    if (log->own_descriptor >= 0)
        close(log->own_descriptor);
}

static void add_name(struct strbuf *text, const char *name)
{
    strbuf_add(text, ", \"");
    strbuf_add(text, name);
    strbuf_add(text, "\": ");
}

static void add_string(struct strbuf *text, const char *name, const char *value)
{
    add_name(text, name);
    strbuf_json_string(text, value, strlen(value));
}

static void add_number(struct strbuf *text, const char *name, uint64_t value)
{
    add_name(text, name);
    strbuf_unsigned(text, value);
}

static void add_time(struct strbuf *text)
{
    char time[TIMESTAMP_SIZE];
    timestamp_format(time, clock_of_day_us());
    strbuf_add(text, "{\"time\": \"");
    strbuf_add(text, time);
    strbuf_add(text, "\"");
}

void log_request(struct log *log, const struct request *request, bool is_delivered)
{
    bool is_failure = request->code >= 500 && request->code != 501;
    struct strbuf *text = &log->lines;
    if (log->level == LOG_NONE || (log->level == LOG_ERROR && !is_failure) ||
        request->is_probe)
        return;
    if (text->length > PIPE_BUF - LINE_BYTES)
        log_flush(log);
    char path[PATH_BYTES], method[METHOD_BYTES];
    utf8_copy(path, sizeof path, request->path);
    utf8_copy(method, sizeof method, request->method_name);
    add_time(text);
    add_string(text, "level", is_failure ? "error" : "info");
    add_string(text, "request_id", request->id);
    if (*request->trace.trace_id) {
        add_string(text, "trace_id", request->trace.trace_id);
        add_string(text, "span_id", request->trace.span_id);
    }
    if (*request->trace.parent_id)
        add_string(text, "parent_id", request->trace.parent_id);
    add_string(text, "method", method);
    add_string(text, "path", path);
    add_number(text, "status", (uint64_t)request->code);
    strbuf_add(text, is_delivered ? ", \"delivered\": true" : ", \"delivered\": false");
    add_number(text, "duration_us", (uint64_t)(clock_us() - request->started_us));
    add_number(text, "bytes_in", request->body_bytes);
    add_number(text, "bytes_out", request->answer.length + request->streamed_bytes);
    if (request->model) {
        add_string(text, "model", request->model);
        add_number(text, "events", request->events);
    }
    if (*request->problem)
        add_string(text, "problem", request->problem);
    strbuf_add(text, "}\n");
}

void log_flush(struct log *log)
{
    if (log->lines.length > 0 && !log->lines.has_failed) {
        ssize_t written = write(log->descriptor, log->lines.bytes, log->lines.length);
        (void)written; /* what cannot be written without waiting is lost */
    }
    strbuf_clear(&log->lines);
}
