/*
 * Labelled histories from files, visited one by one: JSON Lines, one history a line, or CSV, one
 * event a row.  The file's extension decides which.
 *
 * JSON Lines are read again in every visit.  A CSV file is read once and stays in memory as long
 * as the dataset.
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
 * Open the files, which must be regular because they are read more than once.  The task decides
 * which labels are needed.  dataset_free it.
 */
struct dataset *dataset_new(const struct data_files *data, enum task task,
                            struct error *err);
void dataset_free(struct dataset *dataset);

/* Let the columns of CSV files be text or numbers as the schema says; NULL: as their cells say. */
void dataset_apply_schema(struct dataset *dataset, const struct schema *schema);

/* Records that cannot be used, by number.  All-zero is an empty list. */
struct skip_list {
    bool is_allowed;  /* bad records are listed on stderr and skipped */
    bool *is_skipped; /* [capacity]; owned */
    size_t capacity, count;
};

void skip_list_release(struct skip_list *skips);

struct dataset_visitor {
    bool wants_test; /* also visit records of the part test */
    /* records that are skipped; those found bad during the visit are added */
    struct skip_list *skips;
    /* STATUS_OK to go on; a failure ends the visit, or the record is skipped */
    enum status (*visit)(void *context, const struct record *record, struct error *err);
    void *context;
};

/* Visit the records in the order of the data.  The place in errors is "FILE:LINE". */
enum status dataset_visit(struct dataset *dataset, const struct dataset_visitor *visitor,
                          struct error *err);

#endif
