/*
 * The bits of the kernels in one digest: a kernel computes steps, products and exponentials of
 * random numbers drawn from a seed, and the SHA-256 of all results is compared with a file.  It
 * needs only libc, so that it runs on any processor that has a C compiler, and in emulators.
 *
 *   usage: bits [--attention | --self-attention] [FILE [KERNEL...]]
 *
 * Prints a line for each KERNEL, or for each exact kernel that this machine can run.  Exits 1 if
 * one differs from the digest in FILE, 2 if it cannot be computed.  The digest of numerics 1 is
 * frozen; kernels that are not exact must be named, and have a file of their own.  --attention and
 * --self-attention: what numerics 3 and 4 add, with digests of their own.
 *
 * All NaNs count as the same, whatever their sign and payload.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/elementary.h"
#include "base/random.h"
#include "engine.h"
#include "infer/kernels.h"

enum { ROWS = 19, WIDEST = 100, GATES = 4, STEPS = 3 };

static const size_t widths[] = {1,  2,  3,  4,  5,  7,  8,  9,  13, 15,
                                16, 17, 24, 31, 33, 47, 48, 64, 70, WIDEST};

/* The largest weights; the largest inputs and states, but states are at most 1, as from tanh. */
static const struct {
    const char *about;
    float w, x;
} sizes[] = {
    {"ordinary", 1.0f, 1.0f},
    {"saturated", 30.0f, 30.0f},
    {"subnormal", 1.0f, 1e-39f},
    {"sums that overflow", 3e38f, 3e38f},
};

enum { RNN, GRU_AFTER, GRU_BEFORE, LSTM, CELLS };
static const size_t cell_gates[CELLS] = {1, 3, 3, 4};

struct floats {
    float u[GATES * WIDEST * WIDEST], gx[ROWS][GATES * WIDEST], b_hh_n[WIDEST];
    float h[2][ROWS][WIDEST], c[ROWS][WIDEST];
};

static void draw(struct random *random, float size, float *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = size * (float)(2.0 * random_unit(random) - 1.0);
}

static void hash_floats(struct sha256 *hash, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = x[i] == x[i] ? float_bits(x[i]) : 0x7fc00000u;
        const uint8_t bytes[4] = {(uint8_t)bits, (uint8_t)(bits >> 8),
                                  (uint8_t)(bits >> 16), (uint8_t)(bits >> 24)};
        sha256_add(hash, bytes, sizeof bytes);
    }
}

static float *allocate(size_t floats)
{
    float *array = aligned_alloc(64, (floats * sizeof *array / 64 + 1) * 64);
    if (!array)
        abort();
    return array;
}

static float *packed(const struct kernels *kernels, size_t gates, size_t units, size_t in,
                     const float *w)
{
    float *floats = allocate(kernels->packed_floats(gates, units, in));
    kernels->pack(gates, units, in, in, w, floats);
    return floats;
}

/* Hash STEPS steps of one cell in some rows. */
static void hash_cell(const struct kernels *kernels, struct floats *x, int kind, size_t H,
                      size_t rows, bool writes, struct sha256 *hash)
{
    void (*const steps[CELLS])(const struct recurrence *, const struct step_rows *) = {
        kernels->rnn_step, kernels->gru_after_step, kernels->gru_before_step,
        kernels->lstm_step};
    size_t gates = cell_gates[kind];
    float *u = packed(kernels, kind == GRU_BEFORE ? 2 : gates, H, H, x->u);
    float *u_n = packed(kernels, 1, H, H, x->u + (gates - 1) * H * H);
    const struct recurrence cell = {
        .hidden = H, .u = u, .u_n = u_n, .b_hh_n = x->b_hh_n, .update_writes = writes};
    const float *gx[ROWS], *h[ROWS];
    float *next[ROWS], *c[ROWS], *work = allocate(kernels_work(kernels, gates, H));

    for (int step = 0; step < STEPS; step++) {
        const struct step_rows at = {.count = rows,
                                     .gx = gx,
                                     .h = h,
                                     .next = next,
                                     .c = c,
                                     .work = work,
                                     .is_backwards = step == 1};
        for (size_t row = 0; row < rows; row++) {
            gx[row] = x->gx[(row + (size_t)step) % ROWS];
            h[row] = x->h[step % 2][row];
            next[row] = x->h[1 - step % 2][row];
            c[row] = x->c[row];
        }
        steps[kind](&cell, &at);
        for (size_t row = 0; row < rows; row++) {
            hash_floats(hash, next[row], H);
            if (kind == LSTM)
                hash_floats(hash, c[row], H);
        }
    }
    free(work);
    free(u_n);
    free(u);
}

