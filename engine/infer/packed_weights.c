/* See fold.h. */
#include "infer/packed_weights.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"

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

static bool resets_before(const struct spec *spec)
{
    return spec->cell == CELL_GRU && spec->reset == RESET_BEFORE;
}

/* b_ih + b_hh, but for the candidate of a GRU that resets after the product. */
static void sum_biases(const struct trained_model *model, uint32_t l, uint32_t d,
                       float *bias)
{
    const struct tensor_list *tensors = &model->tensors;
    const float *ih =
        trained_model_floats(model, tensors_recurrent(tensors, l, d, BIAS_IH));
    const float *hh =
        trained_model_floats(model, tensors_recurrent(tensors, l, d, BIAS_HH));
    size_t H = model->spec.hidden, GH = triage_spec_gates(&model->spec) * H;
    size_t summed = candidate_keeps_its_bias(&model->spec) ? 2 * H : GH;

    for (size_t j = 0; j < GH; j++)
        bias[j] = j < summed ? ih[j] + hh[j] : ih[j];
}

/* A matrix [gates*units][in] of the model, packed; its rows are stride apart. */
static const float *pack_for(const struct kernels *kernels, struct pieces *pieces,
                             size_t gates, size_t units, size_t in, size_t stride,
                             const float *w)
{
    float *packed = take(pieces, 1, kernels->packed_floats(gates, units, in));

    if (packed != NULL)
        kernels->pack(gates, units, in, stride, w, packed);
    return packed;
}

static const float *pack(const struct packed_weights *fold, struct pieces *pieces,
                         size_t gates, size_t units, size_t in, size_t stride,
                         const float *w)
{
    return pack_for(fold->kernels, pieces, gates, units, in, stride, w);
}

/* The rows of the k-th field's table; w is that field's columns, packed if embedded. */
static void fill_table(const struct packed_weights *fold,
                       const struct trained_model *model, uint32_t k, const float *bias,
                       const float *w, size_t stride, float *table)
{
    const struct kernels *exact = kernels_pick_exact();
    size_t GH = fold->GH, E = model->spec.embedding;
    uint32_t rows = schema_rows(model->schema, k);

    memset(table, 0, rows * GH * sizeof *table);
    for (uint32_t v = 0; v < rows; v++, table += GH) {
        if (E > 0) {
            const float *row =
                trained_model_floats(model, tensors_embedding(&model->tensors, k)) +
                v * E;
            exact->product(1, E, GH, w, &row, &table);
        } else if (v >= SCHEMA_FIRST) {
            for (size_t j = 0; j < GH; j++)
                table[j] = w[j * stride + v - SCHEMA_FIRST];
        }
        for (size_t j = 0; bias != NULL && j < GH; j++)
            table[j] = bias[j] + table[j];
    }
}

/* Layer 0 of one direction; packed embeddings and bias are of use while it is made. */
static void fold_inputs(struct packed_weights *fold, const struct trained_model *model,
                        uint32_t d, struct pieces *pieces, const float **tables)
{
    const struct tensor *ih = tensors_recurrent(&model->tensors, 0, d, WEIGHT_IH);
    const float *w = trained_model_floats(model, ih);
    size_t GH = fold->GH, in = ih->columns, E = model->spec.embedding, column = 0;
    float *bias = take(pieces, 1, GH);
    const float *embedded =
        E > 0 ? pack_for(kernels_pick_exact(), pieces, 1, GH, E, in, w) : NULL;

    fold->passes[d].w = pack(fold, pieces, 1, GH, fold->F, in, w + in - fold->F);
    if (bias != NULL)
        sum_biases(model, 0, d, bias);
    for (uint32_t k = 0; k < fold->K; k++) {
        uint32_t rows = schema_rows(model->schema, k);
        float *table = take(pieces, rows, GH);
        if (table != NULL)
            fill_table(fold, model, k, k == 0 ? bias : NULL,
                       E > 0 ? embedded : w + column, in, table);
        tables[d * fold->K + k] = table;
        column += rows - SCHEMA_FIRST;
    }
}

static void fold_recurrence(struct packed_weights *fold,
                            const struct trained_model *model, uint32_t l, uint32_t d,
                            struct pieces *pieces)
{
    const struct tensor_list *tensors = &model->tensors;
    struct packed_layer *pass = &fold->passes[l * fold->D + d];
    size_t H = fold->H, GH = fold->GH, below = (size_t)fold->D * H, together = fold->G;
    const float *u =
        trained_model_floats(model, tensors_recurrent(tensors, l, d, WEIGHT_HH));
    float *bias;

