/*
 * The number of open connections of each client, over all loops.
 *
 * A client is an IPv4 address or an IPv6 /64, the smallest network that a provider gives to a
 * customer.  The table is used only when a connection opens or closes, and only if there is a
 * limit, so a mutex is fast enough.
 */
#ifndef TRIAGE_CLIENTS_H
#define TRIAGE_CLIENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

struct client_count {
    uint64_t network;     /* the IPv4 address or the first 64 bits of the IPv6 address */
    uint32_t connections; /* 0: the slot is free */
};

/* All zero: no limit. */
struct clients {
    pthread_mutex_t mutex;
    uint32_t limit;
    size_t slots; /* a power of two; at least a third of them are free */
    struct client_count *table;
};

/* limit: connections of each client, 0 for no limit.  max_connections: of all clients together. */
enum status clients_init(struct clients *clients, uint32_t limit, size_t max_connections,
                         struct error *err);
void clients_release(struct clients *clients);

/* Count a connection; false if its client now has more than the limit. */
bool clients_add(struct clients *clients, const struct sockaddr *address);

/* No longer count a connection.  Call it once for each clients_add, also if that returned false. */
void clients_remove(struct clients *clients, const struct sockaddr *address);

#endif
