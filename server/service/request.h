/*
 * One request, from its head to the last byte of its answer.  http/, api/ and service/ share it.
 *
 * Only the thread of one loop uses it, so nothing is locked.  What is allocated for a request is in
 * its arena, except for body and answer, which grow, and for streams.
 */
#ifndef TRIAGE_REQUEST_H
#define TRIAGE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/list.h"
#include "base/strbuf.h"
#include "service/trace.h"

struct route;
struct sockaddr;

enum method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_UNKNOWN,
    METHODS
};

/* Why a request was rejected, and the label "reason" of triage_requests_rejected_total. */
#define REJECTION_LIST(X)                                                                \
    X(NONE, "")                                                                          \
    X(QUEUE_FULL, "queue_full")                                                          \
    X(CONNECTIONS, "connections")                                                        \
    X(DEADLINE, "deadline")                                                              \
    X(HEAD_LATE, "head_late")                                                            \
    X(BODY_LATE, "body_late")                                                            \
    X(BODY_TOO_LARGE, "body_too_large")                                                  \
    X(HISTORY_TOO_LARGE, "history_too_large")                                            \
    X(DRAINING, "draining")                                                              \
    X(MEMORY, "memory")                                                                  \
    X(CLIENT_GONE, "client_gone")

#define REJECTION_NAME(name, text) REJECTION_##name,
enum rejection { REJECTION_LIST(REJECTION_NAME) REJECTIONS };
#undef REJECTION_NAME

/* The state of a stream (request.is_stream) after a step. */
enum stream_state {
    STREAM_NEEDS_INPUT, /* it can take more of the body */
    STREAM_BUSY,        /* it needs more steps before it takes more of the body */
    STREAM_ENDED,       /* the answer is complete */
    STREAM_CUT,         /* the answer ends early, and the client must notice */
    STREAM_FAILED       /* out of memory: nothing more is answered */
};

enum { REQUEST_ID = 129 }; /* bytes of a buffer for an id */

#define ROUTE_NONE SIZE_MAX /* route_index of a request without a route */

/* An argument of the query: NAME=VALUE or NAME. */
struct request_argument {
    const char *name, *value; /* without escapes; value is "" if there is none */
    struct request_argument *next;
};

struct request {
    struct arena arena;

    /* The head; http/ sets it. */
    int socket;
    enum method method;
    const char *method_name;
    const char *path; /* without the query, in its normal form; see target.h */
    struct request_argument *arguments; /* NULL: none */
    const char *content_type;           /* NULL: none */
    const char *user_agent;             /* as received; NULL: none */
    const struct sockaddr *peer;        /* the client's address; NULL: unknown */
    const char *if_none_match;          /* NULL: none */
    char id[REQUEST_ID];                /* the client's X-Request-Id, or a new one */
    struct trace trace;
    int64_t answer_by_us;       /* deadline set by the client; INT64_MAX: none */
    const char *accept;         /* NULL: none */
    const char *allowed_origin; /* of the page that may read the answer; NULL: none */
    bool is_preflight;          /* such a page asks whether it may send a request */

    /* The route; api/ sets it. */
    const struct route *route; /* NULL: none */
    size_t route_index;        /* under which it is counted; see router_at */
    const char *name;          /* what matches "{name}", without escapes, or NULL */
    bool is_probe;             /* a health route or /metrics: not logged */

    unsigned includes; /* the set of the query's "include" (engine.h) */

    /*
     * NDJSON: body and answer are lines, and lines are answered while the body arrives.  http/
     * appends to body and removes what is sent from answer; api/ removes lines from body and
     * appends lines to answer.
     */
    bool is_stream;

    struct strbuf body;
    uint64_t body_bytes; /* received, including bytes that were discarded */
    bool is_whole;       /* only for streams: the body is complete */

    /* The answer; see reply.h. */
    int code; /* HTTP status; 0: not answered yet */
    struct strbuf answer;
    const char *answer_type;      /* Content-Type */
    const char *vary;             /* Vary; NULL: none */
    const char *allow;            /* Allow; NULL: none */
    const char *accepted_codings; /* Accept-Encoding; NULL: none */
    const char *entity_tag;       /* ETag, with its quotes; NULL: none */
    unsigned retry_after_s;       /* Retry-After; 0: none */
    bool must_close;              /* close the connection after the answer */
    enum rejection rejection;

    /* Only for streams: answer has only what http/ has not taken to send. */
    uint64_t streamed_bytes; /* sent */
    size_t unsent_bytes;     /* taken from answer, but not yet sent */

    /* When things happened; 0: not yet. */
    int64_t started_us;  /* the head was complete */
    int64_t received_us; /* the body was complete */
    int64_t parsed_us;   /* the body was decoded */
    int64_t admitted_us; /* the first history got a row */
    int64_t ended_us;    /* the last history ended */

    /* For the log. */
    const char *route_path; /* of the route: "/models/{name}"; NULL: none */
    const char *model;      /* name, of the registry; NULL: none */
    const char *action; /* the decision, of the model; NULL: none, or several histories */
    bool has_declined;  /* the answer to the only history is that it has none */
    uint64_t events;
    char problem[160]; /* "" if there was none */

    /* The work of api/ for the request, and the function that stops it.  NULL: none. */
    void *work;
    void (*abandon)(struct request *request);

    /* See suspended.h. */
    struct list_link suspended_link;
    int64_t deadline_us;
    uint64_t predicted_events; /* at most, of a forecast; waiting events like `events` */
    bool is_waiting;           /* counted in service->waiting_requests */
};

/* path is copied.  STATUS_NO_MEMORY; request_release is needed either way. */
enum status request_init(struct request *request, const char *method, const char *path);
void request_release(struct request *request);

/* Stop the work for the request, if there is any. */
void request_abandon(struct request *request);

/* Add an argument of the query, whose escapes are valid; name and value are copied. */
enum status request_add_argument(struct request *request, const char *name,
                                 const char *value);

/* The value of the first argument with that name; NULL: none. */
const char *request_argument(const struct request *request, const char *name);

/* METHOD_UNKNOWN for a name that is not in enum method. */
enum method method_parse(const char *name);

/* "GET"; NULL for METHOD_UNKNOWN. */
const char *method_name(enum method method);

#endif
