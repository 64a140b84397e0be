/*
 * The list of tensors of a network, and the block of floats that holds their elements.
 *
 * Allocation, initialisation, saving, loading, gradients and the optimiser follow this list.  Only
 * tensors.c names tensors.  Their order: one embedding per categorical field (none when one-hot);
 * for each layer and direction weight_ih, weight_hh, bias_ih, bias_hh; with an attention head
 * attention.weight, attention.bias, attention.query; head.weight, head.bias.
 * Names, shapes and gate order are PyTorch's (r z n for a GRU, i f g o for an LSTM).
 *
 * Every tensor begins at a multiple of 64 bytes in the block; the gaps between tensors are 0.
 */
#ifndef TRIAGE_TENSORS_H
#define TRIAGE_TENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/schema.h"
#include "model/spec.h"

struct tensor {
    const char *name;
    uint32_t rows, columns; /* a vector has one column */
    bool is_vector;
    size_t offset; /* in the block, in floats */
};

enum tensor_role { WEIGHT_IH, WEIGHT_HH, BIAS_IH, BIAS_HH, TENSOR_ROLES };
enum attention_role {
    ATTENTION_WEIGHT,
    ATTENTION_BIAS,
    ATTENTION_QUERY,
    ATTENTION_ROLES
};

struct tensor_list {
    struct tensor *items; /* [count] */
    size_t count;
    size_t floats;     /* of the block, gaps included */
    size_t parameters; /* elements of all tensors */
    /* Width of the input of layer 0: E + F, or all values of all fields + F when one-hot. */
    uint32_t input_width;
    uint32_t embedding_count; /* 0 when one-hot */
    uint32_t directions;
};

/*
 * List the tensors of a network for a schema and a number of actions.  Memory from arena.
 * STATUS_TOO_LARGE, STATUS_NO_MEMORY.
 */
enum status tensors_init(struct tensor_list *tensors, const struct spec *spec,
                         const struct schema *schema, size_t actions, struct arena *arena,
                         struct error *err);

/* A block for all tensors, cleared (free() it); NULL if memory runs out. */
float *tensors_zeros(const struct tensor_list *tensors);

/* The embedding of the k-th categorical field.  Do not call it when one-hot. */
const struct tensor *tensors_embedding(const struct tensor_list *tensors, uint32_t k);

/* A tensor of an rnn layer; direction is 0 forward, 1 reverse. */
const struct tensor *tensors_recurrent(const struct tensor_list *tensors, uint32_t layer,
                                       uint32_t direction, enum tensor_role role);

/* W [H][H], b [H] or q [H] of the attention head (infer/attention.h).  Only where there is one. */
const struct tensor *tensors_attention(const struct tensor_list *tensors,
                                       enum attention_role role);

/* The weight [C][triage_spec_head_width] and the bias [C] of the output layer. */
const struct tensor *tensors_head(const struct tensor_list *tensors);
const struct tensor *tensors_head_bias(const struct tensor_list *tensors);

/* The tensor of that name, or NULL. */
const struct tensor *tensors_find(const struct tensor_list *tensors, const char *name);

#endif
