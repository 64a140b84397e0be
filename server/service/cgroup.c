#include "service/cgroup.h"

#include <stdio.h>
#include <string.h>

bool cgroup_read_line(const char *path, char *line, int size)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool has_line = fgets(line, size, file) != NULL;
    fclose(file);
    return has_line;
}

static uint64_t read_group(const char *group, const char *file,
                           uint64_t (*parse)(const char *line))
{
    char path[512], line[64];
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/%s", group, file);
    return cgroup_read_line(path, line, sizeof line) ? parse(line) : UINT64_MAX;
}

uint64_t cgroup_smallest(const char *file, uint64_t (*parse)(const char *line))
{
    uint64_t smallest = read_group("", file, parse);
    char line[400];
    FILE *groups = fopen("/proc/self/cgroup", "re");
    if (!groups)
        return smallest;
    while (fgets(line, sizeof line, groups)) {
        if (strncmp(line, "0::", 3) != 0)
            continue;
        char *group = line + 3;
        group[strcspn(group, "\n")] = '\0';
        for (char *slash; (slash = strrchr(group, '/')); *slash = '\0') {
            uint64_t value = read_group(group, file, parse);
            smallest = value < smallest ? value : smallest;
        }
    }
    fclose(groups);
    return smallest;
}
