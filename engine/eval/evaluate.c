/*
 * The whole evaluation.
 *
 * The model, the baselines, the exact posterior (if the data has it) and the model on shuffled
 * histories predict.  Their correct predictions and losses are summed by history in one table
 * (metrics.h).  The best baselines are those with the best column totals; permutation tests over
 * the rows give the verdicts, if the baselines had the data of the model (training_source.h); one
 * bootstrap over the rows gives every metric and its interval.
 */
#include "evaluation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/option_table.h"
#include "base/size.h"
#include "base/workers.h"
#include "eval/baselines.h"
#include "eval/bootstrap.h"
#include "eval/calibration_test.h"
#include "eval/comparison.h"
#include "eval/known.h"
#include "eval/logistic.h"
#include "eval/metrics.h"
#include "eval/ranking.h"
#include "eval/training_source.h"

enum {
    PERMUTATIONS = 10000,
    MAX_INTERVAL_CLASSES = 256, /* with more actions there are no intervals of classes */
    /* Positions times actions: with more, probabilities are not kept and not ranked, */
    MAX_PROBABILITIES = 1 << 25,
    MAX_BASELINE_PROBABILITIES = 1 << 22, /* nor those of the baselines, */
    MAX_RANKED = 1 << 20                  /* and the metrics of ranks have no intervals */
};

#define SETTING(member) offsetof(struct evaluation_settings, member)

/* clang-format off */
static const struct option_def options[] = {
    {.name = "seed", .kind = OPTION_U64, .offset = SETTING(seed),
     .default_text = "1", .min = 0, .max = 9007199254740992.0,
     .help = "of the resamples, permutations, shuffles and folds"},
    {.name = "resamples", .kind = OPTION_U32, .offset = SETTING(resamples),
     .default_text = "1000", .min = 100, .max = 100000,
     .help = "resamples of the bootstrap that gives the intervals"},
    {.name = "shortest", .kind = OPTION_U32, .offset = SETTING(shortest),
     .default_text = "1", .min = 1, .max = 1000000,
     .help = "evaluate only positions after at least so many events"},
    {.name = "end", .kind = OPTION_SWITCH, .offset = SETTING(end), .default_text = "true",
     .help = "task next: also evaluate where no event follows"},
    {.name = "known", .kind = OPTION_SWITCH, .offset = SETTING(known), .default_text = "true",
     .help = "task last: also evaluate by how much of the histories is known"},
    {.name = "threads", .kind = OPTION_U32, .offset = SETTING(threads),
     .default_text = "0", .min = 0, .max = 256,
     .help = "0: one per processor; the result is the same for any number"},
    {.name = NULL},
};
/* clang-format on */
const struct option_def *const triage_evaluation_options = options;

const char *const triage_verdict_names[] = {
    [VERDICT_BETTER] = "better than counting",
    [VERDICT_NO_BETTER] = "no better than counting",
    [VERDICT_WORSE] = "worse than counting",
    [VERDICT_NONE] = "not compared with counting",
};

/* An evaluation in progress. */
struct run {
    struct evaluation *evaluation;
    const struct model *model;
    const struct evaluation_data *data;
    struct workers *workers;
    struct end_rule end;
    struct training_source source;
    struct positions positions;
    struct prediction *predictions; /* [positions.count] of the model */
    float *probabilities;           /* [positions.count][C] of the model; or NULL */
    /* [EVALUATION_BASELINES][positions.count][C]; or NULL */
    double *baseline_probabilities;
    uint32_t *histories, *labels; /* [positions.count] of the positions */
    struct history_sums sums;
};

/* Find the positions to evaluate, and count the events left out because settings.end is false. */
static enum status find_positions(struct run *run, struct error *err)
{
    struct evaluation *evaluation = run->evaluation;
    const struct evaluation_settings *settings = &evaluation->settings;
    const struct evaluation_data *data = run->data;
    const struct position_filter filter = {
        .shortest = settings->shortest,
        .excluded = settings->end ? (uint32_t)ACTION_NONE : data->end_action};

