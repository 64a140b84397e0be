/* Arenas: a list of blocks, the newest first; only the newest one is allocated from. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

/* A new block is twice as large as the last one, within these sizes in bytes. */
enum { ALIGNMENT = 16, FIRST_BLOCK = 4096, LARGEST_STEP = 1 << 20, CACHE_LINE = 64 };

struct arena_block {
    struct arena_block *previous;
    size_t size, used; /* of bytes[] */
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

/* AddressSanitizer reports an access to the bytes of a block that are not allocated. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS
#endif
#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#define POISON(begin, bytes) ASAN_POISON_MEMORY_REGION(begin, bytes)
#define UNPOISON(begin, bytes) ASAN_UNPOISON_MEMORY_REGION(begin, bytes)
#else
#define POISON(begin, bytes) ((void)(begin), (void)(bytes))
#define UNPOISON(begin, bytes) ((void)(begin), (void)(bytes))
#endif

void arena_init(struct arena *arena, size_t ceiling)
{
    *arena = (struct arena){.ceiling = ceiling};
}

/* Free block and its predecessors down to `kept`, which is not freed; NULL: all of them. */
static void blocks_free(struct arena *arena, struct arena_block *block,
                        const struct arena_block *kept)
{
    while (block != kept) {
        struct arena_block *previous = block->previous;
        arena->taken -= sizeof *block + block->size;
        UNPOISON(block->bytes, block->size);
        free(block);
        block = previous;
    }
}

void arena_release(struct arena *arena)
{
    if (!arena)
        return;
    blocks_free(arena, arena->last, NULL);
    arena->last = NULL;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *kept = arena->last;
    if (!kept)
        return;
    blocks_free(arena, kept->previous, NULL);
    kept->previous = NULL;
    kept->used = 0;
    POISON(kept->bytes, kept->size);
}

void arena_reset_merge(struct arena *arena)
{
    size_t taken = arena->taken;
    arena_reset(arena);
    if (arena->taken == taken)
        return;
    arena_release(arena);
    arena->next = taken;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    struct arena_block *last = arena->last;
    return (struct arena_mark){last, last ? last->used : 0};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    blocks_free(arena, arena->last, mark.last);
    arena->last = mark.last;
    if (!mark.last)
        return;
    mark.last->used = mark.used;
    POISON(mark.last->bytes + mark.used, mark.last->size - mark.used);
}

static size_t round_up(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

void arena_shrink(struct arena *arena, void *allocation, size_t bytes, size_t needed)
{
    struct arena_block *block = arena->last;
    unsigned char *begin = allocation;
    if (begin + round_up(bytes) != block->bytes + block->used)
        return;
    block->used -= round_up(bytes) - round_up(needed);
    POISON(begin + needed, block->size - (size_t)(begin + needed - block->bytes));
}

/* Add a block with space for `bytes` bytes; near the ceiling, with space for no more. */
static struct arena_block *block_add(struct arena *arena, size_t bytes)
{
    const size_t header = sizeof(struct arena_block);
    size_t left = arena->ceiling - arena->taken;
    size_t least;
    if (!size_add(header, bytes, &least) || least > left)
        return NULL;

    size_t size = arena->last ? 2 * (header + arena->last->size) : 0;
    if (size < FIRST_BLOCK)
        size = FIRST_BLOCK;
    if (size > LARGEST_STEP)
        size = LARGEST_STEP;
    if (size < arena->next)
        size = arena->next;
    if (size < least || size > left)
        size = least;

    struct arena_block *block = malloc(size);
    if (!block)
        return NULL;
    *block = (struct arena_block){.previous = arena->last, .size = size - header};
    POISON(block->bytes, block->size);
    arena->last = block;
    arena->next = 0;
    arena->taken += size;
    return block;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - (ALIGNMENT - 1))
        return NULL;
    size_t rounded = round_up(bytes);

    struct arena_block *block = arena->last;
    if (!block || block->size - block->used < rounded)
        block = block_add(arena, rounded);
    if (!block)
        return NULL;

    unsigned char *begin = block->bytes + block->used;
    block->used += rounded;
    UNPOISON(begin, bytes);
    return begin;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (!size_multiply(count, size, &bytes))
        return NULL;
    void *items = arena_alloc(arena, bytes);
    return items ? memset(items, 0, bytes) : NULL;
}

float *arena_floats(struct arena *arena, size_t rows, size_t columns)
{
    const size_t slack = CACHE_LINE - ALIGNMENT; /* the most bytes before the boundary */
    size_t count, bytes;
    if (!size_multiply(rows, columns, &count) ||
        !size_multiply(count, sizeof(float), &bytes) || !size_add(bytes, slack, &bytes))
        return NULL;
    unsigned char *begin = arena_alloc(arena, bytes);
    if (!begin)
        return NULL;
    size_t misalignment = (uintptr_t)begin % CACHE_LINE;
    return (float *)(void *)(begin + (CACHE_LINE - misalignment) % CACHE_LINE);
}

char *arena_string(struct arena *arena, const char *bytes, size_t length)
{
    size_t size;
    if (!size_add(length, 1, &size))
        return NULL;
    char *copy = arena_alloc(arena, size);
    if (!copy)
        return NULL;
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}
