/*
 * libtriage: evaluate a model, and compare it with baselines that only count events.
 *
 *   data        labelled histories to evaluate the model on
 *   settings    which positions are evaluated, how many resamples are drawn
 *   evaluation  metrics of the model and of seven baselines, with 95 % intervals
 *
 * One call computes everything:
 *
 *     struct evaluation_data data = {.evaluated = test, .evaluated_count = n,
 *                                    .end_action = ACTION_NONE};
 *     struct evaluation_settings settings = {.seed = 1, .resamples = 1000, .shortest = 1};
 *     struct evaluation evaluation;
 *
 *     status = triage_evaluate(&evaluation, model, &data, &settings, &err);
 *     if (status == STATUS_OK)
 *         ... triage_verdict_names[evaluation.comparison.verdict] ...
 *     triage_evaluation_release(&evaluation);
 *
 * A position is an event of a history after which the model predicts; its label is the action
 * that is right there (example_action in trainer.h).  A history has at most one position for
 * TASK_LAST, and at most one per event for TASK_NEXT and TASK_EVERY.
 *
 * A verdict compares a model with baselines that had the same data.  They are trained on the
 * histories that the model file holds (triage_trainer_save), or on those that the caller gives.
 * Without either, or if the model was trained on what it is evaluated on, there is no verdict, and
 * evaluation.no_verdict says why.
 *
 * Rules that hold everywhere:
 *
 *   - A prediction is the most probable action; a tie goes to the first.
 *   - A loss is -ln of the probability given to the label, in nats; a probability below DBL_MIN
 *     counts as DBL_MIN.
 *   - A label that is none of the model's actions (ACTION_OTHER) makes every prediction wrong
 *     and has no loss.
 *   - A metric that would divide by 0, such as a mean over no positions, is NAN.
 *   - Intervals are percentile intervals of the bootstrap.  Whole histories are drawn, because
 *     the positions of one history are not independent.
 *   - The same model, data and settings give the same numbers, with any number of threads.
 */
#ifndef TRIAGE_EVALUATION_H
#define TRIAGE_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "engine.h"
#include "trainer.h"

/* The settings; triage_evaluation_options has their names, defaults and bounds. */
struct evaluation_settings {
    uint64_t seed;      /* of all random numbers */
    uint32_t resamples; /* of the bootstrap */
    uint32_t shortest;  /* only positions after at least so many events are evaluated */
    /* TASK_NEXT: also evaluate where no event follows.  Otherwise "no event follows" is not an
       answer either: the other actions share its probability, for the model and the baselines. */
    bool end;
    bool known;       /* TASK_LAST: also evaluate by how much of the histories is known */
    uint32_t threads; /* 0: one for each processor */
};

struct option_def; /* base/option_table.h */
extern const struct option_def *const triage_evaluation_options;

/* Borrowed for the call. */
struct evaluation_data {
    const struct example *evaluated; /* [evaluated_count] */
    size_t evaluated_count;
    /* [training_count] the histories that the model was trained on, for the baselines; their number
       is compared with that of the model.  0: those that the model file holds. */
    const struct example *training;
    size_t training_count;
    uint32_t end_action; /* TASK_NEXT: the action "no event follows"; else ACTION_NONE */
    /* [evaluated_count][C] TASK_LAST: the exact probabilities of the process that generated the
       data, after the last event; NULL if unknown */
    const double *posterior;
    /* [all events of evaluated][C] TASK_LAST: the same after every event, history after history; or
       NULL */
    const double *posteriors;
};

/* A metric and its 95 % interval. */
struct estimate {
    double value, low, high;
};

/*
 * One action:  precision = correct / predicted, recall = correct / support,
 * F1 = 2 correct / (predicted + support).  The others rank the positions by the probability of the
 * action (eval/ranking.h); NAN if they are too many to rank.
 */
struct class_metrics {
    uint64_t support;   /* positions where it is the label */
    uint64_t predicted; /* positions where it is the prediction */
    uint64_t correct;   /* both */
    struct estimate precision, recall, f1;
    double auc, average_precision;
    /* If the action were predicted where its probability is at least the threshold, its F1 would be
       threshold_f1, the largest on these data.  It is too high for other data. */
    double threshold, threshold_f1;
};

enum { EVALUATION_BINS = 15, EVALUATION_BASELINES = 7 };

/* The predictions whose probability lies in ((m - 1) / 15, m / 15]: bin m - 1. */
struct calibration_bin {
    uint64_t count;
    double confidence; /* mean probability of the prediction; NAN when empty */
    double accuracy;   /* share of correct predictions; NAN when empty */
};