    RETURN_IF_ERROR(positions_init(&run->positions, data->evaluated,
                                   data->evaluated_count, &filter, err));
    evaluation->positions = run->positions.count;
    for (size_t h = 0; h < data->evaluated_count; h++)
        if (run->positions.starts[h] < run->positions.starts[h + 1])
            evaluation->histories++;
    for (size_t i = 0; i < run->positions.count; i++)
        evaluation->other_labels += run->positions.list[i].label == ACTION_OTHER;
    if (filter.excluded == ACTION_NONE)
        return STATUS_OK;
    for (size_t h = 0; h < data->evaluated_count; h++)
        for (uint32_t t = 0; t < data->evaluated[h].history.length; t++)
            if (example_action(&data->evaluated[h], t) == filter.excluded)
                evaluation->ends_left_out++;
    return STATUS_OK;
}

/* Count the unknown values of the evaluated histories, by field. */
static enum status count_unknown(struct run *run, struct error *err)
{
    struct evaluation *evaluation = run->evaluation;
    const struct schema *schema = triage_model_schema(run->model);
    uint32_t K = schema->categories;
    struct unknown_field *fields = calloc((size_t)K + 1, sizeof *fields);

    if (!fields)
        return error_no_memory(err);
    evaluation->unknown_fields = fields;
    evaluation->unknown_field_count = K;
    for (uint32_t k = 0; k < K; k++) {
        fields[k].name = schema_category(schema, k)->name;
        fields[k].is_event_name = k == event_ids_of(schema).column;
    }
    for (size_t h = 0; h < run->data->evaluated_count; h++) {
        const struct history *history = &run->data->evaluated[h].history;
        evaluation->events += history->length;
        for (size_t t = 0; t < history->length; t++)
            for (size_t k = 0; k < K; k++) {
                fields[k].count += history->ids[t * K + k] == SCHEMA_UNKNOWN;
                fields[k].present += history->ids[t * K + k] != SCHEMA_MISSING;
            }
    }
    return STATUS_OK;
}

/* Allocate what is kept of the predictions at each position. */
static enum status allocate(struct run *run, struct error *err)
{
    size_t count = run->positions.count, all;

    RETURN_IF_ERROR(history_sums_init(&run->sums, run->positions.histories, err));
    run->predictions = calloc(count, sizeof *run->predictions);
    run->histories = calloc(count, sizeof *run->histories);
    run->labels = calloc(count, sizeof *run->labels);
    if (!run->predictions || !run->histories || !run->labels)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        run->histories[i] = run->positions.list[i].history;
        run->labels[i] = run->positions.list[i].label;
    }
    if (!size_multiply(count, run->evaluation->C, &all) || all > MAX_PROBABILITIES)
        return STATUS_OK;
    run->probabilities = calloc(all, sizeof *run->probabilities);
    if (all <= MAX_BASELINE_PROBABILITIES)
        run->baseline_probabilities =
            calloc(all, EVALUATION_BASELINES * sizeof *run->baseline_probabilities);
    if (!run->probabilities ||
        (all <= MAX_BASELINE_PROBABILITIES && !run->baseline_probabilities))
        return error_no_memory(err);
    return STATUS_OK;
}

/* Predict with the model at all positions. */
static enum status predict(struct run *run, const struct predictor *predictor,
                           struct error *err)
{
    struct predictor keeping = *predictor;

    RETURN_IF_ERROR(allocate(run, err));
    keeping.probabilities = run->probabilities;
    RETURN_IF_ERROR(predictions_make(&keeping, run->predictions, err));
    for (size_t i = 0; i < run->positions.count; i++) {
        const struct position *position = &run->positions.list[i];
        const struct prediction *prediction = &run->predictions[i];
        history_sums_count(&run->sums, position, SUM_POSITIONS);
        history_sums_add(&run->sums, position, SUM_MODEL_CORRECT, prediction->action,
                         (double)prediction->label_probability);
        history_sums_add_brier(&run->sums, position, prediction);
    }
    return STATUS_OK;
}

