/*
 * The inputs of the first layer.  W is [W_x W_numbers]: its columns for the embedding (or, with
 * one-hot inputs, for all values of all fields), then those for the numbers.
 *
 *     forward    W x + b = b + (sum over k of table_k[value of field k]) + W_numbers numbers
 *                table_k = embedding_k W_x^T; one-hot: table_k[value] is a column of W_x
 *     backward   dtable_k[value] = sum of a over the events with that value
 *                dW_x += dtable_k^T embedding_k     dembedding_k += dtable_k W_x
 *                dW_numbers += a^T numbers
 */
#include "train/inputs.h"

#include <string.h>

#include "train/gemm.h"

static const struct tensor *input_weights(const struct inputs *inputs, uint32_t d)
{
    return tensors_input(&inputs->weights->model->tensors, d, INPUT_WEIGHT);
}

/* Give each value of field k that occurs a row of its table, in the order of appearance. */
static enum status number_values(struct inputs *inputs, uint32_t k, struct error *err)
{
    struct inputs_field *field = &inputs->fields[k];
    const struct packed_batch *batch = inputs->batch;
    uint32_t K = inputs->weights->model->schema->categories;
    uint32_t known = schema_rows(inputs->weights->model->schema, k);
    size_t max_count = known < batch->events ? known : batch->events;
    /* [known] row + 1 of each value; 0: the value has no row yet */
    uint32_t *row_of = arena_array(inputs->arena, known, sizeof *row_of);

    field->rows = arena_alloc(inputs->arena, batch->events * sizeof *field->rows);
    field->values = arena_alloc(inputs->arena, max_count * sizeof *field->values);
    if (!row_of || !field->rows || !field->values)
        return error_no_memory(err);
    for (size_t event = 0; event < batch->events; event++) {
        uint32_t value = batch->ids[event * K + k];
        if (row_of[value] == 0) {
            field->values[field->count++] = value;
            row_of[value] = (uint32_t)field->count;
        }
        field->rows[event] = row_of[value] - 1;
    }
    return STATUS_OK;
}

/* Allocate the table of field k, and copy the embeddings of its rows. */
static enum status embed(struct inputs *inputs, uint32_t k, struct error *err)
{
    const struct trained_model *model = inputs->weights->model;
    struct inputs_field *field = &inputs->fields[k];
    size_t E = model->spec.embedding, GH = input_weights(inputs, 0)->rows;

    field->table = arena_floats(inputs->arena, field->count, GH);
    field->embedded = arena_floats(inputs->arena, field->count, E);
    if (!field->table || !field->embedded)
        return error_no_memory(err);
    if (E == 0)
        return STATUS_OK;
    const float *embedding =
        inputs->weights->params + tensors_embedding(&model->tensors, k)->offset;
    for (size_t v = 0; v < field->count; v++)
        memcpy(field->embedded + v * E, embedding + field->values[v] * E,
               E * sizeof *embedding);
    return STATUS_OK;
}

enum status inputs_init(struct inputs *inputs, const struct training_weights *weights,
                        const struct packed_batch *batch, struct arena *arena,
                        struct error *err)
{
    const struct schema *schema = weights->model->schema;
    uint32_t K = schema->categories;
    size_t column = 0;

    *inputs = (struct inputs){.weights = weights, .batch = batch, .arena = arena};
    inputs->fields = arena_array(arena, K, sizeof *inputs->fields);
    if (!inputs->fields)
        return error_no_memory(err);
    for (uint32_t k = 0; k < K; k++) {
        inputs->fields[k].column = column;
        column += schema_rows(schema, k) - SCHEMA_FIRST;
        RETURN_IF_ERROR(number_values(inputs, k, err));
        RETURN_IF_ERROR(embed(inputs, k, err));
    }
    return STATUS_OK;
}

/* One-hot: copy the column of W of each value; "unknown" and "missing" have none. */
static void copy_columns(const struct inputs_field *field, const float *w,
                         const struct tensor *tensor)
{
    size_t GH = tensor->rows, in = tensor->columns;

    for (size_t v = 0; v < field->count; v++) {
        if (field->values[v] < SCHEMA_FIRST)
            continue;
        size_t column = field->column + field->values[v] - SCHEMA_FIRST;
        for (size_t j = 0; j < GH; j++)
            field->table[v * GH + j] = w[j * in + column];
    }
}

