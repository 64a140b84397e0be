#include "cpus.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned affinity(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? (unsigned)count : 1;
}

/* The first line of a small file; false when there is none. */
static bool read_line(const char *path, char *line, int size)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool has_line = fgets(line, size, file) != NULL;
    fclose(file);
    return has_line;
}

static unsigned quota_rounded_up(long quota, long period)
{
    if (quota <= 0 || period <= 0)
        return UINT_MAX;
    long cpus = quota / period + (quota % period != 0);
    return cpus < UINT_MAX ? (unsigned)cpus : UINT_MAX;
}

/* cpu.max of one group of the unified hierarchy: "150000 100000" or "max 100000". */
static unsigned unified_quota(const char *group)
{
    char path[512], line[64];
    long quota = 0, period = 0;
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
    if (!read_line(path, line, sizeof line) ||
        sscanf(line, "%ld %ld", &quota, &period) != 2)
        return UINT_MAX;
    return quota_rounded_up(quota, period);
}

/* The smallest quota of our group and those above it; a container sees only its own root. */
static unsigned unified(void)
{
    unsigned smallest = unified_quota("");
    char line[400];
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (!file)
        return smallest;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "0::", 3) != 0)
            continue;
        char *group = line + 3;
        group[strcspn(group, "\n")] = '\0';
        for (char *slash; (slash = strrchr(group, '/')); *slash = '\0') {
            unsigned quota = unified_quota(group);
            smallest = quota < smallest ? quota : smallest;
        }
    }
    fclose(file);
    return smallest;
}

static unsigned legacy(void)
{
    char line[64];
    long quota = 0, period = 0;
    if (!read_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", line, sizeof line) ||
        sscanf(line, "%ld", &quota) != 1 ||
        !read_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", line, sizeof line) ||
        sscanf(line, "%ld", &period) != 1)
        return UINT_MAX;
    return quota_rounded_up(quota, period);
}

unsigned cpus_available(void)
{
    unsigned cpus = affinity(), quotas[] = {unified(), legacy()};
    for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++)
        cpus = quotas[i] < cpus ? quotas[i] : cpus;
    return cpus;
}
