/* See score.h. */
#include "train/score.h"

#include <math.h>

#include "base/elementary.h"
#include "train/loss.h"

struct score score_of(const float *scores, const uint32_t *actions, size_t count,
                      size_t C)
{
    double loss = 0.0;
    size_t right = 0;

    for (size_t i = 0; i < count; i++, scores += C) {
        right += argmax(scores, C) == actions[i];
        loss += loss_cross_entropy(scores, C, actions[i], 0.0, NULL);
    }
    return (struct score){loss / (double)count, (double)right / (double)count};
}

static double mean_loss(const float *scores, const uint32_t *actions, size_t count,
                        size_t C, double temperature)
{
    double loss = 0.0;

    for (size_t i = 0; i < count; i++)
        loss += loss_at_temperature(scores + i * C, C, actions[i], temperature);
    return loss / (double)count;
}

double score_temperature(const float *scores, const uint32_t *actions, size_t count,
                         size_t C)
{
    const double golden = 0.6180339887498949;
    double low = log(0.125), high = log(8.0);
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double loss_a = mean_loss(scores, actions, count, C, exp(a));
    double loss_b = mean_loss(scores, actions, count, C, exp(b));

    while (high - low > 1e-4) {
        if (loss_a <= loss_b) {
            high = b;
            b = a;
            loss_b = loss_a;
            a = high - golden * (high - low);
            loss_a = mean_loss(scores, actions, count, C, exp(a));
        } else {
            low = a;
            a = b;
            loss_a = loss_b;
            b = low + golden * (high - low);
            loss_b = mean_loss(scores, actions, count, C, exp(b));
        }
    }
    return exp((low + high) / 2);
}
