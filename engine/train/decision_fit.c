/*
 * Run the trained model over the validation histories, order its decisions, and choose a threshold.
 * The model is written and read in memory, so that it decides with the bits of the service.
 */
#include "train/decision_fit.h"

#include <math.h>
#include <stdlib.h>

#include "base/elementary.h"
#include "base/strbuf.h"
#include "infer/model.h"
#include "model/model_file.h"

enum {
    MAX_POSITIONS = 1 << 21, /* of more, every n-th history is used */
    MIN_ANSWERED = 20        /* histories' weight on which an accuracy is believed */
};

/* A position. */
struct answer {
    double score; /* the probability of the action, or minus the expected cost */
    double weight;
    double cost; /* of the action, for the label; 0 without costs */
    uint32_t index;
    bool is_correct;
};

struct fit {
    struct trained_model *model;
    const struct training_data *data;
    struct model *loaded;
    struct classifier *classifier;
    float *probabilities; /* [longest][C] */
    struct answer *answers;
    size_t count;
    double *constant_costs; /* [C] of always the same action, summed */
    double probable_cost;   /* of the most probable action, summed */
    double weight;
};

/* The label of a position; ACTION_NONE: it is none. */
static uint32_t label_at(const struct fit *fit, const struct example *example, uint32_t t)
{
    if (fit->model->task != TASK_LAST)
        return example_action(example, t);
    bool is_last = t + 1 == example->history.length;
    return fit->model->spec.directions == 1 || is_last ? example->action
                                                       : (uint32_t)ACTION_NONE;
}

static double cost_of(const struct fit *fit, uint32_t label, size_t action)
{
    size_t C = fit->model->action_count;
    const double *costs = fit->model->decision.costs;

    return costs && label < C ? costs[label * C + action] : 0.0;
}

static void add_answer(struct fit *fit, const float *p, uint32_t label, double weight)
{
    const struct decision_policy *policy = &fit->model->decision;
    size_t C = fit->model->action_count;
    struct decision decision = decision_make(policy, p, C, 1, 0);
    bool has_costs = policy->costs != NULL;

    fit->answers[fit->count] = (struct answer){
        .score = has_costs ? -decision.expected_cost : (double)p[decision.action],
        .weight = weight,
        .cost = cost_of(fit, label, decision.action),
        .index = (uint32_t)fit->count,
        .is_correct = decision.action == label};
    fit->count++;
    fit->weight += weight;
    fit->probable_cost += weight * cost_of(fit, label, argmax(p, C));
    for (size_t c = 0; c < C && has_costs; c++)
        fit->constant_costs[c] += weight * cost_of(fit, label, c);
}

static enum status run_history(struct fit *fit, const struct example *example,
                               struct error *err)
{
    size_t C = fit->model->action_count, labels = 0;
    uint32_t length = example->history.length;

    for (uint32_t t = 0; t < length; t++)
        labels += label_at(fit, example, t) != ACTION_NONE;
    if (labels == 0)
        return STATUS_OK;
    if (fit->model->spec.directions == 1)
        RETURN_IF_ERROR(triage_classifier_trace(fit->classifier, &example->history,
                                                fit->probabilities, err));
    else
        RETURN_IF_ERROR(triage_classifier_run(fit->classifier, &example->history, 1,
                                              fit->probabilities + (length - 1) * C,
                                              err));
    for (uint32_t t = 0; t < length; t++) {
        uint32_t label = label_at(fit, example, t);
        if (label != ACTION_NONE)
            add_answer(fit, fit->probabilities + t * C, label, 1.0 / (double)labels);
    }
    return STATUS_OK;
}

static enum status run_all(struct fit *fit, struct error *err)
{
    const struct training_data *data = fit->data;
    size_t C = fit->model->action_count, events = 0;
    uint32_t longest = 1;

    for (size_t i = 0; i < data->validation_count; i++) {
        uint32_t length = data->validation[i].history.length;
        events += length;
        longest = length > longest ? length : longest;
    }
    size_t stride = events / MAX_POSITIONS + 1;
    fit->classifier = triage_classifier_new(fit->loaded, 1, longest, err);
    fit->probabilities = calloc((size_t)longest * C, sizeof *fit->probabilities);
    fit->answers = calloc(events + 1, sizeof *fit->answers);
    fit->constant_costs = calloc(C, sizeof *fit->constant_costs);
    if (!fit->classifier || !fit->probabilities || !fit->answers || !fit->constant_costs)
        return error_no_memory(err);
    for (size_t i = 0; i < data->validation_count; i += stride)
        RETURN_IF_ERROR(run_history(fit, &data->validation[i], err));
    return STATUS_OK;
}

