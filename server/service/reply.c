/* The tables of rejections and of the reason phrases, and writing the answers. */
#include "service/reply.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/utf8.h"
#include "engine.h"
#include "service/clock.h"

enum { RETRY_AFTER_S = 1 };

/* The body that is sent for an empty answer: reply_no_memory leaves the answer empty. */
static char no_memory[] =
    "{\"type\": \"" PROBLEM_TYPES "out-of-memory\", \"code\": \"out-of-memory\", "
    "\"title\": \"out of memory\", \"status\": 503, \"detail\": \"out of memory\"}\n";

enum rejection reply_rejection(enum status status)
{
    switch (status) {
    case STATUS_BUSY:
        return REJECTION_QUEUE_FULL;
    case STATUS_TIMED_OUT:
        return REJECTION_DEADLINE;
    case STATUS_INTERRUPTED:
        return REJECTION_DRAINING;
    case STATUS_TOO_LARGE:
        return REJECTION_HISTORY_TOO_LARGE;
    case STATUS_NO_MEMORY:
        return REJECTION_MEMORY;
    case STATUS_OK:
    case STATUS_BAD_JSON:
    case STATUS_BAD_ENCODING:
    case STATUS_NOT_FOUND:
    case STATUS_BAD_INPUT:
    case STATUS_IO:
    case STATUS_BAD_FORMAT:
    case STATUS_BAD_OPTION:
    case STATUS_NOT_FINITE:
    case STATUS_COUNT:
        return REJECTION_NONE;
    }
    return REJECTION_NONE;
}

const char *reply_title(int code)
{
    static const struct {
        int code;
        const char *title;
    } titles[] = {
        {200, "OK"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (titles[i].code == code)
            return titles[i].title;
    return "Error";
}

static void finish(struct request *request, int code, const char *type)
{
    request->code = code;
    request->answer_type = type;
    request->retry_after_s = code == 503 ? RETRY_AFTER_S : 0;
}

void reply_no_memory(struct request *request)
{
    strbuf_clear(&request->answer);
    utf8_copy(request->problem, sizeof request->problem,
              triage_status_text(STATUS_NO_MEMORY));
    request->rejection = REJECTION_MEMORY;
    finish(request, 503, "application/problem+json");
}

void reply_text(struct request *request, int code, const char *type)
{
    if (request->answer.has_failed)
        reply_no_memory(request);
    else
        finish(request, code, type);
}

void reply_json(struct request *request, int code)
{
    reply_text(request, code, "application/json");
}

void reply_problem(struct request *request, enum problem_kind kind,
                   const struct error *err)
{
    const struct problem problem = problem_of(kind);
    strbuf_clear(&request->answer);
    triage_problem_write(&request->answer, &problem, err, request->id);
    strbuf_add(&request->answer, "\n");
    utf8_copy(request->problem, sizeof request->problem, err->text);
    if (request->answer.has_failed)
        reply_no_memory(request);
    else
        finish(request, problem.status, "application/problem+json");
}

/* Whether the entity tags of If-None-Match have this one; W/ makes no difference. */
static bool has_tag(const char *tags, const char *tag)
{
    return tags && (strcmp(tags, "*") == 0 || strstr(tags, tag));
}

void reply_tagged(struct request *request, const char *type)
{
    enum { TAG = SHA256_HEX + 2 };
    char hex[SHA256_HEX];
    char *tag = arena_alloc(&request->arena, TAG);
    if (!tag || request->answer.has_failed) {
        reply_no_memory(request);
        return;
    }
    sha256_hex(request->answer.bytes, request->answer.length, hex);
    snprintf(tag, TAG, "\"%s\"", hex);
    /* The library sends no body with 304, only the headers of the one that 200 would have. */
    reply_text(request, has_tag(request->if_none_match, tag) ? 304 : 200, type);
    request->entity_tag = tag;
}

void reply_empty(struct request *request, int code)
{
    strbuf_clear(&request->answer);
    finish(request, code, NULL);
}

/* The part of err that a client may see: for code 500, only the text of its status. */
static struct error visible_part(const struct error *err)
{
    if (problem_of(problem_kind_of(err->status)).status != 500)
        return *err;
    struct error visible = {.status = err->status};
    utf8_copy(visible.text, sizeof visible.text, triage_status_text(err->status));
    return visible;
}

void reply_write_problem(struct strbuf *text, const struct error *err)
{
    const struct problem problem = problem_of(problem_kind_of(err->status));
    const struct error visible = visible_part(err);
    triage_problem_write(text, &problem, &visible, NULL);
}

void reply_error(struct request *request, const struct error *err)
{
    const struct error visible = visible_part(err);
    request->rejection = reply_rejection(err->status);
    reply_problem(request, problem_kind_of(err->status), &visible);
    if (request->code == 500) /* the log shows what the client does not see */
        utf8_copy(request->problem, sizeof request->problem, err->text);
}

void reply_late(struct request *request)
{
    struct error err = {0};
    if (request->answer_by_us <= clock_us())
        error_set(
            &err, STATUS_TIMED_OUT, "",
            "the answer was not ready within the %lld ms that the request allows",
            (long long)((request->answer_by_us - request->started_us) / MICROS_PER_MS));
    else
        error_set(&err, STATUS_TIMED_OUT, "", "the answer was not ready in time");
    reply_error(request, &err);
}

char *reply_printable(char *buffer, size_t size, const char *value)
{
    size_t i = 0;
    for (; value[i] && i < size - 1; i++)
        buffer[i] = (char)(value[i] >= ' ' && value[i] <= '~' ? value[i] : '?');
    buffer[i] = '\0';
    return buffer;
}

char *reply_bytes(const struct request *request, size_t *length)
{
    if (!request->answer_type) {
        *length = 0;
        return NULL;
    }
    bool is_empty = request->answer.length == 0;
    *length = is_empty ? sizeof no_memory - 1 : request->answer.length;
    return is_empty ? no_memory : request->answer.bytes;
}
