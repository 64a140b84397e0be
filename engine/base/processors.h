/* How many threads "as many as there are processors" are. */
#ifndef TRIAGE_PROCESSORS_H
#define TRIAGE_PROCESSORS_H

#include <stdint.h>

/* What was asked for; of 0, one for each processor that is online, at least 1. */
uint32_t processors_or(uint32_t asked);

#endif
