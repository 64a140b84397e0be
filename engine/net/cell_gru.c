/*
 * Gated recurrent unit, both conventions of reset and both of update.
 *
 *     r  = sigmoid(W_r x + b_r + U_r h + c_r)              reset
 *     z  = sigmoid(W_z x + b_z + U_z h + c_z)              update
 *
 *     reset after:   q = U_n h + c_n
 *                    n = tanh(W_n x + b_n + r * q)         candidate
 *     reset before:  n = tanh(W_n x + b_n + U_n (r * h) + c_n)
 *
 *     update keep:   h' = (1 - z) * n + z * h
 *     update write:  h' = (1 - z) * h + z * n
 *
 * Reset before is Cho et al. 2014 (arXiv:1406.1078); after is cuDNN's and PyTorch's ("linear
 * before reset" in oneDNN), which makes one of the three recurrent products.  Keep is Cho's,
 * PyTorch's, Keras' and ONNX's; write is Chung et al. 2014 (arXiv:1412.3555).  Gates are
 * stored in the order r, z, n.
 *
 *     W [3H][E]    U [3H][H]    b, c [3H]    x [B_t][E]    h [B_t][H]
 *
 * Backward, from dh' (a_* is the gradient before the gate's nonlinearity), for keep; for
 * write z and 1 - z change places and dz its sign:
 *
 *     a_n = dh' * (1 - z) * (1 - n*n)
 *     a_z = dh' * (h - n) * z * (1 - z)
 *
 *     after:   a_r = a_n * q * r * (1 - r)
 *              dh  = dh' * z + [a_r a_z a_n*r] U
 *              dU += [a_r a_z a_n*r]' h           dc += column sums of the same
 *     before:  p   = a_n U_n                      (gradient of r * h)
 *              a_r = p * h * r * (1 - r)
 *              dh  = dh' * z + p * r + [a_r a_z] U_rz
 *              dU_rz += [a_r a_z]' h    dU_n += a_n' (r * h)    dc += column sums
 *
 *     dx = [a_r a_z a_n] W    dW += [a_r a_z a_n]' x    db += column sums
 *
 * saved: r, z, n, and q (after) or p in passing (before).
 */
#include <string.h>

#include "math/gemm.h"
#include "net/cell.h"

static float blend(bool writes, float z, float n, float h)
{
    return writes ? h + z * (n - h) : n + z * (h - n);
}

/* Rows of work: bias c, or W x + b + c where the two are simply added. */
static void start_work(struct cell_step *s, size_t added)
{
    size_t GH = 3 * s->H;

    for (size_t row = 0; row < s->rows; row++) {
        float *work = s->work + row * GH;
        memcpy(work, s->c, GH * sizeof *work);
        for (size_t j = 0; j < added; j++)
            work[j] += s->gx[row * GH + j];
    }
}

static void forward_after(struct cell_step *s)
{
    size_t H = s->H, GH = 3 * H;
    bool writes = s->spec->update == UPDATE_WRITE;

    start_work(s, 2 * H);
    gemm_nn(s->rows, GH, H, s->h_prev, H, s->u_t, GH, 1.0f, s->work, GH);
    for (size_t row = 0; row < s->rows; row++) {
        const float *work = s->work + row * GH, *gx = s->gx + row * GH;
        const float *h_prev = s->h_prev + row * H;
        float *r = s->saved + row * 4 * H, *z = r + H, *n = z + H, *q = n + H;
        for (size_t j = 0; j < H; j++) {
            r[j] = logistic(work[j]);
            z[j] = logistic(work[H + j]);
            q[j] = work[2 * H + j];
            n[j] = squash(gx[2 * H + j] + r[j] * q[j]);
            s->h[row * H + j] = blend(writes, z[j], n[j], h_prev[j]);
        }
    }
}

