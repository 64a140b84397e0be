/*
 * The linker option --wrap=malloc redirects every call of malloc in our objects to __wrap_malloc,
 * and __real_malloc is the original (a sanitizer's malloc, if there is one).  jansson's allocations
 * come here too, because json_init in base/json.c gives it our allocator.
 */
#include "support/failing_malloc.h"

#include <errno.h>
#include <stddef.h>

static _Thread_local struct {
    unsigned left; /* allocations until one fails, including that one */
    bool is_armed, has_failed, fails_on;
} failing;

static bool next_run(unsigned *n, bool fails_on)
{
    bool was_last = failing.is_armed && !failing.has_failed;
    failing.is_armed = *n == 0 || !was_last;
    failing.has_failed = false;
    failing.fails_on = fails_on;
    failing.left = ++*n;
    return failing.is_armed;
}

bool failing_malloc_next(unsigned *n)
{
    return next_run(n, false);
}

bool failing_malloc_next_from(unsigned *n)
{
    return next_run(n, true);
}

bool failing_malloc_has_failed(void)
{
    return failing.has_failed;
}

/* Count an allocation; true if it must fail. */
static bool must_fail(void)
{
    if (!failing.is_armed || (failing.has_failed && !failing.fails_on))
        return false;
    if (failing.left > 1) {
        failing.left--;
        return false;
    }
    failing.has_failed = true;
    errno = ENOMEM;
    return true;
}

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
int __real_posix_memalign(void **pointer, size_t alignment, size_t bytes);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
int __wrap_posix_memalign(void **pointer, size_t alignment, size_t bytes);

void *__wrap_malloc(size_t bytes)
{
    return must_fail() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *pointer, size_t bytes)
{
    return must_fail() ? NULL : __real_realloc(pointer, bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    return must_fail() ? NULL : __real_aligned_alloc(alignment, bytes);
}

int __wrap_posix_memalign(void **pointer, size_t alignment, size_t bytes)
{
    return must_fail() ? ENOMEM : __real_posix_memalign(pointer, alignment, bytes);
}

/* check calls these, and it may be linked statically: its allocations never fail. */
void *__wrap_emalloc(size_t bytes);
void *__wrap_erealloc(void *pointer, size_t bytes);

void *__wrap_emalloc(size_t bytes)
{
    return __real_malloc(bytes);
}

void *__wrap_erealloc(void *pointer, size_t bytes)
{
    return __real_realloc(pointer, bytes);
}
