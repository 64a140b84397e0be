#include "service/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "service/cgroup.h"

enum { LEAST_GROWTH = 4 << 20 };

/* "67108864", or "max"; the legacy hierarchy writes a huge number for no limit. */
static uint64_t bytes_of(const char *line)
{
    char *end = NULL;
    unsigned long long bytes = strtoull(line, &end, 10);
    return end == line || bytes >= 1ULL << 60 ? UINT64_MAX : bytes;
}

uint64_t memory_of_container(void)
{
    char line[64];
    uint64_t bytes = cgroup_smallest("memory.max", bytes_of), legacy = UINT64_MAX;
    if (cgroup_read_line("/sys/fs/cgroup/memory/memory.limit_in_bytes", line,
                         sizeof line))
        legacy = bytes_of(line);
    bytes = legacy < bytes ? legacy : bytes;
    return bytes == UINT64_MAX ? 0 : bytes;
}

/*
 * The kernel limits what is mapped, and the threads' stacks are mapped whole and hardly
 * touched: so the limit is what is mapped now and what may be added to it.
 */
void memory_limit(uint64_t bytes)
{
    char line[128];
    unsigned long long resident = 0, mapped = 0;
    if (!cgroup_read_line("/proc/self/statm", line, sizeof line) ||
        sscanf(line, "%*u %llu %*u %*u %*u %llu", &resident, &mapped) != 2)
        return;
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t growth = bytes > resident * page ? bytes - resident * page : 0;
    growth = growth > LEAST_GROWTH ? growth : LEAST_GROWTH;
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) != 0)
        return;
    const rlim_t wanted = mapped * page + growth;
    if (wanted < limit.rlim_cur) {
        limit.rlim_cur = wanted;
        setrlimit(RLIMIT_DATA, &limit);
    }
}
