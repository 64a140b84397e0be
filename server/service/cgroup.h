/*
 * What the control group of this process allows, and those above it.  A container sees its own
 * as the root, and none above.
 */
#ifndef TRIAGE_CGROUP_H
#define TRIAGE_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * In the unified hierarchy: the smallest of what parse makes of the first line of file, such
 * as "cpu.max", in any of the groups; UINT64_MAX when none has it.
 */
uint64_t cgroup_smallest(const char *file, uint64_t (*parse)(const char *line));

/* The first line of a small file; false when there is none. */
bool cgroup_read_line(const char *path, char *line, int size);

#endif
