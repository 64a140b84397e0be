/* Formatting and writing the lines. */
#include "service/log.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/printable.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "service/address.h"
#include "service/clock.h"

enum {
    LINE_BYTES = 3072, /* more than a request's line usually has */
    VALUE_BYTES = 256, /* longer values are cut */
    MESSAGE_BYTES = 1024,
    TIME_OF_DAY = 11, /* in a timestamp */
    TIME_OF_DAY_LENGTH = 8
};

/*
 * Open standard error again instead of setting O_NONBLOCK on descriptor 2: the flag would be set for
 * all processes that share the open file.  -1: descriptor 2 is to be used.  A regular file never blocks,
 * and if it is also standard output, both must have one position: opened again, it would be overwritten.
 */
static int open_own(void)
{
    struct stat state;
    if (fstat(STDERR_FILENO, &state) == 0 && S_ISREG(state.st_mode))
        return -1;
    return open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
}

void log_init(struct log *log, const struct options *options)
{
    log->level = (enum log_level)options->log_level;
    log->is_text = options->log_format == LOG_TEXT ||
                   (options->log_format == LOG_AUTO && isatty(STDERR_FILENO));
    log->is_torn = false;
    log->lost = 0;
    strbuf_init(&log->lines, SIZE_MAX);
    log->own_descriptor = open_own();
    log->descriptor = log->own_descriptor >= 0 ? log->own_descriptor : STDERR_FILENO;
}

void log_release(struct log *log)
{
    log_flush(log);
    strbuf_release(&log->lines);
    if (log->own_descriptor >= 0)
        close(log->own_descriptor);
}

/* ---- members of a line ----------------------------------------------------------------- */

/* {"time": "...", "level": "info" */
static void begin_json(struct strbuf *line, const char *level)
{
    char time[TIMESTAMP_SIZE];
    timestamp_format(time, clock_of_day_us());
    strbuf_add(line, "{\"time\": \"");
    strbuf_add(line, time);
    strbuf_add(line, "\", \"level\": \"");
    strbuf_add(line, level);
    strbuf_add(line, "\"");
}

/* "10:04:00 ", UTC, and "warning: " */
static void begin_text(struct strbuf *line, const char *level)
{
    char time[TIMESTAMP_SIZE];
    timestamp_format(time, clock_of_day_us());
    strbuf_add_bytes(line, time + TIME_OF_DAY, TIME_OF_DAY_LENGTH);
    strbuf_add(line, " ");
    if (strcmp(level, "info") != 0)
        strbuf_printf(line, "%s: ", level);
}

/* `, "name": ` or ` name=`; without printf, because a request has many */
static void add_name(struct log *log, const char *name)
{
    strbuf_add(&log->lines, log->is_text ? " " : ", \"");
    strbuf_add(&log->lines, name);
    strbuf_add(&log->lines, log->is_text ? "=" : "\": ");
}

/*
 * A value in quotes, which cannot end before its last quote: a user agent with quotes in it could
 * else add a decision of its own to the line.
 */
static void add_quoted(struct strbuf *line, const char *value)
{
    size_t length = strnlen(value, VALUE_BYTES);
    while (length > 0 && utf8_is_continuation(value[length]))
        length--; /* not a part of a character */
    strbuf_add(line, "\"");
    for (const char *end = value + length; value < end;) {
        size_t count = strcspn(value, "\"\\");
        if (count > (size_t)(end - value))
            count = (size_t)(end - value);
        printable_add(line, value, count);
        value += count;
        if (value < end)
            strbuf_printf(line, "\\%c", *value++);
    }
    strbuf_add(line, "\"");
}

void log_text(struct log *log, const char *name, const char *value)
{
    char clean[VALUE_BYTES];
    bool is_word = *value != '\0' && !value[strcspn(value, " \"=\\")];
    add_name(log, name);
    if (!log->is_text) {
        utf8_copy(clean, sizeof clean, value);
        printable_json_string(&log->lines, clean, strlen(clean));
    } else if (is_word) {
        strbuf_add(&log->lines, printable_copy(clean, sizeof clean, value));
    } else {
        add_quoted(&log->lines, value);
    }
}

/* log_text for a value of our own, in which nothing has to be escaped: faster. */
static void add_word(struct log *log, const char *name, const char *value)
{
    add_name(log, name);
    strbuf_add(&log->lines, log->is_text ? "" : "\"");
    strbuf_add(&log->lines, value);
    strbuf_add(&log->lines, log->is_text ? "" : "\"");
}

void log_number(struct log *log, const char *name, uint64_t value)
{
    add_name(log, name);
    strbuf_unsigned(&log->lines, value);
}

/* ---- lines of the service -------------------------------------------------------------- */

static void add_message(struct log *log, const char *level, const char *message)
{
    if (log->is_text) {
        begin_text(&log->lines, level);
        printable_add(&log->lines, message, strlen(message));
        return;
    }
    char clean[MESSAGE_BYTES];
    utf8_copy(clean, sizeof clean, message);
    begin_json(&log->lines, level);
    strbuf_add(&log->lines, ", \"message\": ");
    printable_json_string(&log->lines, clean, strlen(clean));
}

