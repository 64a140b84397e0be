/*
 * When a network does a task of task_sequences.h, by the criterion of its paper if there is one.
 *
 * Temporal order: "the average training error is below 0.1, and the 2,000 most recent sequences were
 * classified correctly"; a sequence is, if after its end the error of every output is below 0.3.  Here
 * the outputs are the probabilities of the classes, the error of a sequence is the largest of its
 * outputs, and the 2,000 sequences are new ones, which is stricter.  The test set has 2,560 others.
 *
 * Reber: all symbols of 256 training and 256 test strings are predicted, that is, the possible next
 * symbols are more probable than all others.  No test string is a training string.
 *
 * Adding: the paper's network is trained until "the average training error is below 0.01, and the 2,000
 * most recent sequences were processed correctly", that is, with an error below 0.04.  Here the output is
 * the most probable class, a tenth of [0, 1].  A sequence is processed correctly if its value is in that
 * tenth or less than 0.04 away from it: this is so whenever the paper's is.  Errors of 0.01 on average put
 * about 10 % of the values beyond a border of their tenth (the density of the values, added up over the
 * nine borders, is 10), so 90 % of the classes must be right.  Both are asked of 2,000 new sequences;
 * the test set has 2,560 others.
 *
 * Copy: after every event of 2,000 new sequences the right class is the most probable.  There is no
 * such criterion in the paper, which shows curves of the loss.
 *
 * Long effect: as temporal order.
 *
 * Without a model, one is trained with the settings of `triage train`, except for the number of epochs.
 * Reber strings are the same 256 in every epoch, as in the paper; each presentation counts.  All others
 * are trained on a stream: every 500 sequences, which the trainer takes for an epoch, are new ones.
 * After each epoch the weights of the last step are tested.
 */
#ifndef TRIAGE_CRITERION_H
#define TRIAGE_CRITERION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "simulate/task_sequences.h"

struct spec;

struct criterion_options {
    struct sequence_task task;
    uint64_t seed;
    uint64_t max_sequences;  /* 0: criterion_limit */
    const struct spec *spec; /* the network that is trained */
    const char *model;       /* NULL: train one */
};

struct criterion_result {
    bool is_reached;
    uint64_t sequences;     /* that were trained on */
    uint64_t wrong, tested; /* of the test set */
    /* Mean over the test set: of the largest error of an output; ADDING: the share of wrong classes; COPY:
       the share of the last ten symbols that are wrong.  REBER: 0. */
    double error;
};

/* The sequences that the paper's network needed on average; 0: there is no such number. */
uint64_t criterion_of_paper(const struct sequence_task *task);

/* The sequences after which a training ends: four times the paper's, or 100,000. */
uint64_t criterion_limit(const struct sequence_task *task);

/* Statuses of loading and training. */
enum status criterion_test(struct criterion_result *result,
                           const struct criterion_options *options, struct error *err);

#endif
