/*
 * The open connections of one loop: they are counted, closed when the client has left, and closed
 * when a head takes too long.
 *
 * libmicrohttpd 0.9.75 uses edge-triggered epoll and misses the end of a connection that arrives
 * together with the last bytes: it would keep such a connection until the idle timeout.
 * connections_check finds such ends and shuts the socket down, which causes another edge.  While a
 * request is handled or answered, its connection is left alone; suspended.h has a check for that.
 */
#ifndef TRIAGE_CONNECTIONS_H
#define TRIAGE_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/list.h"
#include "service/service.h"

struct exchange;
struct exchanges;

enum {
    CONNECTIONS_CHECK_MS = 100, /* between two checks */
    TARGET_TEXT = 96
};

struct connection {
    int socket;
    bool is_spare;             /* past a limit: only probes are served */
    bool has_ended;            /* at the last check, the client had left */
    bool has_begun;            /* the first line of the next head has arrived */
    struct exchange *exchange; /* NULL between two requests */
    char target[TARGET_TEXT];  /* the beginning of that of the next head, if has_begun */
    int64_t idle_since_us;     /* when it was opened, or the last answer ended */
    int64_t head_by_us;        /* deadline of the next head */
    int64_t first_request_by_us; /* until then a new client may send; 0: it has sent */
    struct list_link link;
};

struct connections {
    struct service *service; /* counts the connections of all loops */
    struct list open;
    unsigned count;
    int64_t checked_us; /* when they were last checked */
};

void connections_init(struct connections *connections, struct service *service);

/* Add a new connection.  NULL if memory has run out; it is counted nevertheless. */
struct connection *connections_open(struct connections *connections, int socket,
                                    const struct sockaddr *address);

/* Count and free a connection that is closed; connection is what connections_open returned. */
void connections_close(struct connections *connections, struct connection *connection,
                       const struct sockaddr *address);

/* The client has sent something.  exchange is what uses the connection from now on, or NULL. */
void connection_touch(struct connection *connection, struct exchange *exchange);

/* The next head must be complete within timeout_ms from now. */
void connection_expect_head(struct connection *connection, uint32_t timeout_ms);

/*
 * Shut down connections whose client has left and connections whose head is late.  If the first
 * line of the late head has arrived, answer 408 first.  Does nothing for 100 ms after a check.
 */
void connections_check(struct connections *connections, struct exchanges *exchanges,
                       int64_t now_us);

/*
 * The connection of the request that the library refuses at this moment.  It does not say which; it
 * is one without an exchange, or one whose body is being received.  Connections on which nothing
 * has arrived since since_us are left out.  NULL: several connections are possible.
 */
struct connection *connections_find_refused(const struct connections *connections,
                                            int64_t since_us, int64_t now_us);

/*
 * Whether the library closes the connection by itself, because what has arrived is not the beginning
 * of a request.  It says nothing then.
 */
bool connection_has_no_request(const struct connection *connection);

/* Whether a client has connected less than a second ago and has not sent a request yet. */
bool connections_have_new_client(const struct connections *connections, int64_t now_us);

/* Shut down the connections that are between two requests. */
void connections_shut_idle(struct connections *connections);

#endif
