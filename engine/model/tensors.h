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

struct layout {
    struct tensor *tensors;
    size_t count;
    size_t floats;  /* of the block, gaps included */
    size_t numbers; /* without the gaps */
    uint32_t
        input; /* width of what layer 0 sees: E + F, or all values + F when one-hot */
    uint32_t embeddings, directions;
};

/* Fills layout; its memory is the arena's.  STATUS_TOO_LARGE, STATUS_NO_MEMORY. */
enum status params_layout(struct layout *layout, const struct spec *spec,
                          const struct schema *schema, size_t actions,
                          struct arena *arena, struct error *err);

/* A zeroed block for the layout (free() it), or NULL. */
float *params_new(const struct layout *layout);

/* Tensors by their part. */
const struct tensor *params_embedding(const struct layout *layout, uint32_t k);
const struct tensor *params_recurrent(const struct layout *layout, uint32_t layer,
                                      uint32_t direction, enum tensor_role role);
const struct tensor *params_head(const struct layout *layout);
const struct tensor *params_head_bias(const struct layout *layout);

/* The tensor of that name, or NULL. */
const struct tensor *params_find(const struct layout *layout, const char *name);

#endif