static enum status run_baselines(struct run *run, struct error *err)
{
    const struct schema *schema = triage_model_schema(run->model);
    const struct baselines baselines = {.evaluated = run->data->evaluated,
                                        .evaluated_count = run->data->evaluated_count,
                                        .ids = event_ids_of(schema),
                                        .training = run->source.examples,
                                        .training_count = run->source.count,
                                        .training_ids = run->source.ids,
                                        .positions = &run->positions,
                                        .end = run->end,
                                        .C = run->evaluation->C,
                                        .seed = run->evaluation->settings.seed,
                                        .max_logits = LOGISTIC_MAX_LOGITS,
                                        .workers = run->workers,
                                        .probabilities = run->baseline_probabilities};

    return baselines_run(&baselines, &run->sums, run->evaluation->baselines, err);
}

/* Compare the model at one position of each history with itself on shuffled events. */
static enum status predict_shuffled(struct run *run, const struct predictor *predictor,
                                    struct error *err)
{
    uint64_t seed = run->evaluation->settings.seed;
    size_t capacity = run->positions.histories + 1;
    size_t *picks = calloc(capacity, sizeof *picks);
    struct prediction *shuffled = calloc(capacity, sizeof *shuffled);
    enum status status = STATUS_OK;

    if (!picks || !shuffled) {
        status = error_no_memory(err);
        goto out;
    }
    size_t count = positions_draw(&run->positions, seed, picks);
    status = predictions_make_shuffled(predictor, picks, count, seed, shuffled, err);
    if (status != STATUS_OK)
        goto out;
    run->evaluation->order.positions = count;
    for (size_t i = 0; i < count; i++) {
        const struct position *position = &run->positions.list[picks[i]];
        const struct prediction *ordered = &run->predictions[picks[i]];
        history_sums_count(&run->sums, position, SUM_ORDER_POSITIONS);
        history_sums_add(&run->sums, position, SUM_ORDERED_CORRECT, ordered->action,
                         (double)ordered->label_probability);
        history_sums_add(&run->sums, position, SUM_SHUFFLED_CORRECT, shuffled[i].action,
                         (double)shuffled[i].label_probability);
    }
out:
    free(picks);
    free(shuffled);
    return status;
}

/* Predict by the exact posterior, if the data has it. */
static void add_optimum(struct run *run)
{
    size_t C = run->evaluation->C;

    run->evaluation->has_optimum = run->data->posterior != NULL;
    if (!run->data->posterior)
        return;
    for (size_t i = 0; i < run->positions.count; i++) {
        const struct position *position = &run->positions.list[i];
        history_sums_add_probabilities(&run->sums, position, SUM_OPTIMUM_CORRECT,
                                       run->data->posterior + position->history * C, C);
    }
}

static enum status compare_with_baselines(struct run *run, struct error *err)
{
    struct evaluation *evaluation = run->evaluation;
    bool available[EVALUATION_BASELINES];

    for (size_t i = 0; i < EVALUATION_BASELINES; i++)
        available[i] = evaluation->baselines[i].is_available;
    const struct comparison_data data = {.sums = &run->sums,
                                         .is_available = available,
                                         .has_verdict = *evaluation->no_verdict == '\0',
                                         .permutations = PERMUTATIONS,
                                         .seed = evaluation->settings.seed};
    return comparison_make(&data, &evaluation->comparison, err);
}

static void fill_bins(struct evaluation *evaluation,
                      const struct prediction_counts *counts)
{
    for (size_t i = 0; i < EVALUATION_BINS; i++) {
        struct calibration_bin *bin = &evaluation->bins[i];
        double count = counts->bins[i].count;
        bin->count = (uint64_t)count;
        bin->confidence = count > 0.0 ? counts->bins[i].confidence / count : (double)NAN;
        bin->accuracy = count > 0.0 ? counts->bins[i].correct / count : (double)NAN;
    }
}

