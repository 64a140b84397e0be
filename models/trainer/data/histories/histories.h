/*
 * What is known of each history before it is encoded: its label, its part of the split, its first
 * and last time.  They decide its role: training, validation or evaluation.
 */
#ifndef TRIAGE_HISTORIES_H
#define TRIAGE_HISTORIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/workers.h"
#include "data/common/problems.h"
#include "data/histories/columns.h"
#include "data/histories/encoder.h"
#include "data/tape/tape.h"
#include "trainer.h"

enum part { PART_TRAIN, PART_VALIDATION, PART_TEST, PART_NONE };
enum role { ROLE_NONE, ROLE_TRAIN, ROLE_VALIDATE, ROLE_EVALUATE, ROLES };

/* How the validation histories were chosen. */
enum validation_source {
    VALIDATION_GIVEN,  /* by the split of the data */
    VALIDATION_LATEST, /* the last fifth in time */
    VALIDATION_RANDOM  /* a fifth, at random */
};

enum { LABEL_BYTES = 256 };

struct history_info {
    int64_t start_us; /* of the earliest event; INT64_MAX without times */
    int64_t end_us;   /* of the latest event */
    uint64_t id_hash; /* 0: no id */
    /* Index in labels, of the whole history; MAP_NONE: it has none, or several. */
    uint32_t label;
    uint32_t ties; /* events with the time of the one before, in the order of the file */
    uint8_t part, role; /* enum part, enum role */
    /* The time of some event is later, or earlier, than that of the one before. */
    bool ascends, descends;
    bool is_used;       /* it could be read, has a label, and its part is wanted */
    bool is_unlabelled; /* it could be read, and has no label */
};

struct label_info {
    size_t count; /* histories; TASK_EVERY: events */
    size_t first; /* the first history that has it */
};

struct labels {
    struct arena arena;
    struct strmap names;
    struct label_info *list; /* [names.count]; owned */
    size_t capacity;
};

/* A number of histories, and the first one. */
struct history_count {
    size_t count, first;
};

struct histories {
    struct history_info *list; /* [tape->history_count]; owned */
    size_t count, used;
    struct labels labels;
    enum validation_source validation_source;
    struct history_count unlabelled; /* left out */
    /* Of unlabelled: the label is a mark of a missing value. */
    struct history_count marked;
    char mark[32];                        /* the first of these marks */
    struct history_count partly_labelled; /* TASK_EVERY: some events have no label */
    struct history_count single, untimed; /* one event; no times */
    size_t bad;
    bool has_inner_labels; /* labels in events, which are not read as such */
    bool has_float_label;
};

struct histories_options {
    enum task task;
    bool wants_test;       /* also read the part test */
    bool keeps_unlabelled; /* histories without a label are used */
    bool is_closed;        /* labels must be known to is_known */
    bool (*is_known)(const void *context, const char *label);
    const void *context;
    /* Of a given schema: numbers are checked by it; or NULL. */
    const struct encoder *encoder;
    const struct data_keys *keys;
    bool has_split;
};

/* Read all histories.  Bad ones are added to problems. */
enum status histories_read(struct histories *histories, const struct tape *tape,
                           const struct columns *columns,
                           const struct histories_options *options,
                           struct problems *problems, struct workers *workers,
                           struct error *err);
void histories_release(struct histories *histories);

/*
 * Training: if all histories that are used have times, sort them, and those of the tape, by their
 * first time; histories with the same time keep their order.  So the order of rows and lines in the
 * file does not matter.
 */
enum status histories_sort(struct histories *histories, struct tape *tape,
                           struct error *err);

/*
 * A label as the name of an action: 2.0 becomes 2.  Length 0: it is missing (*is_mark: by a mark).
 */
struct span label_text(const struct tape *tape, const struct tape_value *value,
                       char buffer[TAPE_TEXT_SIZE], bool *is_mark);

/* Write the place of a history, "FILE:LINE". */
void history_place(const struct tape *tape, size_t history, char *buffer, size_t size);

/*
 * Training: assign roles by the parts of the split.  If the validation part is empty, a fifth of
 * the training histories is used for validation: the last fifth in time if all of them have times,
 * else a random fifth that depends on the seed.  file is named in errors.
 */
enum status histories_split(struct histories *histories, const char *file, uint64_t seed,
                            struct error *err);

/*
 * Evaluation: assign the role "evaluate" to the histories of a part ("train", "val", "test" or
 * "all"; "": test if there is a split, otherwise all; NULL: train if there is one), and "train" to
 * the others of train and val.
 */
enum status histories_select(struct histories *histories, const char *file,
                             bool has_split, const char *part_name, struct error *err);

#endif
