/*
 * The engine's third door: judging.
 *
 *   settings   what is asked and how often histories are drawn again
 *   evidence   labelled histories to be judged, and others for counting to learn from
 *   judgement  every figure, each with a 95 % interval, beside what counting alone reaches
 *
 *     judge_run(&judgement, model, &evidence, &settings, &err);
 *     ... verdict_names[judgement.comparison.verdict] ...
 *     judgement_release(&judgement);
 *
 * A model that does not beat counting is of no use, and there is no way to judge one without
 * being told.  The same model, evidence and settings give the same figures, for any number
 * of threads.  Intervals are percentiles of the bootstrap over histories.
 */
#ifndef TRIAGE_JUDGE_H
#define TRIAGE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "engine.h"
#include "trainer.h"

/* How to judge; filled from judge_fields, where defaults and bounds stand. */
struct judge_settings {
    uint64_t seed;
    uint32_t resamples; /* draws of the bootstrap */
    uint32_t shortest;  /* a place is judged after at least that many events */
    bool end;           /* TARGET_NEXT: judge also where no event comes next */
    uint32_t threads;   /* 0: one for each processor */
};

struct field;
extern const struct field judge_fields[];

struct evidence {
    const struct example *judged, *learn;
    size_t judged_count, learn_count; /* learn_count 0: counting is cross-fitted */
    uint32_t end;            /* TARGET_NEXT: the action "nothing comes next"; ACTION_NONE
                                when the model has none */
    const double *posterior; /* [judged_count][C] exact, at the end; or NULL */
};

/* A number and where it lies; NAN where there is nothing to measure it on. */
struct figure {
    double value, low, high;
};

struct judged_class {
    uint64_t support, chosen, hits; /* is right, is answered, both */
    struct figure precision, recall, f1;
};

/* Answers of one bin of top probabilities, ((m - 1) / 15, m / 15]. */
struct judged_bin {
    uint64_t count;
    double confidence, accuracy; /* means; NAN when empty */
};

/* A categorical field, and in how many of the judged events its value is none the model knows. */
struct judged_field {
    const char *name;  /* the schema's: lives as long as the model */
    bool names_events; /* what counting looks at */
    uint64_t unknown;
};

enum { JUDGE_BINS = 15, JUDGE_FLOORS = 7 };

/* What counting alone reaches. */
struct judged_floor {
    const char *name; /* "majority", "last event", ... */
    bool is_there;
    char reason[96]; /* why not, or what is to be known; "" */
    struct figure accuracy, loss;
};

enum verdict { VERDICT_BETTER, VERDICT_NO_BETTER, VERDICT_WORSE };

/* "better than counting", "no better than counting", "worse than counting". */
extern const char *const verdict_names[];

/* The model beside the most accurate floor, and beside the one with the least loss. */
struct judged_comparison {
    enum verdict verdict; /* by accuracy: p below 0.05, and the sign */
    size_t floor;         /* the most accurate */
    struct figure gain;   /* accuracy of the model less the floor's */
    double p; /* two-sided; of a model that is behind, times the number of floors */
    size_t loss_floor;         /* the one with the least loss */
    struct figure saving;      /* the floor's loss less the model's */
    double loss_p;             /* as p */
    enum verdict loss_verdict; /* by log-loss: as verdict */
};

/* What is left when the events are shuffled, at one place of each history. */
struct judged_order {
    uint64_t places;
    struct figure accuracy, shuffled_accuracy, accuracy_drop;
    struct figure loss, shuffled_loss, loss_rise;
};

struct judgement {
    size_t histories, decisions; /* histories with a place that is judged */
    uint64_t others;  /* the right action is none of the model's: wrong, no loss */
    uint64_t unasked; /* places left out because nothing comes next there */
    uint64_t events;  /* of all histories that were given to be judged */
    struct judged_field *fields; /* [field_count] owned */
    size_t field_count;
    size_t C, unsupported; /* classes; those that are right nowhere: not in macro F1 */
    struct figure accuracy, loss, macro_f1, calibration_error;
    struct judged_class *classes; /* [C] owned */
    bool has_class_figures;       /* intervals and confusion; not beyond 256 classes */
    uint64_t *confusion; /* [C + 1][C] right (the last: others) by answer; owned */
    struct judged_bin bins[JUDGE_BINS];
    struct judged_floor floors[JUDGE_FLOORS];
    bool is_cross_fitted; /* the floors learnt on four fifths of what is judged */
    size_t learnt;        /* histories that the floors learnt from */
    struct judged_comparison comparison;
    struct judged_order order;
    bool has_possible; /* figures of the exact posterior */
    struct figure possible_accuracy, possible_loss;
    struct judge_settings settings;
};

/*
 * Judge a model.  STATUS_BAD_INPUT when no place is judged, STATUS_NOT_FINITE,
 * STATUS_NO_MEMORY.  judgement_release also after a failure.
 */
enum status judge_run(struct judgement *judgement, const struct model *model,
                      const struct evidence *evidence,
                      const struct judge_settings *settings, struct error *err);
void judgement_release(struct judgement *judgement);

#endif
