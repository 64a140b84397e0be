/* Pack all matrices of a network for training, for forward and for backward. */
#include "train/training_weights.h"

const float *matrix_pack(const struct training_kernels *kernels,
                         const struct matrix *matrix, struct arena *arena)
{
    size_t k = matrix->rows, n = matrix->columns;
    float *packed = arena_floats(arena, 1, training_pack_floats(kernels, k, n));
    if (packed)
        training_pack(kernels, k, n, matrix->w, matrix->stride, 1, packed);
    return packed;
}

const float *matrix_pack_transposed(const struct training_kernels *kernels,
                                    const struct matrix *matrix, struct arena *arena)
{
    size_t k = matrix->columns, n = matrix->rows;
    float *packed = arena_floats(arena, 1, training_pack_floats(kernels, k, n));
    if (packed)
        training_pack(kernels, k, n, matrix->w, 1, matrix->stride, packed);
    return packed;
}

static void split_parts(struct layer_weights *layer, const struct spec *spec)
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
                                  struct arena *arena, struct error *err)
{
    size_t H = weights->model->spec.hidden;
    split_parts(layer, &weights->model->spec);
    for (size_t i = 0; i < layer->part_count; i++) {
        struct recurrent_part *part = &layer->parts[i];
        const struct matrix matrix = {
            .w = u + part->first * H, .rows = part->rows, .columns = H, .stride = H};
        part->forward = matrix_pack_transposed(weights->kernels, &matrix, arena);
        part->back = matrix_pack(weights->kernels, &matrix, arena);
        if (!part->forward || !part->back)
            return error_no_memory(err);
    }
    return STATUS_OK;
}

/* With reset after, b_hh of the candidate is part of q (cell_gru.c), which r multiplies. */
static enum status add_biases(struct layer_weights *layer, const struct spec *spec,
                              const float *b_ih, const float *b_hh, struct arena *arena,
                              struct error *err)
{
    size_t H = spec->hidden, GH = triage_spec_gates(spec) * H;
    bool has_q = spec->cell == CELL_GRU && spec->reset == RESET_AFTER;
    float *bias = arena_floats(arena, 1, GH);
    if (!bias)
        return error_no_memory(err);
    for (size_t j = 0; j < GH; j++)
        bias[j] = has_q && j >= 2 * H ? b_ih[j] : b_ih[j] + b_hh[j];
    layer->bias = bias;
    layer->b_hh = b_hh;
    return STATUS_OK;
}

/* The columns of W [GH][in] for x, which are the first ones, and for the numbers. */
static enum status pack_input(struct layer_weights *layer,
                              const struct training_weights *weights, const float *w,
                              size_t GH, size_t in, size_t F, struct arena *arena,
                              struct error *err)
{
    const struct training_kernels *kernels = weights->kernels;
    const struct matrix w_x = {
        .w = w, .rows = GH, .columns = layer->x_width, .stride = in};
    const struct matrix w_numbers = {
        .w = w + in - F, .rows = GH, .columns = F, .stride = in};

    layer->x_forward = matrix_pack_transposed(kernels, &w_x, arena);
    layer->x_back = matrix_pack(kernels, &w_x, arena);
    layer->numbers = matrix_pack_transposed(kernels, &w_numbers, arena);
    if (!layer->x_forward || !layer->x_back || !layer->numbers)
        return error_no_memory(err);
    return STATUS_OK;
}

static enum status pack_layer(struct training_weights *weights, uint32_t l, uint32_t d,
                              struct arena *arena, struct error *err)
{
    const struct trained_model *model = weights->model;
    struct layer_weights *layer = &weights->layers[l * model->spec.directions + d];
    const struct tensor *ih = tensors_recurrent(&model->tensors, l, d, WEIGHT_IH);
    size_t GH = ih->rows, in = ih->columns;
    size_t F = l == 0 ? schema_inputs(model->schema) : 0;
    const float *params[TENSOR_ROLES];
    for (enum tensor_role role = WEIGHT_IH; role < TENSOR_ROLES; role++)
        params[role] =
            weights->params + tensors_recurrent(&model->tensors, l, d, role)->offset;

    layer->x_width = l == 0 ? model->spec.embedding : in;
    RETURN_IF_ERROR(pack_input(layer, weights, params[WEIGHT_IH], GH, in, F, arena, err));
    RETURN_IF_ERROR(
        add_biases(layer, &model->spec, params[BIAS_IH], params[BIAS_HH], arena, err));
    return pack_recurrent(layer, weights, params[WEIGHT_HH], arena, err);
}

