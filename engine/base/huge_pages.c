/* transparent_hugepage is "madvise" on many systems: then only what is asked for gets huge pages. */
#include "base/huge_pages.h"

#include <stdint.h>
#include <sys/mman.h>

enum { PAGE_BYTES = 4096, LEAST_BYTES = 4 << 20 };

void huge_pages_advise(void *memory, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    /* whole pages only; PAGE_BYTES divides the size of a page of every processor */
    size_t skipped = PAGE_BYTES - (uintptr_t)memory % PAGE_BYTES;
    if (memory && bytes >= LEAST_BYTES)
        (void)madvise((char *)memory + skipped, bytes - skipped, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)bytes;
#endif
}