/*
 * Is a calibration error what a calibrated model would show?  expected is the mean error of labels
 * drawn from the predicted probabilities, excess the error minus that, and p the share of the draws
 * with at least the error (eval/calibration_test.h).  p_holm is p with Holm's correction for all tests
 * of an evaluation.
 */
struct calibration_test {
    double expected, excess, p, p_holm;
};

/* A categorical field of the schema, and how many events have an unknown value in it. */
struct unknown_field {
    const char *name;   /* borrowed from the model */
    bool is_event_name; /* "event", the only field that the baselines use */
    uint64_t count;
    uint64_t present; /* events that have the field, known values and unknown ones */
};

/*
 * Where the training histories of the baselines are from.  Without any they are cross-fitted: the
 * evaluated histories are split at random into five folds, and each fold is predicted by baselines
 * that were trained on the other four.  That is less data, and other data, than the model had.
 */
enum baseline_source { BASELINES_GIVEN, BASELINES_FROM_MODEL, BASELINES_CROSS_FITTED };

/*
 * A baseline: the most frequent action, counts after the last 1 to 5 events, or logistic
 * regression on counts.  All use the names of the events only.
 */
struct baseline_metrics {
    const char *name;  /* "majority", "last event", ...; static */
    bool is_available; /* false: too large to train */
    char note[96];     /* why it is not available, or that it did not converge; else "" */
    struct estimate accuracy, loss;
    double auc, brier; /* NAN if the positions are too many to keep all probabilities */
};

enum verdict { VERDICT_BETTER, VERDICT_NO_BETTER, VERDICT_WORSE, VERDICT_NONE };

/* "better than counting", "no better than counting", "worse than counting", "not compared ...". */
extern const char *const triage_verdict_names[];

/*
 * The model compared with the most accurate baseline, and with the baseline of the smallest loss
 * (with the simplest of several equal ones).  p is the p-value of a two-sided paired permutation
 * test over histories.  If the baseline is ahead, p is multiplied by the number of baselines
 * (Bonferroni), because the best of several baselines is ahead by chance more often than one.
 * Without a verdict, both are VERDICT_NONE and both p are NAN.
 */
struct baseline_comparison {
    enum verdict verdict; /* by accuracy; VERDICT_NO_BETTER if p >= 0.05 */
    size_t baseline;      /* the most accurate: an index of evaluation.baselines */
    struct estimate accuracy_gain; /* accuracy of the model minus that of the baseline */
    double p;
    enum verdict loss_verdict;      /* by loss; VERDICT_NO_BETTER if loss_p >= 0.05 */
    size_t loss_baseline;           /* the one with the smallest loss */
    struct estimate loss_reduction; /* loss of the baseline minus that of the model */
    double loss_p;
};

/*
 * How much the model depends on the order of events.  At one random position of each history it
 * predicts twice: from the events in their order, and from the same events shuffled.
 */
struct order_metrics {
    uint64_t positions;
    struct estimate accuracy, shuffled_accuracy, accuracy_drop;
    struct estimate loss, shuffled_loss, loss_rise;
};

/*
 * TASK_LAST: the evaluation when only the first events of each history are known, and the label is
 * the action that is right in the end.
 *
 * The baselines are trained for it: every event of a training history is a position whose label is
 * the action at its end.  In the row of all events they are those of the whole evaluation.  Intervals
 * are normal approximations; p of the comparison comes from 2,000 permutations.
 */
struct known_row {
    double share;    /* of the events, rounded up to whole events; 0 in a row by events */
    uint32_t events; /* so many, of the histories that have them; 0 in a row by share */
    size_t histories; /* without any, all metrics are NAN */
    struct estimate accuracy, auc, loss;
    double brier, calibration_error;
    struct calibration_test calibration;
    struct {
        bool is_available;
        double accuracy, auc, loss;
    } baselines[EVALUATION_BASELINES];
    struct baseline_comparison comparison;
    /* Of the exact probabilities, which know the end in the row of all events; NAN if unknown. */
    double optimal_accuracy, optimal_loss;
};

enum { KNOWN_SHARES = 4, KNOWN_COUNTS = 5, KNOWN_ROWS = KNOWN_SHARES + KNOWN_COUNTS };

struct known_metrics {
    size_t row_count;                  /* KNOWN_ROWS, or 0: not evaluated */
    struct known_row rows[KNOWN_ROWS]; /* 25, 50, 75, 100 %; 1, 2, 4, 8, 16 events */
    size_t histories;                  /* a random sample of large sets */
};

