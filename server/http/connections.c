/* Counting connections and shutting down those that are late or whose client has left. */
#include "http/connections.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "http/exchange.h"
#include "service/clock.h"

enum {
    SUSPECTS = 64,                           /* that connections_find_refused looks at */
    SOCKETS = 256,                           /* checked in one call of poll */
    FIRST_REQUEST_US = 1 * MICROS_PER_SECOND /* time for a new client to send a request */
};

static struct connection *connection_of(struct list_link *link)
{
    return LIST_ITEM(link, struct connection, link);
}

void connections_init(struct connections *connections, struct service *service)
{
    *connections = (struct connections){.service = service};
    list_init(&connections->open);
}

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
    connection->first_request_by_us = clock_us() + FIRST_REQUEST_US;
    connection->is_spare = is_spare;
    connection_expect_head(connection, service->options->head_timeout_ms);
    list_append(&connections->open, &connection->link);
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
    list_remove(&connection->link);
    free(connection);
}

void connection_touch(struct connection *connection, struct exchange *exchange)
{
    connection->exchange = exchange;
    connection->has_ended = connection->has_begun = false;
    connection->target[0] = '\0';
    connection->first_request_by_us = 0;
}

void connection_expect_head(struct connection *connection, uint32_t timeout_ms)
{
    connection->idle_since_us = clock_us();
    connection->head_by_us =
        connection->idle_since_us + (int64_t)timeout_ms * MICROS_PER_MS;
}

/*
 * The whole head has one deadline.  The library's own timeout begins again with every byte, so a
 * client that sends a byte now and then could keep a connection forever.
 */
static void shut_late(struct connection *connection, struct exchanges *exchanges,
                      int64_t now_us)
{
    if (connection->exchange || now_us < connection->head_by_us)
        return;
    connection->head_by_us = INT64_MAX;
    if (connection->has_begun)
        exchange_refuse_late_head(exchanges, connection->socket);
    else
        shutdown(connection->socket, SHUT_RDWR);
}

/*
 * The client has closed the connection or its sending side.  The library may still hold complete
 * requests that arrived just before and have to be answered, so the connection is shut down only
 * if it had ended at the previous check too and connection_touch was not called since.
 */
static void shut_ended(struct connection *connection)
{
    char byte;
    const struct exchange *exchange = connection->exchange;
    bool is_busy = exchange && (!exchange->is_receiving || exchange->is_suspended);
    if (is_busy || recv(connection->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0)
        return;
    if (connection->has_ended)
        shutdown(connection->socket, SHUT_RDWR);
    connection->has_ended = true;
}

void connections_check(struct connections *connections, struct exchanges *exchanges,
                       int64_t now_us)
{
    if (now_us < connections->checked_us + CONNECTIONS_CHECK_MS * MICROS_PER_MS)
        return;
    connections->checked_us = now_us;
    LIST_EACH (link, &connections->open)
        shut_late(connection_of(link), exchanges, now_us);
    struct pollfd sockets[SOCKETS];
    struct list_link *next = connections->open.ends.next;
    while (next != &connections->open.ends) {
        struct list_link *link = next;
        nfds_t count = 0;
        for (; next != &connections->open.ends && count < SOCKETS; next = next->next)
            sockets[count++] =
                (struct pollfd){.fd = connection_of(next)->socket, .events = POLLRDHUP};
        if (poll(sockets, count, 0) <= 0)
            continue;
        for (nfds_t i = 0; i < count; i++, link = link->next)
            if (sockets[i].revents & POLLRDHUP)
                shut_ended(connection_of(link));
    }
}

/* ---- requests that the library refuses ------------------------------------------------- */

/* Whether the library may refuse something on the connection: a head, or the rest of a body. */
static bool is_open_to_refusal(const struct connection *connection)
{
    const struct exchange *exchange = connection->exchange;
    return !exchange || exchange->is_receiving || exchange->request.is_stream;
}

/*
 * Whether bytes have arrived since since_us.  Those that arrived before have been read, and a
 * request among them was refused at once.  true if it is not known.
 */
static bool has_received(const struct connection *connection, int64_t since_us,
                         int64_t now_us)
{
    enum { ROUNDING_US = 10 * MICROS_PER_MS }; /* of the kernel's clock */
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (connection->exchange || connection->idle_since_us >= since_us ||
        getsockopt(connection->socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return true;
    int64_t age_us = (int64_t)info.tcpi_last_data_recv * MICROS_PER_MS;
    return now_us - age_us + ROUNDING_US >= since_us;
}

struct connection *connections_find_refused(const struct connections *connections,
                                            int64_t since_us, int64_t now_us)
{
    struct connection *suspects[SUSPECTS], *found = NULL;
    size_t count = 0;
    LIST_EACH (link, &connections->open) {
        struct connection *connection = connection_of(link);
        if (!is_open_to_refusal(connection))
            continue;
        if (count == SUSPECTS)
            return NULL;
        suspects[count++] = connection;
    }
    for (size_t i = 0; i < count; i++) {
        if (count > 1 && !has_received(suspects[i], since_us, now_us))
            continue;
        if (found)
            return NULL;
        found = suspects[i];
    }
    return found;
}

bool connection_has_no_request(const struct connection *connection)
{
    char byte;
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    bool is_new = connection->first_request_by_us != 0 && !connection->exchange;
    return is_new &&
           getsockopt(connection->socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           info.tcpi_bytes_received > 0 &&
           recv(connection->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

bool connections_have_new_client(const struct connections *connections, int64_t now_us)
{
    LIST_EACH (link, &connections->open)
        if (now_us < connection_of(link)->first_request_by_us)
            return true;
    return false;
}

void connections_shut_idle(struct connections *connections)
{
    LIST_EACH (link, &connections->open)
        if (!connection_of(link)->exchange)
            shutdown(connection_of(link)->socket, SHUT_RDWR);
}
