/*
 * Logistic regression on counts: the loss and its gradient, training, prediction.  The only file
 * that calls libLBFGS.
 */
#include "eval/logistic.h"

#include <lbfgs.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

enum {
    MAX_WEIGHTS = 1 << 20,
    MAX_ITERATIONS = 500,
    MIN_ITERATIONS = 50,
    CORRECTIONS = 20, /* steps from which L-BFGS estimates the curvature */
    PAST = 10         /* iterations over which the decrease of f is measured */
};

/* Training stops when the norm of the gradient is below this times max(1, norm of v). */
static const double min_gradient = 1e-5;

/* Training stops when f has decreased by less than this, relative to f, in PAST iterations. */
static const double min_decrease = 1e-6;

/*
 * Replace the logit of the second of two classes by its probability.  Returns -ln of the
 * probability of the label (0 for MAP_NONE).
 */
static double sigmoid(double *logit, uint32_t label)
{
    double z = *logit, loss = label == 1 ? -z : z;

    *logit = 1.0 / (1.0 + exp(-z));
    if (label == MAP_NONE)
        return 0.0;
    return loss > 0.0 ? loss + log1p(exp(-loss)) : log1p(exp(loss));
}

/*
 * Replace S logits by probabilities; if S is 1, by the probability of the second class.  Returns
 * -ln of the probability of the label (0 for MAP_NONE).
 */
static double softmax(double *logits, size_t S, uint32_t label)
{
    double largest = logits[0], sum = 0.0;

    if (S == 1)
        return sigmoid(logits, label);
    for (size_t c = 1; c < S; c++)
        largest = logits[c] > largest ? logits[c] : largest;
    double logit = label == MAP_NONE ? 0.0 : logits[label] - largest;
    for (size_t c = 0; c < S; c++) {
        logits[c] = exp(logits[c] - largest);
        sum += logits[c];
    }
    for (size_t c = 0; c < S; c++)
        logits[c] /= sum;
    return label == MAP_NONE ? 0.0 : log(sum) - logit;
}

/* Add sign * from [S] to to [S]. */
static void add(double *to, const double *from, double sign, size_t S)
{
    for (size_t c = 0; c < S; c++)
        to[c] += sign * from[c];
}

/* Add sign * from [S] to the rows of an event in table [row_count + 1][S]. */
static void add_to_rows(double *table, const uint32_t rows[2], const double *from,
                        double sign, size_t S)
{
    for (int i = 0; i < 2; i++)
        if (rows[i] != MAP_NONE)
            add(table + rows[i] * S, from, sign, S);
}

/* Set residual to softmax(z) - one-hot(label), the gradient of the loss.  Returns the loss. */
static double compute_residual(const double *z, size_t S, uint32_t label,
                               double *residual)
{
    memcpy(residual, z, S * sizeof *z);
    double loss = softmax(residual, S, label);
    if (S == 1)
        residual[0] -= label == 1 ? 1.0 : 0.0;
    else
        residual[label] -= 1.0;
    return loss;
}

/*
 * Add the gradient of the loss of one example, and return the loss.  The rows of event i are part
 * of the logits at i and at every later position, so their gradient is the sum of the residuals
 * from i on: the sum of all residuals minus those before i.
 */
static double add_example(const struct likelihood *l, const double *w, size_t example,
                          double *gradient, double *scratch)
{
    size_t S = l->S, first = l->starts[example], end = l->starts[example + 1];
    double *z = scratch, *residual = scratch + S, *total = scratch + 2 * S;
    double loss = 0.0;
    bool has_total = false; /* total is not 0 */

    memcpy(z, w + l->row_count * S, S * sizeof *z);
    memset(total, 0, S * sizeof *total);
    for (size_t i = first; i < end; i++) {
        for (int j = 0; j < 2; j++)
            if (l->rows[i][j] != MAP_NONE)
                add(z, w + l->rows[i][j] * S, 1.0, S);
        if (has_total)
            add_to_rows(gradient, l->rows[i], total, -1.0, S);
        if (l->labels[i] == MAP_NONE)
            continue;
        loss += compute_residual(z, S, l->labels[i], residual);
        add(total, residual, 1.0, S);
        has_total = true;
    }
    for (size_t i = first; i < end && has_total; i++)
        add_to_rows(gradient, l->rows[i], total, 1.0, S);
    add(gradient + l->row_count * S, total, 1.0, S);
    return loss;
}

