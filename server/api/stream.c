#include "api/stream.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/choice.h"
#include "base/json.h"
#include "base/utf8.h"
#include "engine.h"
#include "http/chunked_response.h"
#include "http/http.h"
#include "loop/loop.h"
#include "service/batcher.h"
#include "service/clock.h"
#include "service/reply.h"

enum {
    SHARES = 4,              /* of the rows of a lane; a stream has one of them */
    COMPACT_BYTES = 64 << 10 /* read lines that are kept before the others move up */
};

static const char type[] = "application/x-ndjson";

/* A line in work. */
struct line {
    uint64_t number;
    bool has_ended;
    const struct registry_entry *entry;
    struct batcher *lane; /* NULL when it never got that far */
    struct job job;
    struct history history;
    struct error err;
    const char *id; /* as JSON, for the error; or NULL */
    struct arena arena;
};

struct stream {
    struct request *request;
    struct chunked_response outlet;
    enum chunked_state sending;
    struct strbuf input; /* from read on: what has not been begun */
    size_t read, searched;
    uint64_t number; /* of the line begun last */
    bool is_whole;   /* no more input comes */
    bool is_skipping;
    bool has_failed;
    struct error stop;           /* why no more lines are begun; no status: they are */
    uint32_t first, count, room; /* lines in work: a ring */
    struct line lines[];
};

bool stream_is_asked_for(const char *asked)
{
    static const char plain[] = "application/ndjson";
    size_t length = asked ? strcspn(asked, "; \t") : 0;
    return (length == sizeof type - 1 && strncasecmp(asked, type, length) == 0) ||
           (length == sizeof plain - 1 && strncasecmp(asked, plain, length) == 0);
}

static struct service *service_of(const struct stream *stream)
{
    return loop_service(stream->request->loop);
}

struct stream *stream_new(struct request *request, bool is_http_1_0)
{
    uint32_t room = loop_service(request->loop)->options->max_rows / SHARES;
    room = room ? room : 1;
    struct stream *stream = calloc(1, sizeof *stream + room * sizeof *stream->lines);
    if (!stream)
        return NULL;
    stream->request = request;
    stream->room = room;
    request->answer_type = type;
    request->must_close = true; /* the connection ends with the answer */
    chunked_response_init(&stream->outlet, http_socket(request), !is_http_1_0);
    strbuf_init(&stream->input, SIZE_MAX);
    for (uint32_t i = 0; i < room; i++)
        arena_init(&stream->lines[i].arena, SIZE_MAX);
    return stream;
}

static struct line *line_at(struct stream *stream, uint32_t i)
{
    return &stream->lines[(stream->first + i) % stream->room];
}

/* Its events wait no more. */
static void discount(struct stream *stream, const struct line *line)
{
    atomic_fetch_sub(&service_of(stream)->events, line->history.length);
}

void stream_free(struct stream *stream)
{
    if (!stream)
        return;
    for (uint32_t i = 0; i < stream->count; i++) {
        struct line *line = line_at(stream, i);
        if (!line->has_ended) {
            batcher_drop(line->lane, &line->job);
            discount(stream, line);
        }
    }
    for (uint32_t i = 0; i < stream->room; i++)
        arena_release(&stream->lines[i].arena);
    chunked_response_release(&stream->outlet);
    strbuf_release(&stream->input);
    free(stream);
}

void stream_take(struct stream *stream, const char *data, size_t length)
{
    strbuf_add_bytes(&stream->input, data, length);
}

void stream_end(struct stream *stream)
{
    stream->is_whole = true;
}

bool stream_is_blocked(const struct stream *stream)
{
    return stream->sending == CHUNKED_BLOCKED;
}

/* ---- one line -------------------------------------------------------------------------- */

static void on_end(struct job *job)
{
    struct line *line = job->owner;
    line->has_ended = true;
    if (job->status)
        error_set(&line->err, job->status, "", "%s", triage_status_text(job->status));
}

/* Keep the id of a line that may have to be named in an error. */
static void keep_id(struct line *line, const json_t *body)
{
    const json_t *id = json_object_get(body, "id");
    struct strbuf text;
    if (!json_is_string(id) && !json_is_integer(id))
        return;
    strbuf_init(&text, SIZE_MAX);
    json_write(&text, id, 17);
    if (!text.has_failed)
        line->id = arena_string(&line->arena, text.bytes, text.length);
    strbuf_release(&text);
}

