/* Arrays that grow. */
#ifndef TRIAGE_ARRAY_H
#define TRIAGE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

/*
 * Make space for one more item after count items of `size` bytes.  array points to the pointer to the
 * items, which malloc returned, or which is NULL with a capacity of 0:
 *
 *     if (!array_reserve(&list->items, list->count, &list->capacity, sizeof *list->items))
 *         return error_no_memory(err);
 *     list->items[list->count++] = item;
 *
 * False if memory runs out; the array is then as before.
 */
static inline bool array_reserve(void *array, size_t count, size_t *capacity, size_t size)
{
    enum { FIRST_CAPACITY = 16 };
    size_t larger, bytes;
    void *items;
    if (count < *capacity)
        return true;
    larger = FIRST_CAPACITY;
    if (*capacity > 0 && !size_multiply(*capacity, 2, &larger))
        return false;
    if (!size_multiply(larger, size, &bytes))
        return false;
    memcpy(&items, array, sizeof items); /* array may point to any type of pointer */
    items = realloc(items, bytes);
    if (!items)
        return false;
    memcpy(array, &items, sizeof items);
    *capacity = larger;
    return true;
}

#endif
