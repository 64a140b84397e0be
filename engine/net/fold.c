/* See fold.h. */
#include "net/fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "math/panels.h"

static void rnn(size_t rows, const struct kernels *kernels, const struct recurrence *cell,
                const float *const *gx, float *h, float *c, float *work)
{
    (void)c;
    kernels->rnn_step(rows, cell, gx, h, work);
}

static void gru_after(size_t rows, const struct kernels *kernels,
                      const struct recurrence *cell, const float *const *gx, float *h,
                      float *c, float *work)
{
    (void)c;
    kernels->gru_after_step(rows, cell, gx, h, work);
}

static void gru_before(size_t rows, const struct kernels *kernels,
                       const struct recurrence *cell, const float *const *gx, float *h,
                       float *c, float *work)
{
    (void)c;
    kernels->gru_before_step(rows, cell, gx, h, work);
}

static void lstm(size_t rows, const struct kernels *kernels,
                 const struct recurrence *cell, const float *const *gx, float *h,
                 float *c, float *work)
{
    kernels->lstm_step(rows, cell, gx, h, c, work);
}

enum { FOLD_FLOATS = 1 << 28 }; /* a small file must not take all memory */

/* Takes floats off the front of the block, each piece on a 64-byte boundary. */
struct pieces {
    float *next;
    size_t floats; /* counted so far; next is NULL while only counting */
};

static float *take(struct pieces *pieces, size_t rows, size_t columns)
{
    float *piece = pieces->next == NULL ? NULL : pieces->next + pieces->floats;
    size_t floats;

    if (!size_multiply(rows, columns, &floats) || floats > SIZE_MAX / 64 ||
        pieces->floats > SIZE_MAX / 64)
        pieces->floats = SIZE_MAX / 8;
    else
        pieces->floats += (floats + 15) / 16 * 16;
    return piece;
}

static bool candidate_keeps_its_bias(const struct spec *spec)
{
    return spec->cell == CELL_GRU && spec->reset == RESET_AFTER;
}

/* b_ih + b_hh, but for the candidate of a GRU that resets after the product. */
static void sum_biases(const struct model *model, uint32_t l, uint32_t d, float *bias)
{
    const struct layout *layout = &model->layout;
    const float *ih = model_floats(model, params_recurrent(layout, l, d, BIAS_IH));
    const float *hh = model_floats(model, params_recurrent(layout, l, d, BIAS_HH));
    size_t H = model->spec.hidden, GH = spec_gates(&model->spec) * H;
    size_t summed = candidate_keeps_its_bias(&model->spec) ? 2 * H : GH;

    for (size_t j = 0; j < GH; j++)
        bias[j] = j < summed ? ih[j] + hh[j] : ih[j];
}

/* The rows of the k-th field's table; first_column is where its one-hot values begin. */
static void fill_table(const struct model *model, uint32_t d, uint32_t k,
                       size_t first_column, const float *bias, const float *w_ih,
                       float *table)
{
    const struct kernels *kernels = kernels_pick();
    const struct tensor *ih = params_recurrent(&model->layout, 0, d, WEIGHT_IH);
    size_t GH = ih->rows, E = model->spec.embedding;
    uint32_t rows = schema_rows(model->schema, k);

    memset(table, 0, rows * GH * sizeof *table);
    for (uint32_t v = 0; v < rows; v++, table += GH) {
        if (E > 0) {
            const float *row =
                model_floats(model, params_embedding(&model->layout, k)) + v * E;
            kernels->product(1, E, GH, w_ih, &row, &table);
        } else if (v >= SCHEMA_FIRST) {
            memcpy(table, w_ih + (first_column + v - SCHEMA_FIRST) * GH,
                   GH * sizeof *table);
        }
        for (size_t j = 0; bias != NULL && j < GH; j++)
            table[j] = bias[j] + table[j];
    }
}

/* Layer 0 of one direction; w_ih and bias are scratch that dies with the fold's making. */
static void fold_inputs(struct fold *fold, const struct model *model, uint32_t d,
                        struct pieces *pieces, const float **tables)
{
    const struct tensor *ih = params_recurrent(&model->layout, 0, d, WEIGHT_IH);
    size_t GH = fold->GH, first_column = 0;
    float *w_ih = take(pieces, ih->columns, GH);
    float *bias = take(pieces, 1, GH);

    if (w_ih != NULL) {
        panels_pack(GH, ih->columns, ih->columns, model_floats(model, ih), w_ih);
        sum_biases(model, 0, d, bias);
        fold->passes[d].w = w_ih + (size_t)(ih->columns - fold->F) * GH;
    }
    for (uint32_t k = 0; k < fold->K; k++) {
        uint32_t rows = schema_rows(model->schema, k);
        float *table = take(pieces, rows, GH);
        if (table != NULL)
            fill_table(model, d, k, first_column, k == 0 ? bias : NULL, w_ih, table);
        tables[d * fold->K + k] = table;
        first_column += rows - SCHEMA_FIRST;
    }
}

