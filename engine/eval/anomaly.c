/*
 * Anomalies: each rule gives a history a score, and raises an alarm if the score is above the setting
 * of the rule.
 *
 *   RULE_COUNTED_RANK, RULE_RANK   the worst rank of an event or of the end
 *   RULE_UNSEEN                    1 / (the length of the shortest sequence that was never seen)
 *   RULE_COUNTS                    the distance of its counts from the nearest ones
 *   RULE_SURPRISE                  the worst surprise
 *
 * The sequences that were seen are in a trie: node and event -> node.  A sequence of n events was never
 * seen if it contains a shorter one that was not, so the shortest one decides for every n.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/random.h"
#include "eval/bootstrap.h"
#include "eval/count_vectors.h"
#include "eval/ngrams.h"
#include "evaluation.h"
#include "infer/model.h"

enum {
    LONGEST = 6, /* sequences */
    COUNTED = 3, /* p_3: the last 3 events and the one to come are 4 */
    BEGIN = 0,   /* the symbol before the first event */
    END = 1,     /* after the last; an event is 2 + its id */
    FIRST_SYMBOL = 2
};

const char *const triage_anomaly_rule_names[ANOMALY_RULES] = {
    [RULE_COUNTED_RANK] = "rank by 4-grams",
    [RULE_UNSEEN] = "never-seen n-grams",
    [RULE_COUNTS] = "distance of counts",
    [RULE_RANK] = "rank by the model",
    [RULE_SURPRISE] = "worst surprise",
    [RULE_UNSEEN_COUNTS] = "n-grams or counts",
    [RULE_UNION] = "n-grams or surprise",
    [RULE_UNION_ALL] = "n-grams, counts or surprise",
};

/* The unions are the last rules.  Each has RULE_UNSEEN and these. */
enum { FIRST_UNION = RULE_UNSEEN_COUNTS };
static const unsigned added_rules[ANOMALY_RULES] = {
    [RULE_UNSEEN_COUNTS] = 1U << RULE_COUNTS,
    [RULE_UNION] = 1U << RULE_SURPRISE,
    [RULE_UNION_ALL] = 1U << RULE_COUNTS | 1U << RULE_SURPRISE,
};

/* ---- sequences that were seen -------------------------------------------------------------- */

/* Symbol i of a history after LONGEST - 1 times BEGIN, with END at its end. */
static uint32_t symbol_at(const struct history *history, struct event_ids ids, uint32_t i)
{
    if (i < LONGEST - 1)
        return BEGIN;
    i -= LONGEST - 1;
    return i == history->length ? (uint32_t)END
                                : FIRST_SYMBOL + event_id(ids, history, i);
}

static uint64_t edge(uint32_t node, uint32_t symbol)
{
    return (uint64_t)node << 32 | symbol;
}

/* Add all sequences of at most LONGEST symbols.  Node 0 is the root; node i + 1 is edge i. */
static enum status seen_add(struct u64map *seen, const struct history *history,
                            struct event_ids ids, struct error *err)
{
    const uint32_t count = history->length + LONGEST;
    for (uint32_t first = 0; first < count; first++) {
        uint32_t node = 0;
        for (uint32_t i = first; i < count && i < first + LONGEST; i++) {
            uint32_t index = u64map_add(seen, edge(node, symbol_at(history, ids, i)));
            if (index == MAP_NONE)
                return error_no_memory(err);
            node = index + 1;
        }
    }
    return STATUS_OK;
}

/* The length of the shortest sequence that was never seen; LONGEST + 1: all were. */
static uint32_t shortest_unseen(const struct u64map *seen, const struct history *history,
                                struct event_ids ids)
{
    const uint32_t count = history->length + LONGEST;
    uint32_t shortest = LONGEST + 1;
    for (uint32_t first = 0; first < count; first++) {
        uint32_t node = 0;
        for (uint32_t i = first; i < count && i - first + 1 < shortest; i++) {
            uint32_t index = u64map_find(seen, edge(node, symbol_at(history, ids, i)));
            if (index == MAP_NONE)
                shortest = i - first + 1;
            node = index + 1;
        }
    }
    return shortest;
}

/* ---- scores -------------------------------------------------------------------------------- */

/* The scores of one history by the rules before the unions. */
struct scores {
    double of[FIRST_UNION];
};

