/*
 * One labelled history of the data, as visitors of a dataset see it.
 *
 * The data may use other keys than ours.  record_read renames them and takes the labels out, so
 * that afterwards a history is always {"id", "events": [{"event", "time", ...}], "fields"} and
 * holds no label.  record_error translates back: its messages use the keys of the data.
 */
#ifndef TRIAGE_RECORD_H
#define TRIAGE_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/option_table.h"
#include "engine.h"

/* The keys that the data uses, filled from data_options. */
struct data_keys {
    const char *id; /* "": "id", in CSV "case" */
    const char *label, *events, *event, *time;
    const char *split; /* "": no split */
    bool skip_bad;
};

/* The options of every command that reads labelled data; their values are struct data_keys. */
extern const struct option_def data_options[];

enum { LABEL_BYTES = 256 };

enum part { PART_TRAIN, PART_VALIDATION, PART_TEST, PART_NONE };

/* Everything is borrowed during the visit. */
struct record {
    const char *file;
    size_t line;               /* from 1, in its file; of the first row in CSV */
    size_t number;             /* from 0, over all files; blank lines have none */
    const size_t *event_lines; /* [event_count] in CSV, in the given order; else NULL */
    size_t event_count;
    json_t *history;
    enum part part;          /* the value of the split key; PART_NONE without a split */
    char label[LABEL_BYTES]; /* TASK_LAST: of the whole history; otherwise "" */
    json_t *labels;          /* TASK_EVERY: [events] strings, in the given order */
    bool has_inner_label;    /* a label was removed from events or case-level fields */
    json_t *posterior;       /* {action: probability} from a simulator, or NULL */
};

/* Read which part of the split the history belongs to. */
enum status record_read_part(struct record *record, const struct data_keys *keys,
                             struct error *err);

/*
 * Take the labels that the task needs and the posterior out of the history, and rename its keys.
 * Places in errors are JSON Pointers.  record_release also after a failure.
 */
enum status record_read(struct record *record, const struct data_keys *keys,
                        enum task task, struct error *err);

/* Release the history and what was taken out of it; file, line and number stay. */
void record_release(struct record *record);

/*
 * Translate inner, an error whose place is a JSON Pointer into the history, for the user.  The
 * place of err is "FILE:LINE", and its text begins with the pointer in the keys of the data; in
 * CSV, with the line of the event's row and the name of its column.
 */
void record_error(const struct record *record, const struct data_keys *keys,
                  const struct error *inner, struct error *err);

/* Write "FILE:LINE"; a long path is cut at its beginning. */
void file_line_write(char *buffer, size_t size, const char *file, size_t line);

#endif
