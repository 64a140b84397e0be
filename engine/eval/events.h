/* The names of events, as the model's schema knows them: what counting looks at. */
#ifndef TRIAGE_EVENTS_H
#define TRIAGE_EVENTS_H

#include "engine.h"
#include "model/schema.h"

struct events {
    uint32_t stride, column; /* of a history's ids; stride 0: the schema has no names */
};

/* The field "event", else the first categorical one. */
static inline struct events events_of(const struct schema *schema)
{
    const struct field *event = schema_find(schema, "event");
    bool is_there = event != NULL && event->kind == FIELD_CATEGORY;

    return (struct events){schema->categories, is_there ? event->index : 0};
}

/* The id of event t; all are alike where the schema has no names. */
static inline uint32_t event_at(struct events events, const struct history *history,
                                uint32_t t)
{
    return events.stride == 0 ? 0
                              : history->ids[(size_t)t * events.stride + events.column];
}

#endif
