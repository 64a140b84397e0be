/* triage evaluate --suffix: how well a model continues histories, beside counting. */
#ifndef TRIAGE_SUFFIXES_H
#define TRIAGE_SUFFIXES_H

#include "base/option_table.h"
#include "evaluation.h"
#include "evaluation_inputs.h"

struct suffix_options {
    bool suffix; /* the switch */
    uint32_t beam, steps;
};

enum { SUFFIX_OPTIONS = 3 }; /* the switch is the first */
extern const struct option_def suffix_options[SUFFIX_OPTIONS + 1];

/* Evaluate, and print; settings: shortest, seed, resamples and threads. */
enum status suffixes_evaluate(const struct evaluation_inputs *inputs,
                              const struct model *model, const char *name,
                              const struct suffix_options *options,
                              const struct evaluation_settings *settings, bool is_json,
                              struct error *err);

#endif
