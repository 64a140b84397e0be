/*
 * See loss.h.
 *
 *     L = -s_y + ln sum_c exp(s_c)        dL/ds_c = exp(s_c) / sum - [c = y]
 *
 * with the largest score subtracted from all first.
 */
#include "train/loss.h"

#include <math.h>

static double largest_of(const float *scores, size_t C)
{
    double largest = (double)scores[0];

    for (size_t c = 1; c < C; c++)
        largest = (double)scores[c] > largest ? (double)scores[c] : largest;
    return largest;
}

double loss_cross_entropy(const float *scores, size_t C, size_t y, double weight,
                          float *dscores)
{
    double largest = largest_of(scores, C), sum = 0.0;

    for (size_t c = 0; c < C; c++)
        sum += exp((double)scores[c] - largest);
    for (size_t c = 0; dscores != NULL && c < C; c++) {
        double p = exp((double)scores[c] - largest) / sum;
        dscores[c] = (float)(weight * (p - (c == y ? 1.0 : 0.0)));
    }
    return log(sum) - ((double)scores[y] - largest);
}

double loss_at_temperature(const float *scores, size_t C, size_t y, double temperature)
{
    double largest = largest_of(scores, C), sum = 0.0;

    for (size_t c = 0; c < C; c++)
        sum += exp(((double)scores[c] - largest) / temperature);
    return log(sum) - ((double)scores[y] - largest) / temperature;
}