static void hash_steps(const struct kernels *kernels, struct floats *x,
                       struct sha256 *hash)
{
    struct random random;
    random_init(&random, 1, 0);
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (int kind = 0; kind < CELLS; kind++) {
                size_t H = widths[w], rows = 1 + random_below(&random, ROWS);
                bool writes = random_below(&random, 2) == 1;
                float size = sizes[s].x, state = size < 1.0f ? size : 1.0f;
                draw(&random, sizes[s].w, x->u, cell_gates[kind] * H * H);
                draw(&random, size, x->b_hh_n, H);
                for (size_t row = 0; row < ROWS; row++) {
                    draw(&random, size, x->gx[row], cell_gates[kind] * H);
                    draw(&random, state, x->h[0][row], H);
                    draw(&random, size, x->c[row], H);
                }
                hash_cell(kernels, x, kind, H, rows, writes, hash);
            }
}

/* Products, sums of terms and exponentials of any length. */
static void hash_products(const struct kernels *kernels, struct floats *x,
                          struct sha256 *hash)
{
    struct random random;
    const float *in[ROWS];
    float *out[ROWS];
    random_init(&random, 1, 1);
    for (size_t width = 1; width <= WIDEST; width++) {
        size_t length = random_below(&random, WIDEST + 1);
        size_t rows = 1 + random_below(&random, ROWS);
        float size = sizes[width % 3].x;
        draw(&random, sizes[width % 3].w, x->u, width * length);
        float *w = packed(kernels, 1, width, length, x->u);
        for (size_t row = 0; row < ROWS; row++) {
            draw(&random, size, x->h[0][row], length);
            draw(&random, size, x->gx[row], width);
            in[row] = x->h[0][row];
            out[row] = x->gx[row];
        }
        kernels->product(rows, length, width, w, in, out);
        for (size_t row = 0; row < rows; row++)
            hash_floats(hash, out[row], width);
        kernels->add(rows, width, (const float *const *)out, x->c[0]);
        hash_floats(hash, x->c[0], width);
        kernels->exponentials(width, x->c[0][0], x->c[0]);
        hash_floats(hash, x->c[0], width);
        free(w);
    }
}

/* tanh of every 4093rd float, by a plain cell whose weights are 0. */
static void hash_tanh(const struct kernels *kernels, struct floats *x,
                      struct sha256 *hash)
{
    enum { STRIDE = 4093 };
    uint64_t bits = 0;
    memset(x->u, 0, sizeof x->u);
    memset(x->h, 0, sizeof x->h);
    while (bits <= UINT32_MAX) {
        for (size_t row = 0; row < ROWS; row++)
            for (size_t j = 0; j < WIDEST; j++, bits += STRIDE)
                x->gx[row][j] = float_from_bits((uint32_t)bits);
        hash_cell(kernels, x, RNN, WIDEST, ROWS, false, hash);
    }
}

/* tanh and moving means of any length, of every size. */
static void hash_attention(const struct kernels *kernels, struct floats *x,
                           struct sha256 *hash)
{
    struct random random;
    random_init(&random, 1, 2);
    for (size_t width = 1; width <= WIDEST; width++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            float share = (float)random_unit(&random);
            draw(&random, sizes[s].x, x->gx[0], width);
            draw(&random, sizes[s].x, x->gx[1], width);
            kernels->move_mean(width, share, x->gx[0], x->gx[1]);
            hash_floats(hash, x->gx[1], width);
            kernels->tanhs(width, x->gx[0]);
            hash_floats(hash, x->gx[0], width);
        }
}

/* Heads of any width over windows of a ring. */
static void hash_heads(const struct kernels *kernels, struct sha256 *hash)
{
    enum { CAPACITY = 96, HEADS = 400, WIDE = 40 };
    static float keys[CAPACITY * WIDE], values[CAPACITY * WIDE];
    static float query[WIDE], mean[WIDE], weights[CAPACITY];
    uint32_t clocks[CAPACITY];
    struct random random;
    random_init(&random, 1, 4);
    for (size_t i = 0; i < HEADS; i++) {
        const size_t first = random_below(&random, 3 * CAPACITY);
        const size_t most = CAPACITY - KEY_BLOCK - first % KEY_BLOCK;
        const float size = sizes[i % 4].x;
        draw(&random, size, keys, CAPACITY * WIDE);
        draw(&random, size, values, CAPACITY * WIDE);
        draw(&random, sizes[i % 4].w, query, WIDE);
        for (size_t j = 0; j < CAPACITY; j++)
            clocks[j] = (uint32_t)random_below(&random, 1u << 30);
        const struct attend head = {.width = 1 + random_below(&random, WIDE),
                                    .capacity = CAPACITY,
                                    .first = first,
                                    .last = first + random_below(&random, most),
                                    .query = query,
                                    .keys = keys,
                                    .values = values,
                                    .clocks = clocks,
                                    .slope = (float)random_unit(&random),
                                    .time_slope = (float)random_unit(&random) / 1024.0f,
                                    .weights = weights,
                                    .mean = mean};
        const struct attended attended = kernels->attend(&head);
        hash_floats(hash, &attended.inverse, 1);
        hash_floats(hash, mean, head.width);
    }
}

