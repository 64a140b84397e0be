/* What the kernel says of this process: its time, memory and descriptors. */
#ifndef TRIAGE_PROCESS_H
#define TRIAGE_PROCESS_H

#include <stdint.h>

#define PROCESS_UNKNOWN UINT64_MAX /* instead of what could not be found out */

struct process {
    uint64_t cpu_us, resident_bytes, virtual_bytes;
    uint64_t descriptors, descriptors_limit;
};

void process_read(struct process *process);

#endif
