/*
 * The most that one core can do: fused multiply-adds on registers alone, in the vectors of a
 * kernel.
 */
#ifndef TRIAGE_PEAK_H
#define TRIAGE_PEAK_H

#include <stddef.h>

/*
 * Run some for a moment (tens of microseconds), and say how many floating-point operations they
 * were, two for each lane: 0 for a kernel without vectors, or one that this build does not know.
 */
size_t peak_run(const char *kernel);

#endif
