/* What is measured of one trained network, besides what training and evaluation report. */
#ifndef TRIAGE_MEASUREMENTS_H
#define TRIAGE_MEASUREMENTS_H

#include <stdint.h>

#include "base/error.h"
#include "trainer.h"

/*
 * How right a model is by the number of events that it has read when it answers: 1, 2, 3 or 4, 5 to 8,
 * and so on.  Bucket b ends with 2^b events.
 */
enum { LENGTH_BUCKETS = 32 };

struct length_counts {
    uint64_t positions, correct;
};

struct answer_counts {
    struct length_counts by_events[LENGTH_BUCKETS];
    uint64_t positions, correct;
    uint64_t labelled; /* positions whose label is an action of the model */
    double loss;       /* mean of them, nats */
};

/* The bucket of a number of events, at least 1. */
uint32_t length_bucket(uint32_t events);

/* The first number of events in a bucket. */
uint32_t length_bucket_first(uint32_t bucket);

/*
 * Answer every position of the examples as the service does, by the rules of evaluation.h.  Statuses
 * of triage_classifier_run.
 */
enum status answers_count(struct answer_counts *counts, const struct model *model,
                          const struct example *examples, size_t count,
                          struct error *err);

/* The time of a history of so many events. */
enum { TIMED_LENGTHS = 3 };
extern const uint32_t timed_lengths[TIMED_LENGTHS]; /* 20, 200, 2000 */

/*
 * How long this machine needs for one synthetic history of each length, alone, with one thread: the
 * least of many runs, in microseconds.
 */
enum status times_measure(double us[TIMED_LENGTHS], const struct model *model,
                          struct error *err);

#endif
