/*
 * CPUs, memory and file descriptors: the limits of this process, and what it uses.
 *
 * Limits come from the affinity mask, from the control groups of the process (its own and those
 * above it; in a container its own is the root), and from getrlimit.
 */
#ifndef TRIAGE_RESOURCES_H
#define TRIAGE_RESOURCES_H

#include <pthread.h>
#include <stdint.h>

/* CPUs of the affinity mask, but at most the control group's quota, rounded up; at least 1. */
unsigned resources_cpus(void);

/*
 * Bind thread number index of count to CPU number index of the affinity mask.  Does nothing unless
 * there is one thread for each of these CPUs.  If there are fewer, because of a quota or --loops,
 * other processes may need any of the CPUs, so the scheduler decides.
 */
void resources_pin_thread(pthread_t thread, unsigned index, unsigned count);

/* The control group's memory limit in bytes; 0 if it has none. */
uint64_t resources_memory_limit(void);

/*
 * From now on, allocations that would make this process larger than limit bytes fail, but it may
 * grow by 4 MiB in any case.  Memory that is allocated from now on counts even if it is not used.
 *
 * Without this a container that needs more memory than it has is killed with all its requests.
 * With it, the request that needs the memory gets 503 and the others continue.
 */
void resources_limit_memory(uint64_t limit);

/* Raise the soft limit on open file descriptors to the hard limit. */
void resources_raise_descriptor_limit(void);

/* The soft limit on open file descriptors; RESOURCES_UNKNOWN: none. */
uint64_t resources_descriptor_limit(void);

#define RESOURCES_UNKNOWN UINT64_MAX /* a member of struct resource_usage: not readable */

struct resource_usage {
    uint64_t cpu_us; /* user and system time of the process */
    uint64_t resident_bytes, virtual_bytes;
    uint64_t descriptors; /* open now */
    uint64_t descriptors_limit;
};

void resources_usage(struct resource_usage *usage);

#endif
