/*
 * Softmax cross-entropy, its gradient, and the metrics made from it.  The best temperature is
 * found by golden-section search over its logarithm.  This finds the minimum, because the mean
 * loss is convex in 1 / temperature and so has only one.  For the mean of several networks, whose loss
 * need not be convex, it finds a local minimum.
 */
#include "train/loss.h"

#include <float.h>
#include <math.h>

#include "base/elementary.h"
#include "engine.h"

static double largest_of(const float *logits, size_t C)
{
    double largest = (double)logits[0];
    for (size_t c = 1; c < C; c++)
        largest = (double)logits[c] > largest ? (double)logits[c] : largest;
    return largest;
}

double loss_cross_entropy(const float *logits, size_t C, size_t y, double weight,
                          float *dlogits)
{
    double largest = largest_of(logits, C), sum = 0.0;
    for (size_t c = 0; c < C; c++)
        sum += exp((double)logits[c] - largest);
    for (size_t c = 0; dlogits && c < C; c++) {
        double p = exp((double)logits[c] - largest) / sum;
        dlogits[c] = (float)(weight * (p - (c == y ? 1.0 : 0.0)));
    }
    return log(sum) - ((double)logits[y] - largest);
}

double loss_at_temperature(const float *logits, size_t C, size_t y, double temperature)
{
    double largest = largest_of(logits, C), sum = 0.0;
    for (size_t c = 0; c < C; c++)
        sum += exp(((double)logits[c] - largest) / temperature);
    return log(sum) - ((double)logits[y] - largest) / temperature;
}

void loss_sums_add(struct loss_sums *sums, const float *logits,
                   const struct target *targets, size_t count, size_t C)
{
    for (size_t i = 0; i < count; i++, logits += C) {
        const struct target *target = &targets[i];
        size_t part = target->is_before_end ? 1 : 0;
        bool is_correct = argmax(logits, C) == target->action;
        sums->weight[part] += target->weight;
        sums->correct[part] += is_correct ? target->weight : 0.0;
        sums->loss[part] +=
            target->weight * loss_cross_entropy(logits, C, target->action, 0.0, NULL);
    }
}

struct loss_metrics loss_metrics_of(const struct loss_sums *sums)
{
    double end = sums->weight[0], before = sums->weight[1];
    struct loss_metrics metrics = {.loss =
                                       (sums->loss[0] + sums->loss[1]) / (end + before),
                                   .end_loss = sums->loss[0] / end,
                                   .accuracy = sums->correct[0] / end};
    if (before > 0.0) {
        metrics.prefix_loss = sums->loss[1] / before;
        metrics.prefix_accuracy = sums->correct[1] / before;
    }
    return metrics;
}

/*
 * The loss of the mean of the members' probabilities, from their own losses L_m.  The row of the m-th
 * member begins at logits + m * stride.
 *
 *     L = -ln (1/M sum_m exp(-L_m)) = least - ln (1/M sum_m exp(least - L_m))
 */
static double member_loss(const float *logits, uint32_t members, size_t stride, size_t C,
                          size_t y, double temperature)
{
    double least = loss_at_temperature(logits, C, y, temperature), sum = 0.0;
    if (members == 1)
        return least;
    for (uint32_t m = 1; m < members; m++)
        least = fmin(least, loss_at_temperature(logits + m * stride, C, y, temperature));
    for (uint32_t m = 0; m < members; m++)
        sum += exp(least - loss_at_temperature(logits + m * stride, C, y, temperature));
    return least - log(sum / members);
}

static double mean_loss(const float *logits, uint32_t members,
                        const struct target *targets, size_t count, size_t C,
                        double temperature)
{
    double loss = 0.0, weight = 0.0;
    for (size_t i = 0; i < count; i++) {
        const struct target *target = &targets[i];
        loss += target->weight * member_loss(logits + i * C, members, count * C, C,
                                             target->action, temperature);
        weight += target->weight;
    }
    return loss / weight;
}

void loss_mean_logits(float *logits, uint32_t members, size_t count, size_t C)
{
    const size_t stride = count * C;
    double largest[MEMBERS_MOST], sum[MEMBERS_MOST];
    for (size_t i = 0; members > 1 && i < count; i++, logits += C) {
        for (uint32_t m = 0; m < members; m++) {
            const float *row = logits + m * stride;
            largest[m] = largest_of(row, C);
            sum[m] = 0.0;
            for (size_t c = 0; c < C; c++)
                sum[m] += exp((double)row[c] - largest[m]);
        }
        for (size_t c = 0; c < C; c++) {
            double p = 0.0;
            for (uint32_t m = 0; m < members; m++)
                p += exp((double)logits[m * stride + c] - largest[m]) / sum[m];
            logits[c] = (float)log(fmax(p / members, DBL_MIN));
        }
    }
}

double loss_best_temperature(const float *logits, uint32_t members,
                             const struct target *targets, size_t count, size_t C)
{
    const double golden = 0.6180339887498949;
    double low = log(0.125), high = log(8.0);
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double loss_a = mean_loss(logits, members, targets, count, C, exp(a));
    double loss_b = mean_loss(logits, members, targets, count, C, exp(b));

    while (high - low > 1e-4) {
        if (loss_a <= loss_b) {
            high = b;
            b = a;
            loss_b = loss_a;
            a = high - golden * (high - low);
            loss_a = mean_loss(logits, members, targets, count, C, exp(a));
        } else {
            low = a;
            a = b;
            loss_a = loss_b;
            b = low + golden * (high - low);
            loss_b = mean_loss(logits, members, targets, count, C, exp(b));
        }
    }
    return exp((low + high) / 2);
}