static void fill_classes(struct evaluation *evaluation,
                         const struct prediction_counts *counts)
{
    const struct estimate none = {
        .value = (double)NAN, .low = (double)NAN, .high = (double)NAN};

    for (size_t c = 0; c < evaluation->C; c++) {
        evaluation->classes[c] =
            (struct class_metrics){.support = (uint64_t)counts->support[c],
                                   .predicted = (uint64_t)counts->predicted[c],
                                   .correct = (uint64_t)counts->correct[c],
                                   .precision = none,
                                   .recall = none,
                                   .f1 = none,
                                   .auc = (double)NAN,
                                   .average_precision = (double)NAN,
                                   .threshold = (double)NAN,
                                   .threshold_f1 = (double)NAN};
        evaluation->unsupported += evaluation->classes[c].support == 0;
    }
}

/* Count where "no event follows" is right and where it is predicted, and what would be instead. */
static void count_ends(const struct run *run, struct end_metrics *end)
{
    end->exists = run->end.exists && !run->end.is_left_out;
    for (size_t i = 0; i < run->positions.count && end->exists; i++) {
        uint32_t label = run->positions.list[i].label;
        const struct prediction *prediction = &run->predictions[i];
        bool is_predicted = prediction->action == run->end.action;
        end->labels += label == run->end.action;
        end->predicted += is_predicted;
        end->correct += is_predicted && label == run->end.action;
        end->correct_without += prediction->without_end == label;
    }
}

/* Set everything that is counted and has no interval: classes, confusion matrix, bins. */
static enum status count_predictions(struct run *run, struct error *err)
{
    struct evaluation *evaluation = run->evaluation;
    size_t C = evaluation->C;
    struct prediction_counts counts;

    evaluation->has_class_intervals = C <= MAX_INTERVAL_CLASSES;
    if (evaluation->has_class_intervals) {
        evaluation->confusion = calloc((C + 1) * C, sizeof *evaluation->confusion);
        if (!evaluation->confusion)
            return error_no_memory(err);
    }
    evaluation->classes = calloc(C, sizeof *evaluation->classes);
    if (!evaluation->classes)
        return error_no_memory(err);
    RETURN_IF_ERROR(prediction_counts_init(&counts, C, err));
    for (size_t i = 0; i < run->positions.count; i++) {
        uint32_t label = run->positions.list[i].label;
        const struct prediction *prediction = &run->predictions[i];
        prediction_counts_add(&counts, label, prediction, 1.0);
        if (evaluation->confusion)
            evaluation->confusion[(label < C ? label : C) * C + prediction->action]++;
    }
    count_ends(run, &evaluation->end);
    evaluation->calibration_error.value = prediction_counts_calibration_error(&counts);
    fill_bins(evaluation, &counts);
    fill_classes(evaluation, &counts);
    prediction_counts_release(&counts);
    return STATUS_OK;
}

enum { FIXED_RATIOS = 13, RATIOS = FIXED_RATIOS + 2 * EVALUATION_BASELINES };

