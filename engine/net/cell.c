/*
 * See cell.h.  The walk through time: forwards a row's state is carried to its next event,
 * and rows drop out at the end of the batch; from the end, rows join as their last event
 * comes up, with a state of zero.
 */
#include "net/cell.h"

#include <string.h>

#include "math/gemm.h"
#include "math/panels.h"

const struct cell *cell_find(enum cell_kind kind)
{
    static const struct cell *const cells[] = {
        [CELL_RNN] = &cell_rnn, [CELL_LSTM] = &cell_lstm, [CELL_GRU] = &cell_gru};

    return cells[kind];
}

bool pass_splits(const struct spec *spec)
{
    return spec->cell == CELL_GRU && spec->reset == RESET_AFTER;
}

static bool resets_before(const struct spec *spec)
{
    return spec->cell == CELL_GRU && spec->reset == RESET_BEFORE;
}

/* The i-th step of the walk forward in the pass's own direction. */
static uint32_t walk_step(const struct pass *pass, uint32_t i)
{
    return pass->is_reverse ? pass->packed->steps - 1 - i : i;
}

static struct cell_step make_step(const struct pass *pass, uint32_t t)
{
    size_t H = pass->spec->hidden, GH = spec_gates(pass->spec) * H;
    size_t place = pass->packed->offset[t];
    unsigned saved = cell_find((enum cell_kind)pass->spec->cell)->saved;

    return (struct cell_step){.rows = pass->packed->active[t],
                              .H = H,
                              .spec = pass->spec,
                              .u = pass->u,
                              .u_t = pass->u_t,
                              .c = pass->c,
                              .gx = pass->gx + place * GH,
                              .saved = pass->saved + place * saved * H,
                              .h_prev = pass->h_prev + place * H,
                              .rh = pass->rh + place * H};
}

/* Copy rows of H floats between arrays of different strides. */
static void copy_rows(size_t rows, size_t H, const float *from, size_t from_stride,
                      float *to, size_t to_stride)
{
    for (size_t row = 0; row < rows; row++)
        memcpy(to + row * to_stride, from + row * from_stride, H * sizeof *to);
}

static bool allocate(struct pass *pass, struct arena *arena)
{
    size_t H = pass->spec->hidden, GH = spec_gates(pass->spec) * H;
    size_t N = pass->packed->places;
    unsigned saved = cell_find((enum cell_kind)pass->spec->cell)->saved;

    pass->u_t = arena_take(arena, H * GH * sizeof(float));
    pass->saved = arena_take(arena, N * saved * H * sizeof(float));
    pass->h_prev = arena_take(arena, N * H * sizeof(float));
    pass->rh = pass->h_prev;
    if (resets_before(pass->spec))
        pass->rh = arena_take(arena, N * H * sizeof(float));
    return pass->u_t != NULL && pass->saved != NULL && pass->h_prev != NULL &&
           pass->rh != NULL;
}

enum status pass_forward(struct pass *pass, struct arena *arena, struct error *err)
{
    const struct cell *cell = cell_find((enum cell_kind)pass->spec->cell);
    const struct packed *packed = pass->packed;
    size_t H = pass->spec->hidden, GH = spec_gates(pass->spec) * H, B = packed->rows;
    float *state = arena_array(arena, B, H * sizeof(float));
    float *memory = arena_array(arena, B, H * sizeof(float));
    float *work = arena_take(arena, B * GH * sizeof(float));

    if (state == NULL || memory == NULL || work == NULL || !allocate(pass, arena))
        return error_no_memory(err);
    panels_transpose(GH, H, H, pass->u, pass->u_t);
    for (uint32_t i = 0; i < packed->steps; i++) {
        uint32_t t = walk_step(pass, i);
        struct cell_step step = make_step(pass, t);
        size_t place = packed->offset[t];
        memcpy(pass->h_prev + place * H, state, step.rows * H * sizeof *state);
        step.h = state;
        step.c_state = memory;
        step.work = work;
        cell->forward(&step);
        copy_rows(step.rows, H, state, H, pass->h + place * pass->stride, pass->stride);
    }
    return STATUS_OK;
}

/* dU and dc from the gates' gradients of all events at once. */
static void add_weight_gradients(const struct pass *pass, const float *dgh, float *du,
                                 float *dc)
{
    size_t H = pass->spec->hidden, GH = spec_gates(pass->spec) * H;
    size_t N = pass->packed->places;
    size_t plain = resets_before(pass->spec) ? 2 * H : GH;

    gemm_tn(plain, H, N, dgh, GH, pass->h_prev, H, 1.0f, du, H);
    if (plain < GH)
        gemm_tn(H, H, N, dgh + plain, GH, pass->rh, H, 1.0f, du + plain * H, H);
    for (size_t place = 0; place < N; place++)
        for (size_t j = 0; j < GH; j++)
            dc[j] += dgh[place * GH + j];
}

enum status pass_backward(const struct pass *pass, const float *dh, float *dgx,
                          float *dgh, float *du, float *dc, struct arena *arena,
                          struct error *err)
{
    const struct cell *cell = cell_find((enum cell_kind)pass->spec->cell);
    const struct packed *packed = pass->packed;
    size_t H = pass->spec->hidden, GH = spec_gates(pass->spec) * H, B = packed->rows;
    float *carried = arena_array(arena, B, H * sizeof(float));
    float *memory = arena_array(arena, B, H * sizeof(float));
    float *work = arena_take(arena, B * GH * sizeof(float));

    if (carried == NULL || memory == NULL || work == NULL)
        return error_no_memory(err);
    for (uint32_t i = packed->steps; i-- > 0;) {
        uint32_t t = walk_step(pass, i);
        struct cell_step step = make_step(pass, t);
        size_t place = packed->offset[t];
        for (size_t row = 0; row < step.rows; row++)
            for (size_t j = 0; j < H; j++)
                carried[row * H + j] += dh[(place + row) * pass->stride + j];
        step.dh = carried;
        step.dc = memory;
        step.dgx = dgx + place * GH;
        step.dgh = dgh + place * GH;
        step.work = work;
        cell->backward(&step);
    }
    add_weight_gradients(pass, dgh, du, dc);
    return STATUS_OK;
}
