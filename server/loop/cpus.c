#include "loop/cpus.h"

#include <sched.h>
#include <stdint.h>
#include <stdio.h>

#include "service/cgroup.h"

static unsigned affinity(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? (unsigned)count : 1;
}

static uint64_t quota_rounded_up(long quota, long period)
{
    if (quota <= 0 || period <= 0)
        return UINT64_MAX;
    return (uint64_t)(quota / period + (quota % period != 0));
}

/* "150000 100000" or "max 100000". */
static uint64_t unified_quota(const char *line)
{
    long quota = 0, period = 0;
    return sscanf(line, "%ld %ld", &quota, &period) == 2 ? quota_rounded_up(quota, period)
                                                         : UINT64_MAX;
}

static uint64_t legacy_quota(void)
{
    char line[64];
    long quota = 0, period = 0;
    if (!cgroup_read_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", line, sizeof line) ||
        sscanf(line, "%ld", &quota) != 1 ||
        !cgroup_read_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", line, sizeof line) ||
        sscanf(line, "%ld", &period) != 1)
        return UINT64_MAX;
    return quota_rounded_up(quota, period);
}

unsigned cpus_available(void)
{
    unsigned cpus = affinity();
    const uint64_t quotas[] = {cgroup_smallest("cpu.max", unified_quota), legacy_quota()};
    for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++)
        cpus = quotas[i] < cpus ? (unsigned)quotas[i] : cpus;
    return cpus;
}

void cpus_pin(pthread_t thread, unsigned index, unsigned count)
{
    cpu_set_t all, one;
    if (sched_getaffinity(0, sizeof all, &all) != 0 || (unsigned)CPU_COUNT(&all) != count)
        return;
    size_t cpu = 0;
    for (unsigned before = 0; before < index || !CPU_ISSET(cpu, &all); cpu++)
        before += CPU_ISSET(cpu, &all) != 0;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    pthread_setaffinity_np(thread, sizeof one, &one); /* else it serves all the same */
}
