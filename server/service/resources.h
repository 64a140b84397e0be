/*
 * CPUs, memory and file descriptors: what this process may use, and what it uses.
 *
 * Limits come from the affinity mask, from the control group of the process and the groups above
 * it (in a container the process sees its own group as the root), and from getrlimit.
 */
#ifndef TRIAGE_RESOURCES_H
#define TRIAGE_RESOURCES_H

#include <pthread.h>
#include <stdint.h>

/* CPUs of the affinity mask, but at most the control group's quota, rounded up; at least 1. */
unsigned resources_cpus(void);

/*
 * Bind thread number index of count to CPU number index.  Does nothing unless there are exactly
 * as many threads as CPUs in the affinity mask: with fewer threads, because of a quota or a
 * setting, nobody knows which CPUs other processes need, so the scheduler decides.
 */
void resources_pin_thread(pthread_t thread, unsigned index, unsigned count);

/* The control group's memory limit in bytes; 0 if it has none. */
uint64_t resources_memory_limit(void);

/*
 * From now on an allocation fails that would make this process larger than limit bytes.  A
 * process that is larger already may grow by 4 MiB.  Memory that is allocated later counts
 * whether it is touched or not.
 *
 * Without this a container that needs more memory than it has is killed, with all requests in
 * flight; with it the request that needs the memory gets a 503 and the others continue.
 */
void resources_limit_memory(uint64_t limit);

/* Raise the soft limit on open file descriptors to the hard limit. */
void resources_raise_descriptor_limit(void);

#define RESOURCES_UNKNOWN UINT64_MAX /* in a resource_usage: could not be read */

struct resource_usage {
    uint64_t cpu_us; /* user and system time of the process */
    uint64_t resident_bytes, virtual_bytes;
    uint64_t descriptors; /* open now */
    uint64_t descriptors_limit;
};

void resources_usage(struct resource_usage *usage);

#endif