bool log_begin(struct log *log, const char *level, const char *message)
{
    if (log->level == LOG_NONE || (log->level != LOG_INFO && strcmp(level, "info") == 0))
        return false;
    add_message(log, level, message);
    return true;
}

void log_end(struct log *log)
{
    strbuf_add(&log->lines, log->is_text ? "\n" : "}\n");
    log_flush(log);
}

/* ---- requests -------------------------------------------------------------------------- */

/* What the request was about: model, events, and the decision if there was one history. */
static void add_decision(struct log *log, const struct request *request)
{
    if (request->model) {
        add_word(log, "model", request->model);
        log_number(log, "events", request->events);
    }
    if (request->has_declined)
        log_text(log, "decision", "declined");
    else if (request->action)
        log_text(log, "decision", request->action);
    if (*request->problem)
        log_text(log, "problem", request->problem);
}

static void add_peer(struct log *log, const struct request *request)
{
    char peer[ADDRESS_TEXT] = "";
    if (request->peer)
        address_format_peer(request->peer, peer);
    if (*peer != '\0')
        add_word(log, "peer", peer);
}

static void add_request_json(struct log *log, const struct request *request,
                             const char *level, bool is_delivered)
{
    begin_json(&log->lines, level);
    add_word(log, "request_id", request->id);
    if (*request->trace.trace_id) {
        add_word(log, "trace_id", request->trace.trace_id);
        add_word(log, "span_id", request->trace.span_id);
    }
    if (*request->trace.parent_id)
        add_word(log, "parent_id", request->trace.parent_id);
    add_peer(log, request);
    if (request->user_agent)
        log_text(log, "user_agent", request->user_agent);
    log_text(log, "method", request->method_name);
    if (request->route_path)
        add_word(log, "route", request->route_path);
    log_text(log, "path", request->path);
    log_number(log, "status", (uint64_t)request->code);
    strbuf_add(&log->lines,
               is_delivered ? ", \"delivered\": true" : ", \"delivered\": false");
    log_number(log, "duration_us", (uint64_t)(clock_us() - request->started_us));
    log_number(log, "bytes_in", request->body_bytes);
    log_number(log, "bytes_out", request->answer.length + request->streamed_bytes);
    add_decision(log, request);
    strbuf_add(&log->lines, "}\n");
}

/* 10:04:00 POST /predict 200 312us peer=127.0.0.1:5010 model=incident events=3 decision=page */
static void add_request_text(struct log *log, const struct request *request,
                             const char *level, bool is_delivered)
{
    char path[VALUE_BYTES], method[VALUE_BYTES];
    begin_text(&log->lines, level);
    printable_copy(path, sizeof path, request->path);
    printable_copy(method, sizeof method, request->method_name);
    strbuf_printf(&log->lines, "%s %s %d ", method, path, request->code);
    strbuf_unsigned(&log->lines, (uint64_t)(clock_us() - request->started_us));
    strbuf_add(&log->lines, is_delivered ? "us" : "us not delivered");
    add_peer(log, request);
    add_decision(log, request);
    add_word(log, "request_id", request->id);
    if (request->user_agent)
        log_text(log, "user_agent", request->user_agent);
    strbuf_add(&log->lines, "\n");
}

void log_request(struct log *log, const struct request *request, bool is_delivered)
{
    bool is_failure = request->code >= 500 && request->code != 501;
    const char *level = is_failure ? "error" : "info";
    if (log->level == LOG_NONE || (log->level == LOG_ERROR && !is_failure) ||
        request->is_probe)
        return;
    if (log->lines.length > PIPE_BUF - LINE_BYTES)
        log_flush(log);
    if (log->is_text)
        add_request_text(log, request, level, is_delivered);
    else
        add_request_json(log, request, level, is_delivered);
}

/* ---- writing --------------------------------------------------------------------------- */

static uint64_t count_lines(const char *bytes, size_t length)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += bytes[i] == '\n';
    return lines;
}

/* Write what can be written without waiting.  Returns the number of bytes. */
static size_t write_now(struct log *log, const struct strbuf *lines)
{
    ssize_t written = write(log->descriptor, lines->bytes, lines->length);
    if (written <= 0)
        return 0;
    log->is_torn = lines->bytes[written - 1] != '\n';
    return (size_t)written;
}

/* Say how many lines are missing here. */
static void report_lost(struct log *log)
{
    struct log note = *log;
    strbuf_init(&note.lines, LINE_BYTES);
    if (log->is_torn)
        strbuf_add(&note.lines, "\n");
    add_message(&note, "warning",
                "lines of the log are missing: standard error did not take them");
    log_number(&note, "lines", log->lost);
    strbuf_add(&note.lines, log->is_text ? "\n" : "}\n");
    if (!note.lines.has_failed && write_now(log, &note.lines) == note.lines.length)
        log->lost = 0;
    strbuf_release(&note.lines);
}

void log_flush(struct log *log)
{
    const struct strbuf *lines = &log->lines;
    if (lines->length > 0 && log->lost > 0)
        report_lost(log);
    if (lines->has_failed)
        log->lost++;
    else if (lines->length > 0) {
        size_t written = log->lost > 0 ? 0 : write_now(log, lines);
        log->lost += count_lines(lines->bytes + written, lines->length - written);
    }
    strbuf_clear(&log->lines);
}
