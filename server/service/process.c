#include "service/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "service/clock.h"

static uint64_t cpu_us(void)
{
    struct timespec used;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
        return PROCESS_UNKNOWN;
    return (uint64_t)used.tv_sec * MICROS_PER_SECOND + (uint64_t)used.tv_nsec / 1000;
}

static uint64_t descriptors_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return PROCESS_UNKNOWN;
    return limit.rlim_cur;
}

/* One line of numbers, in pages: all memory, what is resident, and more. */
static void read_memory(struct process *process)
{
    char line[128];
    unsigned long long all = 0, resident = 0;
    const uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    process->virtual_bytes = process->resident_bytes = PROCESS_UNKNOWN;
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    ssize_t length = read(file, line, sizeof line - 1);
    close(file);
    line[length > 0 ? length : 0] = '\0';
    if (sscanf(line, "%llu %llu", &all, &resident) != 2)
        return;
    process->virtual_bytes = all * page_bytes;
    process->resident_bytes = resident * page_bytes;
}

/* Since Linux 6.2 the folder's size is their number; before, they have to be counted. */
static uint64_t descriptors(void)
{
    static const char path[] = "/proc/self/fd";
    struct stat folder;
    if (stat(path, &folder) == 0 && folder.st_size > 0)
        return (uint64_t)folder.st_size;
    DIR *list = opendir(path);
    if (!list)
        return PROCESS_UNKNOWN;
    uint64_t count = 0;
    for (const struct dirent *entry; (entry = readdir(list));)
        count += entry->d_name[0] != '.';
    closedir(list);
    return count > 0 ? count - 1 : 0; /* without the one that was read from */
}

void process_read(struct process *process)
{
    process->cpu_us = cpu_us();
    process->descriptors = descriptors();
    process->descriptors_limit = descriptors_limit();
    read_memory(process);
}