/*
 * Evaluated histories that are equal, in everything that the model reads, to one that it was trained
 * on.  They are an overlap if they are more than by_chance, the most that equal ones would be in two
 * sets without a common history.
 */
struct overlap {
    /* histories, a random sample of large sets; 0: there is nothing to compare with */
    size_t compared;
    size_t found;
    double by_chance;
    bool is_overlap;
    /* compared with evaluation_data.training, because the model file holds nothing to compare */
    bool is_with_given;
    /* evaluated histories that are equal to another evaluated one, if they are more than by chance,
       as when a file is read twice; else 0 */
    size_t repeated;
};

/* TASK_NEXT: the action "no event follows". */
struct end_metrics {
    bool exists; /* it is an action of the model, and is evaluated */
    uint64_t labels, predicted, correct;
    /* Positions where the most probable other action is the label. */
    uint64_t correct_without;
};

struct evaluation {
    size_t histories; /* with at least one position */
    size_t positions;
    uint64_t other_labels;  /* positions with the label ACTION_OTHER */
    uint64_t ends_left_out; /* events left out because settings.end is false */
    uint64_t events;        /* of all evaluated histories */
    struct unknown_field *unknown_fields; /* [unknown_field_count] owned */
    size_t unknown_field_count;

    size_t C;                      /* actions of the model */
    size_t unsupported;            /* actions that are never the label; not in macro F1 */
    struct class_metrics *classes; /* [C] owned */
    /* [C + 1][C] counts by label and prediction; the last row is ACTION_OTHER.  Owned; NULL
       without has_class_intervals. */
    uint64_t *confusion;
    /* C <= 256.  Otherwise precision, recall and F1 of the classes are NAN. */
    bool has_class_intervals;
    struct calibration_bin bins[EVALUATION_BINS];

    struct estimate accuracy, loss;
    /* Means over the actions with support; the precision of an action that is never predicted is 0. */
    struct estimate macro_f1, macro_precision, macro_recall;
    struct estimate calibration_error; /* expected calibration error, Guo et al. 2017 */
    struct calibration_test calibration;
    /* Area under the ROC curve: of two actions; of more, the mean over the actions, each against the
       rest.  The mean of the average precision of all actions.  NAN if the positions are too many
       to rank; no interval if they are many. */
    struct estimate auc, average_precision;
    /* Brier 1950: sum over the actions of (probability - 1 if it is the label)^2, between 0 and 2; with
       two actions twice (probability - outcome)^2. */
    struct estimate brier;

    /* The baselines, from simple to complex. */
    struct baseline_metrics baselines[EVALUATION_BASELINES];
    enum baseline_source source;
    size_t training_histories; /* of the baselines; 0 when cross-fitted */
    uint64_t model_histories;  /* of the model, by its file; 0: it does not say */
    struct overlap overlap;
    struct baseline_comparison comparison;
    char no_verdict[160]; /* why there is no verdict; "" if there is one */
    struct end_metrics end;
    struct order_metrics order;
    struct known_metrics known;

    bool has_optimum;                               /* the data has the exact posterior */
    struct estimate optimal_accuracy, optimal_loss; /* of predicting by it */

    struct evaluation_settings settings;
};

/*
 * How many histories the model was trained on, by its file; 0: it does not say.  Does the file hold
 * what the baselines need of them?
 */
uint64_t triage_model_history_count(const struct model *model);
bool triage_model_holds_histories(const struct model *model);

/*
 * Evaluate a model.  STATUS_BAD_FORMAT if the training histories in the model file cannot be read,
 * STATUS_BAD_INPUT if there is no position, STATUS_TOO_LARGE for 2^32 - 1
 * histories or more, STATUS_NOT_FINITE, STATUS_NO_MEMORY.  Release the evaluation also after a
 * failure.
 */
enum status triage_evaluate(struct evaluation *evaluation, const struct model *model,
                            const struct evaluation_data *data,
                            const struct evaluation_settings *settings,
                            struct error *err);
void triage_evaluation_release(struct evaluation *evaluation);

/* ---- which inputs matter --------------------------------------------------------------- */

/* How much worse the model predicts when an input is that of another history. */
struct input_importance {
    const char *name; /* a field's, borrowed from the model; or, from time, static */
    bool is_time;
    struct estimate accuracy_drop; /* accuracy as it is, minus that after the exchange */
    struct estimate loss_rise;     /* nats; NAN without a label of the model */
};

