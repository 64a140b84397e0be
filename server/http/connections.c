#include "http/connections.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "service/clock.h"

enum {
    SOCKETS = 256,                   /* looked at in one call */
    FRESH_US = 1 * MICROS_PER_SECOND /* in which a client that connected asks something */
};

struct connection *connections_open(struct connections *connections, int socket,
                                    const struct sockaddr *address)
{
    struct service *service = connections->service;
    bool is_spare =
        atomic_fetch_add(&service->connections, 1) >= service->options->max_connections;
    is_spare |= !clients_add(&service->clients, address);
    connections->count++;
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    connection->socket = socket;
    connection->fresh_until_us = clock_us() + FRESH_US;
    connection->is_spare = is_spare;
    connection->next = connections->first;
    if (connection->next)
        connection->next->previous = connection;
    connections->first = connection;
    connection_expect_head(connection, service->options->head_timeout_ms);
    return connection;
}

void connections_close(struct connections *connections, struct connection *connection,
                       const struct sockaddr *address)
{
    struct service *service = connections->service;
    connections->count--;
    clients_remove(&service->clients, address);
    atomic_fetch_sub(&service->connections, 1);
    if (!connection)
        return;
    *(connection->previous ? &connection->previous->next : &connections->first) =
        connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    free(connection);
}

void connection_touch(struct connection *connection, struct request *request)
{
    connection->request = request;
    connection->has_ended = connection->has_begun = false;
    connection->fresh_until_us = 0;
}

void connection_expect_head(struct connection *connection, uint32_t timeout_ms)
{
    connection->head_by_us = clock_us() + (int64_t)timeout_ms * MICROS_PER_MS;
}

static bool is_busy(const struct connection *connection)
{
    return connection->request && !connection->request->is_receiving;
}

/* It has sent its end, and all before that has been read. */
static bool sees_end(int socket)
{
    char byte;
    return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/*
 * What was read may still wait in the library, as requests that a client sent in one go and
 * may wait for: so only one that had ended at the last look too, with nothing happening since,
 * is shut.
 */
static void look(struct connection *connection)
{
    if (is_busy(connection) || !sees_end(connection->socket))
        return;
    if (connection->has_ended)
        shutdown(connection->socket, SHUT_RDWR);
    connection->has_ended = true;
}

/*
 * A head has one deadline, whenever its bytes come: the library's own limit counts silence only,
 * and a byte now and then would hold a connection for ever.
 */
static void shut_late(struct connection *connection, int64_t now_us,
                      void (*refuse)(void *context, int socket), void *context)
{
    if (connection->request || now_us < connection->head_by_us)
        return;
    connection->head_by_us = INT64_MAX;
    if (connection->has_begun)
        refuse(context, connection->socket);
    else
        shutdown(connection->socket, SHUT_RDWR);
}

void connections_watch(struct connections *connections, int64_t now_us,
                       void (*refuse)(void *context, int socket), void *context)
{
    if (now_us < connections->watched_us + CONNECTIONS_WATCH_MS * MICROS_PER_MS)
        return;
    connections->watched_us = now_us;
    for (struct connection *c = connections->first; c; c = c->next)
        shut_late(c, now_us, refuse, context);
    struct pollfd sockets[SOCKETS];
    struct connection *next = connections->first;
    while (next) {
        struct connection *first = next;
        nfds_t count = 0;
        for (; next && count < SOCKETS; next = next->next)
            sockets[count++] = (struct pollfd){.fd = next->socket, .events = POLLRDHUP};
        if (poll(sockets, count, 0) <= 0)
            continue;
        for (nfds_t i = 0; i < count; i++, first = first->next)
            if (sockets[i].revents & POLLRDHUP)
                look(first);
    }
}

bool connections_are_fresh(const struct connections *connections, int64_t now_us)
{
    for (const struct connection *c = connections->first; c; c = c->next)
        if (now_us < c->fresh_until_us)
            return true;
    return false;
}

void connections_shut_idle(struct connections *connections)
{
    for (struct connection *c = connections->first; c; c = c->next)
        if (!c->request)
            shutdown(c->socket, SHUT_RDWR);
}
