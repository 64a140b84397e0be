/*
 * The engine's third door: judging.
 *
 *   settings   what is asked and how often histories are drawn again
 *   evidence   labelled histories to be judged, and others for counting to learn from
 *   judgement  every figure, each with a 95 % interval, beside what counting alone reaches
 *
 *     triage_evaluate(&judgement, model, &evidence, &settings, &err);
 *     ... triage_verdict_names[judgement.comparison.verdict] ...
 *     triage_evaluation_release(&judgement);
 *
 * A model that does not beat counting is of no use, and there is no way to judge one without
 * being told.  The same model, evidence and settings give the same figures, for any number
 * of threads.  Intervals are percentiles of the bootstrap over histories.
 */
#ifndef TRIAGE_EVALUATION_H
#define TRIAGE_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "engine.h"
#include "trainer.h"

/* How to judge; filled from triage_evaluation_options, where defaults and bounds stand. */
struct evaluation_settings {
    uint64_t seed;
    uint32_t resamples; /* draws of the bootstrap */
    uint32_t shortest;  /* a place is judged after at least that many events */
    bool end;           /* TASK_NEXT: judge also where no event comes next */
    uint32_t threads;   /* 0: one for each processor */
};

struct option_def;
extern const struct option_def *const triage_evaluation_options;

struct evaluation_data {
    const struct example *judged, *learn;
    size_t judged_count, learn_count; /* learn_count 0: counting is cross-fitted */
    uint32_t end;            /* TASK_NEXT: the action "nothing comes next"; ACTION_NONE
                                when the model has none */
    const double *posterior; /* [judged_count][C] exact, at the end; or NULL */
};

/* A number and where it lies; NAN where there is nothing to measure it on. */
struct estimate {
    double value, low, high;
};

struct class_metrics {
    uint64_t support, chosen, hits; /* is right, is answered, both */
    struct estimate precision, recall, f1;
};

/* Answers of one bin of top probabilities, ((m - 1) / 15, m / 15]. */
struct calibration_bin {
    uint64_t count;
    double confidence, accuracy; /* means; NAN when empty */
};

/* A categorical field, and in how many of the judged events its value is none the model knows. */
struct unknown_field {
    const char *name;  /* the schema's: lives as long as the model */
    bool names_events; /* what counting looks at */
    uint64_t unknown;
};

enum { EVALUATION_BINS = 15, EVALUATION_BASELINES = 7 };

/* What counting alone reaches. */
struct baseline_metrics {
    const char *name; /* "majority", "last event", ... */
    bool is_there;
    char reason[96]; /* why not, or what is to be known; "" */
    struct estimate accuracy, loss;
};

enum verdict { VERDICT_BETTER, VERDICT_NO_BETTER, VERDICT_WORSE };

/* "better than counting", "no better than counting", "worse than counting". */
extern const char *const triage_verdict_names[];

/* The model beside the most accurate floor, and beside the one with the least loss. */
struct baseline_comparison {
    enum verdict verdict; /* by accuracy: p below 0.05, and the sign */
    size_t floor;         /* the most accurate */
    struct estimate gain; /* accuracy of the model less the floor's */
    double p; /* two-sided; of a model that is behind, times the number of floors */
    size_t loss_floor;         /* the one with the least loss */
    struct estimate saving;    /* the floor's loss less the model's */
    double loss_p;             /* as p */
    enum verdict loss_verdict; /* by log-loss: as verdict */
};

/* What is left when the events are shuffled, at one place of each history. */
struct order_metrics {
    uint64_t places;
    struct estimate accuracy, shuffled_accuracy, accuracy_drop;
    struct estimate loss, shuffled_loss, loss_rise;
};

struct evaluation {
    size_t histories, decisions; /* histories with a place that is judged */
    uint64_t others;  /* the right action is none of the model's: wrong, no loss */
    uint64_t unasked; /* places left out because nothing comes next there */
    uint64_t events;  /* of all histories that were given to be judged */
    struct unknown_field *fields; /* [field_count] owned */
    size_t field_count;
    size_t C, unsupported; /* classes; those that are right nowhere: not in macro F1 */
    struct estimate accuracy, loss, macro_f1, calibration_error;
    struct class_metrics *classes; /* [C] owned */
    bool has_class_figures;        /* intervals and confusion; not beyond 256 classes */
    uint64_t *confusion; /* [C + 1][C] right (the last: others) by answer; owned */
    struct calibration_bin bins[EVALUATION_BINS];
    struct baseline_metrics floors[EVALUATION_BASELINES];
    bool is_cross_fitted; /* the floors learnt on four fifths of what is judged */
    size_t learnt;        /* histories that the floors learnt from */
    struct baseline_comparison comparison;
    struct order_metrics order;
    bool has_possible; /* figures of the exact posterior */
    struct estimate possible_accuracy, possible_loss;
    struct evaluation_settings settings;
};

/*
 * Judge a model.  STATUS_BAD_INPUT when no place is judged, STATUS_NOT_FINITE,
 * STATUS_NO_MEMORY.  triage_evaluation_release also after a failure.
 */
enum status triage_evaluate(struct evaluation *judgement, const struct model *model,
                            const struct evaluation_data *evidence,
                            const struct evaluation_settings *settings,
                            struct error *err);
void triage_evaluation_release(struct evaluation *judgement);

#endif
