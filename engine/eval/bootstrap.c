/* See bootstrap.h. */
#include "eval/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/size.h"

static const uint64_t stream = UINT64_C(0xb007000000000000);
static const double tail = 0.025;

/* What one lane works with. */
struct draw {
    uint32_t *weights; /* [histories] how often each was drawn */
    struct tally tally;
};

struct drawing {
    const struct bootstrap *bootstrap;
    struct draw *draws; /* [lanes] */
    double *values;     /* [resamples][figures] */
};

size_t bootstrap_figures(const struct bootstrap *bootstrap)
{
    return bootstrap->ratio_count + BOOTSTRAP_CLASSES +
           (bootstrap->has_classes ? 3 * bootstrap->C : 0);
}

static void add_ratios(const struct bootstrap *b, const uint32_t *weights, double *values)
{
    double sums[COLUMN_COUNT + 1] = {0}; /* the last one stays 0: NO_COLUMN */

    for (size_t h = 0; h < b->ledger->histories; h++) {
        const double *row = ledger_row(b->ledger, h);
        if (weights[h] != 0)
            for (size_t i = 0; i < COLUMN_COUNT; i++)
                sums[i] += weights[h] * row[i];
    }
    for (size_t i = 0; i < b->ratio_count; i++) {
        const struct ratio *r = &b->ratios[i];
        values[i] = sums[r->over] > 0.0 ? (sums[r->plus] - sums[r->minus]) / sums[r->over]
                                        : (double)NAN;
    }
}

/* Every figure of the histories, each taken as often as its weight says. */
static void measure(const struct bootstrap *b, struct draw *draw, double *values)
{
    const struct decisions *decisions = b->decisions;
    double *rest = values + b->ratio_count;

    add_ratios(b, draw->weights, values);
    tally_clear(&draw->tally);
    for (size_t i = 0; i < decisions->count; i++) {
        const struct decision *decision = &decisions->list[i];
        uint32_t weight = draw->weights[decision->history];
        if (weight != 0)
            tally_add(&draw->tally, decision->right, &b->marks[i], weight);
    }
    rest[BOOTSTRAP_MACRO_F1] = tally_macro_f1(&draw->tally);
    rest[BOOTSTRAP_CALIBRATION] = tally_calibration_error(&draw->tally);
    rest += BOOTSTRAP_CLASSES;
    for (size_t c = 0; b->has_classes && c < b->C; c++, rest += 3) {
        rest[0] = tally_precision(&draw->tally, c);
        rest[1] = tally_recall(&draw->tally, c);
        rest[2] = tally_f1(&draw->tally, c);
    }
}

static void draw_lane(void *context, size_t lane)
{
    const struct drawing *d = context;
    const struct bootstrap *b = d->bootstrap;
    struct draw *draw = &d->draws[lane];
    size_t histories = b->ledger->histories;

    for (size_t n = lane; n < b->resamples; n += b->crew->lanes) {
        struct random random;
        random_init(&random, b->seed, stream + n);
        memset(draw->weights, 0, histories * sizeof *draw->weights);
        for (size_t i = 0; i < histories; i++)
            draw->weights[random_below(&random, histories)]++;
        measure(b, draw, d->values + n * bootstrap_figures(b));
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

double quantile_of(const double *sorted, size_t count, double share)
{
    double place = share * (double)(count - 1);
    size_t below = (size_t)place;
    double part = place - (double)below;

    if (below + 1 >= count)
        return sorted[count - 1];
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

/* A figure from its column of values; a resample in which it is undefined says nothing. */
static struct estimate figure_of(double value, const double *values, size_t count,
                                 size_t stride, double *sorted)
{
    size_t known = 0;

    for (size_t n = 0; n < count; n++)
        if (!isnan(values[n * stride]))
            sorted[known++] = values[n * stride];
    if (isnan(value) || known == 0)
        return (struct estimate){value, (double)NAN, (double)NAN};
    qsort(sorted, known, sizeof *sorted, by_size);
    return (struct estimate){value, quantile_of(sorted, known, tail),
                             quantile_of(sorted, known, 1.0 - tail)};
}

static bool drawing_init(struct drawing *d, const struct bootstrap *b)
{
    size_t count;

    d->bootstrap = b;
    d->draws = calloc(b->crew->lanes, sizeof *d->draws);
    if (size_multiply(b->resamples, bootstrap_figures(b), &count))
        d->values = calloc(count + 1, sizeof *d->values);
    for (uint32_t i = 0; d->draws != NULL && i < b->crew->lanes; i++) {
        struct draw *draw = &d->draws[i];
        draw->weights = calloc(b->ledger->histories, sizeof *draw->weights);
        if (draw->weights == NULL || tally_init(&draw->tally, b->C, NULL) != STATUS_OK)
            return false;
    }
    return d->draws != NULL && d->values != NULL;
}

static void drawing_release(struct drawing *d)
{
    for (uint32_t i = 0; d->draws != NULL && i < d->bootstrap->crew->lanes; i++) {
        free(d->draws[i].weights);
        tally_release(&d->draws[i].tally);
    }
    free(d->draws);
    free(d->values);
}

enum status bootstrap_run(const struct bootstrap *bootstrap, struct estimate *figures,
                          struct error *err)
{
    size_t width = bootstrap_figures(bootstrap), histories = bootstrap->ledger->histories;
    double *sorted = calloc((size_t)bootstrap->resamples + 1, sizeof *sorted);
    double *values = calloc(width, sizeof *values);
    struct drawing d = {0};
    enum status status = STATUS_OK;

    if (drawing_init(&d, bootstrap) && sorted != NULL && values != NULL) {
        for (size_t h = 0; h < histories; h++)
            d.draws[0].weights[h] = 1;
        measure(bootstrap, &d.draws[0], values);
        crew_run(bootstrap->crew, draw_lane, &d);
        for (size_t i = 0; i < width; i++)
            figures[i] =
                figure_of(values[i], d.values + i, bootstrap->resamples, width, sorted);
    } else {
        status = error_no_memory(err);
    }
    drawing_release(&d);
    free(sorted);
    free(values);
    return status;
}
