/*
 * Weights to go on from: those of a model, copied into a network that is to be trained further.
 *
 * The network has the spec of the model.  Its schema and its actions have all that the model's have,
 * and may have more.  Everything is copied by name:
 *
 *     embeddings     the rows of the values that the model has, of "unknown" and of "missing"
 *     rnn layers     all weights and biases; of the input of layer 0, the columns that the model has
 *     head           the rows of the actions that the model has
 *
 * What is new keeps its initial weights (trainer.c), except for the columns of new numbers and times,
 * which are 0.  So before the training, histories without new values have the same logits as in the
 * model, bit for bit: the embedding "missing" of a new category is 0, too.
 */
#ifndef TRIAGE_STARTING_WEIGHTS_H
#define TRIAGE_STARTING_WEIGHTS_H

#include "base/error.h"
#include "model/trained_model.h"

/*
 * Copy the weights of a model into all networks of another, whose initial weights are drawn.
 * STATUS_BAD_INPUT, and nothing is copied, if it has other settings of the network, another task,
 * fewer or more networks, or lacks a field, a value, a time feature or an action of the model, or
 * scales one otherwise; or if the numerics of the model are not those of this build.
 * STATUS_NO_MEMORY.
 */
enum status starting_weights_copy(struct trained_model *to,
                                  const struct trained_model *from, struct error *err);

#endif
