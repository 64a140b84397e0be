/*
 * A hash table with linear probing.  It is allocated for the largest number of connections, so it
 * never grows.  Removing an entry moves later entries back, so there are no tombstones.
 */
#include "service/clients.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_SLOTS = 64 };

enum status clients_init(struct clients *clients, uint32_t limit, size_t max_connections,
                         struct error *err)
{
    *clients = (struct clients){.limit = limit, .slots = LEAST_SLOTS};
    pthread_mutex_init(&clients->mutex, NULL);
    if (limit == 0)
        return STATUS_OK;
    while (clients->slots / 3 * 2 < max_connections &&
           clients->slots < SIZE_MAX / 4 / sizeof *clients->table)
        clients->slots *= 2;
    clients->table = calloc(clients->slots, sizeof *clients->table);
    return clients->table ? STATUS_OK : error_no_memory(err);
}

void clients_release(struct clients *clients)
{
    pthread_mutex_destroy(&clients->mutex);
    free(clients->table);
    clients->table = NULL;
}

/* The IPv4 address or the IPv6 /64; an IPv4-mapped IPv6 address counts as the IPv4 address. */
static uint64_t network_of(const struct sockaddr *address)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return v4.sin_addr.s_addr;
    }
    uint64_t network = 0;
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        bool is_mapped = memcmp(&v6.sin6_addr, mapped, sizeof mapped) == 0;
        memcpy(&network, (const char *)&v6.sin6_addr + (is_mapped ? sizeof mapped : 0),
               is_mapped ? 4 : 8);
    }
    return network;
}

/* Where the search for a network begins. */
static size_t home_slot(const struct clients *clients, uint64_t network)
{
    return (size_t)((network * UINT64_C(0x9e3779b97f4a7c15)) >> 32) &
           (clients->slots - 1);
}

/* The slot of a network; if it has none, the free slot that it would get. */
static size_t find_slot(const struct clients *clients, uint64_t network)
{
    size_t i = home_slot(clients, network);
    while (clients->table[i].connections > 0 && clients->table[i].network != network)
        i = (i + 1) & (clients->slots - 1);
    return i;
}

/* Free a slot, and move later entries back so that their searches do not end at the gap. */
static void free_slot(struct clients *clients, size_t gap)
{
    size_t mask = clients->slots - 1;
    for (size_t i = (gap + 1) & mask; clients->table[i].connections > 0;
         i = (i + 1) & mask) {
        size_t home = home_slot(clients, clients->table[i].network);
        if (((i - home) & mask) < ((i - gap) & mask))
            continue; /* its search begins after the gap */
        clients->table[gap] = clients->table[i];
        gap = i;
    }
    clients->table[gap].connections = 0;
}

bool clients_add(struct clients *clients, const struct sockaddr *address)
{
    if (clients->limit == 0)
        return true;
    pthread_mutex_lock(&clients->mutex);
    struct client_count *count = &clients->table[find_slot(clients, network_of(address))];
    count->network = network_of(address);
    bool is_within = ++count->connections <= clients->limit;
    pthread_mutex_unlock(&clients->mutex);
    return is_within;
}

void clients_remove(struct clients *clients, const struct sockaddr *address)
{
    if (clients->limit == 0)
        return;
    pthread_mutex_lock(&clients->mutex);
    size_t i = find_slot(clients, network_of(address));
    if (clients->table[i].connections > 0 && --clients->table[i].connections == 0)
        free_slot(clients, i);
    pthread_mutex_unlock(&clients->mutex);
}
