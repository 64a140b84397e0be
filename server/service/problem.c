/*
 * The table of the kinds of problems.
 *
 * Kinds that are failures of the engine (with a cause) have the code of their status, so that
 * `triage predict` and the service name a failure alike.
 */
#include "service/problem.h"

#include <assert.h>
#include <string.h>

static const struct kind {
    int status;        /* of HTTP */
    enum status cause; /* whose code and title it has; STATUS_OK: its own */
    const char *code, *title, *about;
} kinds[PROBLEM_KINDS] = {
    [PROBLEM_INVALID_HEAD] =
        {.status = 400,
         .code = "invalid-head",
         .title = "the request head is not valid",
         .about = "A header is missing, doubled, contradicts another one or has a value "
                  "that is not allowed. The connection is closed."},
    [PROBLEM_INVALID_TARGET] =
        {.status = 400,
         .code = "invalid-target",
         .title = "the path or the query is not valid",
         .about = "A percent sign in the path or the query is not followed by two "
                  "hexadecimal digits, or stands for a NUL byte, or the query has an "
                  "argument that the path does not have."},
    [PROBLEM_INVALID_ENCODING] =
        {.status = 400,
         .cause = STATUS_BAD_ENCODING,
         .about = "The body is not what Content-Encoding says: it is cut off, damaged, "
                  "or followed by other bytes."},
    [PROBLEM_INVALID_JSON] =
        {.status = 400,
         .cause = STATUS_BAD_JSON,
         .about = "The body is empty or not JSON, or has invalid UTF-8, a duplicate key "
                  "or a NUL byte. line and column say where."},
    [PROBLEM_FOREIGN_ORIGIN] =
        {.status = 403,
         .code = "foreign-origin",
         .title = "the request comes from a page of another origin",
         .about = "The Origin of the request is neither the service's own nor one that "
                  "--allowed-origin names."},
    [PROBLEM_FOREIGN_HOST] =
        {.status = 403,
         .code = "foreign-host",
         .title = "the request is for another host",
         .about = "The Host of the request is not one that --allowed-host names."},
    [PROBLEM_UNKNOWN_PATH] =
        {.status = 404,
         .code = "unknown-path",
         .title = "there is no such path",
         .about = "No route has this path. GET /openapi.json describes all routes."},
    [PROBLEM_UNKNOWN_MODEL] =
        {.status = 404,
         .cause = STATUS_NOT_FOUND,
         .about = "No model with this name is served. GET /models lists the models."},
    [PROBLEM_METHOD_NOT_ALLOWED] =
        {.status = 405,
         .code = "method-not-allowed",
         .title = "the path does not have this method",
         .about = "The header Allow lists the methods of the path."},
    [PROBLEM_REQUEST_TIMEOUT] =
        {.status = 408,
         .code = "request-timeout",
         .title = "the request did not arrive in time",
         .about = "The head took longer than --head-timeout-ms, or the body longer than "
                  "--body-timeout-ms. The connection is closed."},
    [PROBLEM_BODY_TOO_LARGE] =
        {.status = 413,
         .code = "body-too-large",
         .title = "the body is larger than the limit",
         .about = "The body, after decompression, has more than --max-body bytes. A "
                  "stream of NDJSON has no limit."},
    [PROBLEM_INPUT_TOO_LARGE] =
        {.status = 413,
         .cause = STATUS_TOO_LARGE,
         .about = "More events than --max-events, more histories than --max-histories, "
                  "or a line of NDJSON with more than --max-body bytes."},
    [PROBLEM_UNSUPPORTED_TYPE] =
        {.status = 415,
         .code = "unsupported-type",
         .title = "the body is of an unsupported type",
         .about = "By its Content-Type the body is neither JSON nor NDJSON."},
    [PROBLEM_UNSUPPORTED_ENCODING] =
        {.status = 415,
         .code = "unsupported-encoding",
         .title = "the body has an unsupported encoding",
         .about = "Content-Encoding is neither gzip nor deflate. The header "
                  "Accept-Encoding of the answer lists what is supported."},
    [PROBLEM_UNSUPPORTED_EXPECTATION] =
        {.status = 417,
         .code = "unsupported-expectation",
         .title = "the expectation cannot be met",
         .about = "Expect is something other than 100-continue."},
    [PROBLEM_INVALID_INPUT] =
        {.status = 422,
         .cause = STATUS_BAD_INPUT,
         .about = "The body is JSON, but not a request that the model takes. errors says "
                  "where, what was expected and what was received."},
    [PROBLEM_HEAD_TOO_LARGE] =
        {.status = 431,
         .code = "head-too-large",
         .title = "the request head is larger than the limit",
         .about = "The head has more than --max-head bytes minus 1 KiB."},
    [PROBLEM_NOT_FINITE] =
        {.status = 500,
         .cause = STATUS_NOT_FINITE,
         .about = "The weights of the model are so large that its answer is not a "
                  "number."},
    [PROBLEM_INTERNAL_ERROR] = {.status = 500,
                                .code = "internal-error",
                                .title = "the service failed",
                                .about = "A defect of the service. Its log says more."},
    [PROBLEM_UNKNOWN_METHOD] = {.status = 501,
                                .code = "unknown-method",
                                .title = "the method is unknown",
                                .about = "No path has this method."},
    [PROBLEM_TOO_MANY_CONNECTIONS] =
        {.status = 503,
         .code = "too-many-connections",
         .title = "too many connections are open",
         .about = "More than --max-connections or --max-client-connections connections "
                  "are open. Retry-After says when to try again."},
    [PROBLEM_OVERLOADED] =
        {.status = 503,
         .cause = STATUS_BUSY,
         .about = "More than --max-jobs requests or --max-waiting-events events wait. "
                  "Retry-After says when to try again."},
    [PROBLEM_OUT_OF_MEMORY] =
        {.status = 503,
         .cause = STATUS_NO_MEMORY,
         .about = "The request needs more memory than --max-memory leaves. Retry-After "
                  "says when to try again."},
    [PROBLEM_STOPPING] =
        {.status = 503,
         .cause = STATUS_INTERRUPTED,
         .title = "the service is stopping",
         .about = "The service is shutting down. Another instance, or the next one, can "
                  "answer."},
    [PROBLEM_DEADLINE_PASSED] =
        {.status = 504,
         .cause = STATUS_TIMED_OUT,
         .about = "The answer was not ready within --request-timeout-ms or "
                  "X-Request-Timeout-Ms."},
    [PROBLEM_UNSUPPORTED_VERSION] =
        {.status = 505,
         .code = "unsupported-version",
         .title = "the HTTP version is not supported",
         .about = "The request line names another version than HTTP/1.1 and HTTP/1.0."},
};

