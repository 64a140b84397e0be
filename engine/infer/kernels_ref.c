/*
 * The definition of an answer's bits (numerics 1; tanhs and move_mean: numerics 3; layer_norm, relu
 * and attend: numerics 4): scalar, in a stated order.  It runs everywhere and is named "portable".
 *
 * x is an event's input, h the old state, W, U the weights and b_ih, b_hh the biases of a gate.
 * gx is W x + b_ih + b_hh of each gate; the candidate of a GRU that resets after the product has
 * W x + b_ih only.  engine/train/cell_*.c has the sources of the equations.
 *
 * Packed weights are the transpose, [in][out].
 */
#include "infer/kernels.h"

#include <math.h>
#include <string.h>

#include "base/elementary.h"

static size_t packed_floats(size_t gates, size_t units, size_t in)
{
    return gates * units * in;
}

static void pack(size_t gates, size_t units, size_t in, size_t stride, const float *w,
                 float *packed)
{
    size_t out = gates * units;

    for (size_t j = 0; j < out; j++)
        for (size_t k = 0; k < in; k++)
            packed[k * out + j] = w[j * stride + k];
}

/* y[j] <- y[j] + sum over k of x[k] w[k][j], k ascending */
static void chain(size_t in, size_t out, const float *w, const float *x, float *y)
{
    for (size_t k = 0; k < in; k++)
        for (size_t j = 0; j < out; j++)
            y[j] = fmaf(x[k], w[k * out + j], y[j]);
}

static void product(size_t rows, size_t in, size_t out, const float *w,
                    const float *const *x, float *const *y)
{
    for (size_t row = 0; row < rows; row++)
        chain(in, out, w, x[row], y[row]);
}

static void add(size_t count, size_t length, const float *const *terms, float *sum)
{
    for (size_t j = 0; j < length; j++) {
        float total = terms[0][j];
        for (size_t i = 1; i < count; i++)
            total += terms[i][j];
        sum[j] = total;
    }
}

static void exponentials(size_t count, float largest, float *x)
{
    for (size_t j = 0; j < count; j++)
        x[j] = exp_f(x[j] - largest);
}

static void tanhs(size_t count, float *x)
{
    for (size_t j = 0; j < count; j++)
        x[j] = tanh_f(x[j]);
}

static void move_mean(size_t count, float share, const float *x, float *mean)
{
    for (size_t j = 0; j < count; j++)
        mean[j] = fmaf(share, x[j] - mean[j], mean[j]);
}

/* Sixteen sums of every sixteenth element, then their sum in double. */
static double add_sixteen(const float sums[KERNELS_LANES])
{
    double sum = 0.0;
    for (size_t lane = 0; lane < KERNELS_LANES; lane++)
        sum += (double)sums[lane];
    return sum;
}

static void layer_norm(size_t count, const float *x, const float *weight,
                       const float *bias, float *y)
{
    float sums[KERNELS_LANES] = {0.0f}, squares[KERNELS_LANES] = {0.0f};

    for (size_t j = 0; j < count; j++)
        sums[j % KERNELS_LANES] += x[j];
    const float mean = (float)(add_sixteen(sums) / (double)count);
    for (size_t j = 0; j < count; j++) {
        y[j] = x[j] - mean;
        squares[j % KERNELS_LANES] = fmaf(y[j], y[j], squares[j % KERNELS_LANES]);
    }
    const double variance = add_sixteen(squares) / (double)count;
    const float inverse = (float)(1.0 / sqrt(variance + NORM_EPSILON));
    for (size_t j = 0; j < count; j++)
        y[j] = fmaf(y[j] * inverse, weight[j], bias[j]);
}

static void relu(size_t count, float *x)
{
    for (size_t j = 0; j < count; j++)
        x[j] = (x[j] < 0.0f ? 0.0f : x[j]) + 0.0f;
}

/* q . k - a (last - i) - b (c_last - c_i): from the distances on, over ascending components. */
static float attend_score(const struct attend *head, size_t i)
{
    const size_t place = i % head->capacity;
    const uint32_t ticks =
        head->clocks[head->last % head->capacity] - head->clocks[place];
    const float *key =
        head->keys + place / KEY_BLOCK * KEY_BLOCK * head->width + place % KEY_BLOCK;
    float score = fmaf(-head->time_slope, (float)(int32_t)ticks,
                       -head->slope * (float)(int32_t)(head->last - i));

    for (size_t k = 0; k < head->width; k++)
        score = fmaf(head->query[k], key[k * KEY_BLOCK], score);
    return score;
}

/* Each component is four chains over every fourth event, which are added in pairs. */
static struct attended attend(const struct attend *head)
{
    const size_t d = head->width, begin = head->first / KEY_BLOCK * KEY_BLOCK;
    float sums[KERNELS_LANES] = {0.0f}, largest = -INFINITY;
    float *weights = head->weights;

