/*
 * How a trained network behaves on some histories: whether its gates saturate, whether its units
 * vary, and how its gradient falls with distance.  For `triage check`.
 *
 * Activity.  A gate whose value is at an end of its range has a derivative near 0, so training
 * hardly changes it.  A unit of the final state that is the same for all histories carries no
 * information.
 *
 * Lags.  The norm of the gradient of the loss with respect to each event's input, by the
 * event's distance k to the last one:
 *
 *     dL/dx_{T-k} = dL/dh_T  dh_T/dh_{T-1} ... dh_{T-k+1}/dh_{T-k}  dh_{T-k}/dx_{T-k}
 *
 * The product in the middle has k factors.  If each multiplies the norm by 0.6, as is usual for
 * a plain cell, 0.6^12 = 0.002 of it is left after 12 steps: the early event is an input of the
 * network, but the network is not trained to use it.  Clipping does not help, because it only
 * makes gradients smaller (Hochreiter 1991; Bengio et al. 1994; Pascanu et al. 2013).  A gate that
 * keeps the state makes the factor nearly 1.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/model.h"
#include "train/adam.h"
#include "train/loss.h"
#include "train/network.h"
#include "trainer.h"

enum { ROWS = 16 }; /* histories that are run at once */

/* Run forward, without dropout, over count histories, at most ROWS; all is in the arena. */
static enum status run_histories(struct network_run *run,
                                 const struct trained_model *model,
                                 const struct history *histories, size_t count,
                                 struct arena *arena, struct error *err)
{
    const struct dropout none = {.random = NULL};
    const struct history *pointers[ROWS];
    struct packed_batch *batch = arena_alloc(arena, sizeof *batch);
    if (!batch)
        return error_no_memory(err);
    for (size_t b = 0; b < count; b++)
        pointers[b] = &histories[b];
    RETURN_IF_ERROR(packed_batch_init(batch, model->schema, pointers, count, arena, err));
    return network_forward(run, model, model->params, batch, none, arena, err);
}

/* Activity and lags are those of one network. */
static enum status check_single(const struct model *model, struct error *err)
{
    if (model->trained->task == TASK_CONTINUE)
        return error_set(
            err, STATUS_BAD_INPUT, "",
            "the model has an encoder and a decoder; this can be measured in "
            "a model of one network");
    if (model->trained->members == 1)
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT, "",
                     "the model has %u networks; this can be measured in a model of one",
                     (unsigned)model->trained->members);
}

/* ---- activity ------------------------------------------------------------------------ */

/* A gate is saturated in the lowest and in the highest hundredth of its range. */
static const double saturated_share = 0.01;

/* A unit is constant if its largest and smallest values differ by at most this. */
static const double constant_range = 1e-6;

/* Is the gate a tanh, with values from -1 to 1?  The others are sigmoids, from 0 to 1. */
static bool is_tanh(const struct spec *spec, uint32_t gate)
{
    return spec->cell == CELL_RNN || gate == 2; /* GRU: r, z, n; LSTM: i, f, g, o */
}

/* After forward, the first G*H floats of a row of saved are the values of the gates (cell.h). */
static size_t count_saturated(const struct network_run *run,
                              const struct rnn_layer *layer, uint32_t gate)
{
    const struct spec *spec = &run->model->spec;
    size_t H = spec->hidden, count = 0;
    bool is_signed = is_tanh(spec, gate);

    for (size_t event = 0; event < run->batch->events; event++) {
        const float *values = layer->saved + event * layer->saved_width + gate * H;
        for (size_t j = 0; j < H; j++) {
            double v = (double)values[j], share = is_signed ? (v + 1.0) / 2.0 : v;
            count += share < saturated_share || share > 1.0 - saturated_share;
        }
    }
    return count;
}

struct range {
    float least, most;
};

struct activity_measurement {
    const struct trained_model *model;
    struct range *ranges; /* of each number that the output layer reads */
    double saturated[4];  /* [G] saturated values so far */
    size_t events;        /* so far */
};

