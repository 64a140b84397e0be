/* Packing all matrices of a network for training, forward and back. */
#include "train/training_weights.h"

const float *training_weights_matrix(const struct training_kernels *kernels,
                                     const float *w, size_t rows, size_t columns,
                                     size_t stride, bool is_transposed,
                                     struct arena *arena)
{
    size_t k = is_transposed ? columns : rows, n = is_transposed ? rows : columns;
    float *packed = arena_floats(arena, 1, training_packed(kernels, k, n));
    if (packed)
        training_pack(kernels, k, n, w, is_transposed ? 1 : stride,
                      is_transposed ? stride : 1, packed);
    return packed;
}

static void cut(struct layer_weights *layer, const struct spec *spec)
{
    size_t H = spec->hidden, GH = triage_spec_gates(spec) * H;
    layer->part_count = 1;
    layer->parts[0] = (struct recurrent_part){.first = 0, .rows = GH, .column = 0};
    if (spec->cell != CELL_GRU)
        return;
    layer->part_count = 2;
    layer->parts[0].rows = 2 * H;
    layer->parts[1] = (struct recurrent_part){
        .first = 2 * H, .rows = H, .column = spec->reset == RESET_AFTER ? 3 * H : 2 * H};
}

static enum status pack_recurrent(struct layer_weights *layer,
                                  const struct training_weights *weights, const float *u,
                                  struct arena *arena)
{
    size_t H = weights->model->spec.hidden;
    cut(layer, &weights->model->spec);
    for (size_t i = 0; i < layer->part_count; i++) {
        struct recurrent_part *part = &layer->parts[i];
        const float *from = u + part->first * H;
        part->forward = training_weights_matrix(weights->kernels, from, part->rows, H, H,
                                                true, arena);
        part->back = training_weights_matrix(weights->kernels, from, part->rows, H, H,
                                             false, arena);
        if (!part->forward || !part->back)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

/* The candidate of a GRU with reset after: its b_hh is part of the sum that r multiplies. */
static enum status add_biases(struct layer_weights *layer, const struct spec *spec,
                              const float *b_ih, const float *b_hh, struct arena *arena)
{
    size_t H = spec->hidden, GH = triage_spec_gates(spec) * H;
    bool is_apart = spec->cell == CELL_GRU && spec->reset == RESET_AFTER;
    float *bias = arena_floats(arena, 1, GH);
    if (!bias)
        return STATUS_NO_MEMORY;
    for (size_t j = 0; j < GH; j++)
        bias[j] = is_apart && j >= 2 * H ? b_ih[j] : b_ih[j] + b_hh[j];
    layer->bias = bias;
    layer->b_hh = b_hh;
    return STATUS_OK;
}

static enum status pack_layer(struct training_weights *weights, uint32_t l, uint32_t d,
                              struct arena *arena)
{
    const struct trained_model *model = weights->model;
    const struct training_kernels *kernels = weights->kernels;
    struct layer_weights *layer = &weights->layers[l * model->spec.directions + d];
    const struct tensor *ih = tensors_recurrent(&model->tensors, l, d, WEIGHT_IH);
    size_t GH = ih->rows, in = ih->columns;
    size_t F = l == 0 ? schema_inputs(model->schema) : 0;
    const float *params[4];
    for (enum tensor_role role = WEIGHT_IH; role <= BIAS_HH; role++)
        params[role] =
            weights->params + tensors_recurrent(&model->tensors, l, d, role)->offset;
    const float *w = params[WEIGHT_IH];

    layer->x = l == 0 ? model->spec.embedding : in;
    layer->x_forward = training_weights_matrix(kernels, w, GH, layer->x, in, true, arena);
    layer->x_back = training_weights_matrix(kernels, w, GH, layer->x, in, false, arena);
    layer->numbers = training_weights_matrix(kernels, w + in - F, GH, F, in, true, arena);
    if (!layer->x_forward || !layer->x_back || !layer->numbers)
        return STATUS_NO_MEMORY;
    RETURN_IF_ERROR(
        add_biases(layer, &model->spec, params[BIAS_IH], params[BIAS_HH], arena));
    return pack_recurrent(layer, weights, params[WEIGHT_HH], arena);
}

enum status training_weights_pack(struct training_weights *weights,
                                  const struct trained_model *model, const float *params,
                                  struct arena *arena, struct error *err)
{
    const struct tensor *tensor = tensors_head(&model->tensors);
    const float *head = params + tensor->offset;
    size_t C = tensor->rows, width = tensor->columns;

    *weights = (struct training_weights){
        .model = model, .params = params, .kernels = training_kernels_pick()};
    weights->head_forward =
        training_weights_matrix(weights->kernels, head, C, width, width, true, arena);
    weights->head_back =
        training_weights_matrix(weights->kernels, head, C, width, width, false, arena);
    if (!weights->head_forward || !weights->head_back)
        return error_no_memory(err);
    for (uint32_t l = 0; l < model->spec.layers; l++)
        for (uint32_t d = 0; d < model->spec.directions; d++)
            if (pack_layer(weights, l, d, arena) != STATUS_OK)
                return error_no_memory(err);
    return STATUS_OK;
}
