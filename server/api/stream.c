/*
 * A stream is a ring of lines in progress, each with its prediction.  A line stays in the ring
 * until it has ended and all lines before it are answered.
 */
#include "api/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/joined_texts.h"
#include "api/prediction.h"
#include "base/json_reader.h"
#include "service/clock.h"
#include "service/reply.h"

enum {
    COMPACT_BYTES = 64 << 10, /* done before the rest of the body is moved to the front */
    FULL_BYTES = 64 << 10     /* of unsent answers: begin no more lines */
};

/* A line in progress. */
struct line {
    uint64_t number;
    struct prediction prediction;
    struct prediction_written written; /* of the answer; only of the oldest line */
    bool is_decoding; /* its text is decoded in slices; only of the newest line */
    struct error err;
    struct arena arena;
};

struct stream {
    struct context *context;
    struct request *request;
    size_t read;       /* bytes of the body that are done */
    size_t searched;   /* bytes after them that are known to have no line feed */
    uint64_t number;   /* of the last line; blank lines count */
    bool is_skipping;  /* inside a line that is too long */
    struct error stop; /* why the stream was stopped; STATUS_OK: it was not */
    bool is_writing;   /* a part of a long answer to the oldest line is written */
    bool is_closed;    /* the answer has its last line */
    bool is_cut;       /* and that line says why the stream was stopped */
    uint32_t first, count, capacity;
    struct line lines[]; /* [capacity], a ring of count lines from first on */
};

/* Line i of the ring; line 0 is the oldest. */
static struct line *line_at(struct stream *stream, uint32_t i)
{
    return &stream->lines[(stream->first + i) % stream->capacity];
}

/* ---- one line -------------------------------------------------------------------------- */

static bool has_ended(const struct line *line)
{
    return line->err.status != STATUS_OK ||
           (!line->is_decoding && line->prediction.left == 0);
}

/* Add a line to the ring.  The caller sets its err, or decodes and submits its prediction. */
static struct line *add_line(struct stream *stream)
{
    struct line *line = line_at(stream, stream->count++);
    struct arena arena = line->arena;
    arena_reset(&arena);
    *line = (struct line){.number = stream->number, .arena = arena};
    return line;
}

/* Decode the next slice of a line.  After the last one its history is submitted, or err is set. */
static void decode_line(struct stream *stream, struct line *line)
{
    struct prediction *prediction = &line->prediction;
    struct request *request = stream->request;
    bool is_done;
    enum status status = prediction_decode(prediction, &is_done, &line->err);
    line->is_decoding = !is_done;
    if (!is_done)
        return;
    if (prediction->entry)
        request->model = prediction->entry->name;
    if (status != STATUS_OK)
        return;
    request->events += prediction->decoded.events;
    atomic_fetch_add(&stream->context->service->waiting_events,
                     prediction->decoded.events);
    prediction_submit(prediction, 1, 0);
}

/*
 * Begin to decode a line.  A line that is longer than a slice is copied: the body changes until it
 * is decoded.
 */
static void begin_line(struct stream *stream, const char *bytes, size_t length)
{
    struct line *line = add_line(stream);
    if (length > PREDICTION_SLICE) {
        bytes = arena_string(&line->arena, bytes, length);
        if (!bytes) {
            error_no_memory(&line->err);
            return;
        }
    }
    line->prediction.includes = stream->request->includes;
    if (prediction_begin(&line->prediction, stream->context, PREDICTION_LINE, bytes,
                         length, &line->arena, &line->err) == STATUS_OK)
        decode_line(stream, line);
}

/* The line leaves the ring: its events, which begin_line has added, no longer wait. */
static void subtract_events(const struct stream *stream, const struct line *line)
{
    if (line->prediction.submitted > 0)
        atomic_fetch_sub(&stream->context->service->waiting_events,
                         line->prediction.decoded.events);
}

