/* The network of self-attention in double precision: infer/self_attention.h has the equations. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/prepare.h"

enum { E = PREPARE_E, H = 64, A = 2, D = H / A, L = 2, P = 256, LONGEST = 200 };
enum { WINDOW = 2048 }; /* more events than any history of the benches has */

/* The parts of a layer in the order of PyTorch's nn.TransformerEncoderLayer, and the slopes. */
enum block_part {
    IN,
    IN_BIAS,
    OUT,
    OUT_BIAS,
    LINEAR1,
    LINEAR1_BIAS,
    LINEAR2,
    LINEAR2_BIAS,
    NORM1,
    NORM1_BIAS,
    NORM2,
    NORM2_BIAS,
    SLOPES,
    BLOCK_PARTS
};

enum part_index {
    EMBEDDING,
    INPUT,
    INPUT_BIAS,
    BLOCKS,
    NORM = BLOCKS + L * BLOCK_PARTS,
    NORM_BIAS,
    HEAD,
    HEAD_BIAS
};

static const float *part_of(const struct network *n, size_t i)
{
    return n->parts[i].values;
}

static const float *block_part(const struct network *n, size_t layer,
                               enum block_part part)
{
    return part_of(n, BLOCKS + layer * BLOCK_PARTS + part);
}

/* y [rows] = w [rows][columns] x + bias */
static void affine(const float *w, const float *bias, size_t rows, size_t columns,
                   const double *x, double *y)
{
    for (size_t i = 0; i < rows; i++)
        y[i] = network_dot(w + i * columns, x, columns) + (double)bias[i];
}

static void norm(const float *weight, const float *bias, const double *x, double *y)
{
    double mean = 0.0, variance = 0.0;
    for (size_t j = 0; j < H; j++)
        mean += x[j] / H;
    for (size_t j = 0; j < H; j++)
        variance += (x[j] - mean) * (x[j] - mean) / H;
    for (size_t j = 0; j < H; j++)
        y[j] =
            (x[j] - mean) / sqrt(variance + 1e-5) * (double)weight[j] + (double)bias[j];
}

/* What a head reads after the events 0 .. t: to [D] */
static void attend(const double (*qkv)[3 * H], size_t t, size_t first, double slope,
                   double *to)
{
    double sum = 0.0;
    memset(to, 0, D * sizeof *to);
    for (size_t i = 0; i <= t; i++) {
        double score = 0.0;
        for (size_t j = first; j < first + D; j++)
            score += qkv[t][j] * qkv[i][H + j];
        double share = exp(score / sqrt(D) - slope * (double)(t - i));
        sum += share;
        for (size_t j = 0; j < D; j++)
            to[j] += share * qkv[i][2 * H + first + j];
    }
    for (size_t j = 0; j < D; j++)
        to[j] /= sum;
}

static void run_block(const struct network *n, size_t l, size_t length, double (*x)[H])
{
    static double qkv[LONGEST][3 * H];
    double y[H], hidden[P], added[H];
    for (size_t t = 0; t < length; t++) {
        norm(block_part(n, l, NORM1), block_part(n, l, NORM1_BIAS), x[t], y);
        affine(block_part(n, l, IN), block_part(n, l, IN_BIAS), 3 * H, H, y, qkv[t]);
    }
    for (size_t t = 0; t < length; t++) {
        for (size_t a = 0; a < A; a++)
            attend((const double(*)[3 * H]) qkv, t, a * D,
                   (double)block_part(n, l, SLOPES)[a], y + a * D);
        affine(block_part(n, l, OUT), block_part(n, l, OUT_BIAS), H, H, y, added);
        for (size_t j = 0; j < H; j++)
            x[t][j] += added[j];
        norm(block_part(n, l, NORM2), block_part(n, l, NORM2_BIAS), x[t], y);
        affine(block_part(n, l, LINEAR1), block_part(n, l, LINEAR1_BIAS), P, H, y,
               hidden);
        for (size_t j = 0; j < P; j++)
            hidden[j] = fmax(hidden[j], 0.0);
        affine(block_part(n, l, LINEAR2), block_part(n, l, LINEAR2_BIAS), H, P, hidden,
               added);
        for (size_t j = 0; j < H; j++)
            x[t][j] += added[j];
    }
}

