/*
 * When a network does a task of task_sequences.h, by the criterion of the paper.
 *
 * Temporal order: "the average training error is below 0.1, and the 2,000 most recent sequences were
 * classified correctly"; a sequence is, if after its end the error of every output is below 0.3.  Here
 * the outputs are the probabilities of the classes, the error of a sequence is the largest of its
 * outputs, and the 2,000 sequences are new ones, which is stricter.  The test set has 2,560 others.
 *
 * Reber: all symbols of 256 training and 256 test strings are predicted, that is, the possible next
 * symbols are more probable than all others.  No test string is a training string.
 *
 * Without a model, one is trained with the settings of `triage train`, except for the number of epochs.
 * Temporal order is trained on a stream: every 500 sequences, which the trainer takes for an epoch, are
 * new ones.  Reber strings are the same 256 in every epoch, as in the paper; each presentation counts.
 * After each epoch the weights of the last step are tested.
 */
#ifndef TRIAGE_CRITERION_H
#define TRIAGE_CRITERION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "simulate/task_sequences.h"

struct criterion_options {
    enum sequence_kind kind;
    uint64_t seed;
    uint64_t max_sequences; /* 0: four times as many as the paper's network needed */
    const char *model;      /* NULL: train one */
};

struct criterion_result {
    bool is_reached;
    uint64_t sequences;     /* that were trained on */
    uint64_t wrong, tested; /* of the test set */
    double error;           /* mean over the test set; not of REBER */
};

/* The sequences that the paper's network needed on average. */
uint64_t criterion_of_paper(enum sequence_kind kind);

/* Statuses of loading and training. */
enum status criterion_test(struct criterion_result *result,
                           const struct criterion_options *options, struct error *err);

#endif
