/* See logistic.h.  The only door to libLBFGS. */
#include "eval/logistic.h"

#include <lbfgs.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "eval/likelihood.h"

enum {
    WEIGHTS_MOST = 1 << 20,
    ITERATIONS_MOST = 500,
    ITERATIONS_LEAST = 50,
    MEMORY = 20,
    PAST = 10
};
static const double gradient_least = 1e-5; /* beside the weights' norm, if above 1 */
static const double gain_least = 1e-6;     /* of f, in PAST steps, beside f */

static uint32_t right_class(const struct logistic *logistic, uint32_t action)
{
    return action < logistic->C ? logistic->classes[action] : (uint32_t)MAP_NONE;
}

/* Which actions are right anywhere; the classes are numbered in the order of actions. */
static void find_classes(struct logistic *x, const struct example *const *examples,
                         size_t count)
{
    for (size_t c = 0; c < x->C; c++)
        x->classes[c] = MAP_NONE;
    for (size_t i = 0; i < count; i++)
        for (uint32_t t = 0; t < examples[i]->history.length; t++) {
            uint32_t action = example_action(examples[i], t);
            if (action >= x->C)
                continue;
            x->classes[action] = 0;
            x->N++;
        }
    for (size_t c = 0; c < x->C; c++)
        if (x->classes[c] != MAP_NONE)
            x->classes[c] = (uint32_t)x->class_count++;
    x->S = x->class_count > 2 ? x->class_count : x->class_count == 2;
}

static enum status lay_out(struct logistic *x, const struct example *example,
                           struct likelihood *l, size_t at, struct error *err)
{
    const struct history *history = &example->history;

    for (uint32_t t = 0; t < history->length; t++, at++) {
        uint32_t event = event_at(x->events, history, t);
        l->rows[at][0] = u64map_add(&x->rows, event);
        l->rows[at][1] = MAP_NONE;
        if (t > 0)
            l->rows[at][1] = u64map_add(
                &x->rows, logistic_pair(event_at(x->events, history, t - 1), event));
        if (l->rows[at][0] == MAP_NONE || (t > 0 && l->rows[at][1] == MAP_NONE))
            return error_no_memory(err);
        l->rights[at] = right_class(x, example_action(example, t));
    }
    return STATUS_OK;
}

