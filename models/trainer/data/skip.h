/* Which histories of a dataset cannot be used, by their number. */
#ifndef TRIAGE_SKIP_H
#define TRIAGE_SKIP_H

#include <stdbool.h>
#include <stddef.h>

struct skip {
    bool allowed; /* list them on stderr and go on */
    bool *is_bad; /* [capacity] by number; grown here, free() it */
    size_t capacity, count;
};

bool skip_has(const struct skip *skip, size_t number);

/* False without memory. */
bool skip_add(struct skip *skip, size_t number);

#endif
