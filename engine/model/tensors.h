/*
 * The one list of tensors that a spec implies, and one block of floats that holds them.
 *
 * Allocation, initialisation, saving, loading, gradients, the optimiser and the tests walk
 * this list; no tensor is named anywhere else.  In order: one embedding per categorical
 * field (none when one-hot); for each layer and direction weight_ih, weight_hh, bias_ih,
 * bias_hh; the head.  Names, shapes and gate order are PyTorch's (DESIGN 5.3).
 *
 * Each tensor begins on a 64-byte boundary of the block; what lies between is 0 and stays 0.
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
    size_t offset; /* in floats */
};

enum tensor_role { WEIGHT_IH, WEIGHT_HH, BIAS_IH, BIAS_HH };

struct tensor_list {
    struct tensor *items;
    size_t count;
    size_t floats;     /* of the block, gaps included */
    size_t parameters; /* without the gaps */
    /* Width of the input of layer 0: E + F, or all values + F when one-hot. */
    uint32_t input_width;
    uint32_t embedding_count, directions;
};

/* Fills tensors; the memory is the arena's.  STATUS_TOO_LARGE, STATUS_NO_MEMORY. */
enum status tensors_init(struct tensor_list *tensors, const struct spec *spec,
                         const struct schema *schema, size_t actions, struct arena *arena,
                         struct error *err);

/* A zeroed block for all tensors (free() it), or NULL. */
float *tensors_zeros(const struct tensor_list *tensors);

/* Tensors by their part. */
const struct tensor *tensors_embedding(const struct tensor_list *tensors, uint32_t k);
const struct tensor *tensors_recurrent(const struct tensor_list *tensors, uint32_t layer,
                                       uint32_t direction, enum tensor_role role);
const struct tensor *tensors_head(const struct tensor_list *tensors);
const struct tensor *tensors_head_bias(const struct tensor_list *tensors);

/* The tensor of that name, or NULL. */
const struct tensor *tensors_find(const struct tensor_list *tensors, const char *name);

#endif
