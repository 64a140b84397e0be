/*
 * triage evaluate --anomaly: how well a model of the task next tells anomalies from normal histories.
 *
 * The histories are labelled: a label other than --normal is an anomaly.  Their part (--split) says
 * what they are used for: train to count, val to fix the settings, test for the figures.
 */
#ifndef TRIAGE_ANOMALIES_H
#define TRIAGE_ANOMALIES_H

#include "base/option_table.h"
#include "data/common/keys.h"
#include "evaluation.h"

struct anomaly_options {
    bool anomaly;       /* the switch */
    const char *normal; /* the label of normal histories */
    double false_alarms;
    uint64_t normals;
    uint32_t window;
};

enum { ANOMALY_OPTIONS = 5 }; /* the switch is the first */
extern const struct option_def anomaly_options[ANOMALY_OPTIONS + 1];

/* Borrowed for the call. */
struct anomaly_files {
    const char *const *paths; /* [path_count] */
    size_t path_count;
    const struct data_keys *keys;
    const struct anomaly_options *options;
    const struct evaluation_settings *settings; /* seed and resamples */
    bool is_json;
};

/* Read the files, evaluate, and print. */
enum status anomalies_evaluate(const struct anomaly_files *files,
                               const struct model *model, const char *name,
                               struct error *err);

#endif
