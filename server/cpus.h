/* How many CPUs this process may use: its affinity, and the quota of its control group. */
#ifndef TRIAGE_CPUS_H
#define TRIAGE_CPUS_H

/* At least 1; a quota of one and a half CPUs counts as two. */
unsigned cpus_available(void);

#endif