/*
 * Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019) of each field, and of the
 * inputs from time in three groups.  A history gets the input of another one, drawn at random: its
 * event t that of the event at the same share of the other one.  So the values keep their
 * distribution and their order, and only their connection with the rest of the history is lost.  An
 * input that another one repeats has a small importance.
 */
struct importance {
    struct input_importance *inputs; /* [input_count] owned; fields as in the schema */
    size_t input_count;
    size_t histories; /* that were used, every n-th of large data */
    size_t positions; /* in them */
    uint32_t draws;   /* of other histories, for each input; results are their means */
};

/* The statuses of triage_evaluate; release also after a failure. */
enum status triage_importance_measure(struct importance *importance,
                                      const struct model *model,
                                      const struct evaluation_data *data,
                                      const struct evaluation_settings *settings,
                                      struct error *err);
void triage_importance_release(struct importance *importance);

/* ---- drift ----------------------------------------------------------------------------- */

enum drift_kind { DRIFT_NUMBER, DRIFT_CATEGORY, DRIFT_LENGTH, DRIFT_HOUR };

/*
 * A field, the number of events or the first hour of histories, compared with what the model file
 * holds of the training (model/profile.h).  NAN: the file does not say, or there is nothing to
 * compare.
 */
struct drift_row {
    const char *name; /* of the field, borrowed from the model; else static */
    enum drift_kind kind;
    size_t histories; /* that have it */
    /*
     * Largest difference of the shares of values up to any value (Kolmogorov and Smirnov), not
     * counting what is left open by the deciles, and what it exceeds by chance in one of twenty sets
     * that are distributed as the training.
     */
    double distance, by_chance;
    double median, trained_median;
    double missing, trained_missing; /* shares of events; of histories for DRIFT_HOUR */
    double unknown; /* DRIFT_CATEGORY: share of events with a value that is */
    double frequent, trained_frequent; /* share of the most frequent value */
};

struct drift {
    struct drift_row *rows; /* [count] owned: fields as in the schema, length, hour */
    size_t count;
    size_t histories, events;
};

/* STATUS_NO_MEMORY; release also after a failure. */
enum status triage_drift_measure(struct drift *drift, const struct model *model,
                                 const struct example *examples, size_t count,
                                 struct error *err);
void triage_drift_release(struct drift *drift);

/* ---- anomalies --------------------------------------------------------------------------- */

/*
 * How well a model of the task next tells anomalies from normal histories, beside counting.  Every
 * rule has one setting.  It is fixed on the normal histories of ANOMALY_VALIDATION, which the weights
 * must not have been trained on (`train --no-refit`), so that at most the share `false_alarms` of them
 * raises an alarm; the histories of ANOMALY_TEST are used for nothing else than the figures.
 *
 *   RULE_COUNTED_RANK   an event is not among the k most probable after the same last 3 events
 *   RULE_UNSEEN         the history has n events in a row that no normal one has, its begin and end
 *                       included; n is the largest that keeps the rate, 0 if none does
 *   RULE_COUNTS         more than k events must be added or taken out, in any place, until each event
 *                       occurs as often as in a normal history
 *   RULE_RANK           an event is not among the k most probable of the model (DeepLog, Du et al. 2017)
 *   RULE_SURPRISE       the worst surprise, that of the end included, is above a threshold
 *   RULE_UNSEEN_COUNTS  RULE_UNSEEN or RULE_COUNTS
 *   RULE_UNION          RULE_UNSEEN or RULE_SURPRISE
 *   RULE_UNION_ALL      RULE_UNSEEN, RULE_COUNTS or RULE_SURPRISE
 *
 * What a union adds to RULE_UNSEEN has a setting of its own, with which it raises no alarm on
 * validation: a union keeps the rate.
 *
 * Counts are made on ANOMALY_TRAINING to fix a setting, and on both for the test: a setting does not
 * overfit to counts.
 */
enum anomaly_part { ANOMALY_TRAINING, ANOMALY_VALIDATION, ANOMALY_TEST, ANOMALY_PARTS };
enum anomaly_rule_kind {
    RULE_COUNTED_RANK,
    RULE_UNSEEN,
    RULE_COUNTS,
    RULE_RANK,
    RULE_SURPRISE,
    RULE_UNSEEN_COUNTS,
    RULE_UNION,
    RULE_UNION_ALL,
    ANOMALY_RULES
};

extern const char *const triage_anomaly_rule_names[ANOMALY_RULES];

