/*
 * Labelled histories from files, visited one by one.  A file whose name ends in .csv or .tsv is CSV
 * with one event a row; any other is JSON Lines with one history a line.
 *
 * JSON Lines are read again in every visit.  CSV files are read once and stay in memory.
 */
#ifndef TRIAGE_DATASET_H
#define TRIAGE_DATASET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/record.h"
#include "engine.h"

/* The files and the keys that they use; borrowed. */
struct data_files {
    const char *const *files;
    size_t file_count;
    const struct data_keys *keys;
};

struct dataset;

/*
 * Check the files, which must be regular because they are read more than once, and read those in
 * CSV.  The task decides which labels are needed.  data is borrowed until dataset_free.
 */
struct dataset *dataset_new(const struct data_files *data, enum task task,
                            struct error *err);
void dataset_free(struct dataset *dataset);

/* Decide which columns of CSV files are text: by the schema or, if it is NULL, by their cells. */
void dataset_apply_schema(struct dataset *dataset, const struct schema *schema);

/* The numbers of records that cannot be used.  Zero bytes are an empty list. */
struct skip_list {
    bool is_allowed;  /* bad records are listed on stderr and skipped */
    bool *is_skipped; /* [capacity]; owned */
    size_t capacity, count;
};

void skip_list_release(struct skip_list *skips);

struct dataset_visitor {
    bool wants_test; /* also visit records of the part test */
    /* records that are not visited; those found bad during the visit are added */
    struct skip_list *skips;
    /* a failure ends the visit or, if skips allow it, the record is skipped */
    enum status (*visit)(void *context, const struct record *record, struct error *err);
    void *context;
};

/* Visit the records in the order of the data.  The place in errors is "FILE:LINE". */
enum status dataset_visit(struct dataset *dataset, const struct dataset_visitor *visitor,
                          struct error *err);

#endif