/* Everything but the scratch memory, whose size is known only afterwards. */
static enum status lay_out_all(struct logistic *x, const struct example *const *examples,
                               size_t count, struct likelihood *l, struct error *err)
{
    enum status status = STATUS_OK;

    l->count = count;
    l->N = x->N;
    l->S = x->S;
    l->starts = calloc(count + 1, sizeof *l->starts);
    if (l->starts == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        l->starts[i + 1] = l->starts[i] + examples[i]->history.length;
    l->rows = calloc(l->starts[count] + 1, sizeof *l->rows);
    l->rights = calloc(l->starts[count] + 1, sizeof *l->rights);
    if (l->rows == NULL || l->rights == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = lay_out(x, examples[i], l, l->starts[i], err);
    l->row_count = x->rows.count;
    return status;
}

/*
 * Counts of what is frequent are large and those of what is rare small, and a descent that
 * treats all weights alike takes thousands of steps.  So it walks in v = w / scale, where
 * the scale makes the curvature about 1 in every direction; the optimum is the same.  With
 * q the share of a class, the curvature of its weight of a row is about
 *
 *     (q (1 - q) * sum of x^2 + 1) / N
 */
struct descent {
    const struct likelihood *likelihood;
    double *scales, *w; /* [weights] */
    uint32_t iterations;
};

static double evaluate(void *context, const double *v, double *gradient, const int n,
                       const double step)
{
    const struct descent *d = context;
    double value;

    (void)step;
    for (int i = 0; i < n; i++)
        d->w[i] = v[i] * d->scales[i];
    value = likelihood_value(d->likelihood, d->w, gradient);
    for (int i = 0; i < n; i++)
        gradient[i] *= d->scales[i];
    return value;
}

static int count_iteration(void *context, const double *v, const double *gradient,
                           double value, double norm, double slope, double step, int n,
                           int iteration, int evaluations)
{
    struct descent *descent = context;

    (void)v, (void)gradient, (void)value, (void)norm, (void)slope, (void)step, (void)n;
    (void)evaluations;
    descent->iterations = (uint32_t)iteration;
    return 0;
}

static enum status find_scales(const struct likelihood *l, double *scales,
                               struct error *err)
{
    size_t places = l->starts[l->count];
    double *squares = calloc(l->row_count + 1, sizeof *squares);
    double *shares = calloc(l->S + 1, sizeof *shares), N = (double)l->N;
    enum status status = squares == NULL || shares == NULL
                             ? error_no_memory(err)
                             : likelihood_squares(l, squares, err);

    for (size_t i = 0; i < places && status == STATUS_OK; i++)
        if (l->rights[i] < l->S) /* of two classes the first stands for both */
            shares[l->rights[i]] += 1.0 / N;
    for (size_t row = 0; row <= l->row_count && status == STATUS_OK; row++)
        for (size_t c = 0; c < l->S; c++) {
            double square = row < l->row_count ? squares[row] : N;
            double spread = shares[c] * (1.0 - shares[c]) * square;
            scales[row * l->S + c] = sqrt(N / (spread + 1.0));
        }
    free(squares);
    free(shares);
    return status;
}

/* Large data gets fewer steps, so that a judging ends within minutes. */
static int iterations_of(const struct likelihood *l, double work)
{
    double most = work / ((double)l->S * (double)l->starts[l->count]);

    if (most >= ITERATIONS_MOST)
        return ITERATIONS_MOST;
    return most > ITERATIONS_LEAST ? (int)most : ITERATIONS_LEAST;
}

/* Go to the optimum from all zero. */
static enum status descend(struct logistic *x, struct likelihood *l, double work,
                           struct error *err)
{
    size_t weights = likelihood_weights(l);
    struct descent d = {.likelihood = l, .scales = calloc(weights, sizeof *d.scales)};
    lbfgs_parameter_t parameters;
    double *v = lbfgs_malloc((int)weights), least;
    enum status status = STATUS_NO_MEMORY;
    int code = LBFGSERR_OUTOFMEMORY;

    l->gradients = calloc(weights, LIKELIHOOD_CHUNKS * sizeof *l->gradients);
    l->rooms = calloc(l->S, LIKELIHOOD_CHUNKS * 3 * sizeof *l->rooms);
    x->w = d.w = calloc(weights, sizeof *x->w);
    if (v != NULL && l->gradients != NULL && l->rooms != NULL && x->w != NULL &&
        d.scales != NULL)
        status = find_scales(l, d.scales, err);
    if (status == STATUS_OK) {
        memset(v, 0, weights * sizeof *v);
        lbfgs_parameter_init(&parameters);
        parameters.m = MEMORY;
        parameters.epsilon = gradient_least;
        parameters.max_iterations = iterations_of(l, work);
        parameters.past = PAST;
        parameters.delta = gain_least;
        code = lbfgs((int)weights, v, &least, evaluate, count_iteration, &d, &parameters);
        for (size_t i = 0; i < weights; i++)
            x->w[i] = v[i] * d.scales[i];
    }
    x->has_converged =
        code == LBFGS_SUCCESS || code == LBFGS_STOP || code == LBFGS_ALREADY_MINIMIZED;
    x->iterations = d.iterations;
    lbfgs_free(v);
    free(d.scales);
    return code == LBFGSERR_OUTOFMEMORY ? error_no_memory(err) : STATUS_OK;
}

static enum status learn(struct logistic *x, const struct example *const *examples,
                         size_t count, struct likelihood *l, double work,
                         struct error *err)
{
    size_t weights;
    enum status status;

    x->classes = calloc(x->C, sizeof *x->classes);
    if (x->classes == NULL)
        return error_no_memory(err);
    find_classes(x, examples, count);
    if (x->S == 0) {
        x->has_converged = true;
        return STATUS_OK; /* nothing to tell apart */
    }
    status = lay_out_all(x, examples, count, l, err);
    if (status != STATUS_OK)
        return status;
    if (!size_multiply(l->row_count + 1, l->S, &weights) || weights > WEIGHTS_MOST)
        return error_set(err, STATUS_TOO_LARGE, "",
                         "%zu events and pairs by %zu actions: more than %d weights",
                         l->row_count, l->S, WEIGHTS_MOST);
    return descend(x, l, work, err);
}

struct logistic *logistic_learn(const struct example *const *examples, size_t count,
                                struct events events, size_t C, double work,
                                const struct crew *crew, struct error *err)
{
    struct likelihood likelihood = {.crew = crew};
    struct logistic *logistic = calloc(1, sizeof *logistic);

    if (logistic == NULL) {
        error_no_memory(err);
        return NULL;
    }
    logistic->C = C;
    logistic->events = events;
    if (learn(logistic, examples, count, &likelihood, work, err) != STATUS_OK) {
        logistic_free(logistic);
        logistic = NULL;
    }
    free(likelihood.starts);
    free(likelihood.rows);
    free(likelihood.rights);
    free(likelihood.gradients);
    free(likelihood.rooms);
    return logistic;
}

void logistic_free(struct logistic *logistic)
{
    if (logistic == NULL)
        return;
    u64map_release(&logistic->rows);
    free(logistic->classes);
    free(logistic->w);
    free(logistic);
}