static int compare_answers(const void *a, const void *b)
{
    const struct answer *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Fill the table, and choose the threshold. */
static void choose(struct fit *fit, double target, struct coverage_table *table)
{
    double answered = 0.0, correct = 0.0, cost = 0.0;

    table->target = target;
    table->positions = fit->count;
    table->has_costs = fit->model->decision.costs != NULL;
    qsort(fit->answers, fit->count, sizeof *fit->answers, compare_answers);
    for (size_t i = 0; i < fit->count; i++) {
        const struct answer *answer = &fit->answers[i];
        answered += answer->weight;
        correct += answer->is_correct ? answer->weight : 0.0;
        cost += answer->weight * answer->cost;
        if (i + 1 < fit->count && fit->answers[i + 1].score == answer->score)
            continue; /* no threshold lies between equal scores */
        struct coverage_row row = {.coverage = answered / fit->weight,
                                   .threshold = fabs(answer->score),
                                   .accuracy = correct / answered,
                                   .cost = cost / answered};
        bool is_last = i + 1 == fit->count;
        /* the first row of each tenth, and the last one; a row of equal scores may skip some */
        double before = table->row_count == 0
                            ? 0.0
                            : table->rows[table->row_count - 1].coverage + 1e-9;
        double next = (floor(before * COVERAGE_ROWS) + 1.0) / COVERAGE_ROWS;
        if (is_last && table->row_count == COVERAGE_ROWS)
            table->row_count--;
        if (is_last || (row.coverage >= next - 1e-9 && table->row_count < COVERAGE_ROWS))
            table->rows[table->row_count++] = row;
        bool is_enough = answered >= MIN_ANSWERED || is_last;
        if (target > 0.0 && row.accuracy >= target && is_enough) {
            table->is_reached = true;
            table->chosen = row;
        }
    }
}

static void compare_costs(const struct fit *fit, struct coverage_table *table)
{
    size_t least = 0;

    for (size_t c = 1; c < fit->model->action_count; c++)
        if (fit->constant_costs[c] < fit->constant_costs[least])
            least = c;
    table->constant_action = (uint32_t)least;
    table->constant_cost = fit->constant_costs[least] / fit->weight;
    table->probable_cost = fit->probable_cost / fit->weight;
}

static enum status fit_policy(struct fit *fit, const struct training *training,
                              struct report *report, struct error *err)
{
    struct decision_policy *policy = &fit->model->decision;
    struct strbuf file;

    strbuf_init(&file, SIZE_MAX);
    model_file_write(fit->model, NULL, &file);
    if (file.has_failed)
        (void)error_no_memory(err);
    else
        fit->loaded =
            triage_model_read("the trained model", file.bytes, file.length, err);
    strbuf_release(&file);
    if (!fit->loaded)
        return err->status;
    RETURN_IF_ERROR(run_all(fit, err));
    if (fit->count == 0)
        return error_set(err, STATUS_BAD_INPUT, "",
                         "no validation history has an action to decide by");
    choose(fit, training->accuracy, &report->coverage);
    compare_costs(fit, &report->coverage);
    if (training->accuracy > 0.0)
        policy->decline_below =
            report->coverage.is_reached ? (float)report->coverage.chosen.threshold : 1.0f;
    return STATUS_OK;
}

enum status decision_fit(struct trained_model *model, const struct training *training,
                         const struct training_data *data, struct report *report,
                         struct error *err)
{
    struct error inner = {.status =
                              STATUS_OK}; /* holds the status, also if err is NULL */
    struct fit fit = {.model = model, .data = data};
    struct decision_policy *policy = &model->decision;

    report->coverage = (struct coverage_table){.row_count = 0};
    if (training->accuracy <= 0.0 && training->max_unknown <= 0.0 && !policy->costs)
        return STATUS_OK;
    if (!policy->costs)
        policy->decline_cost = (double)INFINITY;
    policy->exists = true;
    policy->decline_below = 0.0f; /* nothing is declined while it is fitted */
    policy->max_unknown =
        training->max_unknown > 0.0 ? (float)training->max_unknown : 1.0f;
    if (training->accuracy <= 0.0 && !policy->costs)
        return STATUS_OK;
    if (data->validation_count == 0)
        return error_set(err, STATUS_BAD_OPTION, policy->costs ? "--costs" : "--accuracy",
                         "decisions are fitted on validation data, and there is none");
    double decline_cost = policy->decline_cost;
    policy->decline_cost = (double)INFINITY;
    enum status status = fit_policy(&fit, training, report, &inner);
    policy->decline_cost = decline_cost;
    triage_classifier_free(fit.classifier);
    triage_model_free(fit.loaded);
    free(fit.probabilities);
    free(fit.answers);
    free(fit.constant_costs);
    if (status != STATUS_OK)
        return error_set(err, status, inner.where, "%s", inner.text);
    return STATUS_OK;
}
