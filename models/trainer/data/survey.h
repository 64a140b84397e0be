/*
 * The first reading of the data: which lines there are, which labels stand there, and what
 * each line is for.  Private to the rooms that load examples.
 */
#ifndef TRIAGE_SURVEY_H
#define TRIAGE_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/actions.h"
#include "data/dataset.h"

/* What a line is for. */
enum role { ROLE_NONE, ROLE_LEARN, ROLE_VALIDATE, ROLE_JUDGE };

/* What is kept of a line between the readings. */
struct line {
    enum part part;
    enum role role;
    bool is_used;
    int64_t start; /* of its earliest event; INT64_MAX without times */
};

struct survey {
    struct line *lines; /* [count] by number; owned */
    size_t count, capacity;
    struct actions actions;
    const char
        *validation; /* how the lines that validate were chosen; "" if by their part */
    bool judges; /* test lines are read too, and labels that are no action are allowed */
};

/*
 * Read all files once.  actions that are not closed gather the labels, for a target that has
 * them.  survey_init before, survey_release afterwards, also after a failure.
 */
enum status survey_init(struct survey *survey, struct error *err);
void survey_release(struct survey *survey);
enum status survey_read(struct survey *survey, struct dataset *dataset,
                        const struct data_files *data, enum task target,
                        struct skip *skip, struct error *err);

/*
 * Lines learn or validate by their part.  When none validates, a fifth of those that learn
 * does: the last in time when all have times, else drawn with the seed.
 */
enum status survey_choose(struct survey *survey, const char *file, uint64_t seed,
                          struct error *err);

/*
 * The lines of a part ("train", "val", "test", "all") are judged, the other lines of train and
 * val learn.  "": test when there is a split, else all.
 */
enum status survey_judge(struct survey *survey, const struct data_files *data,
                         const char *part, struct error *err);

/* What the line of an entry is for; it must still be there when it is read again. */
enum status survey_role(const struct survey *survey, const struct entry *entry,
                        enum role *role, struct error *err);

#endif