/* Layer norms and relu of any length and size, and heads. */
static void hash_self_attention(const struct kernels *kernels, struct floats *x,
                                struct sha256 *hash)
{
    struct random random;
    random_init(&random, 1, 3);
    for (size_t width = 1; width <= WIDEST; width++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            draw(&random, sizes[s].x, x->gx[0], width);
            draw(&random, 1.0f, x->gx[1], width);
            draw(&random, sizes[s].x, x->gx[2], width);
            kernels->layer_norm(width, x->gx[0], x->gx[1], x->gx[2], x->gx[3]);
            hash_floats(hash, x->gx[3], width);
            x->gx[0][0] = -0.0f;
            kernels->relu(width, x->gx[0]);
            hash_floats(hash, x->gx[0], width);
        }
    hash_heads(kernels, hash);
}

enum subject { STEPS_OF_CELLS, ATTENTION, SELF_ATTENTION };

static void digest(const struct kernels *kernels, enum subject subject,
                   char hex[SHA256_HEX])
{
    struct floats *x = calloc(1, sizeof *x);
    uint8_t bytes[SHA256_BYTES];
    struct sha256 hash;
    if (!x)
        abort();
    sha256_init(&hash);
    if (subject == ATTENTION) {
        hash_attention(kernels, x, &hash);
    } else if (subject == SELF_ATTENTION) {
        hash_self_attention(kernels, x, &hash);
    } else {
        hash_steps(kernels, x, &hash);
        hash_products(kernels, x, &hash);
        /* The other kernels are slow, and compute tanh with the same source. */
        if (kernels->is_exact)
            hash_tanh(kernels, x, &hash);
    }
    sha256_finish(&hash, bytes);
    for (size_t i = 0; i < SHA256_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    free(x);
}

/* The digest that every kernel must have; not changed if path is NULL. */
static bool read_expected(const char *path, char hex[SHA256_HEX])
{
    if (!path)
        return true;
    FILE *file = fopen(path, "r");
    bool is_read = file && fscanf(file, "%64s", hex) == 1;
    if (file)
        fclose(file);
    if (!is_read)
        fprintf(stderr, "bits: cannot read \"%s\"\n", path);
    return is_read;
}

int main(int argc, char **argv)
{
    static const char *const all[] = {"portable", "avx2", "avx512", "neon"};
    char expected[SHA256_HEX] = "", hex[SHA256_HEX];
    const enum subject subject = argc < 2                              ? STEPS_OF_CELLS
                                 : strcmp(argv[1], "--attention") == 0 ? ATTENTION
                                 : strcmp(argv[1], "--self-attention") == 0
                                     ? SELF_ATTENTION
                                     : STEPS_OF_CELLS;
    argc -= subject != STEPS_OF_CELLS;
    argv += subject != STEPS_OF_CELLS;
    size_t count = argc > 2 ? (size_t)argc - 2 : sizeof all / sizeof *all;
    int code = 0;
    if (!read_expected(argc > 1 ? argv[1] : NULL, expected))
        return 2;
    for (size_t i = 0; i < count; i++) {
        struct error err = {.status = STATUS_OK};
        if (triage_kernels_force(argc > 2 ? argv[i + 2] : all[i], &err) != STATUS_OK) {
            if (argc > 2) {
                fprintf(stderr, "bits: %s\n", err.text);
                code = 2;
            }
            continue;
        }
        digest(kernels_pick(), subject, hex);
        bool is_same = *expected == '\0' || strcmp(hex, expected) == 0;
        printf("%s %s%s\n", hex, triage_kernels_name(),
               is_same ? "" : ": DIFFERENT BITS");
        fflush(stdout);
        code = is_same ? code : 1;
    }
    return code;
}
