/*
 * Several architectures, trained on the same histories with the same settings, and measured on the
 * same other histories.
 */
#ifndef TRIAGE_ARCHITECTURE_COMPARISON_H
#define TRIAGE_ARCHITECTURE_COMPARISON_H

#include <stdbool.h>

#include "base/error.h"
#include "compare/measurements.h"
#include "compare/networks.h"
#include "data/examples.h"
#include "recipe.h"
#include "search/training_inputs.h"
#include "trainer.h"

/* Lags 1, 2, 4 ... 256. */
enum { LAGS_MOST = 9, LONGEST_LAGS = 257 };

struct comparison_settings {
    const struct network_list *networks;
    const struct recipe *recipe; /* cell, head and seed are set for each training */
    const struct examples *examples;
    const struct training_inputs *inputs; /* of the examples */
    /* What the networks are tested on; no file: they are measured on the validation part, and not
       trained on it. */
    struct data_files tested;
    uint32_t seeds;
    bool has_times;
};

/* Of one training, or means over several. */
struct measures {
    double best_epoch;
    /* Before the validation part is trained on; NAN for an encoder-decoder, which is validated on all
       its predictions. */
    double validation_accuracy, validation_loss;
    double accuracy, loss;            /* of the measured part */
    double by_events[LENGTH_BUCKETS]; /* accuracy; NAN: no positions */
    double
        gradients[LAGS_MOST]; /* norm at the lag, as a share of that at lag 0; or NAN */
};

struct compared_network {
    struct network_kind kind;
    struct spec spec;
    size_t parameters;
    struct measures *runs; /* [seeds] owned */
    struct measures mean;
    double accuracy_deviation, loss_deviation; /* over the seeds; 0 for one */
    double times_us[TIMED_LENGTHS];            /* of the first seed's model */
};

struct best_baseline {
    const char *name; /* static */
    double value;
};

struct comparison {
    struct compared_network networks[NETWORKS_MOST]; /* [count] */
    size_t count;
    uint32_t seeds;
    uint64_t first_seed;
    bool is_tested;   /* on a test part; otherwise measured on the validation part */
    const char *part; /* "test" or "validation" */
    size_t train_count, validation_count, measured_count;
    bool has_refit; /* each network is then trained on both parts */
    uint64_t positions, by_events[LENGTH_BUCKETS]; /* positions in each bucket */
    size_t lag_count;
    char lags_note[160]; /* why lag_count is 0 */
    bool has_times;
    /* On the same positions, trained on what the networks are trained on. */
    struct best_baseline best_accuracy, best_loss;
};

/*
 * Train and measure all networks; a line for each training goes to stderr.  STATUS_INTERRUPTED after a
 * signal.  The statuses of loading, training and evaluating.  Release also after a failure.
 */
enum status comparison_run(struct comparison *comparison,
                           const struct comparison_settings *settings, struct error *err);
void comparison_release(struct comparison *comparison);

/* The number of the lag at an index. */
static inline uint32_t comparison_lag(size_t index)
{
    return UINT32_C(1) << index;
}

#endif
