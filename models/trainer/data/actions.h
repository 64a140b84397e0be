/*
 * The actions a model chooses among, and which of them is right after each event of a history,
 * for each target.  Private to the rooms that load examples.
 *
 *   last    labels are the actions; one is right at the end
 *   next    the events that the schema knows are the actions, and with_end, last of all, that
 *           none follows; the right one is the name of the event that comes next in time
 *   every   labels are the actions; one is right after each event
 */
#ifndef TRIAGE_ACTIONS_H
#define TRIAGE_ACTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/entry.h"
#include "trainer.h"

/* The class that says: no event follows. */
#define END_OF_HISTORY "end_of_history"

struct actions {
    char **names; /* owned */
    size_t count;
    json_t *index;   /* name -> its place; owned */
    bool is_closed;  /* they were given: no label adds to them */
    uint32_t *nexts; /* TASK_NEXT: [events of the schema] the action of each; owned */
};

enum status actions_init(struct actions *actions, struct error *err);
void actions_release(struct actions *actions);

/* Add a name that is not there yet. */
enum status actions_add(struct actions *actions, const char *name, struct error *err);

/* The place of a name, or ACTION_OTHER. */
uint32_t actions_find(const struct actions *actions, const char *name);

/* Alphabetical order, so that the order of the data does not matter. */
void actions_sort(struct actions *actions);

/* A recipe's list: closed. */
enum status actions_give(struct actions *actions, const json_t *list, struct error *err);

/* Those of a model: closed. */
enum status actions_copy(struct actions *actions, const struct model *model,
                         struct error *err);

/*
 * TASK_NEXT: what a schema's events say the actions are.  With given ones, they must be the
 * same names.
 */
enum status actions_follow(struct actions *actions, const struct schema *schema,
                           bool with_end, struct error *err);

/* For a model of TASK_NEXT: which of its actions each event of its schema is. */
enum status actions_link(struct actions *actions, const struct schema *schema,
                         struct error *err);

/*
 * Fill what was right into an example whose history was decoded from the entry.  Where an
 * action is asked for that is none of ours, stranger is put: ACTION_OTHER or ACTION_NONE.
 */
enum status actions_ask(const struct actions *actions, enum task target,
                        const struct schema *schema, const struct entry *entry,
                        uint32_t stranger, struct arena *arena, struct example *example,
                        struct error *err);

#endif
