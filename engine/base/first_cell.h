/* Cells of one kind in a column: how many there are, and the first of them. */
#ifndef TRIAGE_FIRST_CELL_H
#define TRIAGE_FIRST_CELL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

enum { FIRST_CELL_SIZE = 64 };

/* All-zero at first.  A place is a line, or any number that orders the cells. */
struct first_cell {
    uint64_t count, place;      /* how many; the place of the first */
    char text[FIRST_CELL_SIZE]; /* of the first, cut at a character */
};

static inline void first_cell_add(struct first_cell *cell, uint64_t place,
                                  const char *bytes, size_t length)
{
    if (cell->count++ > 0 && cell->place <= place)
        return;
    size_t kept = utf8_cut(bytes, length, sizeof cell->text - 1);
    cell->place = place;
    memcpy(cell->text, bytes, kept);
    cell->text[kept] = '\0';
}

/* Add the cells of another part of the column. */
static inline void first_cell_merge(struct first_cell *into,
                                    const struct first_cell *from)
{
    uint64_t count = into->count + from->count;
    if (into->count == 0 || (from->count > 0 && from->place < into->place))
        *into = *from;
    into->count = count;
}

#endif
