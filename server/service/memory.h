/*
 * How much memory there is, and that asking for more fails.
 *
 * A container that outgrows its memory is killed, with all that it has accepted.  When the
 * allocator says no instead, which every allocation here reckons with, the request that
 * wanted it gets a 503 and the others go on.
 */
#ifndef TRIAGE_MEMORY_H
#define TRIAGE_MEMORY_H

#include <stdint.h>

/* Bytes that the control group allows; 0 when it sets no limit. */
uint64_t memory_of_container(void);

/*
 * From now on allocations fail that would make this process larger than so many bytes; one
 * that is larger already may grow by a few MB.  It counts what is asked for, touched or not,
 * beyond what is resident now.
 */
void memory_limit(uint64_t bytes);

#endif
