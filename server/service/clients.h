/*
 * How many connections each client has, over all loops.
 *
 * A client is an IPv4 address or an IPv6 network of 64 bits, which is what one customer of a
 * provider has.  Looked at only when clients connect and leave, and only when there is a limit:
 * so a lock is good enough here.
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
    uint32_t connections; /* 0: the place is free */
};

/* All-zero: no limit. */
struct clients {
    pthread_mutex_t mutex;
    uint32_t limit;
    size_t places; /* a power of two; at least a third of them are free */
    struct client_count *table;
};

/* At most limit connections for each (0: any number), most in all. */
enum status clients_init(struct clients *clients, uint32_t limit, size_t most,
                         struct error *err);
void clients_release(struct clients *clients);

/* Count a connection; false when its client has too many now. */
bool clients_add(struct clients *clients, const struct sockaddr *address);

/* That connection is closed. */
void clients_remove(struct clients *clients, const struct sockaddr *address);

#endif
