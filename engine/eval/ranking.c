/* Order positions by probability, and walk down the order step by step. */
#include "eval/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/metrics.h"

/* Highest score first; of equal ones, the first position. */
static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

struct ranking ranking_make(const float *probabilities, const uint32_t *labels,
                            size_t count, size_t C, size_t c, struct ranked *list)
{
    struct ranking ranking = {.list = list};

    for (size_t i = 0; i < count; i++) {
        const float *p = probabilities + i * C;
        if (labels[i] >= C)
            continue;
        list[ranking.count++] = (struct ranked){
            .score = C == 2 ? (double)p[c] - (double)p[1 - c] : (double)p[c],
            .probability = p[c],
            .index = (uint32_t)i,
            .is_positive = labels[i] == c};
    }
    if (ranking.count > 1)
        qsort(list, ranking.count, sizeof *list, compare_ranked);
    for (size_t i = 0; i < ranking.count; i++)
        list[i].ends_step = i + 1 == ranking.count || list[i + 1].score < list[i].score;
    return ranking;
}

static double weight_of(const struct ranked *ranked, const uint32_t *weights,
                        const uint32_t *groups)
{
    return weights ? (double)weights[groups[ranked->index]] : 1.0;
}

struct ranking_metrics ranking_measure(const struct ranking *ranking,
                                       const uint32_t *weights, const uint32_t *groups)
{
    struct ranking_metrics metrics = {.auc = 0.0,
                                      .average_precision = 0.0,
                                      .threshold = (double)NAN,
                                      .threshold_f1 = (double)NAN};
    double positives = 0.0, above = 0.0, others_above = 0.0; /* above: in earlier steps */
    double in_step = 0.0, others_in_step = 0.0, best = -1.0;

    for (size_t i = 0; i < ranking->count; i++)
        if (ranking->list[i].is_positive)
            positives += weight_of(&ranking->list[i], weights, groups);
    for (size_t i = 0; i < ranking->count; i++) {
        const struct ranked *ranked = &ranking->list[i];
        double weight = weight_of(ranked, weights, groups);
        in_step += ranked->is_positive ? weight : 0.0;
        others_in_step += ranked->is_positive ? 0.0 : weight;
        if (!ranked->ends_step || in_step + others_in_step <= 0.0)
            continue;
        metrics.auc += others_in_step * (above + in_step / 2.0);
        above += in_step;
        others_above += others_in_step;
        double predicted = above + others_above;
        metrics.average_precision += in_step * (above / predicted);
        double f1 = 2.0 * above / (predicted + positives);
        bool is_cut = i + 1 == ranking->count ||
                      ranking->list[i + 1].probability < ranked->probability;
        if (is_cut && f1 > best) {
            best = f1;
            metrics.threshold = (double)ranked->probability;
        }
        in_step = others_in_step = 0.0;
    }
    bool has_both = positives > 0.0 && others_above > 0.0;
    metrics.auc = has_both ? metrics.auc / (positives * others_above) : (double)NAN;
    metrics.average_precision =
        positives > 0.0 ? metrics.average_precision / positives : (double)NAN;
    if (positives > 0.0)
        metrics.threshold_f1 = best;
    else
        metrics.threshold = (double)NAN;
    return metrics;
}

void ranking_add_influences(const struct ranking *ranking, double scale,
                            double *influences)
{
    double auc = ranking_measure(ranking, NULL, NULL).auc;
    size_t positives = 0, above = 0, others_above = 0, first = 0;

    for (size_t i = 0; i < ranking->count; i++)
        positives += ranking->list[i].is_positive;
    double P = (double)positives, N = (double)(ranking->count - positives);
    for (size_t i = 0; i < ranking->count; i++) {
        if (!ranking->list[i].ends_step)
            continue;
        size_t in_step = 0, steps = i + 1 - first;
        for (size_t j = first; j <= i; j++)
            in_step += ranking->list[j].is_positive;
        double others_below = N - (double)others_above - (double)(steps - in_step) / 2.0;
        double positives_above = (double)above + (double)in_step / 2.0;
        for (size_t j = first; j <= i; j++) {
            const struct ranked *ranked = &ranking->list[j];
            influences[ranked->index] +=
                scale * (ranked->is_positive ? (others_below / N - auc) / P
                                             : (positives_above / P - auc) / N);
        }
        above += in_step;
        others_above += steps - in_step;
        first = i + 1;
    }
}

/* The number of actions that are the label somewhere, and somewhere not. */
static size_t count_actions(const uint32_t *labels, size_t count, size_t C)
{
    size_t actions = 0;

    for (size_t c = ranking_first_action(C); c < C; c++) {
        size_t positives = 0, labelled = 0;
        for (size_t i = 0; i < count; i++) {
            positives += labels[i] == c;
            labelled += labels[i] < C;
        }
        actions += positives > 0 && positives < labelled;
    }
    return actions;
}

struct ranking_area ranking_area(const float *probabilities, const uint32_t *labels,
                                 size_t count, size_t C, struct ranked *list,
                                 double *influences)
{
    struct ranking_area area = {
        .value = (double)NAN, .low = (double)NAN, .high = (double)NAN};
    size_t actions = count_actions(labels, count, C);
    double sum = 0.0, square = 0.0;

    if (actions == 0)
        return area;
    if (influences)
        memset(influences, 0, count * sizeof *influences);
    for (size_t c = ranking_first_action(C); c < C; c++) {
        struct ranking ranking = ranking_make(probabilities, labels, count, C, c, list);
        double auc = ranking_measure(&ranking, NULL, NULL).auc;
        if (isnan(auc))
            continue;
        sum += auc;
        if (influences)
            ranking_add_influences(&ranking, 1.0 / (double)actions, influences);
    }
    area.value = sum / (double)actions;
    if (!influences)
        return area;
    for (size_t i = 0; i < count; i++)
        square += influences[i] * influences[i];
    double half = METRICS_NORMAL_QUANTILE * sqrt(square);
    area.low = area.value > half ? area.value - half : 0.0;
    area.high = area.value + half < 1.0 ? area.value + half : 1.0;
    return area;
}