/* Every estimate that is a ratio of column totals.  Where minus is not given it is SUM_ZERO. */
static void list_ratios(struct evaluation *evaluation, struct ratio ratios[RATIOS])
{
    struct baseline_comparison *comparison = &evaluation->comparison;
    struct order_metrics *order = &evaluation->order;
    const struct ratio fixed[FIXED_RATIOS] = {
        {.estimate = &evaluation->accuracy,
         .plus = SUM_MODEL_CORRECT,
         .over = SUM_POSITIONS},
        {.estimate = &evaluation->loss, .plus = SUM_MODEL_LOSS, .over = SUM_LABELLED},
        {.estimate = &evaluation->brier, .plus = SUM_MODEL_BRIER, .over = SUM_LABELLED},
        {.estimate = &comparison->accuracy_gain,
         .plus = SUM_MODEL_CORRECT,
         .minus = baseline_correct(comparison->baseline),
         .over = SUM_POSITIONS},
        {.estimate = &comparison->loss_reduction,
         .plus = baseline_loss(comparison->loss_baseline),
         .minus = SUM_MODEL_LOSS,
         .over = SUM_LABELLED},
        {.estimate = &evaluation->optimal_accuracy,
         .plus = SUM_OPTIMUM_CORRECT,
         .over = SUM_POSITIONS},
        {.estimate = &evaluation->optimal_loss,
         .plus = SUM_OPTIMUM_LOSS,
         .over = SUM_LABELLED},
        {.estimate = &order->accuracy,
         .plus = SUM_ORDERED_CORRECT,
         .over = SUM_ORDER_POSITIONS},
        {.estimate = &order->shuffled_accuracy,
         .plus = SUM_SHUFFLED_CORRECT,
         .over = SUM_ORDER_POSITIONS},
        {.estimate = &order->accuracy_drop,
         .plus = SUM_ORDERED_CORRECT,
         .minus = SUM_SHUFFLED_CORRECT,
         .over = SUM_ORDER_POSITIONS},
        {.estimate = &order->loss, .plus = SUM_ORDERED_LOSS, .over = SUM_ORDER_LABELLED},
        {.estimate = &order->shuffled_loss,
         .plus = SUM_SHUFFLED_LOSS,
         .over = SUM_ORDER_LABELLED},
        {.estimate = &order->loss_rise,
         .plus = SUM_SHUFFLED_LOSS,
         .minus = SUM_ORDERED_LOSS,
         .over = SUM_ORDER_LABELLED},
    };

    memcpy(ratios, fixed, sizeof fixed);
    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        struct baseline_metrics *metrics = &evaluation->baselines[i];
        ratios[FIXED_RATIOS + 2 * i] = (struct ratio){.estimate = &metrics->accuracy,
                                                      .plus = baseline_correct(i),
                                                      .over = SUM_POSITIONS};
        ratios[FIXED_RATIOS + 2 * i + 1] = (struct ratio){
            .estimate = &metrics->loss, .plus = baseline_loss(i), .over = SUM_LABELLED};
    }
}

/* The actions in the order of their probabilities. */
struct rankings {
    struct ranking
        *of_action;      /* [C], or NULL: there are too many positions for intervals */
    struct ranked *list; /* [C][positions.count], or [positions.count] */
};

/*
 * Rank the positions by the probability of each action, and set the metrics of the actions.  Means
 * over the actions are set without intervals.
 */
static enum status rank(const struct run *run, struct rankings *rankings,
                        struct error *err)
{
    struct evaluation *evaluation = run->evaluation;
    size_t C = evaluation->C, count = run->positions.count;
    bool is_kept = count * C <= MAX_RANKED;
    double precision = 0.0, precisions = 0.0;

    rankings->list = calloc(is_kept ? count * C : count, sizeof *rankings->list);
    if (is_kept)
        rankings->of_action = calloc(C, sizeof *rankings->of_action);
    if (!rankings->list || (is_kept && !rankings->of_action))
        return error_no_memory(err);
    for (size_t c = 0; c < C; c++) {
        struct class_metrics *class = &evaluation->classes[c];
        struct ranking ranking =
            ranking_make(run->probabilities, run->labels, count, C, c,
                         is_kept ? rankings->list + c * count : rankings->list);
        struct ranking_metrics metrics = ranking_measure(&ranking, NULL, NULL);
        if (is_kept)
            rankings->of_action[c] = ranking;
        class->auc = metrics.auc;
        class->average_precision = metrics.average_precision;
        class->threshold = metrics.threshold;
        class->threshold_f1 = metrics.threshold_f1;
        if (!isnan(metrics.average_precision)) {
            precision += metrics.average_precision;
            precisions += 1.0;
        }
    }
    if (precisions > 0.0)
        evaluation->average_precision.value = precision / precisions;
    evaluation->auc.value = is_kept ? (double)NAN /* by the bootstrap */
                                    : ranking_area(run->probabilities, run->labels, count,
                                                   C, rankings->list, NULL)
                                          .value;
    return STATUS_OK;
}

