/*
 * One request, from its head to the last byte of its answer.
 *
 * Born in http.c at its head, ended by the library's completion callback; all on the thread
 * of one loop, so nothing in it is locked.  Everything made for it lies in its arena, but for
 * the two texts that grow.
 */
#ifndef TRIAGE_REQUEST_H
#define TRIAGE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "service/trace.h"

struct context;
struct loop;
struct route;
struct stream;
struct MHD_Connection; /* only http.c looks inside */

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

/* Why a request was not served, and what that is called where it is counted. */
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

enum { REQUEST_ID = 129 }; /* bytes of a buffer for an id */

#define ROUTE_NONE SIZE_MAX /* the route_index of a request without a route */

/* A key of the target's query. */
struct request_argument {
    const char *name, *value; /* still escaped; value is "" when there is none */
    struct request_argument *next;
};

struct request {
    struct loop *loop;
    struct MHD_Connection *connection;
    const struct route *route; /* NULL when none was found */
    size_t route_index;        /* where it is counted; ROUTE_NONE without a route */
    bool is_probe;             /* for a health route: not logged, never rejected */
    struct arena arena;

    enum method method;
    const char *method_name,
        *path;        /* path: visible ASCII, still escaped, without query */
    const char *name; /* the part of the path that its route leaves open, or NULL */
    struct request_argument *arguments; /* in the arena; NULL when there are none */
    const char *content_type;           /* NULL if there is none */
    char id[REQUEST_ID];                /* taken from X-Request-Id or made */
    struct trace trace;
    struct strbuf body;
    uint64_t body_bytes;                      /* those that were thrown away too */
    int64_t started_us, received_us;          /* its head was there; all of it was */
    int64_t parsed_us, admitted_us, ended_us; /* it was read; its first history had a row;
                                                 its last one had ended; 0: not yet */
    int64_t answer_by_us; /* by its client's wish; INT64_MAX without one */

    /* The answer; reply.h fills it. */
    int code; /* 0 as long as there is none */
    struct strbuf answer;
    const char *answer_type, *allow;
    unsigned retry_after_s; /* 0: say nothing */
    bool must_close;        /* the connection, after the answer */
    enum rejection rejection;

    /* For the log line. */
    const char *model; /* the registry's; NULL when none was chosen */
    uint64_t events;
    char problem[160]; /* "" when there was none */

    /* Receiving its body, or suspended until its work is done. */
    bool is_receiving, is_discarding; /* the second: what comes is thrown away */
    bool is_suspended, is_cut;        /* the second: answered past the library */
    int64_t deadline_us;
    struct request *next, *previous; /* in the loop's list of those */

    /* Histories by the line, answered while they come in. */
    bool is_stream, is_whole; /* the second: all of the body is there */
    struct stream *stream;
    uint64_t streamed_bytes; /* of its answer, sent */
    uint64_t seen_bytes;
    int64_t seen_us; /* how many, and when, they last grew */

    /* Work that others do for it; abandon gives it up.  NULL when there is none. */
    void *work;
    void (*abandon)(struct request *request);
};

/* NULL when memory has run out. */
struct request *request_new(struct loop *loop, const char *method, const char *path);
void request_free(struct request *request);

/* Add a key of the query; name and value are borrowed. */
enum status request_add_argument(struct request *request, const char *name,
                                 const char *value);

/* The value of the first argument with that name; NULL when the query has none. */
const char *request_argument(const struct request *request, const char *name);

/* METHOD_UNKNOWN for a name that is not in enum method. */
enum method method_parse(const char *name);

/* "GET"; NULL for METHOD_UNKNOWN. */
const char *method_name(enum method method);

/* A list that requests join at its end and leave anywhere. */
struct request_list {
    struct request *first, *last;
};

static inline void request_list_add(struct request_list *list, struct request *request)
{
    request->next = NULL;
    request->previous = list->last;
    *(list->last ? &list->last->next : &list->first) = request;
    list->last = request;
}

static inline void request_list_remove(struct request_list *list, struct request *request)
{
    *(request->previous ? &request->previous->next : &list->first) = request->next;
    *(request->next ? &request->next->previous : &list->last) = request->previous;
    request->next = request->previous = NULL;
}

#endif
