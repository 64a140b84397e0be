/*
 * Labelled histories from files: JSON Lines, one history a line, or CSV, one event a row
 * (csv.h), told apart by the file's name.  Visited one by one; JSON Lines are read as a stream,
 * a CSV file is kept in memory while the dataset is.
 *
 * Other people's names for things are translated here, while reading; behind this room a
 * history is always {"id", "events": [{"event", "time", ...}], "fields"}, and no label stands
 * in it any more.
 */
#ifndef TRIAGE_DATASET_H
#define TRIAGE_DATASET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/option_table.h"
#include "data/entry.h"
#include "data/skip.h"
#include "engine.h"

/* The names that the data uses, filled from keys_options. */
struct keys {
    const char *id; /* "": id, in CSV case */
    const char *label, *events, *event, *time;
    const char *split; /* "": none */
    bool skip_bad;
};

/* The same flags for every command that reads labelled data. */
extern const struct option_def keys_options[];

/* Where the data is and how it calls things; borrowed. */
struct data_files {
    const char *const *files;
    size_t file_count;
    const struct keys *keys;
};

struct dataset;

/*
 * Open the files, which must be regular: they are read more than once.  The target says which
 * labels there must be.  dataset_free it.
 */
struct dataset *dataset_new(const struct data_files *data, enum task target,
                            struct error *err);
void dataset_free(struct dataset *dataset);

/* From now on the columns of CSV are of the kinds that a schema wants them to be. */
void dataset_obey(struct dataset *dataset, const struct schema *schema);

/* Return STATUS_OK to go on; a failure stops, or skips the line (see skip). */
typedef enum status entry_visitor(void *context, const struct entry *entry,
                                  struct error *err);

/*
 * Visit every history in order, but those known to be bad, and the part test only if it is
 * wanted.  A complaint begins with file and line: where is "FILE:LINE" and the pointer goes
 * into the text.
 */
enum status dataset_visit(struct dataset *dataset, bool wants_test, struct skip *skip,
                          entry_visitor *visit, void *context, struct error *err);

#endif
