/*
 * The names, shapes and offsets of the tensors that a spec and a schema need.
 */
#include "model/tensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

enum { ALIGN_FLOATS = 16, NAME_BYTES = 320 };

/* Append a tensor to the list; columns is 0 for a vector. */
static enum status append(struct tensor_list *tensors, const char *name, size_t rows,
                          size_t columns, struct arena *arena, struct error *err)
{
    struct tensor *tensor = &tensors->items[tensors->count];
    tensor->name = arena_string(arena, name, strlen(name));
    if (!tensor->name)
        return error_no_memory(err);
    tensor->is_vector = columns == 0;
    columns = tensor->is_vector ? 1 : columns;
    tensor->rows = (uint32_t)rows;
    tensor->columns = (uint32_t)columns;
    tensor->offset = tensors->floats;
    size_t elements, end;
    if (rows > UINT32_MAX || columns > UINT32_MAX ||
        !size_multiply(rows, columns, &elements) || elements > SIZE_MAX / 64 ||
        !size_add(tensors->floats,
                  (elements + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS, &end) ||
        end > SIZE_MAX / 64)
        return error_set(err, STATUS_TOO_LARGE, name, "the tensor is too large");
    tensors->floats = end;
    tensors->parameters += elements;
    tensors->count++;
    return STATUS_OK;
}

/* A network whose tensors are added; the names of those of a decoder have a prefix. */
struct network {
    const struct spec *spec;
    const struct schema *schema;
    const char *prefix;
    uint32_t input_width;
};

static enum status add_embeddings(struct tensor_list *tensors,
                                  const struct network *network, struct arena *arena,
                                  struct error *err)
{
    const struct schema *schema = network->schema;
    for (uint32_t k = 0; k < schema->categories; k++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%sembedding.%s.weight", network->prefix,
                 schema_category(schema, k)->name);
        RETURN_IF_ERROR(append(tensors, name, schema_rows(schema, k),
                               network->spec->embedding, arena, err));
    }
    return STATUS_OK;
}

static enum status add_layer(struct tensor_list *tensors, const struct network *network,
                             uint32_t layer, bool is_reverse, struct arena *arena,
                             struct error *err)
{
    const struct spec *spec = network->spec;
    static const char *const roles[] = {[WEIGHT_IH] = "weight_ih",
                                        [WEIGHT_HH] = "weight_hh",
                                        [BIAS_IH] = "bias_ih",
                                        [BIAS_HH] = "bias_hh"};
    size_t input =
        layer == 0 ? network->input_width : (size_t)spec->directions * spec->hidden;
    const size_t columns[] = {
        [WEIGHT_IH] = input, [WEIGHT_HH] = spec->hidden, [BIAS_IH] = 0, [BIAS_HH] = 0};
    size_t rows = (size_t)triage_spec_gates(spec) * spec->hidden;
    for (int role = 0; role < TENSOR_ROLES; role++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%srnn.%s_l%u%s", network->prefix, roles[role],
                 (unsigned)layer, is_reverse ? "_reverse" : "");
        RETURN_IF_ERROR(append(tensors, name, rows, columns[role], arena, err));
    }
    return STATUS_OK;
}

static enum status add_block(struct tensor_list *tensors, const struct spec *spec,
                             uint32_t layer, struct arena *arena, struct error *err)
{
    const size_t H = spec->hidden, A = spec->heads, P = triage_spec_feed_forward(spec);
    const struct {
        const char *name;
        size_t rows, columns; /* 0 columns: a vector */
    } roles[] = {
        [NORM1_WEIGHT] = {"norm1.weight", H, 0},
        [NORM1_BIAS] = {"norm1.bias", H, 0},
        [IN_WEIGHT] = {"self_attn.in_proj_weight", 3 * H, H},
        [IN_BIAS] = {"self_attn.in_proj_bias", 3 * H, 0},
        [INDEX_SLOPE] = {"self_attn.index_slope", A, 0},
        [TIME_SLOPE] = {"self_attn.time_slope", A, 0},
        [OUT_WEIGHT] = {"self_attn.out_proj.weight", H, H},
        [OUT_BIAS] = {"self_attn.out_proj.bias", H, 0},
        [NORM2_WEIGHT] = {"norm2.weight", H, 0},
        [NORM2_BIAS] = {"norm2.bias", H, 0},
        [LINEAR1_WEIGHT] = {"linear1.weight", P, H},
        [LINEAR1_BIAS] = {"linear1.bias", P, 0},
        [LINEAR2_WEIGHT] = {"linear2.weight", H, P},
        [LINEAR2_BIAS] = {"linear2.bias", H, 0},
    };
    for (int role = 0; role < BLOCK_ROLES; role++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "encoder.layers.%u.%s", (unsigned)layer,
                 roles[role].name);
        RETURN_IF_ERROR(
            append(tensors, name, roles[role].rows, roles[role].columns, arena, err));
    }
    return STATUS_OK;
}

