/*
 * The open connections of one loop, looked at for clients that have left.
 *
 * The library (0.9.75) waits for edges and misses an end that came in one edge with the last
 * bytes: it would keep such a connection until that has been silent for too long.  Here the
 * end is seen, and the socket is shut, which makes another edge.  A request whose work or
 * answer is under way is left alone: see waiting.h.
 */
#ifndef TRIAGE_CONNECTIONS_H
#define TRIAGE_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "service/request.h"
#include "service/service.h"

enum { CONNECTIONS_WATCH_MS = 100 }; /* between two looks */

struct connection {
    int socket;
    bool is_spare;           /* one too many */
    bool has_ended;          /* the client had, at the last look */
    bool has_begun;          /* the first line of the next request is there */
    struct request *request; /* NULL between two requests */
    int64_t fresh_until_us;  /* until its first request, that is about to come */
    int64_t head_by_us;      /* then: when the next head must be there */
    struct connection *next, *previous;
};

struct connections {
    struct service *service; /* counts them all; the rest is all-zero when empty */
    struct connection *first;
    unsigned count;
    int64_t watched_us;
};

/* A client has come; NULL when memory has run out: it is counted all the same. */
struct connection *connections_open(struct connections *connections, int socket,
                                    const struct sockaddr *address);

/* It has gone; connection is what connections_open has said. */
void connections_close(struct connections *connections, struct connection *connection,
                       const struct sockaddr *address);

/* Something happens: request is what goes on there from now on, or NULL. */
void connection_touch(struct connection *connection, struct request *request);

/* The next request's head has that long. */
void connection_expect_head(struct connection *connection, uint32_t timeout_ms);

/*
 * Now and then: shut those whose client has left with nothing under way, and those whose next
 * head has not come in time; one that has begun is refused, which shuts its socket too.
 */
void connections_watch(struct connections *connections, int64_t now_us,
                       void (*refuse)(void *context, int socket), void *context);

/* Whether a client has only just connected and has not asked anything yet. */
bool connections_are_fresh(const struct connections *connections, int64_t now_us);

/* Shut those between two requests. */
void connections_shut_idle(struct connections *connections);

#endif
