/*
 * A doubly linked list.  The link is a member of the listed struct, so nothing is allocated:
 *
 *     struct job {
 *         ...
 *         struct list_link link;
 *     };
 *     struct list queue; // after list_init
 *
 *     list_append(&queue, &job->link);
 *     struct job *oldest = LIST_ITEM(queue.ends.next, struct job, link);
 *     list_remove(&job->link);
 *
 * The links and `ends` form a ring, so adding and removing have no special cases.  A list must
 * not move in memory: its links point to it.
 */
#ifndef TRIAGE_LIST_H
#define TRIAGE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: in no list. */
struct list_link {
    struct list_link *next, *previous;
};

struct list {
    struct list_link ends; /* ends.next is the first link, ends.previous the last */
};

/* The struct whose member `member` is at link. */
#define LIST_ITEM(link, type, member)                                                    \
    ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* For each link of the list, from first to last; the body may remove it. */
#define LIST_EACH(link, list)                                                            \
    for (struct list_link *link = (list)->ends.next, *next_##link = link->next;          \
         link != &(list)->ends; link = next_##link, next_##link = link->next)

static inline void list_init(struct list *list)
{
    list->ends.next = list->ends.previous = &list->ends;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->ends.next == &list->ends;
}

/* link must not be in a list. */
static inline void list_append(struct list *list, struct list_link *link)
{
    link->next = &list->ends;
    link->previous = list->ends.previous;
    link->previous->next = link;
    list->ends.previous = link;
}

/* Does nothing if link is in no list. */
static inline void list_remove(struct list_link *link)
{
    if (!link->next)
        return;
    link->next->previous = link->previous;
    link->previous->next = link->next;
    link->next = link->previous = NULL;
}

#endif
