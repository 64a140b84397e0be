/*
 * What the loops of one server have in common.  Everything here is read-only once they run,
 * or atomic; there is no lock.
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
    int64_t started_us, started_at_us; /* the second: since the epoch */
    struct counters *counters;         /* of all loops, one after the other */

    struct clients clients;
    int listener;                      /* open while a loop listens */
    atomic_uint listening;             /* loops that listen; the last one closes it */
    atomic_uint running;               /* loops that have not ended */
    atomic_uint connections;           /* open */
    atomic_uint jobs;                  /* requests that wait for a batch */
    _Atomic uint64_t events;           /* of theirs, all together */
    _Atomic int64_t draining_since_us; /* when stopping began; 0 while serving */
    _Atomic int64_t hurried_since_us;  /* when waiting for what still runs ended; or 0 */
};

static inline bool service_is_draining(struct service *service)
{
    return atomic_load(&service->draining_since_us) != 0;
}

#endif