static enum status add_blocks(struct tensor_list *tensors, const struct network *network,
                              struct arena *arena, struct error *err)
{
    const struct spec *spec = network->spec;
    RETURN_IF_ERROR(
        append(tensors, "input.weight", spec->hidden, network->input_width, arena, err));
    RETURN_IF_ERROR(append(tensors, "input.bias", spec->hidden, 0, arena, err));
    for (uint32_t l = 0; l < spec->layers; l++)
        RETURN_IF_ERROR(add_block(tensors, spec, l, arena, err));
    RETURN_IF_ERROR(append(tensors, "encoder.norm.weight", spec->hidden, 0, arena, err));
    return append(tensors, "encoder.norm.bias", spec->hidden, 0, arena, err);
}

static enum status add_layers(struct tensor_list *tensors, const struct network *network,
                              struct arena *arena, struct error *err)
{
    const struct spec *spec = network->spec;
    if (spec->cell == CELL_ATTENTION)
        return add_blocks(tensors, network, arena, err);
    for (uint32_t l = 0; l < spec->layers; l++)
        for (uint32_t d = 0; d < spec->directions; d++)
            RETURN_IF_ERROR(add_layer(tensors, network, l, d == 1, arena, err));
    return STATUS_OK;
}

static enum status add_attention(struct tensor_list *tensors, const struct spec *spec,
                                 struct arena *arena, struct error *err)
{
    static const char *const names[] = {[ATTENTION_WEIGHT] = "attention.weight",
                                        [ATTENTION_BIAS] = "attention.bias",
                                        [ATTENTION_QUERY] = "attention.query"};
    for (int role = 0; role < ATTENTION_ROLES; role++)
        RETURN_IF_ERROR(append(tensors, names[role], spec->hidden,
                               role == ATTENTION_WEIGHT ? spec->hidden : 0, arena, err));
    return STATUS_OK;
}

/* One-hot inputs have no columns for unknown and missing values. */
static size_t input_width(const struct spec *spec, const struct schema *schema)
{
    size_t width = spec->embedding;
    for (uint32_t k = 0; spec->embedding == 0 && k < schema->categories; k++)
        width += schema_rows(schema, k) - SCHEMA_FIRST;
    return width + schema_inputs(schema);
}

/* Everything up to the output layer. */
static enum status add_network(struct tensor_list *tensors, struct network *network,
                               struct arena *arena, struct error *err)
{
    const struct spec *spec = network->spec;
    size_t inputs = input_width(spec, network->schema);
    if (inputs == 0 || inputs > UINT32_MAX / 64)
        return error_set(err, STATUS_TOO_LARGE, "", "the input has %zu columns", inputs);
    network->input_width = (uint32_t)inputs;
    if (spec->embedding > 0)
        RETURN_IF_ERROR(add_embeddings(tensors, network, arena, err));
    return add_layers(tensors, network, arena, err);
}

static enum status add_head(struct tensor_list *tensors, const struct network *network,
                            size_t actions, struct arena *arena, struct error *err)
{
    char name[NAME_BYTES];
    size_t width = triage_spec_head_width(network->spec);
    tensors->has_head = true;
    (void)snprintf(name, sizeof name, "%shead.weight", network->prefix);
    RETURN_IF_ERROR(append(tensors, name, actions, width, arena, err));
    (void)snprintf(name, sizeof name, "%shead.bias", network->prefix);
    return append(tensors, name, actions, 0, arena, err);
}

