/*
 * One history, while it is being looked at: its names translated to ours, its labels taken out
 * and put beside it.  Private to the rooms that read data.
 */
#ifndef TRIAGE_ENTRY_H
#define TRIAGE_ENTRY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "engine.h"

struct keys;

enum { LABEL_BYTES = 256 };

enum part { PART_LEARN, PART_VALIDATE, PART_TEST, PART_NONE };

/* Everything is borrowed while a visitor looks. */
struct entry {
    const char *file;
    size_t line;               /* from 1, in its file; of its first row in CSV */
    size_t number;             /* from 0, over all files; blank lines are not counted */
    const size_t *event_lines; /* [event_count] in CSV, as given; else NULL */
    size_t event_count;
    json_t *history;
    enum part part;          /* by the split key; PART_NONE without one */
    char label[LABEL_BYTES]; /* TASK_LAST: of the whole history; else "" */
    json_t *labels;          /* TASK_EVERY: strings, one an event, as given; else NULL */
    bool had_inner_label;    /* in an event or a case-level field; it is taken out */
    json_t *posterior;       /* {action: probability} as a simulator states it, or NULL */
};

/* Which part of the split a history belongs to. */
enum status entry_read_part(struct entry *entry, const struct keys *keys,
                            struct error *err);

/*
 * Take labels and posterior out of the history, for a target, and translate its names.
 * Complaints begin with a JSON Pointer; entry_release also after a failure.
 */
enum status entry_read(struct entry *entry, const struct keys *keys, enum task target,
                       struct error *err);

/* Let go of the history and what was taken from it; file, line and number stay. */
void entry_release(struct entry *entry);

#endif