/* Extend the range of each unit by the final states of a run. */
static void extend_ranges(struct range *ranges, const struct network_run *run)
{
    size_t width = triage_spec_head_width(&run->model->spec);

    for (uint32_t b = 0; b < run->batch->rows; b++) {
        size_t row = network_logit_row(run, b, run->batch->lengths[b] - 1);
        for (size_t j = 0; j < width; j++) {
            float h = run->head_inputs[row * width + j];
            ranges[j].least = fminf(ranges[j].least, h);
            ranges[j].most = fmaxf(ranges[j].most, h);
        }
    }
}

/* Count the saturated values of at most ROWS histories, and extend the ranges. */
static enum status add_activity(struct activity_measurement *m,
                                const struct history *histories, size_t count,
                                struct error *err)
{
    const struct spec *spec = &m->model->spec;
    struct network_run run;
    struct arena arena;

    arena_init(&arena, SIZE_MAX);
    enum status status = run_histories(&run, m->model, histories, count, &arena, err);
    if (status != STATUS_OK)
        goto out;
    for (uint32_t i = 0; i < spec->layers * spec->directions; i++)
        for (uint32_t gate = 0; gate < triage_spec_gates(spec); gate++)
            m->saturated[gate] += (double)count_saturated(&run, &run.layers[i], gate);
    extend_ranges(m->ranges, &run);
    m->events += run.batch->events;
out:
    arena_release(&arena);
    return status;
}

enum status triage_activity_measure(struct activity *activity, const struct model *model,
                                    const struct history *histories, size_t count,
                                    struct error *err)
{
    RETURN_IF_ERROR(check_single(model, err));
    const struct spec *spec = &model->trained->spec;
    size_t width = triage_model_state_size(model);
    struct range *ranges = calloc(width, sizeof *ranges);
    struct activity_measurement m = {.model = model->trained, .ranges = ranges};
    enum status status = STATUS_OK;

    *activity = (struct activity){.constant = 0};
    if (!ranges)
        return error_no_memory(err);
    for (size_t j = 0; j < width; j++)
        ranges[j] = (struct range){.least = INFINITY, .most = -INFINITY};
    for (size_t i = 0; i < count; i += ROWS) {
        status =
            add_activity(&m, histories + i, count - i < ROWS ? count - i : ROWS, err);
        if (status != STATUS_OK)
            goto out;
    }
    double values = (double)m.events * spec->hidden * spec->layers * spec->directions;
    for (uint32_t gate = 0; gate < triage_spec_gates(spec); gate++)
        activity->saturated[gate] = m.saturated[gate] / (values > 0.0 ? values : 1.0);
    for (size_t j = 0; j < width; j++) {
        double range = (double)(ranges[j].most - ranges[j].least);
        activity->constant += !(range > constant_range); /* also if range is NaN */
    }
out:
    free(ranges);
    return status;
}

/* ---- lags ---------------------------------------------------------------------------- */

struct lag_measurement {
    const struct trained_model *model;
    uint32_t length;
    struct lags *lags;
    struct history *tails; /* [lags->histories] the last `length` events of each one */
    uint32_t *actions;     /* [lags->histories] the label after the last event */
    float *gradients;      /* [tensors.floats] of the current batch */
    struct arena *kept;    /* the caller's */
    struct arena scratch;  /* for at most ROWS histories */
};

/* Choose the examples that are long enough, and cut them to their last events. */
static enum status choose_tails(struct lag_measurement *m, const struct example *examples,
                                size_t count, struct error *err)
{
    uint32_t K = m->model->schema->categories, F = schema_inputs(m->model->schema);
    uint32_t C = m->model->action_count;

    m->tails = arena_array(m->kept, count, sizeof *m->tails);
    m->actions = arena_array(m->kept, count, sizeof *m->actions);
    if (!m->tails || !m->actions)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct history *whole = &examples[i].history;
        if (whole->length < m->length)
            continue;
        size_t first = whole->length - m->length, n = m->lags->histories++;
        uint32_t action = example_action(&examples[i], whole->length - 1);
        m->tails[n] =
            (struct history){.ids = whole->ids + first * K,
                             .values = F == 0 ? NULL : whole->values + first * F,
                             .length = m->length};
        m->actions[n] = action < C ? action : (uint32_t)(n % C);
    }
    if (m->lags->histories == 0)
        return error_set(err, STATUS_BAD_INPUT, "", "none of %zu histories has %u events",
                         count, (unsigned)m->length);
    return STATUS_OK;
}

