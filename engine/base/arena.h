/*
 * Memory that is freed all at once.
 *
 * An allocation moves a pointer forward in a block; when the block is full, a new one is
 * allocated.  An allocation keeps its address until arena_reset or arena_release, and is aligned
 * to 16 bytes.  An arena has a ceiling: beyond it allocations fail as if memory had run out.
 * One arena belongs to one thread.
 */
#ifndef TRIAGE_ARENA_H
#define TRIAGE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *last; /* the newest block; each one points to its predecessor */
    size_t taken;             /* bytes allocated with malloc, all blocks together */
    size_t next;              /* minimum size of the next block, in bytes */
    size_t ceiling;           /* the most bytes that taken may reach */
};

/* Allocates nothing yet.  ceiling in bytes; SIZE_MAX for none. */
void arena_init(struct arena *arena, size_t ceiling);

/* Free everything; the arena may be used again.  Accepts an all-zero arena. */
void arena_release(struct arena *arena);

/* Free all allocations, but keep one block for the next ones. */
void arena_reset(struct arena *arena);

/*
 * Free all allocations.  If there is more than one block, free all blocks, and make the next one as
 * large as all of them together: an arena that is used repeatedly for similar amounts soon has
 * one block.
 */
void arena_reset_merge(struct arena *arena);

/* arena_rewind frees all allocations made after arena_mark returned the mark. */
struct arena_mark {
    struct arena_block *last;
    size_t used;
};

struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

/* Shrink the last allocation from `bytes` to `needed` bytes; no effect on an earlier one. */
void arena_shrink(struct arena *arena, void *allocation, size_t bytes, size_t needed);

/*
 * Memory that is not cleared.  This and the functions below return NULL when memory runs out or the
 * ceiling is reached.
 */
void *arena_alloc(struct arena *arena, size_t bytes);

/* count items of size bytes, cleared; NULL also when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* rows * columns floats on a 64-byte boundary, not cleared; NULL also on overflow. */
float *arena_floats(struct arena *arena, size_t rows, size_t columns);

/* A copy of length bytes with a terminating zero. */
char *arena_string(struct arena *arena, const char *bytes, size_t length);

#endif