/* A tensor, packed both ways. */
static enum status pack_pair(struct packed_pair *pair,
                             const struct training_weights *weights,
                             const struct tensor *tensor, struct arena *arena,
                             struct error *err)
{
    const struct matrix matrix = {.w = weights->params + tensor->offset,
                                  .rows = tensor->rows,
                                  .columns = tensor->columns,
                                  .stride = tensor->columns};
    pair->forward = matrix_pack_transposed(weights->kernels, &matrix, arena);
    pair->back = matrix_pack(weights->kernels, &matrix, arena);
    return pair->forward && pair->back ? STATUS_OK : error_no_memory(err);
}

/* The input and the layers of self-attention. */
static enum status pack_blocks(struct training_weights *weights, struct arena *arena,
                               struct error *err)
{
    const struct trained_model *model = weights->model;
    const struct tensor_list *tensors = &model->tensors;
    const struct tensor *input = tensors_input(tensors, 0, INPUT_WEIGHT);
    struct layer_weights *layer = &weights->layers[0];

    layer->x_width = model->spec.embedding;
    layer->bias = weights->params + tensors_input(tensors, 0, INPUT_BIAS)->offset;
    RETURN_IF_ERROR(pack_input(layer, weights, weights->params + input->offset,
                               input->rows, input->columns, schema_inputs(model->schema),
                               arena, err));
    for (uint32_t l = 0; l < model->spec.layers; l++) {
        struct block_weights *block = &weights->blocks[l];
        const struct {
            struct packed_pair *pair;
            enum block_role role;
        } pairs[] = {{&block->in, IN_WEIGHT},
                     {&block->out, OUT_WEIGHT},
                     {&block->linear1, LINEAR1_WEIGHT},
                     {&block->linear2, LINEAR2_WEIGHT}};
        for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
            RETURN_IF_ERROR(pack_pair(pairs[i].pair, weights,
                                      tensors_block(tensors, l, pairs[i].role), arena,
                                      err));
    }
    return STATUS_OK;
}

static enum status pack_attention(struct training_weights *weights, struct arena *arena,
                                  struct error *err)
{
    const struct tensor_list *tensors = &weights->model->tensors;
    size_t H = weights->model->spec.hidden;
    const struct matrix w = {.w = weights->params +
                                  tensors_attention(tensors, ATTENTION_WEIGHT)->offset,
                             .rows = H,
                             .columns = H,
                             .stride = H};
    const struct matrix query = {.w = weights->params +
                                      tensors_attention(tensors, ATTENTION_QUERY)->offset,
                                 .rows = 1,
                                 .columns = H,
                                 .stride = H};

    weights->attention_forward = matrix_pack_transposed(weights->kernels, &w, arena);
    weights->attention_back = matrix_pack(weights->kernels, &w, arena);
    weights->query_forward = matrix_pack_transposed(weights->kernels, &query, arena);
    if (!weights->attention_forward || !weights->attention_back ||
        !weights->query_forward)
        return error_no_memory(err);
    return STATUS_OK;
}

static enum status pack_head(struct training_weights *weights, struct arena *arena,
                             struct error *err)
{
    const struct tensor *tensor = tensors_head(&weights->model->tensors);
    const struct matrix head = {.w = weights->params + tensor->offset,
                                .rows = tensor->rows,
                                .columns = tensor->columns,
                                .stride = tensor->columns};

    weights->head_forward = matrix_pack_transposed(weights->kernels, &head, arena);
    weights->head_back = matrix_pack(weights->kernels, &head, arena);
    if (!weights->head_forward || !weights->head_back)
        return error_no_memory(err);
    return STATUS_OK;
}

enum status training_weights_pack(struct training_weights *weights,
                                  const struct trained_model *model, const float *params,
                                  struct arena *arena, struct error *err)
{
    *weights = (struct training_weights){
        .model = model, .params = params, .kernels = training_kernels_pick()};
    if (model->tensors.has_head)
        RETURN_IF_ERROR(pack_head(weights, arena, err));
    if (model->spec.head == HEAD_ATTENTION)
        RETURN_IF_ERROR(pack_attention(weights, arena, err));
    if (model->spec.cell == CELL_ATTENTION)
        return pack_blocks(weights, arena, err);
    for (uint32_t l = 0; l < model->spec.layers; l++)
        for (uint32_t d = 0; d < model->spec.directions; d++)
            RETURN_IF_ERROR(pack_layer(weights, l, d, arena, err));
    return STATUS_OK;
}
