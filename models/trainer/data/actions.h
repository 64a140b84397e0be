/*
 * The actions that a model chooses among.
 *
 *   last, every   the labels of the data, in alphabetical order
 *   next          the events that the schema knows, and last of all END_OF_HISTORY, if the end is
 *                 predicted too
 *
 * A recipe or a model may state them; then the list is closed and labels do not add to it.
 */
#ifndef TRIAGE_ACTIONS_H
#define TRIAGE_ACTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "trainer.h"

/* TASK_NEXT: the action that says that no event follows. */
#define END_OF_HISTORY "end_of_history"

struct actions {
    char **names; /* [count]; owned */
    size_t count;
    json_t *index;      /* {name: its index in names}; owned */
    bool is_closed;     /* labels do not add to the list */
    uint32_t *of_event; /* TASK_NEXT: [events of the schema] the action of each; owned */
};

enum status actions_init(struct actions *actions, struct error *err);
void actions_release(struct actions *actions);

/* Append a name that is not in the list. */
enum status actions_add(struct actions *actions, const char *name, struct error *err);

/* The index of a name, or ACTION_OTHER. */
uint32_t actions_find(const struct actions *actions, const char *name);

/* Sort alphabetically, so that the order of the data does not matter. */
void actions_sort(struct actions *actions);

/* Take the list of a recipe; an empty list of actions becomes closed. */
enum status actions_from_recipe(struct actions *actions, const json_t *list,
                                struct error *err);

/* Take the list of a model; an empty list of actions becomes closed. */
enum status actions_from_model(struct actions *actions, const struct model *model,
                               struct error *err);

/*
 * TASK_NEXT: take the events of the schema, and fill of_event.  A closed list stays, but must
 * have the same names in any order.
 */
enum status actions_from_schema(struct actions *actions, const struct schema *schema,
                                bool with_end, struct error *err);

/* TASK_NEXT: fill of_event alone, for the schema and the actions of a model. */
enum status actions_map_events(struct actions *actions, const struct schema *schema,
                               struct error *err);

#endif