    for (size_t i = head->first; i <= head->last; i++) {
        weights[i - begin] = attend_score(head, i);
        largest = weights[i - begin] > largest ? weights[i - begin] : largest;
    }
    for (size_t i = head->first; i <= head->last; i++) {
        weights[i - begin] = exp_f(weights[i - begin] - largest);
        sums[i % KERNELS_LANES] += weights[i - begin];
    }
    const float inverse = (float)(1.0 / add_sixteen(sums));
    for (size_t j = 0; j < d; j++) {
        float parts[4] = {0.0f};
        for (size_t i = head->first; i <= head->last; i++)
            parts[i % 4] = fmaf(weights[i - begin],
                                head->values[i % head->capacity * d + j], parts[i % 4]);
        head->mean[j] = ((parts[0] + parts[1]) + (parts[2] + parts[3])) * inverse;
    }
    return (struct attended){.largest = largest, .inverse = inverse};
}

/* h' = tanh(gx + U h) */
static void rnn_step(const struct recurrence *cell, const struct step_rows *rows)
{
    size_t H = cell->hidden;
    float *work = rows->work;

    for (size_t row = 0; row < rows->count; row++) {
        memcpy(work, rows->gx[row], H * sizeof *work);
        chain(H, H, cell->u, rows->h[row], work);
        for (size_t j = 0; j < H; j++)
            rows->next[row][j] = tanh_f(work[j]);
    }
}

/* keep: h' = n + z (h - n); write: h' = h + z (n - h) */
static float blend(bool update_writes, float z, float n, float h)
{
    return update_writes ? fmaf(z, n - h, h) : fmaf(z, h - n, n);
}

/*
 * r = sigmoid(gx_r + U_r h)    z = sigmoid(gx_z + U_z h)    q = b_hh_n + U_n h
 * n = tanh(gx_n + r q)         h' = blend(z, n, h)
 */
static void gru_after_step(const struct recurrence *cell, const struct step_rows *rows)
{
    size_t H = cell->hidden;
    float *work = rows->work;

    for (size_t row = 0; row < rows->count; row++) {
        const float *x = rows->gx[row], *h = rows->h[row];
        memcpy(work, x, 2 * H * sizeof *work);
        memcpy(work + 2 * H, cell->b_hh_n, H * sizeof *work);
        chain(H, 3 * H, cell->u, h, work);
        for (size_t j = 0; j < H; j++) {
            float r = sigmoid_f(work[j]);
            float z = sigmoid_f(work[H + j]);
            float n = tanh_f(fmaf(r, work[2 * H + j], x[2 * H + j]));
            rows->next[row][j] = blend(cell->update_writes, z, n, h[j]);
        }
    }
}

/*
 * r = sigmoid(gx_r + U_r h)    z = sigmoid(gx_z + U_z h)
 * n = tanh(gx_n + U_n (r h))   h' = blend(z, n, h)
 */
static void gru_before_step(const struct recurrence *cell, const struct step_rows *rows)
{
    size_t H = cell->hidden;
    float *work = rows->work, *z = work + H, *n = work + 2 * H;

    for (size_t row = 0; row < rows->count; row++) {
        const float *h = rows->h[row];
        memcpy(work, rows->gx[row], 3 * H * sizeof *work);
        chain(H, 2 * H, cell->u, h, work);
        for (size_t j = 0; j < H; j++)
            work[j] = sigmoid_f(work[j]) * h[j];
        chain(H, H, cell->u_n, work, n);
        for (size_t j = 0; j < H; j++)
            rows->next[row][j] =
                blend(cell->update_writes, sigmoid_f(z[j]), tanh_f(n[j]), h[j]);
    }
}

/*
 * i = sigmoid(gx_i + U_i h)    f = sigmoid(gx_f + U_f h)    g = tanh(gx_g + U_g h)
 * o = sigmoid(gx_o + U_o h)    c' = f c + i g               h' = o tanh(c')
 */
static void lstm_step(const struct recurrence *cell, const struct step_rows *rows)
{
    size_t H = cell->hidden;
    float *work = rows->work;

    for (size_t row = 0; row < rows->count; row++) {
        float *c = rows->c[row];
        memcpy(work, rows->gx[row], 4 * H * sizeof *work);
        chain(H, 4 * H, cell->u, rows->h[row], work);
        for (size_t j = 0; j < H; j++) {
            float i = sigmoid_f(work[j]);
            float f = sigmoid_f(work[H + j]);
            float g = tanh_f(work[2 * H + j]);
            float o = sigmoid_f(work[3 * H + j]);
            c[j] = fmaf(f, c[j], i * g);
            rows->next[row][j] = o * tanh_f(c[j]);
        }
    }
}

const struct kernels kernels_portable = {
    .name = "portable",
    .is_exact = true,
    .rows = 8,
    .packed_floats = packed_floats,
    .pack = pack,
    .product = product,
    .add = add,
    .exponentials = exponentials,
    .tanhs = tanhs,
    .move_mean = move_mean,
    .layer_norm = layer_norm,
    .relu = relu,
    .attend = attend,
    .rnn_step = rnn_step,
    .gru_after_step = gru_after_step,
    .gru_before_step = gru_before_step,
    .lstm_step = lstm_step,
};