struct anomaly_history {
    struct history history;
    enum anomaly_part part;
    bool is_anomaly; /* ignored outside of ANOMALY_TEST */
};

struct anomaly_settings {
    double false_alarms; /* the share of the normal histories of validation, 0 to 1 */
    /* how many normal histories those of the test are a sample of; 0: as many as there are */
    uint64_t normals;
    /* By rank, as DeepLog does it: only events after the first `window` are ranked, and not the end; a
       history of at most so many events raises an alarm.  0: all events and the end are ranked. */
    uint32_t window;
    uint64_t seed;
    uint32_t resamples; /* of the bootstrap over the histories of the test */
};

struct anomaly_rule {
    /* k, n or nats; of a union that of RULE_SURPRISE, of RULE_UNSEEN_COUNTS that of RULE_COUNTS */
    double setting;
    uint64_t validation_alarms; /* false ones */
    uint64_t found,
        alarms; /* of the test: anomalies with an alarm, normal ones with one */
    struct estimate precision, recall, f1;
    struct estimate f1_gain; /* over RULE_COUNTED_RANK, on the same histories */
};

struct anomaly_evaluation {
    uint64_t training, validation; /* normal histories */
    uint64_t normals, anomalies;   /* of the test */
    struct anomaly_rule rules[ANOMALY_RULES];
    struct anomaly_settings settings;
};

/*
 * STATUS_BAD_INPUT for a model of another task, or if a part has no normal history or the test no
 * anomaly; STATUS_NOT_FINITE, STATUS_TOO_LARGE, STATUS_NO_MEMORY.
 */
enum status triage_evaluate_anomalies(struct anomaly_evaluation *evaluation,
                                      const struct model *model,
                                      const struct anomaly_history *histories,
                                      size_t count,
                                      const struct anomaly_settings *settings,
                                      struct error *err);

/* ---- continuations ----------------------------------------------------------------------- */

/*
 * How well a model that can forecast continues histories, beside counting.  Each history of n events is
 * asked for after `shortest`, ..., n - 1 of its events: the events up to the end are predicted from
 * these alone, and compared with those that came.
 *
 *     similarity = 1 - the Damerau-Levenshtein distance / the length of the longer one
 *
 * The end is in neither.  A prediction that does not reach it stops after `steps` predictions.  The
 * means are over all that is asked, so that a long history has more weight.
 *
 *   SUFFIX_GREEDY      by the model, the most probable event each time
 *   SUFFIX_BEAM        the most probable continuation that a beam finds
 *   SUFFIX_BEAM_MEAN   the same with the mean of the logarithms as the score (struct forecast_options)
 *   SUFFIX_COUNTED_*   the event that came most often after the same last 1, 2 or 3 events, backing off
 */
enum suffix_rule_kind {
    SUFFIX_GREEDY,
    SUFFIX_BEAM,
    SUFFIX_BEAM_MEAN,
    SUFFIX_COUNTED_1,
    SUFFIX_COUNTED_2,
    SUFFIX_COUNTED_3,
    SUFFIX_RULES
};
extern const char *const triage_suffix_rule_names[SUFFIX_RULES];

struct suffix_settings {
    uint32_t beam;
    uint32_t
        steps; /* most predictions, the end included; 0: the longest training history */
    uint32_t shortest; /* events that are known, at least 1 */
    uint64_t seed;
    uint32_t resamples; /* of the bootstrap over histories */
    uint32_t threads;   /* 0: one for each processor */
};

struct suffix_rule {
    struct estimate similarity;
    struct estimate gain; /* over the best rule that counts, on the same histories */
    double
        exact; /* the share of the predictions that are right from the first to the end */
};

struct suffix_evaluation {
    uint64_t histories, suffixes; /* that are evaluated; a history has one or more */
    uint64_t training;            /* histories that are counted */
    enum suffix_rule_kind best_counted; /* of the largest similarity */
    struct suffix_rule rules[SUFFIX_RULES];
    struct suffix_settings settings; /* steps is never 0 */
};

/*
 * Needs training histories in the model file or in data, to count.  STATUS_BAD_INPUT for a model that
 * cannot forecast, without training histories, or if nothing can be asked; STATUS_TOO_LARGE for
 * histories that are too long to compare; STATUS_NOT_FINITE, STATUS_NO_MEMORY.
 */
enum status triage_evaluate_suffixes(struct suffix_evaluation *evaluation,
                                     const struct model *model,
                                     const struct evaluation_data *data,
                                     const struct suffix_settings *settings,
                                     struct error *err);

#endif
