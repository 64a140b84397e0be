/*
 * What a model is evaluated on, and what its baselines are trained on, from files.
 *
 * The model is evaluated on one part of the data: by default the part test, or all of the data when
 * there is no split.  The baselines are trained on the data of --against; without it on the
 * histories that the model file holds; without those on the other parts of the data.
 */
#ifndef TRIAGE_EVALUATION_INPUTS_H
#define TRIAGE_EVALUATION_INPUTS_H

#include "data/examples.h"
#include "evaluation.h"

struct evaluation_inputs {
    struct examples examples; /* the data */
    struct examples against;  /* that of --against */
    struct example *joined;   /* [training_count] the parts of against, owned; or NULL */
    const struct example *training; /* [training_count] */
    size_t training_count;          /* 0: those that the model file holds, or none */
    struct strbuf warnings; /* lines; those about the data, which are printed too */
    const char *part;       /* that is evaluated: "train", "val", "test" or "all" */
};

/* Borrowed for the call. */
struct evaluation_files {
    struct data_files data;
    const char *part;    /* "": test if the data has a split, and all otherwise */
    const char *against; /* a file; "": none */
};

/*
 * Load the files; print notes and warnings, and how many histories there are.  The statuses of
 * examples_load_for_model; with --strict, STATUS_BAD_INPUT if there was a warning.  Release the
 * inputs also after a failure.
 */
enum status evaluation_inputs_load(struct evaluation_inputs *inputs,
                                   const struct evaluation_files *files,
                                   const struct model *model, struct error *err);
void evaluation_inputs_release(struct evaluation_inputs *inputs);

/* The same for triage_evaluate; borrowed from the inputs. */
struct evaluation_data evaluation_inputs_data(const struct evaluation_inputs *inputs,
                                              const struct model *model);

#endif
