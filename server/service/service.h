/*
 * What the loops of one server share.  While they run, everything here is read-only or atomic,
 * except clients, which has a mutex.
 */
#ifndef TRIAGE_SERVICE_H
#define TRIAGE_SERVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "service/clients.h"
#include "service/options.h"
#include "service/registry.h"

struct counters;

struct service {
    const struct options *options;
    struct registry *registry;
    unsigned loops;
    int64_t started_us;        /* monotonic, see clock.h */
    int64_t started_at_us;     /* since the epoch */
    struct counters *counters; /* a list: the counters of each loop */

    struct clients clients;
    int listener;          /* open while a loop listens */
    atomic_uint listening; /* loops that listen; the last one closes the listener */
    atomic_uint running;   /* loops that have not ended */

    atomic_uint connections;         /* open */
    atomic_uint waiting_requests;    /* suspended until their histories have been run */
    _Atomic uint64_t waiting_events; /* of their histories, and of lines of streams */

    _Atomic int64_t draining_since_us; /* when server_drain was called; 0: not yet */
    _Atomic int64_t hurried_since_us;  /* when server_hurry was called; 0: not yet */
};

static inline bool service_is_draining(struct service *service)
{
    return atomic_load(&service->draining_since_us) != 0;
}

#endif