/* Set the metrics of the baselines that need all probabilities. */
static enum status rank_baselines(const struct run *run, struct error *err)
{
    struct evaluation *evaluation = run->evaluation;
    size_t C = evaluation->C, count = run->positions.count;

    for (size_t i = 0; i < EVALUATION_BASELINES; i++)
        evaluation->baselines[i].auc = evaluation->baselines[i].brier = (double)NAN;
    if (!run->baseline_probabilities)
        return STATUS_OK;
    float *probabilities = calloc(count * C, sizeof *probabilities);
    struct ranked *list = calloc(count, sizeof *list);
    enum status status = probabilities && list ? STATUS_OK : error_no_memory(err);
    for (size_t i = 0; i < EVALUATION_BASELINES && status == STATUS_OK; i++) {
        const double *p = run->baseline_probabilities + i * count * C;
        double brier = 0.0, labelled = 0.0;
        if (!evaluation->baselines[i].is_available)
            continue;
        for (size_t j = 0; j < count; j++) {
            for (size_t c = 0; c < C; c++) {
                double distance = p[j * C + c] - (run->labels[j] == c ? 1.0 : 0.0);
                brier += run->labels[j] < C ? distance * distance : 0.0;
                probabilities[j * C + c] = (float)p[j * C + c];
            }
            labelled += run->labels[j] < C ? 1.0 : 0.0;
        }
        evaluation->baselines[i].brier = labelled > 0.0 ? brier / labelled : (double)NAN;
        evaluation->baselines[i].auc =
            ranking_area(probabilities, run->labels, count, C, list, NULL).value;
    }
    free(probabilities);
    free(list);
    return status;
}

/* Set every estimate, value and interval. */
static enum status estimate_metrics(struct run *run, struct error *err)
{
    struct evaluation *evaluation = run->evaluation;
    const struct estimate none = {
        .value = (double)NAN, .low = (double)NAN, .high = (double)NAN};
    struct ratio ratios[RATIOS];
    struct rankings rankings = {.list = NULL};
    enum status status = STATUS_OK;

    evaluation->auc = evaluation->average_precision = none;
    if (run->probabilities)
        status = rank(run, &rankings, err);
    list_ratios(evaluation, ratios);
    struct bootstrap bootstrap = {
        .sums = &run->sums,
        .ratios = ratios,
        .ratio_count = RATIOS,
        .positions = &run->positions,
        .predictions = run->predictions,
        .C = evaluation->C,
        .statistics = {[STATISTIC_MACRO_F1] = &evaluation->macro_f1,
                       [STATISTIC_MACRO_PRECISION] = &evaluation->macro_precision,
                       [STATISTIC_MACRO_RECALL] = &evaluation->macro_recall,
                       [STATISTIC_CALIBRATION_ERROR] = &evaluation->calibration_error},
        .classes = evaluation->has_class_intervals ? evaluation->classes : NULL,
        .resamples = evaluation->settings.resamples,
        .seed = evaluation->settings.seed,
        .workers = run->workers};
    if (rankings.of_action) {
        bootstrap.statistics[STATISTIC_AUC] = &evaluation->auc;
        bootstrap.statistics[STATISTIC_AVERAGE_PRECISION] =
            &evaluation->average_precision;
        bootstrap.rankings = rankings.of_action;
        bootstrap.histories = run->histories;
    }
    if (status == STATUS_OK)
        status = bootstrap_run(&bootstrap, err);
    free(rankings.of_action);
    free(rankings.list);
    return status;
}

static enum status test_calibration(struct run *run, struct error *err)
{
    struct evaluation *evaluation = run->evaluation;
    bool is_joint = triage_model_task(run->model) == TASK_EVERY;
    const struct calibration_test_data data = {.predictions = run->predictions,
                                               .count = run->positions.count,
                                               .groups = is_joint ? run->histories : NULL,
                                               .seed = evaluation->settings.seed,
                                               .workers = run->workers};

    return calibration_test_run(&data, evaluation->calibration_error.value,
                                &evaluation->calibration, err);
}

