/*
 * The linker sends malloc(x) in every object it links to __wrap_malloc(x), and what was
 * malloc is __real_malloc (ld --wrap); a sanitizer's malloc is among those.  jansson comes
 * here too, since base/json.c gives it our allocator.
 */
#include "support/failing_malloc.h"

#include <errno.h>
#include <stddef.h>

static _Thread_local struct {
    unsigned left; /* allocations until one fails */
    bool is_armed, has_struck, goes_on;
} torture;

static bool again(unsigned *n, bool goes_on)
{
    bool has_passed = torture.is_armed && !torture.has_struck;
    torture.is_armed = *n == 0 || !has_passed;
    torture.has_struck = false;
    torture.goes_on = goes_on;
    torture.left = ++*n;
    return torture.is_armed;
}

bool torture_again(unsigned *n)
{
    return again(n, false);
}

bool torture_again_from(unsigned *n)
{
    return again(n, true);
}

bool torture_has_struck(void)
{
    return torture.has_struck;
}

static bool strikes(void)
{
    if (!torture.is_armed || (torture.has_struck && !torture.goes_on))
        return false;
    if (torture.left > 1) {
        torture.left--;
        return false;
    }
    torture.has_struck = true;
    errno = ENOMEM;
    return true;
}

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *place, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
int __real_posix_memalign(void **place, size_t alignment, size_t bytes);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *place, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
int __wrap_posix_memalign(void **place, size_t alignment, size_t bytes);

void *__wrap_malloc(size_t bytes)
{
    return strikes() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return strikes() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *place, size_t bytes)
{
    return strikes() ? NULL : __real_realloc(place, bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    return strikes() ? NULL : __real_aligned_alloc(alignment, bytes);
}

int __wrap_posix_memalign(void **place, size_t alignment, size_t bytes)
{
    return strikes() ? ENOMEM : __real_posix_memalign(place, alignment, bytes);
}

/* What check, which may be linked statically, calls instead of malloc and realloc. */
void *__wrap_emalloc(size_t bytes);
void *__wrap_erealloc(void *place, size_t bytes);

void *__wrap_emalloc(size_t bytes)
{
    return __real_malloc(bytes);
}

void *__wrap_erealloc(void *place, size_t bytes)
{
    return __real_realloc(place, bytes);
}
