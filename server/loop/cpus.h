/* Which CPUs this process may use, and how many: its affinity, and the quota of its control group. */
#ifndef TRIAGE_CPUS_H
#define TRIAGE_CPUS_H

#include <pthread.h>

/* At least 1; a quota of one and a half CPUs counts as two. */
unsigned cpus_available(void);

/*
 * Keep the index-th of count threads on the index-th CPU, if each has one to itself.  Where a
 * quota or a setting says fewer threads than there are CPUs, others may be meant to have some,
 * and nobody knows which: then the scheduler decides.
 */
void cpus_pin(pthread_t thread, unsigned index, unsigned count);

#endif