/* The tensors of a network before its output layer, at most. */
static size_t count_most(const struct spec *spec, const struct schema *schema)
{
    size_t roles = spec->cell == CELL_ATTENTION ? BLOCK_ROLES : TENSOR_ROLES;
    return schema->categories + INPUT_ROLES +
           roles * (size_t)spec->layers * spec->directions + ATTENTION_ROLES +
           2; /* the last norm */
}

enum status tensors_init(struct tensor_list *tensors, const struct spec *spec,
                         const struct schema *schema, size_t actions, struct arena *arena,
                         struct error *err)
{
    return tensors_init_decoder(tensors, spec, schema, NULL, actions, arena, err);
}

enum status tensors_init_decoder(struct tensor_list *tensors, const struct spec *spec,
                                 const struct schema *schema,
                                 const struct schema *decoder, size_t actions,
                                 struct arena *arena, struct error *err)
{
    struct network network = {.spec = spec, .schema = schema, .prefix = ""};
    size_t capacity = count_most(spec, schema) + 2; /* 2: the output layer */
    if (decoder)
        capacity += count_most(spec, decoder);
    memset(tensors, 0, sizeof *tensors);
    tensors->items = arena_array(arena, capacity, sizeof *tensors->items);
    if (!tensors->items)
        return error_no_memory(err);
    tensors->directions = spec->directions;
    tensors->blocks = spec->cell == CELL_ATTENTION ? spec->layers : 0;
    tensors->embedding_count = spec->embedding > 0 ? schema->categories : 0;
    RETURN_IF_ERROR(add_network(tensors, &network, arena, err));
    tensors->input_width = network.input_width;
    if (spec->head == HEAD_ATTENTION)
        RETURN_IF_ERROR(add_attention(tensors, spec, arena, err));
    if (decoder) {
        tensors->decoder = tensors->count;
        network = (struct network){.spec = spec, .schema = decoder, .prefix = "decoder."};
        RETURN_IF_ERROR(add_network(tensors, &network, arena, err));
    }
    return add_head(tensors, &network, actions, arena, err);
}

struct tensor_list tensors_of_encoder(const struct tensor_list *tensors)
{
    struct tensor_list encoder = *tensors;
    if (tensors->decoder == 0)
        return encoder;
    encoder.count = tensors->decoder;
    encoder.decoder = 0;
    encoder.has_head = false;
    return encoder;
}

struct tensor_list tensors_of_decoder(const struct tensor_list *tensors)
{
    struct tensor_list decoder = *tensors;
    decoder.items += tensors->decoder;
    decoder.count -= tensors->decoder;
    decoder.decoder = 0;
    decoder.embedding_count = tensors->embedding_count > 0; /* it reads one category */
    decoder.input_width = tensors_recurrent(&decoder, 0, 0, WEIGHT_IH)->columns;
    return decoder;
}

float *tensors_zeros(const struct tensor_list *tensors)
{
    float *block = aligned_alloc(64, tensors->floats * sizeof *block);
    if (block)
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
    uint32_t layers_before = layer * tensors->directions + direction;
    uint32_t first = tensors->embedding_count + TENSOR_ROLES * layers_before;
    return &tensors->items[first + (uint32_t)role];
}

const struct tensor *tensors_input(const struct tensor_list *tensors, uint32_t direction,
                                   enum input_role role)
{
    if (tensors->blocks == 0)
        return tensors_recurrent(tensors, 0, direction,
                                 role == INPUT_WEIGHT ? WEIGHT_IH : BIAS_IH);
    return &tensors->items[tensors->embedding_count + (uint32_t)role];
}

const struct tensor *tensors_block(const struct tensor_list *tensors, uint32_t layer,
                                   enum block_role role)
{
    uint32_t first = tensors->embedding_count + INPUT_ROLES;
    return &tensors->items[first + layer * BLOCK_ROLES + (uint32_t)role];
}

const struct tensor *tensors_norm(const struct tensor_list *tensors)
{
    return tensors_block(tensors, tensors->blocks, (enum block_role)0);
}

const struct tensor *tensors_norm_bias(const struct tensor_list *tensors)
{
    return tensors_norm(tensors) + 1;
}

const struct tensor *tensors_attention(const struct tensor_list *tensors,
                                       enum attention_role role)
{
    return &tensors->items[tensors->count - 2 - ATTENTION_ROLES + (uint32_t)role];
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
