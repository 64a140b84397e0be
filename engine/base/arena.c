#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

enum { ALIGNMENT = 16, FIRST_BLOCK = 4096, LARGEST_STEP = 1 << 20 };

struct arena_block {
    struct arena_block *before;
    size_t size, used; /* of bytes */
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

/* What nobody has taken is out of bounds to AddressSanitizer. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS
#endif
#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#define POISON(place, bytes) ASAN_POISON_MEMORY_REGION(place, bytes)
#define UNPOISON(place, bytes) ASAN_UNPOISON_MEMORY_REGION(place, bytes)
#else
#define POISON(place, bytes) ((void)(place), (void)(bytes))
#define UNPOISON(place, bytes) ((void)(place), (void)(bytes))
#endif

void arena_init(struct arena *arena, size_t ceiling)
{
    *arena = (struct arena){.ceiling = ceiling};
}

/* Free block and the blocks before it, as far as kept, which stays. */
static void blocks_free(struct arena *arena, struct arena_block *block,
                        const struct arena_block *kept)
{
    while (block != kept) {
        struct arena_block *before = block->before;
        arena->taken -= sizeof *block + block->size;
        UNPOISON(block->bytes, block->size);
        free(block);
        block = before;
    }
}

void arena_release(struct arena *arena)
{
    if (arena == NULL)
        return;
    blocks_free(arena, arena->last, NULL);
    arena->last = NULL;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *kept = arena->last;
    if (kept == NULL)
        return;
    blocks_free(arena, kept->before, NULL);
    kept->before = NULL;
    kept->used = 0;
    POISON(kept->bytes, kept->size);
}

struct arena_mark arena_mark(const struct arena *arena)
{
    struct arena_block *last = arena->last;
    return (struct arena_mark){last, last != NULL ? last->used : 0};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    blocks_free(arena, arena->last, mark.last);
    arena->last = mark.last;
    if (mark.last == NULL)
        return;
    mark.last->used = mark.used;
    POISON(mark.last->bytes + mark.used, mark.last->size - mark.used);
}

static size_t round_up(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

void arena_shrink(struct arena *arena, void *place, size_t bytes, size_t needed)
{
    struct arena_block *block = arena->last;
    unsigned char *begin = place;
    if (begin + round_up(bytes) != block->bytes + block->used)
        return;
    block->used -= round_up(bytes) - round_up(needed);
    POISON(begin + needed, block->size - (size_t)(begin + needed - block->bytes));
}

/* A block of twice the last one's size, of less near the ceiling, of at least bytes. */
static struct arena_block *block_add(struct arena *arena, size_t bytes)
{
    struct arena_block *block = NULL;
    size_t left = arena->ceiling - arena->taken, least;
    if (!size_add(sizeof *block, bytes, &least) || least > left)
        return NULL;

    size_t step = arena->last != NULL ? 2 * (sizeof *block + arena->last->size) : 0;
    size_t whole = step < FIRST_BLOCK ? FIRST_BLOCK : step;
    if (whole > LARGEST_STEP)
        whole = LARGEST_STEP;
    if (whole < arena->next)
        whole = arena->next;
    if (whole < least || whole > left)
        whole = least;

    block = malloc(whole);
    if (block == NULL)
        return NULL;
    block->before = arena->last;
    block->size = whole - sizeof *block;
    block->used = 0;
    POISON(block->bytes, block->size);
    arena->last = block;
    arena->next = 0;
    arena->taken += whole;
    return block;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    size_t rounded;
    if (!size_add(bytes, ALIGNMENT - 1, &rounded))
        return NULL;
    rounded = round_up(bytes);

    struct arena_block *block = arena->last;
    if (block == NULL || block->size - block->used < rounded)
        block = block_add(arena, rounded);
    if (block == NULL)
        return NULL;

    unsigned char *place = block->bytes + block->used;
    block->used += rounded;
    UNPOISON(place, bytes);
    return place;
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

float *arena_floats(struct arena *arena, size_t rows, size_t columns)
{
    const size_t line = 64, more = line - ALIGNMENT;
    size_t count, bytes;

    if (!size_multiply(rows, columns, &count) ||
        !size_multiply(count, sizeof(float), &bytes) || !size_add(bytes, more, &bytes))
        return NULL;
    unsigned char *place = arena_alloc(arena, bytes);
    if (place == NULL)
        return NULL;
    return (float *)(void *)(place + (line - (uintptr_t)place % line) % line);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (!size_multiply(count, size, &bytes))
        return NULL;
    void *place = arena_alloc(arena, bytes);
    return place != NULL ? memset(place, 0, bytes) : NULL;
}

char *arena_string(struct arena *arena, const char *bytes, size_t length)
{
    size_t size;
    if (!size_add(length, 1, &size))
        return NULL;
    char *copy = arena_alloc(arena, size);
    if (copy == NULL)
        return NULL;
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}
