/* See likelihood.h. */
#include "eval/likelihood.h"
#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The second of two classes against a score of 0. */
static double sigmoid_loss(double *score, uint32_t right)
{
    double z = *score, loss = right == 1 ? -z : z;

    *score = 1.0 / (1.0 + exp(-z));
    if (right == MAP_NONE)
        return 0.0;
    return loss > 0.0 ? loss + log1p(exp(-loss)) : log1p(exp(loss));
}

double likelihood_softmax(double *scores, size_t S, uint32_t right)
{
    double largest = scores[0], sum = 0.0, score;

    if (S == 1)
        return sigmoid_loss(scores, right);
    for (size_t c = 1; c < S; c++)
        largest = scores[c] > largest ? scores[c] : largest;
    score = right == MAP_NONE ? 0.0 : scores[right] - largest;
    for (size_t c = 0; c < S; c++)
        sum += scores[c] = exp(scores[c] - largest);
    for (size_t c = 0; c < S; c++)
        scores[c] /= sum;
    return right == MAP_NONE ? 0.0 : log(sum) - score;
}

static void add(double *to, const double *from, double sign, size_t S)
{
    for (size_t c = 0; c < S; c++)
        to[c] += sign * from[c];
}

static void add_rows(double *table, const uint32_t rows[2], const double *from,
                     double sign, size_t S)
{
    for (int i = 0; i < 2; i++)
        if (rows[i] != MAP_NONE)
            add(table + rows[i] * S, from, sign, S);
}

/* residual = softmax - one-hot; where S is 1, of the second class. */
static double take_residual(const double *z, size_t S, uint32_t right, double *residual)
{
    double loss;

    memcpy(residual, z, S * sizeof *z);
    loss = likelihood_softmax(residual, S, right);
    if (S == 1)
        residual[0] -= right == 1 ? 1.0 : 0.0;
    else
        residual[right] -= 1.0;
    return loss;
}

/*
 * One example.  A row that is added at event i is in the scores of every later place, so its
 * gradient is the sum of the residuals from i on: all of them less those before i.
 */
static double add_example(const struct likelihood *l, const double *w, size_t example,
                          double *gradient, double *room)
{
    size_t S = l->S, first = l->starts[example], end = l->starts[example + 1];
    double *z = room, *residual = room + S, *total = room + 2 * S, loss = 0.0;
    bool has_total = false;

    memcpy(z, w + l->row_count * S, S * sizeof *z);
    memset(total, 0, S * sizeof *total);
    for (size_t i = first; i < end; i++) {
        for (int j = 0; j < 2; j++)
            if (l->rows[i][j] != MAP_NONE)
                add(z, w + l->rows[i][j] * S, 1.0, S);
        if (has_total)
            add_rows(gradient, l->rows[i], total, -1.0, S);
        if (l->rights[i] == MAP_NONE)
            continue;
        loss += take_residual(z, S, l->rights[i], residual);
        add(total, residual, 1.0, S);
        has_total = true;
    }
    for (size_t i = first; i < end && has_total; i++)
        add_rows(gradient, l->rows[i], total, 1.0, S);
    add(gradient + l->row_count * S, total, 1.0, S);
    return loss;
}

/* A round of the sum over all examples. */
struct summing {
    const struct likelihood *likelihood;
    const double *w;
    double losses[LIKELIHOOD_CHUNKS];
};

static void add_chunk(void *context, size_t chunk)
{
    struct summing *sum = context;
    const struct likelihood *l = sum->likelihood;
    size_t weights = likelihood_weights(l);
    double *gradient = l->gradients + chunk * weights;
    double *room = l->rooms + chunk * 3 * l->S, loss = 0.0;

    memset(gradient, 0, weights * sizeof *gradient);
    for (size_t i = l->count * chunk / LIKELIHOOD_CHUNKS;
         i < l->count * (chunk + 1) / LIKELIHOOD_CHUNKS; i++)
        loss += add_example(l, sum->w, i, gradient, room);
    sum->losses[chunk] = loss;
}

double likelihood_value(const struct likelihood *likelihood, const double *w,
                        double *gradient)
{
    struct summing sum = {.likelihood = likelihood, .w = w};
    size_t weights = likelihood_weights(likelihood), free_from = weights - likelihood->S;
    double scale = 1.0 / (double)likelihood->N, value = 0.0, square = 0.0;

    workers_run(likelihood->crew->workers, add_chunk, &sum, LIKELIHOOD_CHUNKS);
    for (size_t chunk = 0; chunk < LIKELIHOOD_CHUNKS; chunk++)
        value += sum.losses[chunk];
    for (size_t i = 0; i < weights; i++) {
        double slope = i < free_from ? w[i] : 0.0;
        for (size_t chunk = 0; chunk < LIKELIHOOD_CHUNKS; chunk++)
            slope += likelihood->gradients[chunk * weights + i];
        gradient[i] = scale * slope;
        square += i < free_from ? w[i] * w[i] : 0.0;
    }
    return scale * (value + square / 2.0);
}

/* What was added c times before is added once more: its square grows by 2c + 1 from here on. */
static void add_squares(const struct likelihood *l, size_t example, uint32_t *counts,
                        double *squares)
{
    size_t first = l->starts[example], end = l->starts[example + 1], places = 0;

    for (size_t i = first; i < end; i++)
        places += l->rights[i] != MAP_NONE;
    for (size_t i = first; i < end; i++) {
        for (int j = 0; j < 2; j++) {
            uint32_t row = l->rows[i][j];
            if (row != MAP_NONE)
                squares[row] += (2.0 * counts[row]++ + 1.0) * (double)places;
        }
        places -= l->rights[i] != MAP_NONE;
    }
    for (size_t i = first; i < end; i++)
        for (int j = 0; j < 2; j++)
            if (l->rows[i][j] != MAP_NONE)
                counts[l->rows[i][j]] = 0;
}

enum status likelihood_squares(const struct likelihood *likelihood, double *squares,
                               struct error *err)
{
    uint32_t *counts = calloc(likelihood->row_count + 1, sizeof *counts);

    if (counts == NULL)
        return error_no_memory(err);
    memset(squares, 0, likelihood->row_count * sizeof *squares);
    for (size_t i = 0; i < likelihood->count; i++)
        add_squares(likelihood, i, counts, squares);
    free(counts);
    return STATUS_OK;
}