static void fold_recurrence(struct fold *fold, const struct model *model, uint32_t l,
                            uint32_t d, struct pieces *pieces)
{
    const struct layout *layout = &model->layout;
    struct fold_pass *pass = &fold->passes[l * fold->D + d];
    size_t H = fold->H, GH = fold->GH, below = (size_t)fold->D * H;
    float *u = take(pieces, H, GH), *bias, *w;

    pass->cell.hidden = H;
    pass->cell.u = u;
    pass->cell.update_writes = model->spec.update == UPDATE_WRITE;
    if (u != NULL)
        panels_pack(GH, H, H,
                    model_floats(model, params_recurrent(layout, l, d, WEIGHT_HH)), u);
    if (candidate_keeps_its_bias(&model->spec))
        pass->cell.c_n =
            model_floats(model, params_recurrent(layout, l, d, BIAS_HH)) + 2 * H;
    if (l == 0)
        return;
    bias = take(pieces, 1, GH);
    w = take(pieces, below, GH);
    if (w != NULL) {
        sum_biases(model, l, d, bias);
        panels_pack(GH, below, below,
                    model_floats(model, params_recurrent(layout, l, d, WEIGHT_IH)), w);
    }
    pass->bias = bias;
    pass->w = w;
}

/* Run twice: to count the floats, and to fill them. */
static size_t fold_all(struct fold *fold, const struct model *model, float *block,
                       const float **tables)
{
    struct pieces pieces = {block, 0};
    size_t width = (size_t)fold->D * fold->H;

    for (uint32_t d = 0; d < fold->D; d++)
        fold_inputs(fold, model, d, &pieces, tables);
    for (uint32_t l = 0; l < fold->L; l++)
        for (uint32_t d = 0; d < fold->D; d++)
            fold_recurrence(fold, model, l, d, &pieces);
    float *head = take(&pieces, width, fold->C);
    if (block != NULL)
        panels_pack(fold->C, width, width,
                    model_floats(model, params_head(&model->layout)), head);
    fold->head = head;
    return pieces.floats;
}

static void set_sizes(struct fold *fold, const struct model *model)
{
    const struct spec *spec = &model->spec;

    fold->K = model->schema->categories;
    fold->F = schema_inputs(model->schema);
    fold->H = spec->hidden;
    fold->GH = spec_gates(spec) * spec->hidden;
    fold->L = spec->layers;
    fold->D = spec->directions;
    fold->C = model->action_count;
    fold->head_bias = model_floats(model, params_head_bias(&model->layout));
    fold->inverse_temperature = 1.0f / model->temperature;
    fold->step = spec->cell == CELL_LSTM      ? lstm
                 : spec->cell == CELL_RNN     ? rnn
                 : spec->reset == RESET_AFTER ? gru_after
                                              : gru_before;
}

static struct fold *give_up(struct fold *fold, struct error *err)
{
    (void)error_no_memory(err);
    fold_free(fold);
    return NULL;
}

struct fold *fold_new(const struct model *model, struct error *err)
{
    struct fold *fold = calloc(1, sizeof *fold);
    const float **tables;
    size_t floats;

    if (fold == NULL) {
        error_no_memory(err);
        return NULL;
    }
    arena_init(&fold->arena, SIZE_MAX);
    set_sizes(fold, model);
    fold->passes =
        arena_array(&fold->arena, (size_t)fold->L * fold->D, sizeof *fold->passes);
    tables = arena_array(&fold->arena, (size_t)fold->D * fold->K, sizeof *tables);
    if (fold->passes == NULL || tables == NULL)
        return give_up(fold, err);
    floats = fold_all(fold, model, NULL, tables);
    if (floats > FOLD_FLOATS) {
        (void)error_set(err, STATUS_TOO_LARGE, "",
                        "its tables would take more than %d MiB",
                        FOLD_FLOATS / (1 << 18));
        fold_free(fold);
        return NULL;
    }
    fold->block = aligned_alloc(64, floats * sizeof *fold->block);
    if (fold->block == NULL)
        return give_up(fold, err);
    fold_all(fold, model, fold->block, tables);
    fold->tables = tables;
    return fold;
}

void fold_free(struct fold *fold)
{
    if (fold == NULL)
        return;
    free(fold->block);
    arena_release(&fold->arena);
    free(fold);
}

const float *fold_event(const struct fold *fold, const struct kernels *kernels,
                        uint32_t direction, const uint32_t *ids, const float *values,
                        float *room)
{
    const float *const *tables = fold->tables + (size_t)direction * fold->K;
    const float *first = tables[0] + (size_t)ids[0] * fold->GH;

    if (fold->K == 1 && fold->F == 0)
        return first;
    memcpy(room, first, fold->GH * sizeof *room);
    for (uint32_t k = 1; k < fold->K; k++) {
        const float *row = tables[k] + (size_t)ids[k] * fold->GH;
        for (uint32_t j = 0; j < fold->GH; j++)
            room[j] += row[j];
    }
    kernels->product(1, fold->F, fold->GH, fold->passes[direction].w, &values, &room);
    return room;
}
