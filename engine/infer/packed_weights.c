/*
 * Packing a model's weights.  Everything is taken from one block, in one order: the same code runs
 * twice, first to count the floats and then to fill them.
 */
#include "infer/packed_weights.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"

enum { FLOATS_MOST = 1 << 28 }; /* a small file must not take all memory */

/* Takes arrays from the block, each on a 64-byte boundary; counts only if block is NULL. */
struct taker {
    float *block;
    size_t floats; /* taken so far */
};

static float *take(struct taker *taker, size_t rows, size_t columns)
{
    float *array = taker->block ? taker->block + taker->floats : NULL;
    size_t floats;

    if (!size_multiply(rows, columns, &floats) || floats > SIZE_MAX / 64 ||
        taker->floats > SIZE_MAX / 64)
        taker->floats = SIZE_MAX / 8;
    else
        taker->floats += (floats + 15) / 16 * 16;
    return array;
}

/* A matrix [gates*units][in] of the model, whose rows are stride apart; NULL while counting. */
static const float *pack(const struct kernels *kernels, struct taker *taker, size_t gates,
                         size_t units, size_t in, size_t stride, const float *w)
{
    float *packed = take(taker, 1, kernels->packed_floats(gates, units, in));

    if (packed)
        kernels->pack(gates, units, in, stride, w, packed);
    return packed;
}

static bool is_gru(const struct spec *spec, enum reset reset)
{
    return spec->cell == CELL_GRU && spec->reset == reset;
}

static const float *recurrent(const struct trained_model *model, uint32_t l, uint32_t d,
                              enum tensor_role role)
{
    return trained_model_floats(model, tensors_recurrent(&model->tensors, l, d, role));
}

/*
 * b_ih + b_hh; b_ih alone for the candidate of a GRU that resets after the product.  NULL while
 * counting.
 */
static const float *sum_biases(const struct packed_weights *packed,
                               const struct trained_model *model, uint32_t l, uint32_t d,
                               struct taker *taker)
{
    if (packed->blocks.layers)
        return trained_model_floats(model, tensors_input(&model->tensors, d, INPUT_BIAS));
    const float *b_ih = recurrent(model, l, d, BIAS_IH);
    const float *b_hh = recurrent(model, l, d, BIAS_HH);
    size_t summed = is_gru(&model->spec, RESET_AFTER) ? 2 * packed->H : packed->GH;
    float *bias = take(taker, 1, packed->GH);

    for (size_t j = 0; bias && j < packed->GH; j++)
        bias[j] = j < summed ? b_ih[j] + b_hh[j] : b_ih[j];
    return bias;
}

/*
 * The table of the k-th field.  w is the input weights of its embedding, packed, or without
 * embeddings the field's columns of the input weights, whose rows are stride apart.
 */
static void fill_table(const struct packed_weights *packed,
                       const struct trained_model *model, uint32_t k, const float *bias,
                       const float *w, size_t stride, float *table)
{
    const struct kernels *exact = kernels_pick_exact();
    size_t GH = packed->GH, E = model->spec.embedding;
    uint32_t rows = schema_rows(model->schema, k);

    memset(table, 0, rows * GH * sizeof *table);
    for (uint32_t v = 0; v < rows; v++, table += GH) {
        if (E > 0) {
            const float *embedding =
                trained_model_floats(model, tensors_embedding(&model->tensors, k)) +
                v * E;
            exact->product(1, E, GH, w, &embedding, &table);
        } else if (v >= SCHEMA_FIRST) {
            for (size_t j = 0; j < GH; j++)
                table[j] = w[j * stride + v - SCHEMA_FIRST];
        }
        for (size_t j = 0; bias && j < GH; j++)
            table[j] = bias[j] + table[j];
    }
}

/* The inputs of layer 0 in one direction.  Its bias and embedding weights are used only here. */
static void pack_inputs(struct packed_weights *packed, const struct trained_model *model,
                        uint32_t d, struct taker *taker, const float **tables)
{
    const struct tensor *w_ih = tensors_input(&model->tensors, d, INPUT_WEIGHT);
    const float *w = trained_model_floats(model, w_ih);
    size_t GH = packed->GH, F = packed->F, E = model->spec.embedding;
    size_t in = w_ih->columns, column = 0;
    const float *bias = sum_biases(packed, model, 0, d, taker);
    const float *embedding = NULL;
    if (E > 0)
        embedding = pack(kernels_pick_exact(), taker, 1, GH, E, in, w);

    packed->layers[d].w = pack(packed->kernels, taker, 1, GH, F, in, w + in - F);
    for (uint32_t k = 0; k < packed->K; k++) {
        uint32_t rows = schema_rows(model->schema, k);
        float *table = take(taker, rows, GH);
        if (table)
            fill_table(packed, model, k, k == 0 ? bias : NULL,
                       E > 0 ? embedding : w + column, in, table);
        tables[d * packed->K + k] = table;
        column += rows - SCHEMA_FIRST;
    }
}

