/*
 * The inputs of the first layer.
 *
 *     forward    a = b + sum_k table_k[value of field k] + W_numbers numbers
 *                table_k = embedding_k W_x^T, or with one-hot inputs a column of W
 *     backward   dtable_k[value] = sum of da over the events with that value
 *                dW_x += dtable_k^T embedding_k     dembedding_k += dtable_k W_x
 *                dW_numbers += da^T numbers
 */
#include "train/inputs.h"

#include <string.h>

#include "train/gemm.h"

static const struct tensor *input_weights(const struct inputs *inputs, uint32_t d)
{
    return tensors_recurrent(&inputs->weights->model->tensors, 0, d, WEIGHT_IH);
}

/* Number the values of field k in the order in which they occur. */
static enum status number_values(struct inputs *inputs, uint32_t k, struct arena *arena)
{
    struct inputs_field *field = &inputs->fields[k];
    const struct packed_batch *batch = inputs->batch;
    uint32_t K = inputs->weights->model->schema->categories;
    uint32_t rows = schema_rows(inputs->weights->model->schema, k);
    size_t most = rows < batch->events ? rows : batch->events;
    uint32_t *next = arena_array(arena, rows, sizeof *next); /* number + 1; 0: none yet */

    field->numbers = arena_alloc(arena, batch->events * sizeof *field->numbers);
    field->values = arena_alloc(arena, most * sizeof *field->values);
    if (!next || !field->numbers || !field->values)
        return STATUS_NO_MEMORY;
    for (size_t event = 0; event < batch->events; event++) {
        uint32_t value = batch->ids[event * K + k];
        if (next[value] == 0) {
            field->values[field->count++] = value;
            next[value] = (uint32_t)field->count;
        }
        field->numbers[event] = next[value] - 1;
    }
    return STATUS_OK;
}

static enum status embed(struct inputs *inputs, uint32_t k, struct arena *arena)
{
    const struct trained_model *model = inputs->weights->model;
    struct inputs_field *field = &inputs->fields[k];
    size_t E = model->spec.embedding, GH = input_weights(inputs, 0)->rows;

    field->table = arena_floats(arena, field->count, GH);
    field->embedded = arena_floats(arena, field->count, E);
    if (!field->table || !field->embedded)
        return STATUS_NO_MEMORY;
    for (size_t s = 0; E > 0 && s < field->count; s++)
        memcpy(field->embedded + s * E,
               inputs->weights->params + tensors_embedding(&model->tensors, k)->offset +
                   field->values[s] * E,
               E * sizeof(float));
    return STATUS_OK;
}

enum status inputs_init(struct inputs *inputs, const struct training_weights *weights,
                        const struct packed_batch *batch, struct arena *arena,
                        struct error *err)
{
    const struct schema *schema = weights->model->schema;
    uint32_t K = schema->categories;
    size_t column = 0;

    *inputs = (struct inputs){.weights = weights, .batch = batch};
    inputs->fields = arena_array(arena, K, sizeof *inputs->fields);
    if (!inputs->fields)
        return error_no_memory(err);
    for (uint32_t k = 0; k < K; k++) {
        inputs->fields[k].column = column;
        column += schema_rows(schema, k) - SCHEMA_FIRST;
        if (number_values(inputs, k, arena) != STATUS_OK ||
            embed(inputs, k, arena) != STATUS_OK)
            return error_no_memory(err);
    }
    return STATUS_OK;
}

/* The table of field k; that of the first field includes the bias. */
static void fill_table(const struct inputs *inputs, uint32_t d, uint32_t k,
                       const struct rnn_layer *layer)
{
    const struct inputs_field *field = &inputs->fields[k];
    const struct tensor *tensor = input_weights(inputs, d);
    const float *w = inputs->weights->params + tensor->offset;
    size_t E = inputs->weights->model->spec.embedding;
    size_t GH = tensor->rows, in = tensor->columns;

    memset(field->table, 0, field->count * GH * sizeof *field->table);
    if (E > 0)
        layer->kernels->product(field->count, GH, E, field->embedded, E,
                                layer->weights->x_forward, field->table, GH);
    for (size_t s = 0; s < field->count; s++) {
        float *row = field->table + s * GH;
        for (size_t j = 0; E == 0 && field->values[s] >= SCHEMA_FIRST && j < GH; j++)
            row[j] = w[j * in + field->column + field->values[s] - SCHEMA_FIRST];
        if (k == 0)
            layer->kernels->add_rows(1, GH, layer->weights->bias, GH, row);
    }
}

