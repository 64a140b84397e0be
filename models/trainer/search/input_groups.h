/*
 * Groups of inputs that a model can do without, and the data without some of them.
 *
 *   calendar   hour and weekday
 *   gaps       the time since the previous and since the first event
 *   FIELD      each field except the event's name
 *
 * A view is a schema and examples without the groups that are left out: the columns of the encoded
 * histories that remain, in the same order.  Files are not read again, and scales stay.
 */
#ifndef TRIAGE_INPUT_GROUPS_H
#define TRIAGE_INPUT_GROUPS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "trainer.h"

struct input_group {
    const char
        *name; /* "calendar", "gaps" or that of the field; borrowed from the groups */
    bool is_field;
};

struct input_groups {
    json_t *schema;           /* owned */
    struct input_group *list; /* [count]; owned */
    uint32_t count;
};

/* Find the groups of a schema.  Release also after a failure.  STATUS_NO_MEMORY. */
enum status input_groups_init(struct input_groups *groups, const struct schema *schema,
                              struct error *err);
void input_groups_release(struct input_groups *groups);

/* The index of the group of that name and kind; groups->count if there is none. */
uint32_t input_groups_find(const struct input_groups *groups, const char *name,
                           bool is_field);

/*
 * May these groups [count] be left out together?  A schema without any input from the times does not
 * say that its model was trained on events in the order of time, so one of them stays.
 */
bool input_groups_may_leave_out(const struct input_groups *groups,
                                const bool *is_left_out);

struct input_view {
    struct schema *schema; /* owned */
    struct training_data data;
    /* owned by the view: what data points to */
    struct example *examples;
    uint32_t *ids;
    float *values;
};

/* is_left_out: [groups->count].  Release also after a failure.  STATUS_NO_MEMORY. */
enum status input_view_init(struct input_view *view, const struct input_groups *groups,
                            const struct training_data *data, const bool *is_left_out,
                            struct error *err);
void input_view_release(struct input_view *view);

/*
 * Hide a group in all examples of a view: its categories become unknown, its numbers and times the
 * mean of the training.
 */
void input_view_hide(struct input_view *view, const struct input_groups *groups,
                     uint32_t group);

#endif