static void pack_layer(struct packed_weights *packed, const struct trained_model *model,
                       uint32_t l, uint32_t d, struct taker *taker)
{
    const struct kernels *kernels = packed->kernels;
    struct packed_layer *layer = &packed->layers[l * packed->D + d];
    size_t H = packed->H, GH = packed->GH, below = (size_t)packed->D * H;
    size_t gates = packed->G;
    const float *u = recurrent(model, l, d, WEIGHT_HH);

    layer->recurrence.hidden = H;
    layer->recurrence.update_writes = model->spec.update == UPDATE_WRITE;
    if (is_gru(&model->spec, RESET_BEFORE)) {
        gates = 2;
        layer->recurrence.u_n = pack(kernels, taker, 1, H, H, H, u + 2 * H * H);
    }
    layer->recurrence.u = pack(kernels, taker, gates, H, H, H, u);
    if (is_gru(&model->spec, RESET_AFTER))
        layer->recurrence.b_hh_n = recurrent(model, l, d, BIAS_HH) + 2 * H;
    if (l == 0)
        return;
    layer->bias = sum_biases(packed, model, l, d, taker);
    layer->w =
        pack(kernels, taker, 1, GH, below, below, recurrent(model, l, d, WEIGHT_IH));
}

static void pack_block(struct packed_weights *packed, const struct trained_model *model,
                       uint32_t l, struct taker *taker)
{
    const struct kernels *kernels = packed->kernels;
    struct packed_block *block = &packed->blocks.layers[l];
    const float *parts[BLOCK_ROLES];
    size_t H = packed->H, P = packed->blocks.P;

    for (int role = 0; role < BLOCK_ROLES; role++)
        parts[role] = trained_model_floats(
            model, tensors_block(&model->tensors, l, (enum block_role)role));
    *block = (struct packed_block){
        .norm1 = parts[NORM1_WEIGHT],
        .norm1_bias = parts[NORM1_BIAS],
        .in = pack(kernels, taker, 1, 3 * H, H, H, parts[IN_WEIGHT]),
        .in_bias = parts[IN_BIAS],
        .slope = parts[INDEX_SLOPE],
        .time_slope = parts[TIME_SLOPE],
        .out = pack(kernels, taker, 1, H, H, H, parts[OUT_WEIGHT]),
        .out_bias = parts[OUT_BIAS],
        .norm2 = parts[NORM2_WEIGHT],
        .norm2_bias = parts[NORM2_BIAS],
        .linear1 = pack(kernels, taker, 1, P, H, H, parts[LINEAR1_WEIGHT]),
        .linear1_bias = parts[LINEAR1_BIAS],
        .linear2 = pack(kernels, taker, 1, H, P, P, parts[LINEAR2_WEIGHT]),
        .linear2_bias = parts[LINEAR2_BIAS],
    };
}

static void pack_attention(struct packed_weights *packed,
                           const struct trained_model *model, struct taker *taker)
{
    const struct tensor_list *tensors = &model->tensors;
    const struct kernels *kernels = packed->kernels;
    const float *parts[ATTENTION_ROLES];
    size_t H = packed->H;

    if (model->spec.head != HEAD_ATTENTION)
        return;
    for (int role = 0; role < ATTENTION_ROLES; role++)
        parts[role] = trained_model_floats(
            model, tensors_attention(tensors, (enum attention_role)role));
    packed->attention.w = pack(kernels, taker, 1, H, H, H, parts[ATTENTION_WEIGHT]);
    packed->attention.query = pack(kernels, taker, 1, 1, H, H, parts[ATTENTION_QUERY]);
    packed->attention.bias = parts[ATTENTION_BIAS];
    packed->attention.head = pack(kernels, taker, 1, packed->C, H, 2 * H,
                                  trained_model_floats(model, tensors_head(tensors)) + H);
}

/* Returns the floats of the block. */
static size_t pack_all(struct packed_weights *packed, const struct trained_model *model,
                       float *block, const float **tables)
{
    struct taker taker = {.block = block};
    size_t width = (size_t)packed->D * packed->H;

    for (uint32_t d = 0; d < packed->D; d++)
        pack_inputs(packed, model, d, &taker, tables);
    for (uint32_t l = 0; l < packed->L; l++) {
        if (packed->blocks.layers)
            pack_block(packed, model, l, &taker);
        for (uint32_t d = 0; d < packed->D && !packed->blocks.layers; d++)
            pack_layer(packed, model, l, d, &taker);
    }
    if (model->tensors.has_head)
        packed->head = pack(packed->kernels, &taker, 1, packed->C, width,
                            triage_spec_head_width(&model->spec),
                            trained_model_floats(model, tensors_head(&model->tensors)));
    pack_attention(packed, model, &taker);
    return taker.floats;
}