/* A call of likelihood_value. */
struct value_call {
    const struct likelihood *likelihood;
    const double *w;
    double losses[LIKELIHOOD_CHUNKS]; /* results */
};

static void add_chunk(void *context, size_t chunk)
{
    struct value_call *call = context;
    const struct likelihood *l = call->likelihood;
    size_t weights = likelihood_weights(l);
    double *gradient = l->gradients + chunk * weights;
    double *scratch = l->logits + chunk * 3 * l->S, loss = 0.0;

    memset(gradient, 0, weights * sizeof *gradient);
    for (size_t i = l->count * chunk / LIKELIHOOD_CHUNKS;
         i < l->count * (chunk + 1) / LIKELIHOOD_CHUNKS; i++)
        loss += add_example(l, call->w, i, gradient, scratch);
    call->losses[chunk] = loss;
}

double likelihood_value(const struct likelihood *likelihood, const double *w,
                        double *gradient)
{
    struct value_call call = {.likelihood = likelihood, .w = w};
    size_t weights = likelihood_weights(likelihood), bias = weights - likelihood->S;
    double scale = 1.0 / (double)likelihood->N, loss = 0.0, square = 0.0;

    workers_run(likelihood->workers, add_chunk, &call, LIKELIHOOD_CHUNKS);
    for (size_t chunk = 0; chunk < LIKELIHOOD_CHUNKS; chunk++)
        loss += call.losses[chunk];
    for (size_t i = 0; i < weights; i++) {
        double slope = i < bias ? w[i] : 0.0;
        for (size_t chunk = 0; chunk < LIKELIHOOD_CHUNKS; chunk++)
            slope += likelihood->gradients[chunk * weights + i];
        gradient[i] = scale * slope;
        square += i < bias ? w[i] * w[i] : 0.0;
    }
    return scale * (loss + square / 2.0);
}

/*
 * Add the squares of one example.  When a count grows from x to x + 1, its square grows by 2x + 1
 * at this and every later position.  counts [row_count] is scratch, all zero before and after.
 */
