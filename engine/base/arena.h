/*
 * Memory that is freed all at once.
 *
 * Taking moves a pointer forward in a block; a new block is allocated when the last one is
 * full.  What was taken stays where it is until arena_reset or arena_release, and is
 * aligned to 16 bytes.  An arena has a ceiling: past it, taking fails as if memory had
 * run out.  One arena belongs to one thread.
 */
#ifndef TRIAGE_ARENA_H
#define TRIAGE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *last; /* the block in use; it points to the one before */
    size_t taken;             /* bytes held from malloc, all blocks together */
    size_t next;              /* bytes of the next block at least */
    size_t ceiling;
};

/* Allocates nothing yet.  ceiling in bytes; SIZE_MAX for none. */
void arena_init(struct arena *arena, size_t ceiling);

/* Free everything; the arena may be used again.  Accepts an all-zero arena. */
void arena_release(struct arena *arena);

/* Forget what was taken but keep one block for the next use. */
void arena_reset(struct arena *arena);

/*
 * The same, but where there were several blocks, the next one will be as large as all of them:
 * what is used over and over for about the same ends up in one block.
 */
void arena_reset_merge(struct arena *arena);

/* A moment to go back to: what is taken after it is given back, whole blocks to malloc. */
struct arena_mark {
    struct arena_block *last;
    size_t used;
};

struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

/* Of the bytes taken at place only the first needed are: if they came last, the rest is given back. */
void arena_shrink(struct arena *arena, void *place, size_t bytes, size_t needed);

/* bytes bytes, not cleared; NULL when memory has run out or the ceiling is reached. */
void *arena_alloc(struct arena *arena, size_t bytes);

/* count items of size bytes, cleared; NULL also when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* rows * columns floats on a 64-byte boundary, not cleared; NULL also on overflow. */
float *arena_floats(struct arena *arena, size_t rows, size_t columns);

/* A copy of length bytes with a terminating zero. */
char *arena_string(struct arena *arena, const char *bytes, size_t length);

#endif
