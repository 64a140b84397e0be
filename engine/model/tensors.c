/* See params.h. */
#include "model/tensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

enum { ALIGN_FLOATS = 16, NAME_BYTES = 320 };

static enum status add(struct tensor_list *tensors, struct arena *arena,
                       struct error *err, const char *name, size_t rows, size_t columns)
{
    struct tensor *tensor = &tensors->items[tensors->count];
    size_t numbers, end;

    tensor->name = arena_string(arena, name, strlen(name));
    if (tensor->name == NULL)
        return error_no_memory(err);
    tensor->is_vector = columns == 0;
    columns = tensor->is_vector ? 1 : columns;
    tensor->rows = (uint32_t)rows;
    tensor->columns = (uint32_t)columns;
    tensor->offset = tensors->floats;
    if (rows > UINT32_MAX || columns > UINT32_MAX ||
        !size_multiply(rows, columns, &numbers) || numbers > SIZE_MAX / 64 ||
        !size_add(tensors->floats,
                  (numbers + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS, &end) ||
        end > SIZE_MAX / 64)
        return error_set(err, STATUS_TOO_LARGE, name, "tensor is too large");
    tensors->floats = end;
    tensors->parameters += numbers;
    tensors->count++;
    return STATUS_OK;
}

static enum status add_embeddings(struct tensor_list *tensors, const struct spec *spec,
                                  const struct schema *schema, struct arena *arena,
                                  struct error *err)
{
    char name[NAME_BYTES];
    enum status status = STATUS_OK;

    for (uint32_t k = 0; k < schema->categories && status == STATUS_OK; k++) {
        (void)snprintf(name, sizeof name, "embedding.%s.weight",
                       schema_category(schema, k)->name);
        status = add(tensors, arena, err, name, schema_rows(schema, k), spec->embedding);
    }
    tensors->embedding_count = schema->categories;
    return status;
}

static enum status add_layer(struct tensor_list *tensors, const struct spec *spec,
                             uint32_t layer, bool is_reverse, struct arena *arena,
                             struct error *err)
{
    static const char *const roles[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
    size_t rows = (size_t)triage_spec_gates(spec) * spec->hidden;
    size_t in =
        layer == 0 ? tensors->input_width : (size_t)spec->directions * spec->hidden;
    const size_t columns[] = {in, spec->hidden, 0, 0};
    char name[NAME_BYTES];
    enum status status = STATUS_OK;

    for (int role = WEIGHT_IH; role <= BIAS_HH && status == STATUS_OK; role++) {
        (void)snprintf(name, sizeof name, "rnn.%s_l%u%s", roles[role], (unsigned)layer,
                       is_reverse ? "_reverse" : "");
        status = add(tensors, arena, err, name, rows, columns[role]);
    }
    return status;
}

/* Width of layer 0's input; one-hot tables have no rows for unknown and missing. */
static size_t input_width(const struct spec *spec, const struct schema *schema)
{
    size_t width = spec->embedding;

    for (uint32_t k = 0; spec->embedding == 0 && k < schema->categories; k++)
        width += schema_rows(schema, k) - SCHEMA_FIRST;
    return width + schema_inputs(schema);
}

enum status tensors_init(struct tensor_list *tensors, const struct spec *spec,
                         const struct schema *schema, size_t actions, struct arena *arena,
                         struct error *err)
{
    size_t most = schema->categories + 4u * spec->layers * spec->directions + 2u;
    enum status status = STATUS_OK;

    memset(tensors, 0, sizeof *tensors);
    tensors->items = arena_array(arena, most, sizeof *tensors->items);
    if (tensors->items == NULL)
        return error_no_memory(err);
    tensors->directions = spec->directions;
    size_t input = input_width(spec, schema);
    if (input == 0 || input > UINT32_MAX / 64)
        return error_set(err, STATUS_TOO_LARGE, "", "the input has %zu columns", input);
    tensors->input_width = (uint32_t)input;
    if (spec->embedding > 0)
        status = add_embeddings(tensors, spec, schema, arena, err);
    for (uint32_t l = 0; l < spec->layers; l++)
        for (uint32_t d = 0; d < spec->directions && status == STATUS_OK; d++)
            status = add_layer(tensors, spec, l, d == 1, arena, err);
    if (status == STATUS_OK)
        status = add(tensors, arena, err, "head.weight", actions,
                     (size_t)spec->directions * spec->hidden);
    if (status == STATUS_OK)
        status = add(tensors, arena, err, "head.bias", actions, 0);
    return status;
}

float *tensors_zeros(const struct tensor_list *tensors)
{
    float *block = aligned_alloc(64, tensors->floats * sizeof *block);

    if (block != NULL)
        memset(block, 0, tensors->floats * sizeof *block);
    return block;
}

const struct tensor *tensors_embedding(const struct tensor_list *tensors, uint32_t k)
{
    return &tensors->items[k];
}

const struct tensor *tensors_recurrent(const struct tensor_list *tensors, uint32_t layer,
                                       uint32_t direction, enum tensor_role role)
{
    uint32_t first =
        tensors->embedding_count + 4 * (layer * tensors->directions + direction);
    return &tensors->items[first + (uint32_t)role];
}

const struct tensor *tensors_head(const struct tensor_list *tensors)
{
    return &tensors->items[tensors->count - 2];
}

const struct tensor *tensors_head_bias(const struct tensor_list *tensors)
{
    return &tensors->items[tensors->count - 1];
}

const struct tensor *tensors_find(const struct tensor_list *tensors, const char *name)
{
    for (size_t i = 0; i < tensors->count; i++)
        if (strcmp(tensors->items[i].name, name) == 0)
            return &tensors->items[i];
    return NULL;
}
