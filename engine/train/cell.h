/*
 * What a cell is, for learning: one step forward and one step back over some rows, and the
 * walk of a layer through time that all cells share.
 *
 * Running a model does not come here; it uses math/kernels.h, whose steps compute the same
 * equations in the same order: a network in training gives the scores that the served model
 * will give, bit for bit (on a processor with fused multiply-add).
 *
 * All that a layer keeps of an event stands in one row of S*H floats, saved.  It begins as
 * what the gates receive from biases and inputs (rnn_layer_start, then whoever knows the inputs);
 * forward adds the recurrent products and turns it into the gates' values, backward turns
 * those into the gradients of what the gates received.
 */
#ifndef TRIAGE_CELL_H
#define TRIAGE_CELL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/spec.h"
#include "train/packed.h"
#include "train/training_kernels.h"
#include "train/weights.h"

struct cell_step {
    const struct training_kernels *kernels;
    const struct weights_part *parts;
    struct gates gates;
    bool resets_before; /* GRU */
    float *work;        /* [rows][H] */
};

struct cell {
    enum cell_kind kind;
    unsigned saved; /* S: floats kept per unit and event */
    void (*forward)(struct cell_step *step);
    void (*backward)(struct cell_step *step);
};

extern const struct cell cell_rnn, cell_lstm, cell_gru;

/* The cell of that kind. */
const struct cell *cell_find(enum cell_kind kind);

/* Add the products of the rows that had a state: part's sums, forward and back. */
void cell_product(const struct cell_step *step, const struct weights_part *part);
void cell_product_back(const struct cell_step *step, const struct weights_part *part);

/* One layer in one direction, over a packed batch: what its walk needs and leaves. */
struct rnn_layer {
    const struct spec *spec;
    const struct packed *packed;
    const struct training_kernels *kernels;
    const struct weights_layer *weights;
    bool is_reverse;
    float *h; /* [N][stride] outputs; this direction's H columns of D*H */
    size_t stride;

    /* Made by rnn_layer_start, in the arena. */
    float *saved;       /* [N][S*H], rows saved_width apart */
    size_t saved_width; /* a cache line more than S*H, for rows a power of two apart evict
                           one another */
    float *h_prev;      /* [N][H] */
};

/*
 * Take the memory.  Afterwards the G*H first numbers of each row of saved are to be filled
 * with weights->bias + inputs.  STATUS_NO_MEMORY.
 */
enum status rnn_layer_start(struct rnn_layer *pass, struct arena *arena,
                            struct error *err);

/* Walk forwards (or from the end), filling h. */
enum status rnn_layer_forward(struct rnn_layer *pass, struct arena *arena,
                              struct error *err);

/*
 * Walk back.  dh [N][stride] is the gradient of h and is overwritten; the G*H first numbers
 * of each row of saved become the gradients of what the gates received; du [G*H][H], db and
 * dc [G*H] are added to.
 */
enum status rnn_layer_backward(const struct rnn_layer *pass, float *dh, float *du,
                               float *db, float *dc, struct arena *arena,
                               struct error *err);

#endif