static void set_sizes(struct packed_weights *packed, const struct trained_model *model)
{
    const struct spec *spec = &model->spec;
    const struct kernels *kernels = kernels_pick();

    packed->kernels = kernels;
    packed->K = model->schema->categories;
    packed->F = schema_inputs(model->schema);
    packed->H = spec->hidden;
    packed->G = triage_spec_gates(spec);
    packed->GH = packed->G * packed->H;
    packed->L = spec->layers;
    packed->D = spec->directions;
    packed->C = model->action_count;
    packed->has_cell_state = spec->cell == CELL_LSTM;
    packed->ids_stride = packed->K;
    if (model->tensors.has_head)
        packed->head_bias =
            trained_model_floats(model, tensors_head_bias(&model->tensors));
    packed->inverse_temperature = 1.0f / model->temperature;
    packed->step = spec->cell == CELL_LSTM     ? kernels->lstm_step
                   : spec->cell == CELL_RNN    ? kernels->rnn_step
                   : is_gru(spec, RESET_AFTER) ? kernels->gru_after_step
                                               : kernels->gru_before_step;
}

/* The sizes of self-attention, and its list of layers. */
static enum status begin_blocks(struct packed_weights *packed,
                                const struct trained_model *model, struct error *err)
{
    const struct tensor_list *tensors = &model->tensors;
    const struct spec *spec = &model->spec;

    if (spec->cell != CELL_ATTENTION)
        return STATUS_OK;
    packed->G = 1;
    packed->GH = packed->H;
    packed->blocks = (struct packed_blocks){
        .layers = arena_array(&packed->arena, packed->L, sizeof *packed->blocks.layers),
        .norm = trained_model_floats(model, tensors_norm(tensors)),
        .norm_bias = trained_model_floats(model, tensors_norm_bias(tensors)),
        .L = spec->layers,
        .H = spec->hidden,
        .A = spec->heads,
        .P = triage_spec_feed_forward(spec),
        .W = spec->window,
        .clock = event_clock_of(model->schema),
    };
    return packed->blocks.layers ? STATUS_OK : error_no_memory(err);
}

static enum status fill(struct packed_weights *packed, const struct trained_model *model,
                        size_t others, struct error *err)
{
    set_sizes(packed, model);
    RETURN_IF_ERROR(begin_blocks(packed, model, err));
    packed->layers = arena_array(&packed->arena, (size_t)packed->L * packed->D,
                                 sizeof *packed->layers);
    const float **tables =
        arena_array(&packed->arena, (size_t)packed->D * packed->K, sizeof *tables);
    if (!packed->layers || !tables)
        return error_no_memory(err);
    size_t floats = pack_all(packed, model, NULL, tables);
    if (floats > FLOATS_MOST || others > FLOATS_MOST - floats)
        return error_set(err, STATUS_TOO_LARGE, "",
                         "the packed weights would take more than %d MiB",
                         FLOATS_MOST / (1 << 18));
    packed->block = aligned_alloc(64, floats * sizeof *packed->block);
    if (!packed->block)
        return error_no_memory(err);
    packed->floats = floats;
    pack_all(packed, model, packed->block, tables);
    packed->tables = tables;
    return STATUS_OK;
}

struct packed_weights *packed_weights_new(const struct trained_model *model,
                                          size_t others, struct error *err)
{
    struct packed_weights *packed = calloc(1, sizeof *packed);

    if (!packed) {
        error_no_memory(err);
        return NULL;
    }
    arena_init(&packed->arena, SIZE_MAX);
    if (fill(packed, model, others, err) != STATUS_OK) {
        packed_weights_free(packed);
        return NULL;
    }
    return packed;
}

void packed_weights_free(struct packed_weights *packed)
{
    if (!packed)
        return;
    free(packed->block);
    arena_release(&packed->arena);
    free(packed);
}

const float *packed_weights_lookup(const struct packed_weights *packed,
                                   uint32_t direction, const uint32_t *ids, float *buffer)
{
    enum { AT_ONCE = 16 };
    const float *const *tables = packed->tables + (size_t)direction * packed->K;
    const float *terms[AT_ONCE];
    uint32_t count = 1;

    terms[0] = tables[0] + (size_t)ids[0] * packed->GH;
    if (packed->K == 1 && packed->F == 0)
        return terms[0];
    for (uint32_t k = 1; k < packed->K; k++) {
        if (count == AT_ONCE) {
            packed->kernels->add(count, packed->GH, terms, buffer);
            terms[0] = buffer;
            count = 1;
        }
        terms[count++] = tables[k] + (size_t)ids[k] * packed->GH;
    }
    packed->kernels->add(count, packed->GH, terms, buffer);
    return buffer;
}