void inputs_forward(const struct inputs *inputs, uint32_t d, struct rnn_layer *layer)
{
    const struct schema *schema = inputs->weights->model->schema;
    size_t GH = input_weights(inputs, d)->rows, N = inputs->batch->events;
    size_t F = schema_inputs(schema), width = layer->saved_width;

    for (uint32_t k = 0; k < schema->categories; k++) {
        const struct inputs_field *field = &inputs->fields[k];
        fill_table(inputs, d, k, layer);
        for (size_t event = 0; event < N; event++) {
            const float *row = field->table + field->numbers[event] * GH;
            if (k == 0)
                memcpy(layer->saved + event * width, row, GH * sizeof *row);
            else
                layer->kernels->add_rows(1, GH, row, GH, layer->saved + event * width);
        }
    }
    layer->kernels->product(N, GH, F, inputs->batch->values, F, layer->weights->numbers,
                            layer->saved, width);
}

/* One-hot: the columns of W of field k. */
static void add_one_hot_gradients(const struct inputs_field *field, size_t GH, size_t in,
                                  float *dw)
{
    for (size_t s = 0; s < field->count; s++)
        for (size_t j = 0; field->values[s] >= SCHEMA_FIRST && j < GH; j++)
            dw[j * in + field->column + field->values[s] - SCHEMA_FIRST] +=
                field->table[s * GH + j];
}

/* From the gradient of its table: W and the embedding of field k. */
static enum status table_backward(const struct inputs *inputs, uint32_t d, uint32_t k,
                                  const struct rnn_layer *layer, float *gradients,
                                  struct arena *arena)
{
    const struct inputs_field *field = &inputs->fields[k];
    const struct tensor_list *tensors = &inputs->weights->model->tensors;
    const struct tensor *tensor = input_weights(inputs, d);
    float *dw = gradients + tensor->offset;
    size_t E = inputs->weights->model->spec.embedding;
    size_t GH = tensor->rows, in = tensor->columns;

    if (E == 0) {
        add_one_hot_gradients(field, GH, in, dw);
        return STATUS_OK;
    }
    float *dembedded = arena_floats(arena, field->count, E);
    if (!dembedded)
        return STATUS_NO_MEMORY;
    memset(dembedded, 0, field->count * E * sizeof *dembedded);
    gemm_tn(layer->kernels, GH, E, field->count, field->table, GH, field->embedded, E, dw,
            in);
    layer->kernels->product(field->count, E, GH, field->table, GH, layer->weights->x_back,
                            dembedded, E);
    float *dembedding = gradients + tensors_embedding(tensors, k)->offset;
    for (size_t s = 0; s < field->count; s++)
        layer->kernels->add_rows(1, E, dembedded + s * E, E,
                                 dembedding + field->values[s] * E);
    return STATUS_OK;
}

enum status inputs_backward(const struct inputs *inputs, uint32_t d,
                            const struct rnn_layer *layer, float *gradients,
                            struct arena *arena, struct error *err)
{
    const struct trained_model *model = inputs->weights->model;
    const struct tensor *tensor = input_weights(inputs, d);
    size_t GH = tensor->rows, in = tensor->columns, N = inputs->batch->events;
    size_t F = schema_inputs(model->schema), width = layer->saved_width;

    for (uint32_t k = 0; k < model->schema->categories; k++) {
        const struct inputs_field *field = &inputs->fields[k];
        memset(field->table, 0, field->count * GH * sizeof *field->table);
        for (size_t event = 0; event < N; event++)
            layer->kernels->add_rows(1, GH, layer->saved + event * width, width,
                                     field->table + field->numbers[event] * GH);
        if (table_backward(inputs, d, k, layer, gradients, arena) != STATUS_OK)
            return error_no_memory(err);
    }
    gemm_tn(layer->kernels, GH, F, N, layer->saved, width, inputs->batch->values, F,
            gradients + tensor->offset + in - F, in);
    return STATUS_OK;
}