struct problem problem_of(enum problem_kind kind)
{
    assert(kind > PROBLEM_NONE && kind < PROBLEM_KINDS);
    const struct kind *entry = &kinds[kind];
    return (struct problem){
        .status = entry->status,
        .code = entry->code ? entry->code : triage_status_code(entry->cause),
        .title = entry->title ? entry->title : triage_status_text(entry->cause),
    };
}

const char *problem_about(enum problem_kind kind)
{
    assert(kind > PROBLEM_NONE && kind < PROBLEM_KINDS);
    return kinds[kind].about;
}

enum problem_kind problem_kind_of(enum status status)
{
    switch (status) {
    case STATUS_BAD_JSON:
        return PROBLEM_INVALID_JSON;
    case STATUS_BAD_ENCODING:
        return PROBLEM_INVALID_ENCODING;
    case STATUS_NOT_FOUND:
        return PROBLEM_UNKNOWN_MODEL;
    case STATUS_TOO_LARGE:
        return PROBLEM_INPUT_TOO_LARGE;
    case STATUS_BAD_INPUT:
        return PROBLEM_INVALID_INPUT;
    case STATUS_NO_MEMORY:
        return PROBLEM_OUT_OF_MEMORY;
    case STATUS_BUSY:
        return PROBLEM_OVERLOADED;
    case STATUS_INTERRUPTED:
        return PROBLEM_STOPPING;
    case STATUS_TIMED_OUT:
        return PROBLEM_DEADLINE_PASSED;
    case STATUS_NOT_FINITE:
        return PROBLEM_NOT_FINITE;
    case STATUS_OK:
    case STATUS_IO:
    case STATUS_BAD_FORMAT:
    case STATUS_BAD_OPTION:
    case STATUS_COUNT:
        return PROBLEM_INTERNAL_ERROR;
    }
    return PROBLEM_INTERNAL_ERROR;
}

enum problem_kind problem_find(const char *code)
{
    for (int i = PROBLEM_NONE + 1; i < PROBLEM_KINDS; i++)
        if (strcmp(problem_of((enum problem_kind)i).code, code) == 0)
            return (enum problem_kind)i;
    return PROBLEM_NONE;
}
