/*
 * See cell.h.  The walk through time: forwards a row's state is carried to its next event,
 * and rows drop out at the end of the batch; from the end, rows join as their last event
 * comes up, with a state of zero.  A row that has just joined needs no recurrent product.
 */
#include "train/cell.h"
#include "base/error.h"

#include <string.h>

#include "train/gemm.h"

enum { LINE = 64 / sizeof(float) };

const struct cell *cell_find(enum cell_kind kind)
{
    static const struct cell *const cells[] = {
        [CELL_RNN] = &cell_rnn, [CELL_LSTM] = &cell_lstm, [CELL_GRU] = &cell_gru};

    return cells[kind];
}

void cell_product(const struct cell_step *s, const struct weights_part *part)
{
    const struct gates *g = &s->gates;

    s->kernels->product(g->rows_prev, part->rows, g->H, g->h_prev, g->H, part->forward,
                        g->saved + part->column, g->saved_stride);
}

void cell_product_back(const struct cell_step *s, const struct weights_part *part)
{
    const struct gates *g = &s->gates;

    s->kernels->product(g->rows_prev, g->H, part->rows, g->saved + part->column,
                        g->saved_stride, part->back, g->dh_prev, g->stride);
}

static bool resets_before(const struct spec *spec)
{
    return spec->cell == CELL_GRU && spec->reset == RESET_BEFORE;
}

enum status rnn_layer_start(struct rnn_layer *pass, struct arena *arena,
                            struct error *err)
{
    const struct spec *spec = pass->spec;
    size_t H = spec->hidden, N = pass->packed->places;
    bool keeps_its_bias = spec->cell == CELL_GRU && spec->reset == RESET_AFTER;

    pass->saved_width = cell_find((enum cell_kind)spec->cell)->saved * H + LINE;
    pass->saved = arena_floats(arena, N, pass->saved_width);
    pass->h_prev = arena_floats(arena, N, H);
    if (pass->saved == NULL || pass->h_prev == NULL)
        return error_no_memory(err);
    for (size_t place = 0; keeps_its_bias && place < N; place++)
        memcpy(pass->saved + place * pass->saved_width + 3 * H, pass->weights->c + 2 * H,
               H * sizeof *pass->saved);
    return STATUS_OK;
}

/* The i-th step of the walk forward in the pass's own direction. */
static uint32_t walk_step(const struct rnn_layer *pass, uint32_t i)
{
    return pass->is_reverse ? pass->packed->steps - 1 - i : i;
}

/* The i-th step but for its gradients; prev is the place of the step before, if any. */
static struct cell_step make_step(const struct rnn_layer *pass, uint32_t i, size_t *prev)
{
    const struct packed *packed = pass->packed;
    uint32_t t = walk_step(pass, i);
    size_t H = pass->spec->hidden, place = packed->offset[t], rows_prev = 0;

    if (i > 0) {
        uint32_t before = walk_step(pass, i - 1);
        rows_prev = packed->active[before] < packed->active[t] ? packed->active[before]
                                                               : packed->active[t];
        *prev = packed->offset[before];
    }
    return (struct cell_step){
        .kernels = pass->kernels,
        .parts = pass->weights->parts,
        .resets_before = resets_before(pass->spec),
        .gates = {.rows = packed->active[t],
                  .H = H,
                  .update_writes = pass->spec->update == UPDATE_WRITE,
                  .saved = pass->saved + place * pass->saved_width,
                  .saved_stride = pass->saved_width,
                  .h_prev = pass->h_prev + place * H,
                  .h = pass->h + place * pass->stride,
                  .stride = pass->stride,
                  .rows_prev = rows_prev}};
}

/* The states that a step starts from, out of the outputs of the one before. */
static void carry(const struct rnn_layer *pass, const struct gates *gates, size_t prev)
{
    size_t H = gates->H;
    float *to = pass->h_prev + (gates->h_prev - pass->h_prev);

    for (size_t row = 0; row < gates->rows_prev; row++)
        memcpy(to + row * H, pass->h + (prev + row) * pass->stride, H * sizeof *to);
    memset(to + gates->rows_prev * H, 0,
           (gates->rows - gates->rows_prev) * H * sizeof *to);
}

enum status rnn_layer_forward(struct rnn_layer *pass, struct arena *arena,
                              struct error *err)
{
    const struct cell *cell = cell_find((enum cell_kind)pass->spec->cell);
    size_t H = pass->spec->hidden, prev = 0;
    float *memory = arena_array(arena, pass->packed->rows, H * sizeof(float));

    if (memory == NULL)
        return error_no_memory(err);
    for (uint32_t i = 0; i < pass->packed->steps; i++) {
        struct cell_step step = make_step(pass, i, &prev);
        step.gates.memory = memory;
        carry(pass, &step.gates, prev);
        cell->forward(&step);
    }
    return STATUS_OK;
}

/* The gradients of the weights, from the gates' gradients of all events at once. */
static void add_weight_gradients(const struct rnn_layer *pass, float *sums, float *du,
                                 float *db, float *dc)
{
    const struct training_kernels *kernels = pass->kernels;
    size_t H = pass->spec->hidden, GH = triage_spec_gates(pass->spec) * H;
    size_t N = pass->packed->places, width = pass->saved_width;

    kernels->add_rows(N, width - LINE, pass->saved, width, sums);
    for (size_t i = 0; i < pass->weights->part_count; i++) {
        const struct weights_part *part = &pass->weights->parts[i];
        bool saw_reset = i == 1 && resets_before(pass->spec); /* its product saw r * h */
        gemm_tn(kernels, part->rows, H, N, pass->saved + part->column, width,
                saw_reset ? pass->saved + 3 * H : pass->h_prev, saw_reset ? width : H,
                du + part->first * H, H);
        for (size_t j = 0; j < part->rows; j++)
            dc[part->first + j] += sums[part->column + j];
    }
    for (size_t j = 0; j < GH; j++)
        db[j] += sums[j];
}

enum status rnn_layer_backward(const struct rnn_layer *pass, float *dh, float *du,
                               float *db, float *dc, struct arena *arena,
                               struct error *err)
{
    const struct cell *cell = cell_find((enum cell_kind)pass->spec->cell);
    size_t H = pass->spec->hidden, B = pass->packed->rows, prev = 0;
    float *memory = arena_array(arena, B, H * sizeof(float));
    float *work = arena_floats(arena, B, H);
    float *scratch = arena_array(arena, H, sizeof(float));
    float *sums = arena_array(arena, pass->saved_width, sizeof(float));

    if (memory == NULL || work == NULL || scratch == NULL || sums == NULL)
        return error_no_memory(err);
    for (uint32_t i = pass->packed->steps; i-- > 0;) {
        struct cell_step step = make_step(pass, i, &prev);
        size_t place = pass->packed->offset[walk_step(pass, i)];
        step.gates.dh = dh + place * pass->stride;
        step.gates.dh_prev = dh + prev * pass->stride;
        step.gates.dmemory = memory;
        step.gates.scratch = scratch;
        step.work = work;
        cell->backward(&step);
    }
    add_weight_gradients(pass, sums, du, db, dc);
    return STATUS_OK;
}
