/* See inputs.h. */
#include "train/inputs.h"
#include "base/error.h"

#include <string.h>

#include "train/gemm.h"

static const struct tensor *tensor_of(const struct inputs *inputs, uint32_t d)
{
    return tensors_recurrent(&inputs->weights->model->tensors, 0, d, WEIGHT_IH);
}

/* Number the values of field k in the order in which they come up. */
static enum status number(struct inputs *inputs, uint32_t k, struct arena *arena,
                          struct error *err)
{
    struct inputs_field *field = &inputs->fields[k];
    const struct packed *packed = inputs->packed;
    uint32_t K = inputs->weights->model->schema->categories;
    uint32_t rows = schema_rows(inputs->weights->model->schema, k);
    size_t most = rows < packed->places ? rows : packed->places;
    uint32_t *numbers =
        arena_array(arena, rows, sizeof *numbers); /* from 1; 0: none yet */

    field->slots = arena_alloc(arena, packed->places * sizeof *field->slots);
    field->values = arena_alloc(arena, most * sizeof *field->values);
    if (numbers == NULL || field->slots == NULL || field->values == NULL)
        return error_no_memory(err);
    for (size_t place = 0; place < packed->places; place++) {
        uint32_t value = packed->ids[place * K + k];
        if (numbers[value] == 0) {
            field->values[field->count++] = value;
            numbers[value] = (uint32_t)field->count;
        }
        field->slots[place] = numbers[value] - 1;
    }
    return STATUS_OK;
}

static enum status embed(struct inputs *inputs, uint32_t k, struct arena *arena,
                         struct error *err)
{
    const struct trained_model *model = inputs->weights->model;
    struct inputs_field *field = &inputs->fields[k];
    size_t E = model->spec.embedding, GH = tensor_of(inputs, 0)->rows;

    field->table = arena_floats(arena, field->count, GH);
    field->embedded = arena_floats(arena, field->count, E);
    if (field->table == NULL || field->embedded == NULL)
        return error_no_memory(err);
    for (size_t s = 0; E > 0 && s < field->count; s++)
        memcpy(field->embedded + s * E,
               inputs->weights->params + tensors_embedding(&model->tensors, k)->offset +
                   field->values[s] * E,
               E * sizeof(float));
    return STATUS_OK;
}

enum status inputs_init(struct inputs *inputs, const struct weights *weights,
                        const struct packed *packed, struct arena *arena,
                        struct error *err)
{
    const struct trained_model *model = weights->model;
    uint32_t K = model->schema->categories;
    enum status status = STATUS_OK;
    size_t column = 0;

    *inputs = (struct inputs){.weights = weights, .packed = packed};
    inputs->fields = arena_array(arena, K, sizeof *inputs->fields);
    if (inputs->fields == NULL)
        return error_no_memory(err);
    for (uint32_t k = 0; k < K && status == STATUS_OK; k++) {
        inputs->fields[k].column = column;
        column += schema_rows(model->schema, k) - SCHEMA_FIRST;
        status = number(inputs, k, arena, err);
        if (status == STATUS_OK)
            status = embed(inputs, k, arena, err);
    }
    return status;
}

static void fill_table(const struct inputs *inputs, uint32_t d, uint32_t k,
                       const struct rnn_layer *pass)
{
    const struct inputs_field *field = &inputs->fields[k];
    const struct tensor *tensor = tensor_of(inputs, d);
    const float *w = inputs->weights->params + tensor->offset;
    size_t E = inputs->weights->model->spec.embedding, GH = tensor->rows,
           in = tensor->columns;

    memset(field->table, 0, field->count * GH * sizeof *field->table);
    if (E > 0)
        pass->kernels->product(field->count, GH, E, field->embedded, E,
                               pass->weights->x_forward, field->table, GH);
    for (size_t s = 0; s < field->count; s++) {
        float *row = field->table + s * GH;
        for (size_t j = 0; E == 0 && field->values[s] >= SCHEMA_FIRST && j < GH; j++)
            row[j] = w[j * in + field->column + field->values[s] - SCHEMA_FIRST];
        if (k == 0)
            pass->kernels->add_rows(1, GH, pass->weights->bias, GH, row);
    }
}

