/*
 * The first pass over the data.  It finds the records, the part and the start of each, and the set
 * of labels.  From this follows the role of each record: what it is used for.
 */
#ifndef TRIAGE_DATA_SCAN_H
#define TRIAGE_DATA_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/actions.h"
#include "data/dataset.h"
#include "data/record.h"

enum role { ROLE_NONE, ROLE_TRAIN, ROLE_VALIDATE, ROLE_EVALUATE };

/* How the validation records were chosen. */
enum validation_source {
    VALIDATION_GIVEN,  /* by the split of the data */
    VALIDATION_LATEST, /* the last fifth in time */
    VALIDATION_RANDOM  /* a fifth, at random */
};

/* What the scan keeps of a record. */
struct scanned_record {
    enum part part;
    enum role role;
    bool is_used; /* false if the record was skipped or is of a part that is not read */
    int64_t start_us; /* time of the earliest event; INT64_MAX without times */
};

struct data_scan {
    struct scanned_record *records; /* [count] by number; owned */
    size_t count, capacity;
    struct actions actions; /* the labels, or the closed list of a recipe or model */
    enum validation_source validation_source;
    /* also read the part test, and accept labels that are not in a closed list */
    bool for_evaluation;
};

enum status data_scan_init(struct data_scan *scan, struct error *err);
void data_scan_release(struct data_scan *scan);

/* Visit all records.  Records found bad are added to skips. */
enum status data_scan_read(struct data_scan *scan, struct dataset *dataset,
                           const struct data_files *data, enum task task,
                           struct skip_list *skips, struct error *err);

/*
 * Training: assign roles by the parts of the split.  If no record is of the validation part, a
 * fifth of the training records becomes validation: the last fifth in time if all of them have
 * times, else a random fifth that depends on the seed.  file is named in errors.
 */
enum status data_scan_split(struct data_scan *scan, const char *file, uint64_t seed,
                            struct error *err);

/*
 * Evaluation: assign the role "evaluate" to the records of a part ("train", "val", "test" or "all";
 * "": test if there is a split, otherwise all), and "train" to the other records of train and val.
 */
enum status data_scan_select(struct data_scan *scan, const struct data_files *data,
                             const char *part_name, struct error *err);

/* The role of a record in a later pass.  STATUS_IO if the scan did not see it. */
enum status data_scan_role(const struct data_scan *scan, const struct record *record,
                           enum role *role, struct error *err);

#endif