static void write_error(struct stream *stream, uint64_t number, const char *id,
                        const struct error *err)
{
    struct strbuf *text = &stream->request->answer;
    strbuf_printf(text, "{\"line\": %llu", (unsigned long long)number);
    if (id) {
        strbuf_add(text, ", \"id\": ");
        strbuf_add(text, id);
    }
    strbuf_add(text, ", \"error\": ");
    reply_write_problem(text, err);
    strbuf_add(text, "}\n");
}

/* Write the answer, or the next slice of it.  true: it is complete. */
static bool answer_line(struct stream *stream, struct line *line)
{
    const struct prediction *prediction = &line->prediction;
    if (prediction->status != STATUS_OK)
        error_set(&line->err, prediction->status, "", "%s",
                  triage_status_text(prediction->status));
    if (line->err.status != STATUS_OK)
        write_error(stream, line->number, prediction->decoded.id, &line->err);
    else if (!prediction_write_slice(prediction, &line->written,
                                     &stream->request->answer))
        return false;
    subtract_events(stream, line);
    return true;
}

/* ---- lines of the body ----------------------------------------------------------------- */

/* The client has not taken enough of the answer. */
static bool is_full(const struct stream *stream)
{
    const struct request *request = stream->request;
    return request->answer.length + request->unsent_bytes >= FULL_BYTES;
}

/* A long answer is written slice by slice, while the client takes it. */
static void answer_ended_lines(struct stream *stream)
{
    while (stream->count > 0 && has_ended(line_at(stream, 0))) {
        if (stream->is_writing && is_full(stream))
            return;
        stream->is_writing = !answer_line(stream, line_at(stream, 0));
        if (stream->is_writing)
            return;
        stream->first = (stream->first + 1) % stream->capacity;
        stream->count--;
    }
}

/* Whether the next line is complete.  *length is how much of it has arrived, without line feed. */
static bool find_line(struct stream *stream, size_t *length)
{
    const struct strbuf *body = &stream->request->body;
    size_t available = body->length - stream->read;
    *length = 0;
    if (available == 0)
        return false;
    const char *from = body->bytes + stream->read;
    const char *end = available > stream->searched ? memchr(from + stream->searched, '\n',
                                                            available - stream->searched)
                                                   : NULL;
    stream->searched = end ? 0 : available;
    *length = end ? (size_t)(end - from) : available;
    return end || stream->request->is_whole;
}

static void refuse_long_line(struct stream *stream)
{
    struct line *line = add_line(stream);
    char expected[48];
    snprintf(expected, sizeof expected, "at most %llu bytes",
             (unsigned long long)stream->context->options->max_body);
    error_mismatch(&line->err, STATUS_TOO_LARGE, "", expected, "more",
                   "the line is larger than the limit");
}

static void begin_and_explain_line(struct stream *stream, const char *bytes,
                                   size_t length)
{
    begin_line(stream, bytes, length);
    struct error *err = &line_at(stream, stream->count - 1)->err;
    joined_texts_explain(bytes, length, true, err);
}

/*
 * Whether the lines in progress, of all streams, and the waiting requests have as many events as
 * allowed.  A stream may always have one line in progress, so that it goes on.
 */
static bool has_too_many_events(const struct stream *stream)
{
    const struct context *context = stream->context;
    return stream->count > 0 && atomic_load(&context->service->waiting_events) >=
                                    context->options->max_waiting_events;
}

/*
 * Begin the next line, or skip a part of a line that is too long.  False if the next line has not
 * arrived or may not begin yet.
 */