void inputs_forward(const struct inputs *inputs, uint32_t d, struct rnn_layer *pass)
{
    const struct schema *schema = inputs->weights->model->schema;
    size_t GH = tensor_of(inputs, d)->rows, N = inputs->packed->places;
    size_t F = schema_inputs(schema), width = pass->saved_width;

    for (uint32_t k = 0; k < schema->categories; k++) {
        const struct inputs_field *field = &inputs->fields[k];
        fill_table(inputs, d, k, pass);
        for (size_t place = 0; place < N; place++) {
            const float *row = field->table + field->slots[place] * GH;
            if (k == 0)
                memcpy(pass->saved + place * width, row, GH * sizeof *row);
            else
                pass->kernels->add_rows(1, GH, row, GH, pass->saved + place * width);
        }
    }
    pass->kernels->product(N, GH, F, inputs->packed->values, F, pass->weights->numbers,
                           pass->saved, width);
}

/* The gradients of field k's columns of W and of its embeddings, from those of its table. */
static enum status table_backward(const struct inputs *inputs, uint32_t d, uint32_t k,
                                  const struct rnn_layer *pass, float *gradients,
                                  struct arena *arena, struct error *err)
{
    const struct inputs_field *field = &inputs->fields[k];
    const struct tensor *tensor = tensor_of(inputs, d);
    float *dw = gradients + tensor->offset;
    size_t E = inputs->weights->model->spec.embedding, GH = tensor->rows,
           in = tensor->columns;

    if (E == 0) {
        for (size_t s = 0; s < field->count; s++)
            for (size_t j = 0; field->values[s] >= SCHEMA_FIRST && j < GH; j++)
                dw[j * in + field->column + field->values[s] - SCHEMA_FIRST] +=
                    field->table[s * GH + j];
        return STATUS_OK;
    }
    float *dembedded = arena_floats(arena, field->count, E);
    if (dembedded == NULL)
        return error_no_memory(err);
    memset(dembedded, 0, field->count * E * sizeof *dembedded);
    gemm_tn(pass->kernels, GH, E, field->count, field->table, GH, field->embedded, E, dw,
            in);
    pass->kernels->product(field->count, E, GH, field->table, GH, pass->weights->x_back,
                           dembedded, E);
    float *dembedding =
        gradients + tensors_embedding(&inputs->weights->model->tensors, k)->offset;
    for (size_t s = 0; s < field->count; s++)
        pass->kernels->add_rows(1, E, dembedded + s * E, E,
                                dembedding + field->values[s] * E);
    return STATUS_OK;
}

enum status inputs_backward(const struct inputs *inputs, uint32_t d,
                            const struct rnn_layer *pass, float *gradients,
                            struct arena *arena, struct error *err)
{
    const struct trained_model *model = inputs->weights->model;
    const struct tensor *tensor = tensor_of(inputs, d);
    size_t GH = tensor->rows, in = tensor->columns, N = inputs->packed->places;
    size_t F = schema_inputs(model->schema), width = pass->saved_width;
    enum status status = STATUS_OK;

    for (uint32_t k = 0; status == STATUS_OK && k < model->schema->categories; k++) {
        const struct inputs_field *field = &inputs->fields[k];
        memset(field->table, 0, field->count * GH * sizeof *field->table);
        for (size_t place = 0; place < N; place++)
            pass->kernels->add_rows(1, GH, pass->saved + place * width, width,
                                    field->table + field->slots[place] * GH);
        status = table_backward(inputs, d, k, pass, gradients, arena, err);
    }
    gemm_tn(pass->kernels, GH, F, N, pass->saved, width, inputs->packed->values, F,
            gradients + tensor->offset + in - F, in);
    return status;
}
