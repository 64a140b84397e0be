/*
 * What a report says: measured once, then written as a page (page.h) or as JSON, with the same
 * content.
 */
#ifndef TRIAGE_REPORT_CONTENT_H
#define TRIAGE_REPORT_CONTENT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "evaluation.h"
#include "evaluation_inputs.h"
#include "trainer.h"

struct content {
    const struct model *model;
    char name[256];       /* of the model */
    json_t *description;  /* what the model file holds (triage_model_describe); owned */
    const json_t *report; /* of its training, in description; NULL: there is none */
    /* The members below are those of data; without data they are zero. */
    bool has_data;
    const char *part; /* that was evaluated */
    struct evaluation evaluation;
    struct importance importance;
    struct drift drift;
    struct lags lags;    /* length 0: not measured */
    char lags_note[160]; /* why not */
    /* lines that begin with "warning: ": those of the inputs, then those about the evaluation */
    struct strbuf warnings;
    size_t warning_count; /* of the latter */
    struct arena arena;
};

/*
 * Measure everything.  path is that of the model; inputs NULL: there is no data.  The model and the
 * inputs must outlive the content.  Statuses of triage_evaluate; release the content also after a
 * failure.
 */
enum status content_init(struct content *content, const struct model *model,
                         const char *path, const struct evaluation_inputs *inputs,
                         const struct evaluation_settings *settings, struct error *err);
void content_release(struct content *content);

/*
 * Where predictions of less than a confidence are declined: the share of positions that are still
 * answered, and the accuracy there.  From the bins of the evaluation, so one for each.
 */
struct coverage {
    double confidence, share, accuracy;
    uint64_t answered;
};

enum { MAX_COVERAGE = EVALUATION_BINS };

/* Write the different ones, from all answered to fewest; returns their number. */
size_t content_coverage(const struct evaluation *evaluation,
                        struct coverage coverage[MAX_COVERAGE]);

/* Append the JSON object. */
void content_write(const struct content *content, struct strbuf *out);

#endif
