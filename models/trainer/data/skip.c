/* See skip.h. */
#include "data/skip.h"

#include <stdlib.h>
#include <string.h>

bool skip_add(struct skip *skip, size_t number)
{
    if (number >= skip->capacity) {
        size_t capacity = 2 * number + 64;
        bool *grown = realloc(skip->is_bad, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        memset(grown + skip->capacity, 0, (capacity - skip->capacity) * sizeof *grown);
        skip->is_bad = grown;
        skip->capacity = capacity;
    }
    skip->is_bad[number] = true;
    skip->count++;
    return true;
}

bool skip_has(const struct skip *skip, size_t number)
{
    return number < skip->capacity && skip->is_bad[number];
}
