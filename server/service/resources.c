/*
 * Limits and usage are read from /sys/fs/cgroup, from /proc and by system calls.  Nothing here
 * fails: a limit that cannot be read counts as no limit.
 */
#include "service/resources.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "service/clock.h"

enum { LEAST_GROWTH_BYTES = 4 << 20 };

static const uint64_t no_limit = UINT64_MAX;

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Read the first line of a small file without allocating.  False if there is none. */
static bool read_line(const char *path, char *line, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t length = read(file, line, size - 1);
    close(file);
    line[length > 0 ? length : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return length > 0;
}

/* ---- control groups -------------------------------------------------------------------- */

static uint64_t group_limit(const char *group, const char *file,
                            uint64_t (*parse)(const char *line))
{
    char path[512], line[64];
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/%s", group, file);
    return read_line(path, line, sizeof line) ? parse(line) : no_limit;
}

/*
 * The smallest limit that a file such as "cpu.max" sets in the root group, the group of this
 * process or any group between them (cgroup v2).  parse reads the file's first line.
 */
static uint64_t smallest_group_limit(const char *file,
                                     uint64_t (*parse)(const char *line))
{
    uint64_t smallest = group_limit("", file, parse);
    FILE *groups = fopen("/proc/self/cgroup", "re");
    if (!groups)
        return smallest;
    char line[400];
    while (fgets(line, sizeof line, groups)) {
        if (strncmp(line, "0::", 3) != 0)
            continue;
        char *group = line + 3;
        group[strcspn(group, "\n")] = '\0';
        for (char *slash; (slash = strrchr(group, '/')); *slash = '\0')
            smallest = smaller(smallest, group_limit(group, file, parse));
    }
    fclose(groups);
    return smallest;
}

/* ---- CPUs ------------------------------------------------------------------------------ */

static unsigned affinity_cpus(void)
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
        return no_limit;
    return (uint64_t)(quota / period + (quota % period != 0));
}

/* "150000 100000" or "max 100000": microseconds of CPU time in each period. */
static uint64_t parse_quota(const char *line)
{
    long quota = 0, period = 0;
    return sscanf(line, "%ld %ld", &quota, &period) == 2 ? quota_rounded_up(quota, period)
                                                         : no_limit;
}

/* The quota of cgroup v1. */
static uint64_t legacy_quota(void)
{
    char line[64];
    long quota = 0, period = 0;
    if (!read_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", line, sizeof line) ||
        sscanf(line, "%ld", &quota) != 1 ||
        !read_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", line, sizeof line) ||
        sscanf(line, "%ld", &period) != 1)
        return no_limit;
    return quota_rounded_up(quota, period);
}

unsigned resources_cpus(void)
{
    uint64_t quota =
        smaller(smallest_group_limit("cpu.max", parse_quota), legacy_quota());
    return (unsigned)smaller(quota, affinity_cpus());
}

void resources_pin_thread(pthread_t thread, unsigned index, unsigned count)
{
    cpu_set_t all, one;
    if (sched_getaffinity(0, sizeof all, &all) != 0 || (unsigned)CPU_COUNT(&all) != count)
        return;
    size_t cpu = 0;
    for (unsigned before = 0; before < index || !CPU_ISSET(cpu, &all); cpu++)
        before += CPU_ISSET(cpu, &all) != 0;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    /* If this fails the thread runs on any CPU, which is slower but correct. */
    pthread_setaffinity_np(thread, sizeof one, &one);
}

/* ---- memory ---------------------------------------------------------------------------- */

/* "67108864" or "max"; in cgroup v1 a huge number means no limit. */
static uint64_t parse_bytes(const char *line)
{
    char *end = NULL;
    unsigned long long bytes = strtoull(line, &end, 10);
    return end == line || bytes >= 1ULL << 60 ? no_limit : bytes;
}

uint64_t resources_memory_limit(void)
{
    char line[64];
    uint64_t bytes = smallest_group_limit("memory.max", parse_bytes);
    if (read_line("/sys/fs/cgroup/memory/memory.limit_in_bytes", line, sizeof line))
        bytes = smaller(bytes, parse_bytes(line));
    return bytes == no_limit ? 0 : bytes;
}

struct memory_bytes {
    uint64_t total, resident;
    uint64_t data; /* private and writable, as RLIMIT_DATA counts it */
};

/* False if /proc/self/statm cannot be read. */
static bool read_memory(struct memory_bytes *memory)
{
    char line[128];
    unsigned long long total = 0, resident = 0, data = 0; /* pages */
    if (!read_line("/proc/self/statm", line, sizeof line) ||
        sscanf(line, "%llu %llu %*u %*u %*u %llu", &total, &resident, &data) != 3)
        return false;
    const uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    *memory = (struct memory_bytes){
        .total = total * page_bytes,
        .resident = resident * page_bytes,
        .data = data * page_bytes,
    };
    return true;
}

/*
 * RLIMIT_DATA limits the memory that is mapped, used or not; the threads' stacks are mapped but
 * mostly not used.  So it is set to what is mapped now, plus limit, minus what is resident now.
 */
void resources_limit_memory(uint64_t limit)
{
    struct memory_bytes memory;
    struct rlimit data;
    if (!read_memory(&memory) || getrlimit(RLIMIT_DATA, &data) != 0)
        return;
    uint64_t growth = limit > memory.resident ? limit - memory.resident : 0;
    if (growth < LEAST_GROWTH_BYTES)
        growth = LEAST_GROWTH_BYTES;
    const rlim_t data_limit = memory.data + growth;
    if (data_limit < data.rlim_cur) {
        data.rlim_cur = data_limit;
        setrlimit(RLIMIT_DATA, &data);
    }
}

/* ---- file descriptors ------------------------------------------------------------------ */

void resources_raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

uint64_t resources_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return RESOURCES_UNKNOWN;
    return limit.rlim_cur;
}

/* Since Linux 6.2 the size of /proc/self/fd is their number; before, they have to be counted. */
static uint64_t count_descriptors(void)
{
    static const char path[] = "/proc/self/fd";
    struct stat folder;
    if (stat(path, &folder) == 0 && folder.st_size > 0)
        return (uint64_t)folder.st_size;
    DIR *list = opendir(path);
    if (!list)
        return RESOURCES_UNKNOWN;
    uint64_t count = 0;
    for (const struct dirent *entry; (entry = readdir(list));)
        count += entry->d_name[0] != '.';
    closedir(list);
    return count > 0 ? count - 1 : 0; /* without the descriptor of the list itself */
}

/* ---- usage ----------------------------------------------------------------------------- */

static uint64_t cpu_time_us(void)
{
    struct timespec used;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
        return RESOURCES_UNKNOWN;
    return (uint64_t)used.tv_sec * MICROS_PER_SECOND + (uint64_t)used.tv_nsec / 1000;
}

void resources_usage(struct resource_usage *usage)
{
    struct memory_bytes memory = {.total = RESOURCES_UNKNOWN,
                                  .resident = RESOURCES_UNKNOWN};
    read_memory(&memory);
    *usage = (struct resource_usage){
        .cpu_us = cpu_time_us(),
        .resident_bytes = memory.resident,
        .virtual_bytes = memory.total,
        .descriptors = count_descriptors(),
        .descriptors_limit = resources_descriptor_limit(),
    };
}