static void attention_logits(const struct network *n, const struct history *history,
                             double *logits)
{
    static double x[LONGEST][H];
    const size_t length = history->length;
    double embedding[E], state[H];
    for (size_t t = 0; t < length; t++) {
        const size_t event = history->ids[t] - PREPARE_FIRST;
        for (size_t e = 0; e < E; e++)
            embedding[e] = (double)part_of(n, EMBEDDING)[event * E + e];
        affine(part_of(n, INPUT), part_of(n, INPUT_BIAS), H, E, embedding, x[t]);
    }
    for (size_t l = 0; l < L; l++)
        run_block(n, l, length, x);
    norm(part_of(n, NORM), part_of(n, NORM_BIAS), x[length - 1], state);
    affine(part_of(n, HEAD), part_of(n, HEAD_BIAS), WORKLOAD_ACTIONS, H, state, logits);
}

static void append_block(struct network *n, int layer)
{
    static const struct {
        const char *name;
        enum part_kind kind;
        size_t count;
    } parts[BLOCK_PARTS] = {
        [IN] = {"self_attn.in_proj_weight", PART_UNIFORM, 3 * H * H},
        [IN_BIAS] = {"self_attn.in_proj_bias", PART_UNIFORM, 3 * H},
        [OUT] = {"self_attn.out_proj.weight", PART_UNIFORM, H * H},
        [OUT_BIAS] = {"self_attn.out_proj.bias", PART_UNIFORM, H},
        [LINEAR1] = {"linear1.weight", PART_UNIFORM, P * H},
        [LINEAR1_BIAS] = {"linear1.bias", PART_UNIFORM, P},
        [LINEAR2] = {"linear2.weight", PART_UNIFORM, H * P},
        [LINEAR2_BIAS] = {"linear2.bias", PART_UNIFORM, H},
        [NORM1] = {"norm1.weight", PART_NEAR_ONE, H},
        [NORM1_BIAS] = {"norm1.bias", PART_UNIFORM, H},
        [NORM2] = {"norm2.weight", PART_NEAR_ONE, H},
        [NORM2_BIAS] = {"norm2.bias", PART_UNIFORM, H},
        [SLOPES] = {"self_attn.index_slope", PART_ALIBI, A},
    };
    for (size_t i = 0; i < BLOCK_PARTS; i++) {
        char name[64];
        snprintf(name, sizeof name, "encoder.layers.%d.%s", layer, parts[i].name);
        network_append(n, parts[i].kind, parts[i].count, name);
    }
}

void attention_network_init(struct network *n)
{
    *n = (struct network){.cell = "attention",
                          .spec = {.cell = CELL_ATTENTION,
                                   .embedding = E,
                                   .hidden = H,
                                   .layers = L,
                                   .directions = 1,
                                   .heads = A,
                                   .feed_forward = P,
                                   .window = WINDOW},
                          .logits = attention_logits};
    network_append(n, PART_NORMAL, WORKLOAD_NAMES * E, "embedding.event.weight");
    network_append(n, PART_UNIFORM, H * E, "input.weight");
    network_append(n, PART_UNIFORM, H, "input.bias");
    for (int l = 0; l < L; l++)
        append_block(n, l);
    network_append(n, PART_NEAR_ONE, H, "encoder.norm.weight");
    network_append(n, PART_UNIFORM, H, "encoder.norm.bias");
    network_append(n, PART_UNIFORM, WORKLOAD_ACTIONS * H, "head.weight");
    network_append(n, PART_UNIFORM, WORKLOAD_ACTIONS, "head.bias");
}