/* Evaluate by how much is known, and correct the tests of calibration for their number. */
static enum status evaluate_known(struct run *run, struct error *err)
{
    struct evaluation *evaluation = run->evaluation;
    struct known_metrics *metrics = &evaluation->known;
    struct calibration_test *tests[KNOWN_ROWS + 1];
    size_t count = 0;
    const struct known_data known = {.model = run->model,
                                     .data = run->data,
                                     .source = &run->source,
                                     .positions = &run->positions,
                                     .baseline_probabilities =
                                         run->baseline_probabilities,
                                     .baselines = evaluation->baselines,
                                     .has_verdict = *evaluation->no_verdict == '\0',
                                     .seed = evaluation->settings.seed,
                                     .workers = run->workers};

    if (!evaluation->settings.known || triage_model_task(run->model) != TASK_LAST ||
        !run->baseline_probabilities)
        return STATUS_OK;
    RETURN_IF_ERROR(known_evaluate(&known, metrics, err));
    /* Of all histories, the row of all events is the whole evaluation: one test. */
    struct calibration_test *full = &metrics->rows[KNOWN_SHARES - 1].calibration;
    bool is_same = metrics->histories == run->positions.count;
    if (is_same)
        *full = evaluation->calibration;
    else
        tests[count++] = &evaluation->calibration;
    for (size_t i = 0; i < metrics->row_count; i++)
        tests[count++] = &metrics->rows[i].calibration;
    calibration_test_holm(tests, count);
    if (is_same)
        evaluation->calibration = *full;
    return STATUS_OK;
}

static enum status evaluate(struct run *run, struct error *err)
{
    const struct predictor predictor = {.model = run->model,
                                        .examples = run->data->evaluated,
                                        .positions = &run->positions,
                                        .workers = run->workers,
                                        .end = run->end};

    RETURN_IF_ERROR(find_positions(run, err));
    RETURN_IF_ERROR(training_source_init(&run->source, run->model, run->data, err));
    RETURN_IF_ERROR(
        training_source_check(&run->source, run->model, run->data, run->evaluation, err));
    RETURN_IF_ERROR(count_unknown(run, err));
    RETURN_IF_ERROR(predict(run, &predictor, err));
    RETURN_IF_ERROR(run_baselines(run, err));
    RETURN_IF_ERROR(predict_shuffled(run, &predictor, err));
    add_optimum(run);
    RETURN_IF_ERROR(compare_with_baselines(run, err));
    RETURN_IF_ERROR(count_predictions(run, err));
    RETURN_IF_ERROR(test_calibration(run, err));
    RETURN_IF_ERROR(rank_baselines(run, err));
    RETURN_IF_ERROR(estimate_metrics(run, err));
    return evaluate_known(run, err);
}

enum status triage_evaluate(struct evaluation *evaluation, const struct model *model,
                            const struct evaluation_data *data,
                            const struct evaluation_settings *settings, struct error *err)
{
    struct run run = {.evaluation = evaluation, .model = model, .data = data};

    *evaluation =
        (struct evaluation){.settings = *settings, .C = triage_model_actions(model)};
    run.end.exists = data->end_action < evaluation->C;
    run.end.is_left_out = run.end.exists && !settings->end;
    run.end.action = data->end_action;
    run.workers = workers_new(workers_threads(settings->threads), err);
    if (!run.workers)
        return STATUS_NO_MEMORY;
    enum status status = evaluate(&run, err);
    workers_free(run.workers);
    training_source_release(&run.source);
    positions_release(&run.positions);
    history_sums_release(&run.sums);
    free(run.predictions);
    free(run.probabilities);
    free(run.baseline_probabilities);
    free(run.histories);
    free(run.labels);
    return status;
}

void triage_evaluation_release(struct evaluation *evaluation)
{
    if (!evaluation)
        return;
    free(evaluation->classes);
    free(evaluation->confusion);
    free(evaluation->unknown_fields);
    evaluation->classes = NULL;
    evaluation->confusion = NULL;
    evaluation->unknown_fields = NULL;
}