static enum status decode_tree(struct stream *stream, struct line *line,
                               const char *bytes, size_t length)
{
    const struct options *options = service_of(stream)->options;
    struct error *err = &line->err;
    json_t *body = json_read(bytes, length, err);
    if (!body)
        return err->status;
    enum status status = STATUS_OK;
    keep_id(line, body);
    if (!json_is_object(body))
        status = error_mismatch(err, STATUS_BAD_INPUT, "", "an object", json_kind(body),
                                "a line is an object with events in it");
    else if (json_object_get(body, "histories"))
        status = error_set(err, STATUS_BAD_INPUT, "/histories",
                           "a line of a stream is one history");
    if (!status)
        status = choice_of_tree(stream->request, body, &line->entry, err);
    if (!status)
        status =
            triage_history_decode(&line->history, triage_model_schema(line->entry->model),
                                  body, options->max_events, "", &line->arena, err);
    json_decref(body);
    return status;
}

static enum status decode(struct stream *stream, struct line *line, const char *bytes,
                          size_t length)
{
    struct fast_request quick;
    if (!choice_of_text(stream->request, bytes, length, 0, &line->arena, &line->entry,
                        &quick))
        return decode_tree(stream, line, bytes, length);
    line->history = *quick.histories;
    line->id = line->history.id;
    return STATUS_OK;
}

/* Read a line and have it wait for a row, or fail it. */
static void begin_line(struct stream *stream, const char *bytes, size_t length)
{
    struct line *line = line_at(stream, stream->count++);
    struct arena arena = line->arena;
    arena_reset(&arena);
    *line = (struct line){.number = stream->number, .arena = arena};
    enum status status = decode(stream, line, bytes, length);
    line->err.line = status == STATUS_BAD_JSON ? line->err.line : 0;
    if (!status) {
        line->job =
            (struct job){.history = &line->history, .owner = line, .on_end = on_end};
        line->job.probabilities = arena_array(
            &line->arena, triage_model_actions(line->entry->model), sizeof(float));
        if (!line->job.probabilities)
            status = error_no_memory(&line->err);
    }
    if (status) {
        line->has_ended = true;
        return;
    }
    stream->request->events += line->history.length;
    atomic_fetch_add(&service_of(stream)->events, line->history.length);
    line->lane = loop_batcher(stream->request->loop, line->entry->index);
    batcher_submit(line->lane, &line->job);
}

static void say_error(struct stream *stream, uint64_t number, const char *id,
                      const struct error *err)
{
    struct strbuf *text = &stream->outlet.lines;
    int code = reply_code(err->status);
    struct error shown = *err;
    if (code == 500) { /* our own fault is said in general */
        shown = (struct error){.status = err->status};
        utf8_copy(shown.text, sizeof shown.text, triage_status_text(err->status));
    }
    strbuf_printf(text, "{\"line\": %llu", (unsigned long long)number);
    if (id) {
        strbuf_add(text, ", \"id\": ");
        strbuf_add(text, id);
    }
    strbuf_add(text, ", \"error\": ");
    triage_problem_write(text, code, reply_title(code), &shown, NULL);
    strbuf_add(text, "}\n");
}

static void say(struct stream *stream, struct line *line)
{
    struct strbuf *text = &stream->outlet.lines;
    if (line->err.status) {
        say_error(stream, line->number, line->id, &line->err);
    } else {
        assert(line->entry);
        triage_answer_write(text, line->entry->model, line->entry->name, &line->history,
                            line->job.probabilities);
        strbuf_add(text, "\n");
    }
    if (line->lane)
        discount(stream, line);
}

/* ---- all of them ----------------------------------------------------------------------- */

/* Say what has ended, in order. */
static void say_ended(struct stream *stream)
{
    while (stream->count > 0 && line_at(stream, 0)->has_ended) {
        say(stream, line_at(stream, 0));
        stream->first = (stream->first + 1) % stream->room;
        stream->count--;
    }
}

static bool is_blank(const char *bytes, size_t length)
{
    while (length > 0 && strchr(" \t\r", bytes[length - 1]) && bytes[length - 1])
        length--;
    return length == 0;
}