static void add_squares(const struct likelihood *l, size_t example, uint32_t *counts,
                        double *squares)
{
    size_t first = l->starts[example], end = l->starts[example + 1], positions = 0;

    for (size_t i = first; i < end; i++)
        positions += l->labels[i] != MAP_NONE;
    for (size_t i = first; i < end; i++) {
        for (int j = 0; j < 2; j++) {
            uint32_t row = l->rows[i][j];
            if (row != MAP_NONE)
                squares[row] += (2.0 * counts[row]++ + 1.0) * (double)positions;
        }
        positions -= l->labels[i] != MAP_NONE;
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

    if (!counts)
        return error_no_memory(err);
    memset(squares, 0, likelihood->row_count * sizeof *squares);
    for (size_t i = 0; i < likelihood->count; i++)
        add_squares(likelihood, i, counts, squares);
    free(counts);
    return STATUS_OK;
}

/* Make a class of each action that is a label in the examples, in the order of the actions. */
static void find_classes(struct logistic *logistic, const struct logistic_data *data)
{
    for (size_t c = 0; c < logistic->C; c++)
        logistic->classes[c] = MAP_NONE;
    for (size_t i = 0; i < data->count; i++)
        for (uint32_t t = 0; t < data->examples[i]->history.length; t++) {
            uint32_t action = example_action(data->examples[i], t);
            if (action >= logistic->C)
                continue;
            logistic->classes[action] = 0;
            logistic->N++;
        }
    for (size_t c = 0; c < logistic->C; c++)
        if (logistic->classes[c] != MAP_NONE)
            logistic->classes[c] = (uint32_t)logistic->class_count++;
    if (logistic->class_count > 2)
        logistic->S = logistic->class_count;
    else
        logistic->S = logistic->class_count == 2 ? 1 : 0;
}

/* The key of a pair in the map of rows.  The key of an event is its id, below 2^32. */
static uint64_t pair_key(uint32_t previous, uint32_t event)
{
    return UINT64_C(1) << 63 | (uint64_t)previous << 32 | event;
}

/*
 * Set the rows and labels of an example, whose first event has the index at.  New events and pairs
 * get new rows.
 */
static enum status lay_out_example(struct logistic *logistic, struct likelihood *l,
                                   const struct example *example, size_t at,
                                   struct error *err)
{
    uint32_t previous = 0;

    for (uint32_t t = 0; t < example->history.length; t++, at++) {
        uint32_t event = event_id(logistic->ids, &example->history, t);
        uint32_t action = example_action(example, t);
        l->rows[at][0] = u64map_add(&logistic->rows, event);
        l->rows[at][1] = MAP_NONE;
        if (t > 0)
            l->rows[at][1] = u64map_add(&logistic->rows, pair_key(previous, event));
        if (l->rows[at][0] == MAP_NONE || (t > 0 && l->rows[at][1] == MAP_NONE))
            return error_no_memory(err);
        l->labels[at] =
            action < logistic->C ? logistic->classes[action] : (uint32_t)MAP_NONE;
        previous = event;
    }
    return STATUS_OK;
}

/* Set the members of l, except gradients and logits: their sizes are known only afterwards. */
static enum status lay_out(struct logistic *logistic, struct likelihood *l,
                           const struct logistic_data *data, struct error *err)
{
    l->count = data->count;
    l->N = logistic->N;
    l->S = logistic->S;
    l->starts = calloc(l->count + 1, sizeof *l->starts);
    if (!l->starts)
        return error_no_memory(err);
    for (size_t i = 0; i < l->count; i++)
        l->starts[i + 1] = l->starts[i] + data->examples[i]->history.length;
    l->rows = calloc(l->starts[l->count] + 1, sizeof *l->rows);
    l->labels = calloc(l->starts[l->count] + 1, sizeof *l->labels);
    if (!l->rows || !l->labels)
        return error_no_memory(err);
    for (size_t i = 0; i < l->count; i++)
        RETURN_IF_ERROR(
            lay_out_example(logistic, l, data->examples[i], l->starts[i], err));
    l->row_count = logistic->rows.count;
    return STATUS_OK;
}

/*
 * The optimiser works on v = w / scale.  Frequent features have large counts and rare ones small
 * counts; without scales it would take thousands of iterations.  With scales of 1 / sqrt(curvature)
 * the curvature is about 1 in every direction, and the minimum is the same.  The curvature of the
 * weight of a feature x for a class with the share q of all labels is about
 *
 *     (q (1 - q) * sum of x^2 + 1) / N
 */
struct optimisation {
    const struct likelihood *likelihood;
    double *scales; /* [weights] */
    double *w;      /* [weights] scratch: v * scale */
    uint32_t iterations;
};

static enum status compute_scales(const struct likelihood *l, double *scales,
                                  struct error *err)
{
    double *squares = calloc(l->row_count + 1, sizeof *squares);
    double *shares = calloc(l->S + 1, sizeof *shares), N = (double)l->N;
    enum status status =
        squares && shares ? likelihood_squares(l, squares, err) : error_no_memory(err);

    if (status != STATUS_OK)
        goto out;
    squares[l->row_count] = N; /* the feature of the bias is 1 */
    for (size_t i = 0; i < l->starts[l->count]; i++)
        if (l->labels[i] <
            l->S) /* of two classes, class 0: q (1 - q) is the same for both */
            shares[l->labels[i]] += 1.0 / N;
    for (size_t row = 0; row <= l->row_count; row++)
        for (size_t c = 0; c < l->S; c++) {
            double curvature = shares[c] * (1.0 - shares[c]) * squares[row];
            scales[row * l->S + c] = sqrt(N / (curvature + 1.0));
        }
out:
    free(squares);
    free(shares);
    return status;
}

/* lbfgs_evaluate_t: returns f at v, and sets its gradient with respect to v. */
static double evaluate_at(void *context, const double *v, double *gradient, const int n,
                          const double step)
{
    const struct optimisation *optimisation = context;

    (void)step;
    for (int i = 0; i < n; i++)
        optimisation->w[i] = v[i] * optimisation->scales[i];
    double value = likelihood_value(optimisation->likelihood, optimisation->w, gradient);
    for (int i = 0; i < n; i++)
        gradient[i] *= optimisation->scales[i];
    return value;
}

/* lbfgs_progress_t: called after each iteration; 0 to go on. */
static int count_iteration(void *context, const double *v, const double *gradient,
                           double value, double norm, double slope, double step, int n,
                           int iteration, int evaluations)
{
    struct optimisation *optimisation = context;

    (void)v, (void)gradient, (void)value, (void)norm, (void)slope, (void)step, (void)n;
    (void)evaluations;
    optimisation->iterations = (uint32_t)iteration;
    return 0;
}

/* Fewer iterations for large data, so that an evaluation takes minutes at most. */
static int limit_iterations(const struct likelihood *l, double max_logits)
{
    double limit = max_logits / ((double)l->S * (double)l->starts[l->count]);

    if (limit >= MAX_ITERATIONS)
        return MAX_ITERATIONS;
    return limit > MIN_ITERATIONS ? (int)limit : MIN_ITERATIONS;
}

/* Minimise f from all weights 0.  It is not a failure if L-BFGS stops before the minimum. */
static enum status optimise(struct logistic *logistic, struct likelihood *l,
                            double max_logits, struct error *err)
{
    size_t weights = likelihood_weights(l);
    struct optimisation optimisation = {
        .likelihood = l, .scales = calloc(weights, sizeof *optimisation.scales)};
    double *v = lbfgs_malloc((int)weights), minimum;
    enum status status = STATUS_OK;
    lbfgs_parameter_t parameters;

    l->gradients = calloc(weights, LIKELIHOOD_CHUNKS * sizeof *l->gradients);
    l->logits = calloc(l->S, LIKELIHOOD_CHUNKS * 3 * sizeof *l->logits);
    logistic->w = calloc(weights, sizeof *logistic->w);
    if (!v || !l->gradients || !l->logits || !logistic->w || !optimisation.scales) {
        status = error_no_memory(err);
        goto out;
    }
    optimisation.w = logistic->w;
    status = compute_scales(l, optimisation.scales, err);
    if (status != STATUS_OK)
        goto out;
    memset(v, 0, weights * sizeof *v);
    lbfgs_parameter_init(&parameters);
    parameters.m = CORRECTIONS;
    parameters.epsilon = min_gradient;
    parameters.max_iterations = limit_iterations(l, max_logits);
    parameters.past = PAST;
    parameters.delta = min_decrease;
    int code = lbfgs((int)weights, v, &minimum, evaluate_at, count_iteration,
                     &optimisation, &parameters);
    if (code == LBFGSERR_OUTOFMEMORY) {
        status = error_no_memory(err);
        goto out;
    }
    for (size_t i = 0; i < weights; i++)
        logistic->w[i] = v[i] * optimisation.scales[i];
    logistic->has_converged =
        code == LBFGS_SUCCESS || code == LBFGS_STOP || code == LBFGS_ALREADY_MINIMIZED;
    logistic->iterations = optimisation.iterations;
out:
    lbfgs_free(v);
    free(optimisation.scales);
    return status;
}

static enum status train(struct logistic *logistic, struct likelihood *l,
                         const struct logistic_data *data, struct error *err)
{
    size_t weights;

    logistic->classes = calloc(logistic->C, sizeof *logistic->classes);
    if (!logistic->classes)
        return error_no_memory(err);
    find_classes(logistic, data);
    if (logistic->S == 0) { /* at most one class: nothing to train */
        logistic->has_converged = true;
        return STATUS_OK;
    }
    RETURN_IF_ERROR(lay_out(logistic, l, data, err));
    if (!size_multiply(l->row_count + 1, l->S, &weights) || weights > MAX_WEIGHTS)
        return error_set(err, STATUS_TOO_LARGE, "",
                         "%zu events and pairs by %zu actions: more than %d weights",
                         l->row_count, l->S, MAX_WEIGHTS);
    return optimise(logistic, l, data->max_logits, err);
}

struct logistic *logistic_train(const struct logistic_data *data, struct error *err)
{
    struct likelihood likelihood = {.workers = data->workers};
    struct logistic *logistic = calloc(1, sizeof *logistic);

    if (!logistic) {
        error_no_memory(err);
        return NULL;
    }
    logistic->C = data->C;
    logistic->ids = data->ids;
    if (train(logistic, &likelihood, data, err) != STATUS_OK) {
        logistic_free(logistic);
        logistic = NULL;
    }
    free(likelihood.starts);
    free(likelihood.rows);
    free(likelihood.labels);
    free(likelihood.gradients);
    free(likelihood.logits);
    return logistic;
}

void logistic_free(struct logistic *logistic)
{
    if (!logistic)
        return;
    u64map_release(&logistic->rows);
    free(logistic->classes);
    free(logistic->w);
    free(logistic);
}

void logistic_begin(const struct logistic *logistic, struct logistic_state *state)
{
    state->has_previous = false;
    if (logistic->S > 0)
        memcpy(state->logits, logistic->w + logistic->rows.count * logistic->S,
               logistic->S * sizeof *state->logits);
}

/* Add the row of an event or a pair; those that were not in the training data have none. */
static void add_row(const struct logistic *logistic, struct logistic_state *state,
                    uint64_t key)
{
    uint32_t row = u64map_find(&logistic->rows, key);

    if (row != MAP_NONE && logistic->S > 0)
        add(state->logits, logistic->w + row * logistic->S, 1.0, logistic->S);
}

void logistic_step(const struct logistic *logistic, struct logistic_state *state,
                   uint32_t event)
{
    add_row(logistic, state, event);
    if (state->has_previous)
        add_row(logistic, state, pair_key(state->previous, event));
    state->previous = event;
    state->has_previous = true;
}

/* Set q [C] to the probability of each action; 0 for an action that is not a class. */
static void compute_classes(const struct logistic *logistic, const double *logits,
                            double *q)
{
    memset(q, 0, logistic->C * sizeof *q);
    if (logistic->class_count > 2) {
        memcpy(q, logits, logistic->S * sizeof *q);
        (void)softmax(q, logistic->S, MAP_NONE);
    } else if (logistic->class_count == 2) {
        q[1] = logits[0];
        (void)softmax(&q[1], 1, MAP_NONE);
        q[0] = 1.0 - q[1];
    } else {
        q[0] = 1.0;
    }
    /* Move from classes to actions, in place: backwards, because a class is at most its action. */
    for (size_t c = logistic->C; c-- > 0;)
        q[c] = logistic->classes[c] == MAP_NONE ? 0.0 : q[logistic->classes[c]];
}

void logistic_predict(const struct logistic *logistic, const struct logistic_state *state,
                      double *p)
{
    double N = (double)logistic->N, even = 1.0 / (double)logistic->C;

    compute_classes(logistic, state->logits, p);
    for (size_t c = 0; c < logistic->C; c++)
        p[c] = (N * p[c] + even) / (N + 1.0);
}