    pass->cell.hidden = H;
    pass->cell.update_writes = model->spec.update == UPDATE_WRITE;
    if (resets_before(&model->spec)) {
        together = 2;
        pass->cell.u_n = pack(fold, pieces, 1, H, H, H, u + 2 * H * H);
    }
    pass->cell.u = pack(fold, pieces, together, H, H, H, u);
    if (candidate_keeps_its_bias(&model->spec))
        pass->cell.b_hh_n =
            trained_model_floats(model, tensors_recurrent(tensors, l, d, BIAS_HH)) +
            2 * H;
    if (l == 0)
        return;
    bias = take(pieces, 1, GH);
    if (bias != NULL)
        sum_biases(model, l, d, bias);
    pass->bias = bias;
    pass->w =
        pack(fold, pieces, 1, GH, below, below,
             trained_model_floats(model, tensors_recurrent(tensors, l, d, WEIGHT_IH)));
}

/* Run twice: to count the floats, and to fill them. */
static size_t fold_all(struct packed_weights *fold, const struct trained_model *model,
                       float *block, const float **tables)
{
    struct pieces pieces = {block, 0};
    size_t width = (size_t)fold->D * fold->H;

    for (uint32_t d = 0; d < fold->D; d++)
        fold_inputs(fold, model, d, &pieces, tables);
    for (uint32_t l = 0; l < fold->L; l++)
        for (uint32_t d = 0; d < fold->D; d++)
            fold_recurrence(fold, model, l, d, &pieces);
    fold->head = pack(fold, &pieces, 1, fold->C, width, width,
                      trained_model_floats(model, tensors_head(&model->tensors)));
    return pieces.floats;
}

static void set_sizes(struct packed_weights *fold, const struct trained_model *model)
{
    const struct spec *spec = &model->spec;
    const struct kernels *kernels = kernels_pick();

    fold->kernels = kernels;
    fold->K = model->schema->categories;
    fold->F = schema_inputs(model->schema);
    fold->H = spec->hidden;
    fold->G = triage_spec_gates(spec);
    fold->GH = fold->G * fold->H;
    fold->L = spec->layers;
    fold->D = spec->directions;
    fold->C = model->action_count;
    fold->head_bias = trained_model_floats(model, tensors_head_bias(&model->tensors));
    fold->inverse_temperature = 1.0f / model->temperature;
    fold->step = spec->cell == CELL_LSTM  ? kernels->lstm_step
                 : spec->cell == CELL_RNN ? kernels->rnn_step
                 : resets_before(spec)    ? kernels->gru_before_step
                                          : kernels->gru_after_step;
}

static struct packed_weights *give_up(struct packed_weights *fold, struct error *err)
{
    (void)error_no_memory(err);
    packed_weights_free(fold);
    return NULL;
}

struct packed_weights *packed_weights_new(const struct trained_model *model,
                                          struct error *err)
{
    struct packed_weights *fold = calloc(1, sizeof *fold);
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
        packed_weights_free(fold);
        return NULL;
    }
    fold->block = aligned_alloc(64, floats * sizeof *fold->block);
    if (fold->block == NULL)
        return give_up(fold, err);
    fold_all(fold, model, fold->block, tables);
    fold->tables = tables;
    return fold;
}

void packed_weights_free(struct packed_weights *fold)
{
    if (fold == NULL)
        return;
    free(fold->block);
    arena_release(&fold->arena);
    free(fold);
}

const float *packed_weights_values(const struct packed_weights *fold, uint32_t direction,
                                   const uint32_t *ids, float *room)
{
    enum { AT_ONCE = 16 };
    const float *const *tables = fold->tables + (size_t)direction * fold->K;
    const float *terms[AT_ONCE];
    uint32_t count = 1;

    terms[0] = tables[0] + (size_t)ids[0] * fold->GH;
    if (fold->K == 1 && fold->F == 0)
        return terms[0];
    for (uint32_t k = 1; k < fold->K; k++) {
        if (count == AT_ONCE) {
            fold->kernels->add(count, fold->GH, terms, room);
            terms[0] = room;
            count = 1;
        }
        terms[count++] = tables[k] + (size_t)ids[k] * fold->GH;
    }
    fold->kernels->add(count, fold->GH, terms, room);
    return room;
}