/* The next line's length without its end; false when it is not all there. */
static bool find_line(struct stream *stream, size_t *length)
{
    size_t there = stream->input.length - stream->read;
    *length = 0;
    if (there == 0)
        return false;
    const char *from = stream->input.bytes + stream->read;
    const char *end = there > stream->searched ? memchr(from + stream->searched, '\n',
                                                        there - stream->searched)
                                               : NULL;
    stream->searched = end ? 0 : there;
    *length = end ? (size_t)(end - from) : there;
    return end || stream->is_whole;
}

static void fail_line(struct stream *stream, const struct error *err)
{
    struct line *line = line_at(stream, stream->count++);
    struct arena arena = line->arena;
    *line = (struct line){
        .number = stream->number, .arena = arena, .err = *err, .has_ended = true};
}

static void refuse_long_line(struct stream *stream)
{
    struct error err = {0};
    char most[48];
    snprintf(most, sizeof most, "at most %llu bytes",
             (unsigned long long)service_of(stream)->options->max_body);
    error_mismatch(&err, STATUS_TOO_LARGE, "", most, "more",
                   "the line is larger than the limit");
    fail_line(stream, &err);
}

/* Take a line off the input; false when there is none, or none that may be begun yet. */
static bool take_line(struct stream *stream)
{
    uint64_t most = service_of(stream)->options->max_body;
    size_t length = 0;
    if (stream->count == stream->room || chunked_response_is_full(&stream->outlet) ||
        stream->stop.status)
        return false;
    bool is_there = find_line(stream, &length);
    if (!is_there && length <= most)
        return false;
    const char *bytes = stream->input.bytes + stream->read;
    bool goes_on = stream->is_skipping;
    stream->number += !goes_on;
    stream->is_skipping = !is_there; /* the rest of it is thrown away as it comes */
    if (!goes_on && length > most)
        refuse_long_line(stream);
    else if (!goes_on && !is_blank(bytes, length))
        begin_line(stream, bytes, length);
    stream->read += length;
    if (stream->read < stream->input.length && is_there)
        stream->read++;
    stream->searched = 0;
    return true;
}

/* Forget the lines that were read. */
static void compact(struct stream *stream)
{
    struct strbuf *input = &stream->input;
    if (stream->read == input->length) {
        strbuf_clear(input);
    } else if (stream->read >= COMPACT_BYTES) {
        memmove(input->bytes, input->bytes + stream->read, input->length - stream->read);
        input->length -= stream->read;
    } else {
        return;
    }
    stream->read = 0;
}

static bool has_line(struct stream *stream)
{
    size_t length = 0;
    return !stream->stop.status && find_line(stream, &length);
}

void stream_stop(struct stream *stream, const struct error *err)
{
    if (stream->stop.status)
        return;
    stream->stop = *err;
    stream->request->rejection = reply_rejection(err->status);
}

void stream_fail(struct stream *stream)
{
    stream->has_failed = true;
}

static void check_time(struct stream *stream)
{
    struct error err = {0};
    if (clock_us() < stream->request->answer_by_us)
        return;
    error_set(&err, STATUS_TIMED_OUT, "", "the time that the request allows is over");
    stream_stop(stream, &err);
}

/* All that was begun is answered, and nothing more is to be. */
static void end_answer(struct stream *stream)
{
    if (stream->outlet.wants_end)
        return;
    if (stream->stop.status)
        say_error(stream, stream->number + 1, NULL, &stream->stop);
    stream->outlet.wants_cut = stream->stop.status != STATUS_OK;
    stream->outlet.wants_end = true;
}

enum stream_state stream_turn(struct stream *stream)
{
    if (stream->input.has_failed || stream->has_failed)
        return STREAM_FAILED;
    check_time(stream);
    do {
        say_ended(stream);
    } while (take_line(stream));
    say_ended(stream);
    compact(stream);
    bool has_more = has_line(stream);
    bool is_over = stream->stop.status || (stream->is_whole && !has_more);
    if (is_over && stream->count == 0)
        end_answer(stream);
    stream->sending = chunked_response_flush(&stream->outlet, stream->request);
    stream->request->streamed_bytes = stream->outlet.bytes;
    if (stream->sending == CHUNKED_FAILED)
        return STREAM_FAILED;
    if (stream->sending == CHUNKED_DONE)
        return STREAM_DONE;
    return is_over || has_more ? STREAM_BUSY : STREAM_HUNGRY;
}
