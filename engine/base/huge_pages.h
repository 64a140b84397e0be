/* Pages of 2 MiB for large arrays. */
#ifndef TRIAGE_HUGE_PAGES_H
#define TRIAGE_HUGE_PAGES_H

#include <stddef.h>

/*
 * Ask the system for huge pages in an allocation of malloc or calloc that will be filled.  The first
 * access to each page of 4 KiB costs more than filling it, so that much time is saved; an
 * array that stays partly unused may need more memory.  A hint without effect on small allocations
 * and on systems without huge pages.  memory may be NULL.
 */
void huge_pages_advise(void *memory, size_t bytes);

#endif
