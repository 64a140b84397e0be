/*
 * Labelled histories from JSON Lines files, one history a line (DESIGN 5.4), read as a
 * stream: a line is parsed, looked at and forgotten.
 *
 * Other people's names for things are translated here, while reading; behind this room a
 * history is always {"id", "events": [{"event", "time", ...}], "fields"}.
 */
#ifndef TRIAGE_DATASET_H
#define TRIAGE_DATASET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* The names that the data uses. */
struct keys {
    const char *id, *label, *events, *event, *split; /* split "": none */
};

enum part { PART_LEARN, PART_VALIDATE, PART_TEST, PART_NONE };

/* One line, while it is being looked at; everything is borrowed from it. */
struct entry {
    const char *file;
    size_t line;   /* from 1, in its file */
    size_t number; /* from 0, over all files; blank lines are not counted */
    json_t *history;
    char label[256];
    enum part part; /* by the split key; PART_NONE without one */
};

/* Return STATUS_OK to go on; a failure stops, or skips the line (see skip). */
typedef enum status entry_visitor(void *context, const struct entry *entry,
                                  struct error *err);

/* What to do with lines that cannot be used. */
struct skip {
    bool allowed; /* list them on stderr and go on */
    bool *is_bad; /* [capacity] by number; grown here, free() it */
    size_t capacity, count;
};

/*
 * Visit every line of count files in order, but those known to be bad.  A complaint begins
 * with file and line: where is "FILE:LINE" and the pointer goes into the text.
 */
enum status dataset_visit(const char *const *files, size_t count, const struct keys *keys,
                          struct skip *skip, entry_visitor *visit, void *context,
                          struct error *err);

#endif
