/*
 * The list of tensors of a network, and the block of floats that holds their elements.
 *
 * Allocation, initialisation, saving, loading, gradients and the optimiser follow this list.  Only
 * tensors.c names tensors.  Their order: one embedding per categorical field (none when one-hot);
 * for each layer and direction weight_ih, weight_hh, bias_ih, bias_hh; with an attention head
 * attention.weight, attention.bias, attention.query; head.weight, head.bias.
 * With self-attention, instead of the recurrent ones: input.weight, input.bias; for each layer those
 * of enum block_role; encoder.norm.weight, encoder.norm.bias.
 * Names, shapes and gate order are PyTorch's (r z n for a GRU, i f g o for an LSTM; self-attention:
 * nn.TransformerEncoder).
 *
 * An encoder-decoder has two networks: the tensors of the encoder, without head.weight and head.bias,
 * then those of the decoder, whose names begin with "decoder.".
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
enum input_role { INPUT_WEIGHT, INPUT_BIAS, INPUT_ROLES };

/* Of a layer of self-attention, whose queries, keys and values are the rows of IN_WEIGHT. */
enum block_role {
    NORM1_WEIGHT,
    NORM1_BIAS,
    IN_WEIGHT, /* [3H][H] */
    IN_BIAS,
    INDEX_SLOPE, /* [A] */
    TIME_SLOPE,  /* [A] */
    OUT_WEIGHT,  /* [H][H] */
    OUT_BIAS,
    NORM2_WEIGHT,
    NORM2_BIAS,
    LINEAR1_WEIGHT, /* [P][H] */
    LINEAR1_BIAS,
    LINEAR2_WEIGHT, /* [H][P] */
    LINEAR2_BIAS,
    BLOCK_ROLES
};

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
    uint32_t blocks; /* layers of self-attention; 0: the layers are recurrent */
    bool has_head;   /* false: the encoder of an encoder-decoder */
    size_t decoder;  /* the index of the first tensor of a decoder; 0: there is none */
};

/*
 * List the tensors of a network for a schema and a number of actions.  Memory from arena.
 * STATUS_TOO_LARGE, STATUS_NO_MEMORY.
 */
enum status tensors_init(struct tensor_list *tensors, const struct spec *spec,
                         const struct schema *schema, size_t actions, struct arena *arena,
                         struct error *err);

/*
 * The same for an encoder-decoder, whose decoder reads events of another schema.  input_width and
 * embedding_count are those of the encoder.
 */
enum status tensors_init_decoder(struct tensor_list *tensors, const struct spec *spec,
                                 const struct schema *schema,
                                 const struct schema *decoder, size_t actions,
                                 struct arena *arena, struct error *err);

/*
 * The tensors of one of the two networks, in the same block; without a decoder, the encoder has all of
 * them.  The list shares its items.
 */
struct tensor_list tensors_of_encoder(const struct tensor_list *tensors);
struct tensor_list tensors_of_decoder(const struct tensor_list *tensors);

/* A block for all tensors, cleared (free() it); NULL if memory runs out. */
float *tensors_zeros(const struct tensor_list *tensors);

/* The embedding of the k-th categorical field.  Do not call it when one-hot. */
const struct tensor *tensors_embedding(const struct tensor_list *tensors, uint32_t k);

/* A tensor of an rnn layer; direction is 0 forward, 1 reverse. */
const struct tensor *tensors_recurrent(const struct tensor_list *tensors, uint32_t layer,
                                       uint32_t direction, enum tensor_role role);

/* The weights [G*H or H][input_width] and the bias (b_ih) by which layer 0 reads its input. */
const struct tensor *tensors_input(const struct tensor_list *tensors, uint32_t direction,
                                   enum input_role role);

/* A tensor of a layer of self-attention, and of the layer norm after the last. */
const struct tensor *tensors_block(const struct tensor_list *tensors, uint32_t layer,
                                   enum block_role role);
const struct tensor *tensors_norm(const struct tensor_list *tensors);
const struct tensor *tensors_norm_bias(const struct tensor_list *tensors);

/* W [H][H], b [H] or q [H] of the attention head (infer/attention.h).  Only where there is one. */
const struct tensor *tensors_attention(const struct tensor_list *tensors,
                                       enum attention_role role);

/* The weight [C][triage_spec_head_width] and the bias [C] of the output layer; of a decoder, its own. */
const struct tensor *tensors_head(const struct tensor_list *tensors);
const struct tensor *tensors_head_bias(const struct tensor_list *tensors);

/* The tensor of that name, or NULL. */
const struct tensor *tensors_find(const struct tensor_list *tensors, const char *name);

#endif