struct anomalies {
    const struct model *model;
    const struct anomaly_history *histories; /* [count] */
    size_t count;
    struct event_ids ids;
    size_t C;
    uint32_t window;
    struct scores *scores;         /* [count] */
    struct event_surprise *events; /* of one history */
    double *p;                     /* [NGRAM_COUNT][C] */
};

/* The action that comes after event t; ACTION_OTHER or ACTION_NONE if there is none. */
static uint32_t action_after(const struct anomalies *anomalies,
                             const struct history *history, uint32_t t)
{
    const struct model *model = anomalies->model;
    return t + 1 == history->length
               ? model->end_action
               : model->event_actions[event_id(anomalies->ids, history, t + 1)];
}

static uint32_t counted_rank(const double *p, size_t C, uint32_t action)
{
    uint32_t rank = 1;
    if (action >= C)
        return action == ACTION_NONE ? 0 : (uint32_t)C + 1;
    for (size_t i = 0; i < C; i++)
        rank += p[i] > p[action] || (p[i] >= p[action] && i < action);
    return rank;
}

static double worst_counted_rank(const struct anomalies *anomalies,
                                 const struct ngrams *ngrams,
                                 const struct history *history)
{
    const uint32_t window = anomalies->window;
    uint32_t worst = 0;
    if (window > 0 && history->length <= window)
        return (double)INFINITY;
    for (uint32_t t = window > 0 ? window - 1 : 0; t + (window > 0) < history->length;
         t++) {
        uint32_t action = action_after(anomalies, history, t);
        ngrams_predict(ngrams, anomalies->ids, history, t, anomalies->p);
        uint32_t rank =
            counted_rank(anomalies->p + COUNTED * anomalies->C, anomalies->C, action);
        worst = rank > worst ? rank : worst;
    }
    return (double)worst;
}

static bool is_counted(const struct anomaly_history *one, enum anomaly_part last)
{
    return one->part <= last && !one->is_anomaly;
}

/* What is counted in normal histories. */
struct counted {
    struct ngrams *ngrams;
    struct u64map seen;
    struct count_vectors vectors;
};

static enum status count_history(const struct anomalies *anomalies,
                                 const struct history *history, struct counted *counted,
                                 struct error *err)
{
    RETURN_IF_ERROR(seen_add(&counted->seen, history, anomalies->ids, err));
    for (uint32_t t = 0; t < history->length; t++) {
        uint32_t action = action_after(anomalies, history, t);
        if (action < anomalies->C)
            RETURN_IF_ERROR(
                ngrams_add(counted->ngrams, anomalies->ids, history, t, action, err));
    }
    return count_vectors_add(&counted->vectors, anomalies->ids, history, err);
}

static enum status score_history(const struct anomalies *anomalies,
                                 const struct history *history, struct counted *counted,
                                 double *scores, struct error *err)
{
    uint64_t distance;
    RETURN_IF_ERROR(count_vectors_distance(&counted->vectors, anomalies->ids, history,
                                           &distance, err));
    scores[RULE_COUNTED_RANK] = worst_counted_rank(anomalies, counted->ngrams, history);
    scores[RULE_UNSEEN] = 1.0 / shortest_unseen(&counted->seen, history, anomalies->ids);
    scores[RULE_COUNTS] = (double)distance;
    return STATUS_OK;
}

/* Count the normal histories up to a part, and score those of the part after it. */
static enum status score_by_counts(const struct anomalies *anomalies,
                                   enum anomaly_part last, struct error *err)
{
    struct counted counted = {.ngrams = ngrams_new(anomalies->C, err)};
    enum status status = counted.ngrams ? STATUS_OK : STATUS_NO_MEMORY;
    count_vectors_init(&counted.vectors);
    for (size_t i = 0; status == STATUS_OK && i < anomalies->count; i++)
        if (is_counted(&anomalies->histories[i], last))
            status =
                count_history(anomalies, &anomalies->histories[i].history, &counted, err);
    count_vectors_sort(&counted.vectors);
    for (size_t i = 0; status == STATUS_OK && i < anomalies->count; i++)
        if (anomalies->histories[i].part == last + 1)
            status = score_history(anomalies, &anomalies->histories[i].history, &counted,
                                   anomalies->scores[i].of, err);
    ngrams_free(counted.ngrams);
    u64map_release(&counted.seen);
    count_vectors_release(&counted.vectors);
    return status;
}

