/* See params.h. */
#include "model/tensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

enum { ALIGN_FLOATS = 16, NAME_BYTES = 320 };

static enum status add(struct layout *layout, struct arena *arena, struct error *err,
                       const char *name, size_t rows, size_t columns)
{
    struct tensor *tensor = &layout->tensors[layout->count];
    size_t numbers, end;

    tensor->name = arena_text(arena, name, strlen(name));
    if (tensor->name == NULL)
        return error_no_memory(err);
    tensor->is_vector = columns == 0;
    columns = tensor->is_vector ? 1 : columns;
    tensor->rows = (uint32_t)rows;
    tensor->columns = (uint32_t)columns;
    tensor->offset = layout->floats;
    if (rows > UINT32_MAX || columns > UINT32_MAX ||
        !size_multiply(rows, columns, &numbers) || numbers > SIZE_MAX / 64 ||
        !size_add(layout->floats,
                  (numbers + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS, &end) ||
        end > SIZE_MAX / 64)
        return error_set(err, STATUS_TOO_LARGE, name, "tensor is too large");
    layout->floats = end;
    layout->numbers += numbers;
    layout->count++;
    return STATUS_OK;
}

static enum status add_embeddings(struct layout *layout, const struct spec *spec,
                                  const struct schema *schema, struct arena *arena,
                                  struct error *err)
{
    char name[NAME_BYTES];
    enum status status = STATUS_OK;

    for (uint32_t k = 0; k < schema->categories && status == STATUS_OK; k++) {
        (void)snprintf(name, sizeof name, "embedding.%s.weight",
                       schema_category(schema, k)->name);
        status = add(layout, arena, err, name, schema_rows(schema, k), spec->embedding);
    }
    layout->embeddings = schema->categories;
    return status;
}

static enum status add_layer(struct layout *layout, const struct spec *spec,
                             uint32_t layer, bool is_reverse, struct arena *arena,
                             struct error *err)
{
    static const char *const roles[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
    size_t rows = (size_t)spec_gates(spec) * spec->hidden;
    size_t in = layer == 0 ? layout->input : (size_t)spec->directions * spec->hidden;
    const size_t columns[] = {in, spec->hidden, 0, 0};
    char name[NAME_BYTES];
    enum status status = STATUS_OK;

    for (int role = WEIGHT_IH; role <= BIAS_HH && status == STATUS_OK; role++) {
        (void)snprintf(name, sizeof name, "rnn.%s_l%u%s", roles[role], (unsigned)layer,
                       is_reverse ? "_reverse" : "");
        status = add(layout, arena, err, name, rows, columns[role]);
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

enum status params_layout(struct layout *layout, const struct spec *spec,
                          const struct schema *schema, size_t actions,
                          struct arena *arena, struct error *err)
{
    size_t most = schema->categories + 4u * spec->layers * spec->directions + 2u;
    enum status status = STATUS_OK;

    memset(layout, 0, sizeof *layout);
    layout->tensors = arena_array(arena, most, sizeof *layout->tensors);
    if (layout->tensors == NULL)
        return error_no_memory(err);
    layout->directions = spec->directions;
    size_t input = input_width(spec, schema);
    if (input == 0 || input > UINT32_MAX / 64)
        return error_set(err, STATUS_TOO_LARGE, "", "the input has %zu columns", input);
    layout->input = (uint32_t)input;
    if (spec->embedding > 0)
        status = add_embeddings(layout, spec, schema, arena, err);
    for (uint32_t l = 0; l < spec->layers; l++)
        for (uint32_t d = 0; d < spec->directions && status == STATUS_OK; d++)
            status = add_layer(layout, spec, l, d == 1, arena, err);
    if (status == STATUS_OK)
        status = add(layout, arena, err, "head.weight", actions,
                     (size_t)spec->directions * spec->hidden);
    if (status == STATUS_OK)
        status = add(layout, arena, err, "head.bias", actions, 0);
    return status;
}

float *params_new(const struct layout *layout)
{
    float *block = aligned_alloc(64, layout->floats * sizeof *block);

    if (block != NULL)
        memset(block, 0, layout->floats * sizeof *block);
    return block;
}

const struct tensor *params_embedding(const struct layout *layout, uint32_t k)
{
    return &layout->tensors[k];
}

const struct tensor *params_recurrent(const struct layout *layout, uint32_t layer,
                                      uint32_t direction, enum tensor_role role)
{
    return &layout
                ->tensors[layout->embeddings +
                          4 * (layer * layout->directions + direction) + (uint32_t)role];
}

const struct tensor *params_head(const struct layout *layout)
{
    return &layout->tensors[layout->count - 2];
}

const struct tensor *params_head_bias(const struct layout *layout)
{
    return &layout->tensors[layout->count - 1];
}

const struct tensor *params_find(const struct layout *layout, const char *name)
{
    for (size_t i = 0; i < layout->count; i++)
        if (strcmp(layout->tensors[i].name, name) == 0)
            return &layout->tensors[i];
    return NULL;
}
