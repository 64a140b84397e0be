/* The peak of one core: fused multiply-adds on registers alone, with the vectors of a kernel. */
#ifndef TRIAGE_PEAK_H
#define TRIAGE_PEAK_H

#include <stddef.h>

/*
 * Compute for some tens of microseconds.  Returns the number of floating-point operations, two per
 * lane and multiply-add; 0 for a kernel without vectors or one that this build does not have.
 */
size_t peak_run(const char *kernel);

#endif