static enum status score_by_model(const struct anomalies *anomalies, uint32_t longest,
                                  struct error *err)
{
    const size_t C = anomalies->C;
    const uint32_t window = anomalies->window;
    struct included included = {.includes = 1U << INCLUDE_SURPRISE,
                                .surprises = anomalies->events};
    struct classifier *classifier =
        triage_classifier_new(anomalies->model, 1, longest, err);
    float *probabilities = calloc(C, sizeof *probabilities);
    enum status status = STATUS_OK;
    if (!classifier || !probabilities)
        status = error_no_memory(err);
    for (size_t i = 0; status == STATUS_OK && i < anomalies->count; i++) {
        const struct history *history = &anomalies->histories[i].history;
        double *scores = anomalies->scores[i].of;
        if (anomalies->histories[i].part == ANOMALY_TRAINING)
            continue;
        status = triage_classifier_watch(classifier, history, &included, classifier, err);
        if (status != STATUS_OK)
            break;
        triage_classifier_step(classifier, history->length);
        (void)triage_classifier_finish(classifier, probabilities, &status);
        if (status != STATUS_OK)
            (void)error_set(err, status, "",
                            "the model's weights lead to no finite answer");
        if (window > 0 && history->length <= window)
            scores[RULE_RANK] = (double)INFINITY;
        for (uint32_t t = 0; t <= history->length; t++) {
            const struct event_surprise *event = &included.surprises[t];
            double nats =
                event->rank == 0 ? 0.0 : (double)triage_surprise(event->probability);
            if (window == 0 || (t >= window && t < history->length))
                scores[RULE_RANK] = fmax(scores[RULE_RANK], (double)event->rank);
            scores[RULE_SURPRISE] = fmax(scores[RULE_SURPRISE], nats);
        }
    }
    free(probabilities);
    triage_classifier_free(classifier);
    return status;
}

/* ---- settings ------------------------------------------------------------------------------ */

