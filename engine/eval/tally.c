/* See tally.h. */
#include "eval/tally.h"
#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum status tally_init(struct tally *tally, size_t C, struct error *err)
{
    memset(tally, 0, sizeof *tally);
    tally->C = C;
    tally->hits = calloc(C, 3 * sizeof *tally->hits);
    if (tally->hits == NULL)
        return error_no_memory(err);
    tally->chosen = tally->hits + C;
    tally->support = tally->chosen + C;
    return STATUS_OK;
}

void tally_release(struct tally *tally)
{
    free(tally->hits);
    memset(tally, 0, sizeof *tally);
}

void tally_clear(struct tally *tally)
{
    memset(tally->hits, 0, 3 * tally->C * sizeof *tally->hits);
    memset(tally->bin_counts, 0, sizeof tally->bin_counts);
    memset(tally->bin_rights, 0, sizeof tally->bin_rights);
    memset(tally->bin_tops, 0, sizeof tally->bin_tops);
    tally->count = 0.0;
}

/* ((m-1)/15, m/15] is bin m - 1. */
static size_t bin_of(double top)
{
    double place = ceil(top * CALIBRATION_BINS) - 1.0;

    if (!(place > 0.0))
        return 0;
    return place < CALIBRATION_BINS ? (size_t)place : CALIBRATION_BINS - 1;
}

void tally_add(struct tally *tally, uint32_t right, const struct mark *mark,
               double weight)
{
    size_t bin = bin_of((double)mark->top);
    double hit = mark->chosen == right ? weight : 0.0;

    tally->count += weight;
    tally->chosen[mark->chosen] += weight;
    tally->hits[mark->chosen] += hit;
    if (right < tally->C)
        tally->support[right] += weight;
    tally->bin_counts[bin] += weight;
    tally->bin_rights[bin] += hit;
    tally->bin_tops[bin] += weight * (double)mark->top;
}

static double ratio(double over, double under)
{
    return under > 0.0 ? over / under : (double)NAN;
}

double tally_precision(const struct tally *tally, size_t c)
{
    return ratio(tally->hits[c], tally->chosen[c]);
}

double tally_recall(const struct tally *tally, size_t c)
{
    return ratio(tally->hits[c], tally->support[c]);
}

double tally_f1(const struct tally *tally, size_t c)
{
    if (!(tally->support[c] > 0.0))
        return (double)NAN;
    return 2.0 * tally->hits[c] / (tally->chosen[c] + tally->support[c]);
}

double tally_macro_f1(const struct tally *tally)
{
    double sum = 0.0, classes = 0.0;

    for (size_t c = 0; c < tally->C; c++)
        if (tally->support[c] > 0.0) {
            sum += tally_f1(tally, c);
            classes += 1.0;
        }
    return ratio(sum, classes);
}

double tally_calibration_error(const struct tally *tally)
{
    double sum = 0.0;

    for (size_t i = 0; i < CALIBRATION_BINS; i++)
        sum += fabs(tally->bin_rights[i] - tally->bin_tops[i]);
    return ratio(sum, tally->count);
}