/* Fill the table of field k; that of the first field includes the bias. */
static void fill_table(const struct inputs *inputs, uint32_t d, uint32_t k)
{
    const struct inputs_field *field = &inputs->fields[k];
    const struct layer_weights *weights = &inputs->weights->layers[d];
    const struct training_kernels *kernels = inputs->weights->kernels;
    const struct tensor *tensor = input_weights(inputs, d);
    size_t E = inputs->weights->model->spec.embedding, GH = tensor->rows;

    memset(field->table, 0, field->count * GH * sizeof *field->table);
    if (E > 0)
        kernels->product(field->count, GH, E, field->embedded, E, weights->x_forward,
                         field->table, GH);
    else
        copy_columns(field, inputs->weights->params + tensor->offset, tensor);
    for (size_t v = 0; k == 0 && v < field->count; v++)
        kernels->add_rows(1, GH, weights->bias, GH, field->table + v * GH);
}

void inputs_forward(const struct inputs *inputs, struct input_sums to)
{
    const struct schema *schema = inputs->weights->model->schema;
    const struct training_kernels *kernels = inputs->weights->kernels;
    size_t GH = input_weights(inputs, to.d)->rows, N = inputs->batch->events;
    size_t F = schema_inputs(schema), width = to.width;

    for (uint32_t k = 0; k < schema->categories; k++) {
        const struct inputs_field *field = &inputs->fields[k];
        fill_table(inputs, to.d, k);
        for (size_t event = 0; event < N; event++) {
            const float *row = field->table + field->rows[event] * GH;
            if (k == 0)
                memcpy(to.sums + event * width, row, GH * sizeof *row);
            else
                kernels->add_rows(1, GH, row, GH, to.sums + event * width);
        }
    }
    kernels->product(N, GH, F, inputs->batch->values, F,
                     inputs->weights->layers[to.d].numbers, to.sums, width);
}

/* One-hot: add the gradient of the table to the columns of dW. */
static void add_column_gradients(const struct inputs_field *field, float *dw,
                                 const struct tensor *tensor)
{
    size_t GH = tensor->rows, in = tensor->columns;

    for (size_t v = 0; v < field->count; v++) {
        if (field->values[v] < SCHEMA_FIRST)
            continue;
        size_t column = field->column + field->values[v] - SCHEMA_FIRST;
        for (size_t j = 0; j < GH; j++)
            dw[j * in + column] += field->table[v * GH + j];
    }
}

/* From the gradient of the table of field k, add the gradients of W_x and of its embedding. */
static enum status table_backward(const struct inputs *inputs, uint32_t d, uint32_t k,
                                  float *gradients, struct error *err)
{
    const struct training_kernels *kernels = inputs->weights->kernels;
    const struct inputs_field *field = &inputs->fields[k];
    const struct tensor_list *tensors = &inputs->weights->model->tensors;
    const struct tensor *tensor = input_weights(inputs, d);
    float *dw = gradients + tensor->offset;
    size_t E = inputs->weights->model->spec.embedding;
    size_t GH = tensor->rows, in = tensor->columns;

    if (E == 0) {
        add_column_gradients(field, dw, tensor);
        return STATUS_OK;
    }
    float *dembedded = arena_floats(inputs->arena, field->count, E);
    if (!dembedded)
        return error_no_memory(err);
    memset(dembedded, 0, field->count * E * sizeof *dembedded);
    gemm_tn(kernels, GH, E, field->count, field->table, GH, field->embedded, E, dw, in);
    kernels->product(field->count, E, GH, field->table, GH,
                     inputs->weights->layers[d].x_back, dembedded, E);
    float *dembedding = gradients + tensors_embedding(tensors, k)->offset;
    for (size_t v = 0; v < field->count; v++)
        kernels->add_rows(1, E, dembedded + v * E, E, dembedding + field->values[v] * E);
    return STATUS_OK;
}

enum status inputs_backward(const struct inputs *inputs, struct input_sums of,
                            float *gradients, struct error *err)
{
    const struct trained_model *model = inputs->weights->model;
    const struct training_kernels *kernels = inputs->weights->kernels;
    const struct tensor *tensor = input_weights(inputs, of.d);
    size_t GH = tensor->rows, in = tensor->columns, N = inputs->batch->events;
    size_t F = schema_inputs(model->schema), width = of.width;

    for (uint32_t k = 0; k < model->schema->categories; k++) {
        const struct inputs_field *field = &inputs->fields[k];
        memset(field->table, 0, field->count * GH * sizeof *field->table);
        for (size_t event = 0; event < N; event++)
            kernels->add_rows(1, GH, of.sums + event * width, width,
                              field->table + field->rows[event] * GH);
        RETURN_IF_ERROR(table_backward(inputs, of.d, k, gradients, err));
    }
    gemm_tn(kernels, GH, F, N, of.sums, width, inputs->batch->values, F,
            gradients + tensor->offset + in - F, in);
    return STATUS_OK;
}