static int compare_scores(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The smallest score that at most `alarms` scores [count] are above; they are sorted. */
static double threshold_of(double *scores, size_t count, uint64_t alarms)
{
    qsort(scores, count, sizeof *scores, compare_scores);
    return scores[alarms < count ? alarms : count - 1];
}

/* Of each rule before the unions. */
struct thresholds {
    double of[FIRST_UNION];      /* at the stated rate */
    double highest[FIRST_UNION]; /* of validation; the threshold of what a union adds */
};

static bool raises_alarm(const struct scores *scores, const struct thresholds *thresholds,
                         unsigned rule)
{
    if (rule < FIRST_UNION)
        return scores->of[rule] > thresholds->of[rule];
    bool is_raised = scores->of[RULE_UNSEEN] > thresholds->of[RULE_UNSEEN];
    for (unsigned added = 0; added < FIRST_UNION; added++)
        is_raised = is_raised || ((added_rules[rule] >> added & 1) != 0 &&
                                  scores->of[added] > thresholds->highest[added]);
    return is_raised;
}

static bool is_for_validation(const struct anomaly_history *one)
{
    return one->part == ANOMALY_VALIDATION && !one->is_anomaly;
}

/* As users read it.  Of a union: that of the last rule which is added. */
static double setting_of(const struct thresholds *thresholds, unsigned rule)
{
    if (rule == RULE_UNSEEN)
        return round(1.0 / thresholds->of[RULE_UNSEEN]) - 1.0;
    if (rule < FIRST_UNION)
        return thresholds->of[rule];
    return thresholds->highest[rule == RULE_UNSEEN_COUNTS ? RULE_COUNTS : RULE_SURPRISE];
}

/* Fix the thresholds on validation. */
static enum status fix_thresholds(const struct anomalies *anomalies,
                                  struct thresholds *thresholds,
                                  struct anomaly_evaluation *evaluation,
                                  struct error *err)
{
    const uint64_t count = evaluation->validation;
    const uint64_t alarms = (uint64_t)(evaluation->settings.false_alarms * (double)count);
    double *sorted = calloc(count, sizeof *sorted);
    if (!sorted)
        return error_no_memory(err);
    for (unsigned rule = 0; rule < FIRST_UNION; rule++) {
        size_t used = 0;
        for (size_t i = 0; i < anomalies->count; i++)
            if (is_for_validation(&anomalies->histories[i]))
                sorted[used++] = anomalies->scores[i].of[rule];
        thresholds->of[rule] = threshold_of(sorted, used, alarms);
        thresholds->highest[rule] = sorted[0];
    }
    free(sorted);
    for (unsigned rule = 0; rule < ANOMALY_RULES; rule++) {
        struct anomaly_rule *result = &evaluation->rules[rule];
        result->setting = setting_of(thresholds, rule);
        for (size_t i = 0; i < anomalies->count; i++)
            result->validation_alarms +=
                is_for_validation(&anomalies->histories[i]) &&
                raises_alarm(&anomalies->scores[i], thresholds, rule);
    }
    return STATUS_OK;
}

/* ---- metrics ------------------------------------------------------------------------------- */

/* What a sample of the test has: of each rule, and of all. */
struct test_counts {
    uint64_t anomalies, normals;
    uint64_t found[ANOMALY_RULES], alarms[ANOMALY_RULES];
};

enum { SEEN_ANOMALY = 1U << ANOMALY_RULES }; /* beside a bit for each rule */

static void test_counts_add(struct test_counts *counts, unsigned bits)
{
    const bool is_anomaly = (bits & SEEN_ANOMALY) != 0;
    counts->anomalies += is_anomaly;
    counts->normals += !is_anomaly;
    for (unsigned rule = 0; rule < ANOMALY_RULES; rule++)
        *(is_anomaly ? &counts->found[rule] : &counts->alarms[rule]) += bits >> rule & 1;
}

enum metric { PRECISION, RECALL, F1, GAIN, METRICS };

static void metrics_of(const struct test_counts *counts,
                       const struct anomaly_settings *settings,
                       double metrics[ANOMALY_RULES][METRICS])
{
    const double weight =
        settings->normals == 0
            ? 1.0
            : metrics_ratio((double)settings->normals, (double)counts->normals);
    for (unsigned rule = 0; rule < ANOMALY_RULES; rule++) {
        const double found = (double)counts->found[rule],
                     alarms = weight * (double)counts->alarms[rule];
        metrics[rule][PRECISION] = metrics_ratio(found, found + alarms);
        metrics[rule][RECALL] = metrics_ratio(found, (double)counts->anomalies);
        metrics[rule][F1] =
            metrics_ratio(2.0 * found, found + alarms + (double)counts->anomalies);
        metrics[rule][GAIN] = metrics[rule][F1] - metrics[RULE_COUNTED_RANK][F1];
    }
}

/* Percentile intervals of all metrics, on the same resamples. */
static enum status add_intervals(struct anomaly_evaluation *evaluation,
                                 const uint16_t *bits, size_t count,
                                 double values[ANOMALY_RULES][METRICS],
                                 struct estimate *estimates, struct error *err)
{
    const uint32_t resamples = evaluation->settings.resamples;
    double(*drawn)[ANOMALY_RULES][METRICS] = calloc(resamples, sizeof *drawn);
    double *resampled = calloc(resamples, sizeof *resampled);
    enum status status = STATUS_OK;
    if (!drawn || !resampled) {
        status = error_no_memory(err);
        goto out;
    }
    for (uint32_t r = 0; r < resamples; r++) {
        struct random random;
        struct test_counts counts = {0};
        random_init(&random, evaluation->settings.seed, r);
        for (size_t i = 0; i < count; i++)
            test_counts_add(&counts, bits[random_below(&random, count)]);
        metrics_of(&counts, &evaluation->settings, drawn[r]);
    }
    for (size_t f = 0; f < (size_t)ANOMALY_RULES * METRICS; f++) {
        for (uint32_t r = 0; r < resamples; r++)
            resampled[r] = drawn[r][f / METRICS][f % METRICS];
        estimates[f] =
            bootstrap_estimate(values[f / METRICS][f % METRICS], resampled, resamples);
    }
out:
    free(drawn);
    free(resampled);
    return status;
}

static enum status evaluate_test(const struct anomalies *anomalies,
                                 const struct thresholds *thresholds,
                                 struct anomaly_evaluation *evaluation, struct error *err)
{
    struct estimate estimates[ANOMALY_RULES * METRICS] = {{.value = 0.0}};
    double metrics[ANOMALY_RULES][METRICS];
    struct test_counts counts = {0};
    size_t count = 0;
    uint16_t *bits = calloc(anomalies->count, sizeof *bits);
    if (!bits)
        return error_no_memory(err);
    for (size_t i = 0; i < anomalies->count; i++) {
        if (anomalies->histories[i].part != ANOMALY_TEST)
            continue;
        unsigned set = anomalies->histories[i].is_anomaly ? SEEN_ANOMALY : 0;
        for (unsigned rule = 0; rule < ANOMALY_RULES; rule++)
            set |= (unsigned)raises_alarm(&anomalies->scores[i], thresholds, rule)
                   << rule;
        test_counts_add(&counts, set);
        bits[count++] = (uint16_t)set;
    }
    metrics_of(&counts, &evaluation->settings, metrics);
    enum status status = add_intervals(evaluation, bits, count, metrics, estimates, err);
    for (unsigned rule = 0; rule < ANOMALY_RULES; rule++) {
        struct anomaly_rule *result = &evaluation->rules[rule];
        struct estimate *of_rule = estimates + (size_t)rule * METRICS;
        result->found = counts.found[rule];
        result->alarms = counts.alarms[rule];
        result->precision = of_rule[PRECISION];
        result->recall = of_rule[RECALL];
        result->f1 = of_rule[F1];
        result->f1_gain = of_rule[GAIN];
    }
    free(bits);
    return status;
}

static enum status count_parts(struct anomaly_evaluation *evaluation,
                               const struct anomaly_history *histories, size_t count,
                               uint32_t *longest, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct anomaly_history *one = &histories[i];
        evaluation->training += is_counted(one, ANOMALY_TRAINING);
        evaluation->validation += is_for_validation(one);
        evaluation->anomalies += one->part == ANOMALY_TEST && one->is_anomaly;
        evaluation->normals += one->part == ANOMALY_TEST && !one->is_anomaly;
        *longest = one->history.length > *longest ? one->history.length : *longest;
    }
    const char *missing = evaluation->training == 0     ? "normal history in train"
                          : evaluation->validation == 0 ? "normal history in val"
                          : evaluation->normals == 0    ? "normal history in test"
                          : evaluation->anomalies == 0  ? "anomaly in test"
                                                        : NULL;
    return missing ? error_set(err, STATUS_BAD_INPUT, "", "there is no %s", missing)
                   : STATUS_OK;
}

