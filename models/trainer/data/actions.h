/*
 * The actions that a model chooses among.
 *
 *   last, every   the labels of the data, in alphabetical order
 *   next          the events of the schema, then END_OF_HISTORY if the end is also predicted
 *
 * If a recipe or a model gives the actions, the list is closed: labels are not added to it.  In a
 * training that goes on from a model, the actions of the model come first, in their order, and new
 * ones follow.
 */
#ifndef TRIAGE_ACTIONS_H
#define TRIAGE_ACTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "trainer.h"

struct actions {
    char **names; /* [count]; owned */
    size_t count;
    json_t *index;      /* {name: its index in names}; owned */
    bool is_closed;     /* labels are not added to the list */
    uint32_t *of_event; /* TASK_NEXT: [events of the schema] the action of each; owned */
};

enum status actions_init(struct actions *actions, struct error *err);
void actions_release(struct actions *actions);

/* Append a name that is not in the list. */
enum status actions_add(struct actions *actions, const char *name, struct error *err);

/* The index of a name, or ACTION_OTHER. */
uint32_t actions_find(const struct actions *actions, const char *name);

/* Sort those from first on alphabetically, so that the order of the data does not matter. */
void actions_sort(struct actions *actions, size_t first);

/* Fill empty actions with the list of a recipe, and close them. */
enum status actions_from_recipe(struct actions *actions, const json_t *list,
                                struct error *err);

/* Fill empty actions with those of a model, and close them. */
enum status actions_from_model(struct actions *actions, const struct model *model,
                               struct error *err);

/*
 * TASK_NEXT: add the events of the schema that are not in the list; a closed list must have the same
 * names, in any order.  Fill of_event, too.
 */
enum status actions_from_schema(struct actions *actions, const struct schema *schema,
                                bool with_end, struct error *err);

/* TASK_NEXT: only fill of_event, for the schema and the actions of a model. */
enum status actions_map_events(struct actions *actions, const struct schema *schema,
                               struct error *err);

#endif
