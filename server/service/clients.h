/*
 * The number of open connections of each client, over all loops.
 *
 * A client is an IPv4 address or an IPv6 /64, which is what a provider gives to one customer.  The
 * table is used only when a connection opens or closes, and only if there is a limit, so a mutex
 * is fast enough.
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
    uint64_t network;
    uint32_t connections; /* 0: the slot is free */
};

/* All zero: no limit. */
struct clients {
    pthread_mutex_t mutex;
    uint32_t limit;
    size_t slots; /* a power of two; at least a third of them are free */
    struct client_count *table;
};

/* At most limit connections of each client (0: no limit), at most max_connections in all. */
enum status clients_init(struct clients *clients, uint32_t limit, size_t max_connections,
                         struct error *err);
void clients_release(struct clients *clients);

/* Count a connection; false if its client now has more than the limit. */
bool clients_add(struct clients *clients, const struct sockaddr *address);

/* Forget a connection that clients_add has counted, whatever it returned. */
void clients_remove(struct clients *clients, const struct sockaddr *address);

#endif