enum status triage_evaluate_anomalies(struct anomaly_evaluation *evaluation,
                                      const struct model *model,
                                      const struct anomaly_history *histories,
                                      size_t count,
                                      const struct anomaly_settings *settings,
                                      struct error *err)
{
    struct thresholds thresholds;
    uint32_t longest = 1;
    *evaluation = (struct anomaly_evaluation){.settings = *settings};
    RETURN_IF_ERROR(triage_includes_check(model, 1U << INCLUDE_SURPRISE, "", err));
    RETURN_IF_ERROR(count_parts(evaluation, histories, count, &longest, err));
    struct anomalies anomalies = {.model = model,
                                  .histories = histories,
                                  .count = count,
                                  .ids = event_ids_of(triage_model_schema(model)),
                                  .C = triage_model_actions(model),
                                  .window = settings->window};
    enum status status;
    anomalies.scores = calloc(count, sizeof *anomalies.scores);
    anomalies.events = calloc((size_t)longest + 1, sizeof *anomalies.events);
    anomalies.p = calloc(NGRAM_COUNT * anomalies.C, sizeof *anomalies.p);
    if (!anomalies.scores || !anomalies.events || !anomalies.p) {
        status = error_no_memory(err);
        goto out;
    }
    status = score_by_model(&anomalies, longest, err);
    if (status == STATUS_OK)
        status = score_by_counts(&anomalies, ANOMALY_TRAINING, err);
    if (status == STATUS_OK)
        status = score_by_counts(&anomalies, ANOMALY_VALIDATION, err);
    if (status == STATUS_OK)
        status = fix_thresholds(&anomalies, &thresholds, evaluation, err);
    if (status == STATUS_OK)
        status = evaluate_test(&anomalies, &thresholds, evaluation, err);
out:
    free(anomalies.scores);
    free(anomalies.events);
    free(anomalies.p);
    return status;
}
