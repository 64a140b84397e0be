/*
 * What a cell is, for learning: one step forward and one step back over some rows, and the
 * walk of a layer through time that all cells share.
 *
 * Running a model does not come here; it uses math/kernels.h, whose steps compute the same
 * equations.  Training may round differently, by about 1e-7.
 */
#ifndef TRIAGE_CELL_H
#define TRIAGE_CELL_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "model/spec.h"
#include "net/packed.h"

/* One step of B_t rows.  What forward leaves in saved, backward reads. */
struct cell_step {
    size_t rows, H;
    const struct spec *spec;
    const float *u;   /* [G*H][H] recurrent weights */
    const float *u_t; /* [H][G*H] the same, transposed: faster for few rows */
    const float *c;   /* [G*H] recurrent biases */

    const float *gx;     /* [rows][G*H]: W x + b */
    float *saved;        /* [rows][saved * H] */
    const float *h_prev; /* [rows][H] */
    float *h;            /* [rows][H] new state */
    float *c_state;      /* [rows][H] LSTM: old c in, new c out */
    float *work;         /* [rows][G*H], overwritten */

    float *dh;  /* [rows][H]: gradient of the new state in, of the old state out */
    float *dc;  /* [rows][H]: likewise of c */
    float *dgx; /* [rows][G*H] out */
    float *dgh; /* [rows][G*H] out: behind the recurrent product; dgx itself when equal */
    float *rh;  /* [rows][H] GRU, reset before: r * h, what the candidate's product saw */
};

struct cell {
    enum cell_kind kind;
    unsigned saved; /* floats kept per unit and event */
    void (*forward)(struct cell_step *step);
    void (*backward)(struct cell_step *step);
};

extern const struct cell cell_rnn, cell_lstm, cell_gru;

/* The cell of that kind. */
const struct cell *cell_find(enum cell_kind kind);

/* One layer in one direction, over a packed batch: what its walk needs and leaves. */
struct pass {
    const struct spec *spec;
    const struct packed *packed;
    bool is_reverse;
    const float *u, *c; /* see struct cell_step */
    const float *gx;    /* [N][G*H] */
    float *h;           /* [N][stride] outputs; this direction's H columns of D*H */
    size_t stride;

    /* Made by pass_forward, in the arena; used by pass_backward. */
    float *u_t, *saved, *h_prev, *rh;
};

/* Does dgh differ from dgx, so that it needs an array of its own? */
bool pass_splits(const struct spec *spec);

/* Walk forwards (or from the end), filling h. */
enum status pass_forward(struct pass *pass, struct arena *arena, struct error *err);

/*
 * Walk back.  dh [N][stride] is the gradient of h; dgx, dgh [N][G*H] receive those of the
 * gates; du [G*H][H] and dc [G*H] are added to.
 */
enum status pass_backward(const struct pass *pass, const float *dh, float *dgx,
                          float *dgh, float *du, float *dc, struct arena *arena,
                          struct error *err);

static inline float logistic(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

/* tanh to 6e-8, three times as fast as tanhf, which took a third of training's time. */
static inline float squash(float x)
{
    float e = expf(-2.0f * fabsf(x));

    return copysignf((1.0f - e) / (1.0f + e), x);
}

#endif