/*
 * Add the norms of the input gradients to lags->norms.  All rows have the same length, so event t
 * of row b has index t * B + b.
 */
static enum status add_norms(struct lag_measurement *m, const struct network_run *run,
                             struct error *err)
{
    size_t B = run->batch->rows, width = m->model->tensors.input_width;
    const float *gradient = network_input_gradient(run, err);
    if (!gradient)
        return STATUS_NO_MEMORY;
    for (uint32_t lag = 0; lag < m->length; lag++)
        for (size_t b = 0; b < B; b++) {
            const float *dx = gradient + ((m->length - 1 - lag) * B + b) * width;
            double sum = 0.0;
            for (size_t j = 0; j < width; j++)
                sum += (double)dx[j] * (double)dx[j];
            m->lags->norms[lag] += sqrt(sum);
        }
    return STATUS_OK;
}

/* For at most ROWS tails from first on, add the norms by lag and the gradients. */
static enum status add_histories(struct lag_measurement *m, size_t first, size_t count,
                                 struct error *err)
{
    size_t C = m->model->action_count;
    struct network_run run;

    arena_reset(&m->scratch);
    RETURN_IF_ERROR(
        run_histories(&run, m->model, m->tails + first, count, &m->scratch, err));
    float *dlogits = arena_array(&m->scratch, run.logit_rows, C * sizeof *dlogits);
    if (!dlogits)
        return error_no_memory(err);
    for (uint32_t b = 0; b < run.batch->rows; b++) {
        size_t at = network_logit_row(&run, b, m->length - 1) * C;
        uint32_t action = m->actions[first + run.batch->order[b]];
        (void)loss_cross_entropy(run.logits + at, C, action, 1.0, dlogits + at);
    }
    RETURN_IF_ERROR(network_backward(&run, dlogits, m->gradients, err));
    return add_norms(m, &run, err);
}

/* Measure a batch as in training, of count tails from first on: the norm of its mean gradient. */
static enum status add_batch(struct lag_measurement *m, size_t first, size_t count,
                             double clip, struct error *err)
{
    size_t floats = m->model->tensors.floats;

    memset(m->gradients, 0, floats * sizeof *m->gradients);
    for (size_t i = 0; i < count; i += ROWS)
        RETURN_IF_ERROR(
            add_histories(m, first + i, count - i < ROWS ? count - i : ROWS, err));
    double norm = clip_norm(m->gradients, floats, 0.0) / (double)count;
    if (!isfinite(norm))
        return error_set(err, STATUS_NOT_FINITE, "", "a gradient is not a finite number");
    m->lags->batches++;
    m->lags->clipped += clip > 0.0 && norm > clip;
    m->lags->norm_largest = fmax(m->lags->norm_largest, norm);
    return STATUS_OK;
}

static enum status add_batches(struct lag_measurement *m, const struct training *training,
                               struct error *err)
{
    for (size_t i = 0; i < m->lags->histories; i += training->batch) {
        size_t left = m->lags->histories - i;
        RETURN_IF_ERROR(add_batch(m, i, left < training->batch ? left : training->batch,
                                  training->clip, err));
    }
    return STATUS_OK;
}

enum status triage_lags_measure(struct lags *lags, const struct model *model,
                                const struct training *training,
                                const struct example *examples, size_t count,
                                uint32_t length, struct arena *arena, struct error *err)
{
    struct lag_measurement m = {
        .model = model->trained, .length = length, .lags = lags, .kept = arena};

    RETURN_IF_ERROR(check_single(model, err));
    *lags = (struct lags){.length = length};
    lags->norms = arena_array(arena, length, sizeof *lags->norms);
    m.gradients = arena_array(arena, m.model->tensors.floats, sizeof *m.gradients);
    if (!lags->norms || !m.gradients)
        return error_no_memory(err);
    RETURN_IF_ERROR(choose_tails(&m, examples, count, err));
    arena_init(&m.scratch, SIZE_MAX);
    enum status status = add_batches(&m, training, err);
    arena_release(&m.scratch);
    RETURN_IF_ERROR(status);
    for (uint32_t lag = 0; lag < length; lag++)
        lags->norms[lag] /= (double)lags->histories;
    return STATUS_OK;
}