static bool read_line(struct stream *stream)
{
    struct request *request = stream->request;
    struct line *newest = stream->count > 0 ? line_at(stream, stream->count - 1) : NULL;
    if (newest && newest->is_decoding)
        return false;
    if (stream->count == stream->capacity || stream->stop.status != STATUS_OK ||
        is_full(stream) || has_too_many_events(stream))
        return false;
    const uint64_t limit = stream->context->options->max_body;
    size_t length = 0;
    bool is_complete = find_line(stream, &length);
    if (!is_complete && length <= limit)
        return false;
    const char *bytes = request->body.bytes + stream->read;
    bool is_rest = stream->is_skipping; /* of the line that was refused */
    stream->number += !is_rest;
    stream->is_skipping = !is_complete;
    if (!is_rest && length > limit)
        refuse_long_line(stream);
    else if (!is_rest && !json_are_blank(bytes, length))
        begin_and_explain_line(stream, bytes, length);
    stream->read += length;
    if (stream->read < request->body.length && is_complete)
        stream->read++; /* the line feed */
    stream->searched = 0;
    return true;
}

/* Remove the bytes that are done from the body. */
static void compact(struct stream *stream)
{
    struct strbuf *body = &stream->request->body;
    if (stream->read == body->length) {
        strbuf_clear(body);
    } else if (stream->read >= COMPACT_BYTES) {
        memmove(body->bytes, body->bytes + stream->read, body->length - stream->read);
        body->length -= stream->read;
    } else {
        return;
    }
    stream->read = 0;
}

/* ---- the stream ------------------------------------------------------------------------ */

static void stream_free(struct request *request)
{
    struct stream *stream = request->work;
    for (uint32_t i = 0; i < stream->count; i++) {
        struct line *line = line_at(stream, i);
        if (!has_ended(line))
            prediction_drop(&line->prediction);
        subtract_events(stream, line);
    }
    for (uint32_t i = 0; i < stream->capacity; i++)
        arena_release(&stream->lines[i].arena);
    free(stream);
    request->work = NULL;
}

void stream_start(struct context *context, struct request *request)
{
    uint32_t capacity = prediction_share(context->options);
    struct stream *stream = calloc(1, sizeof *stream + capacity * sizeof *stream->lines);
    if (!stream) {
        reply_no_memory(request);
        return;
    }
    stream->context = context;
    stream->request = request;
    stream->capacity = capacity;
    for (uint32_t i = 0; i < capacity; i++)
        arena_init(&stream->lines[i].arena, SIZE_MAX);
    request->answer_type = "application/x-ndjson";
    request->work = stream;
    request->abandon = stream_free;
}

static void stop(struct stream *stream, const struct error *err)
{
    if (stream->stop.status != STATUS_OK)
        return;
    stream->stop = *err;
    stream->request->rejection = reply_rejection(err->status);
}

void stream_stop(struct request *request, const struct error *err)
{
    stop(request->work, err);
}

/* All lines that have begun are answered, and no more will begin. */
static void end_answer(struct stream *stream)
{
    bool is_stopped = stream->stop.status != STATUS_OK;
    if (is_stopped)
        write_error(stream, stream->number + 1, NULL, &stream->stop);
    stream->is_closed = true;
    stream->is_cut = is_stopped;
}

enum stream_state stream_step(struct request *request)
{
    struct stream *stream = request->work;
    if (request->body.has_failed)
        return STREAM_FAILED;
    if (clock_us() >= request->answer_by_us) {
        struct error err = {0};
        error_set(&err, STATUS_TIMED_OUT, "", "the time that the request allows is over");
        stop(stream, &err);
    }
    if (stream->count > 0 && line_at(stream, stream->count - 1)->is_decoding)
        decode_line(stream, line_at(stream, stream->count - 1));
    do {
        answer_ended_lines(stream);
    } while (read_line(stream));
    answer_ended_lines(stream);
    compact(stream);
    bool is_stopped = stream->stop.status != STATUS_OK;
    size_t length = 0;
    bool has_more = !is_stopped && find_line(stream, &length);
    bool is_over = is_stopped || (request->is_whole && !has_more);
    if (is_over && stream->count == 0 && !stream->is_closed)
        end_answer(stream);
    if (stream->is_closed)
        return stream->is_cut ? STREAM_CUT : STREAM_ENDED;
    return is_over || has_more || stream->is_writing ? STREAM_BUSY : STREAM_NEEDS_INPUT;
}