static void forward_before(struct cell_step *s)
{
    size_t H = s->H, GH = 3 * H;
    bool writes = s->spec->update == UPDATE_WRITE;

    start_work(s, GH);
    gemm_nn(s->rows, 2 * H, H, s->h_prev, H, s->u_t, GH, 1.0f, s->work, GH);
    for (size_t row = 0; row < s->rows; row++) {
        const float *work = s->work + row * GH, *h_prev = s->h_prev + row * H;
        float *r = s->saved + row * 4 * H, *z = r + H, *rh = s->rh + row * H;
        for (size_t j = 0; j < H; j++) {
            r[j] = logistic(work[j]);
            z[j] = logistic(work[H + j]);
            rh[j] = r[j] * h_prev[j];
        }
    }
    gemm_nn(s->rows, H, H, s->rh, H, s->u_t + 2 * H, GH, 1.0f, s->work + 2 * H, GH);
    for (size_t row = 0; row < s->rows; row++) {
        const float *work = s->work + row * GH, *h_prev = s->h_prev + row * H;
        float *z = s->saved + row * 4 * H + H, *n = z + H;
        for (size_t j = 0; j < H; j++) {
            n[j] = squash(work[2 * H + j]);
            s->h[row * H + j] = blend(writes, z[j], n[j], h_prev[j]);
        }
    }
}

static void forward(struct cell_step *s)
{
    if (s->spec->reset == RESET_AFTER)
        forward_after(s);
    else
        forward_before(s);
}

/* a_z and a_n of one row, and dh turned into its direct part. */
static void backward_blend(const struct cell_step *s, size_t row)
{
    size_t H = s->H;
    const float *z = s->saved + row * 4 * H + H, *n = z + H;
    const float *h_prev = s->h_prev + row * H;
    float *dh = s->dh + row * H, *a_z = s->dgx + row * 3 * H + H, *a_n = a_z + H;
    bool writes = s->spec->update == UPDATE_WRITE;

    for (size_t j = 0; j < H; j++) {
        float kept = writes ? 1.0f - z[j] : z[j];
        float toward = writes ? n[j] - h_prev[j] : h_prev[j] - n[j];
        a_n[j] = dh[j] * (1.0f - kept) * (1.0f - n[j] * n[j]);
        a_z[j] = dh[j] * toward * z[j] * (1.0f - z[j]);
        dh[j] *= kept;
    }
}

static void backward_after(struct cell_step *s)
{
    size_t H = s->H, GH = 3 * H;

    for (size_t row = 0; row < s->rows; row++) {
        const float *r = s->saved + row * 4 * H, *q = r + 3 * H;
        float *dgx = s->dgx + row * GH, *dgh = s->dgh + row * GH;
        backward_blend(s, row);
        for (size_t j = 0; j < H; j++) {
            dgx[j] = dgx[2 * H + j] * q[j] * r[j] * (1.0f - r[j]);
            dgh[j] = dgx[j];
            dgh[H + j] = dgx[H + j];
            dgh[2 * H + j] = dgx[2 * H + j] * r[j];
        }
    }
    gemm_nn(s->rows, H, GH, s->dgh, GH, s->u, H, 1.0f, s->dh, H);
}

static void backward_before(struct cell_step *s)
{
    size_t H = s->H, GH = 3 * H;

    for (size_t row = 0; row < s->rows; row++)
        backward_blend(s, row);
    gemm_nn(s->rows, H, H, s->dgx + 2 * H, GH, s->u + 2 * H * H, H, 0.0f, s->work, H);
    for (size_t row = 0; row < s->rows; row++) {
        const float *r = s->saved + row * 4 * H, *p = s->work + row * H;
        const float *h_prev = s->h_prev + row * H;
        for (size_t j = 0; j < H; j++) {
            s->dgx[row * GH + j] = p[j] * h_prev[j] * r[j] * (1.0f - r[j]);
            s->dh[row * H + j] += p[j] * r[j];
        }
    }
    gemm_nn(s->rows, H, 2 * H, s->dgx, GH, s->u, H, 1.0f, s->dh, H);
}

static void backward(struct cell_step *s)
{
    if (s->spec->reset == RESET_AFTER)
        backward_after(s);
    else
        backward_before(s);
}

const struct cell cell_gru = {CELL_GRU, 4, forward, backward};
