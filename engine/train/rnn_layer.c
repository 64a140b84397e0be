/*
 * An rnn layer run through time.
 *
 * In the first direction, the state of a row is carried to its next event, and a row leaves after
 * its last event.  In the reverse direction a row joins at its last event, with a state of zero.
 * A row without a previous state needs no recurrent product.
 */
#include "train/rnn_layer.h"

#include <string.h>

#include "train/gemm.h"

enum { CACHE_LINE_FLOATS = 64 / sizeof(float) };

enum status rnn_layer_start(struct rnn_layer *layer, struct arena *arena,
                            struct error *err)
{
    const struct spec *spec = layer->spec;
    size_t H = spec->hidden, N = layer->batch->events;

    layer->saved_width = layer->kernels->cells[spec->cell]->saved * H + CACHE_LINE_FLOATS;
    layer->saved = arena_floats(arena, N, layer->saved_width);
    layer->h_prev = arena_floats(arena, N, H);
    if (!layer->saved || !layer->h_prev)
        return error_no_memory(err);
    bool has_q = spec->cell == CELL_GRU && spec->reset == RESET_AFTER;
    for (size_t event = 0; has_q && event < N; event++) /* q starts from b_hh_n */
        memcpy(layer->saved + event * layer->saved_width + 3 * H,
               layer->weights->b_hh + 2 * H, H * sizeof *layer->saved);
    return STATUS_OK;
}

/* The step t of the batch that the layer runs as its i-th. */
static uint32_t time_of(const struct rnn_layer *layer, uint32_t i)
{
    return layer->is_reverse ? layer->batch->steps - 1 - i : i;
}

/* The index of the first event of the i-th step. */
static size_t first_event(const struct rnn_layer *layer, uint32_t i)
{
    return layer->batch->offset[time_of(layer, i)];
}

/* The same for the step before the i-th; 0 if there is none. */
static size_t first_previous_event(const struct rnn_layer *layer, uint32_t i)
{
    return i == 0 ? 0 : first_event(layer, i - 1);
}

/* The members of the i-th step that forward and backward share. */
static struct cell_step make_step(const struct rnn_layer *layer, uint32_t i)
{
    const uint32_t *batch_sizes = layer->batch->batch_sizes;
    size_t H = layer->spec->hidden, event = first_event(layer, i);
    uint32_t rows = batch_sizes[time_of(layer, i)];
    uint32_t rows_at_start = layer->h_start ? layer->batch->rows : 0;
    uint32_t rows_before = i == 0 ? rows_at_start : batch_sizes[time_of(layer, i - 1)];

    return (struct cell_step){
        .kernels = layer->kernels,
        .parts = layer->weights->parts,
        .reset = (enum reset)layer->spec->reset,
        .update = (enum update)layer->spec->update,
        .rows = rows,
        .rows_prev = rows_before < rows ? rows_before : rows,
        .H = H,
        .saved = layer->saved + event * layer->saved_width,
        .saved_stride = layer->saved_width,
        .h_prev = layer->h_prev + event * H,
        .h = layer->h + event * layer->stride,
        .stride = layer->stride,
    };
}

/* Set h_prev of the i-th step from the outputs of the step before. */
static void carry_states(const struct rnn_layer *layer, uint32_t i,
                         const struct cell_step *step)
{
    size_t H = step->H, previous = first_previous_event(layer, i);
    float *h_prev = layer->h_prev + first_event(layer, i) * H;

    if (i == 0 && layer->h_start)
        memcpy(h_prev, layer->h_start, step->rows * H * sizeof *h_prev);
    for (size_t row = 0; i > 0 && row < step->rows_prev; row++)
        memcpy(h_prev + row * H, layer->h + (previous + row) * layer->stride,
               H * sizeof *h_prev);
    memset(h_prev + step->rows_prev * H, 0,
           (step->rows - step->rows_prev) * H * sizeof *h_prev);
}

enum status rnn_layer_forward(struct rnn_layer *layer, struct arena *arena,
                              struct error *err)
{
    const struct cell *cell = layer->kernels->cells[layer->spec->cell];
    size_t H = layer->spec->hidden;
    float *c = arena_array(arena, layer->batch->rows, H * sizeof *c);
    if (!c)
        return error_no_memory(err);
    if (layer->c_start)
        memcpy(c, layer->c_start, layer->batch->rows * H * sizeof *c);
    for (uint32_t i = 0; i < layer->batch->steps; i++) {
        struct cell_step step = make_step(layer, i);
        step.c = c;
        carry_states(layer, i, &step);
        cell->forward(&step);
        if (layer->c)
            memcpy(layer->c + first_event(layer, i) * H, c, step.rows * H * sizeof *c);
    }
    return STATUS_OK;
}

/* Add the gradients of U and the biases, from the gradients of the sums of all events. */
static void add_weight_gradients(const struct rnn_layer *layer, float *column_sums,
                                 struct rnn_layer_gradients gradients)
{
    const struct training_kernels *kernels = layer->kernels;
    const struct spec *spec = layer->spec;
    size_t H = spec->hidden, GH = triage_spec_gates(spec) * H;
    size_t N = layer->batch->events, width = layer->saved_width;

    kernels->add_rows(N, width - CACHE_LINE_FLOATS, layer->saved, width, column_sums);
    for (size_t i = 0; i < layer->weights->part_count; i++) {
        const struct recurrent_part *part = &layer->weights->parts[i];
        /* The candidate of a GRU with reset before is multiplied by r * h, not by h. */
        bool uses_reset_state =
            spec->cell == CELL_GRU && spec->reset == RESET_BEFORE && i == 1;
        const float *h = uses_reset_state ? layer->saved + 3 * H : layer->h_prev;
        gemm_tn(kernels, part->rows, H, N, layer->saved + part->column, width, h,
                uses_reset_state ? width : H, gradients.du + part->first * H, H);
        for (size_t j = 0; j < part->rows; j++)
            gradients.db_hh[part->first + j] += column_sums[part->column + j];
    }
    for (size_t j = 0; j < GH; j++)
        gradients.db_ih[j] += column_sums[j];
}

/* Add dc of the events of a step to the gradients of the rows' cell states after it. */
static void add_cell_gradients(const struct rnn_layer *layer, uint32_t i,
                               const struct cell_step *step, const float *dc)
{
    const float *from = dc + first_event(layer, i) * step->H;
    for (size_t j = 0; j < step->rows * step->H; j++)
        step->dc[j] += from[j];
}

enum status rnn_layer_backward(const struct rnn_layer *layer, float *dh,
                               struct rnn_layer_states states,
                               struct rnn_layer_gradients gradients, struct arena *arena,
                               struct error *err)
{
    const struct cell *cell = layer->kernels->cells[layer->spec->cell];
    size_t H = layer->spec->hidden, B = layer->batch->rows;
    float *dc = arena_array(arena, B, H * sizeof *dc);
    float *drh = arena_floats(arena, B, H);
    float *ignored = arena_array(arena, H, sizeof *ignored);
    float *column_sums = arena_array(arena, layer->saved_width, sizeof *column_sums);
    if (!dc || !drh || !ignored || !column_sums)
        return error_no_memory(err);
    for (uint32_t i = layer->batch->steps; i-- > 0;) {
        struct cell_step step = make_step(layer, i);
        step.dh = dh + first_event(layer, i) * layer->stride;
        step.dh_prev = i == 0 && layer->h_start
                           ? states.dh_start
                           : dh + first_previous_event(layer, i) * layer->stride;
        step.dc = dc;
        step.drh = drh;
        step.ignored = ignored;
        if (states.dc)
            add_cell_gradients(layer, i, &step, states.dc);
        cell->backward(&step);
    }
    if (states.dc_start)
        memcpy(states.dc_start, dc, B * H * sizeof *dc);
    add_weight_gradients(layer, column_sums, gradients);
    return STATUS_OK;
}
