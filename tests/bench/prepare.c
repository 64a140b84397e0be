/*
 * Writes the data that engines are compared on, the same bytes on every machine:
 *
 *     data.bin       int32 count, lengths, then the events of all histories, 0 to 63
 *     labels.bin     int32 per history, 0 to 7
 *     gru64.bin      float32 weights, row-major, gates in PyTorch's order: embedding [64][32],
 *                    W [G*H][32], U [G*H][H], b_ih, b_hh [G*H], head [8][H], its bias [8]
 *     gru64.ref      float64: the probabilities of the first 1024 histories
 *     gru64.safetensors     the same network as a model file for triaged
 *
 * and the last three for rnn, lstm and gru with 32, 64, 128 and 256 units.
 *
 *     usage: bench-prepare FOLDER
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "bench/workload.h"
#include "engine.h"

enum { E = 32, C = WORKLOAD_ACTIONS, V = WORKLOAD_NAMES, REFERENCES = 1024, FIRST = 2 };
enum { WIDEST = 256, GATES = 4 };

static const struct cell {
    enum cell_kind kind;
    const char *name;
    uint32_t G;
} cells[] = {{CELL_RNN, "rnn", 1}, {CELL_LSTM, "lstm", 4}, {CELL_GRU, "gru", 3}};

static const uint32_t widths[] = {32, 64, 128, WIDEST};

enum { CELLS = sizeof cells / sizeof *cells, WIDTHS = sizeof widths / sizeof *widths };

/* The weights of a network in the order of the file. */
enum part { EMBEDDING, W, U, B_IH, B_HH, HEAD, HEAD_BIAS, PARTS };

struct network {
    const struct cell *cell;
    uint32_t H;
    float *parts[PARTS];
    size_t counts[PARTS];
};

static FILE *create(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file)
        perror(path);
    return file;
}

/* Whether all was written. */
static bool write_all(FILE *file, const void *from, size_t size, size_t count)
{
    return fwrite(from, size, count, file) == count;
}

static bool write_histories(const char *folder, const struct workload *workload)
{
    FILE *data = create(folder, "data.bin"), *labels = create(folder, "labels.bin");
    int32_t count = (int32_t)workload->count;
    bool is_written = data && labels && write_all(data, &count, 4, 1);
    for (size_t i = 0; is_written && i < workload->count; i++) {
        int32_t length = (int32_t)workload->examples[i].history.length;
        int32_t label = (int32_t)workload->examples[i].action;
        is_written = write_all(data, &length, 4, 1) && write_all(labels, &label, 4, 1);
    }
    for (size_t i = 0; is_written && i < workload->count; i++) {
        const struct history *history = &workload->examples[i].history;
        for (uint32_t t = 0; t < history->length; t++) {
            int32_t event = (int32_t)history->ids[t] - FIRST;
            is_written = is_written && write_all(data, &event, 4, 1);
        }
    }
    if (data && fclose(data) != 0)
        is_written = false;
    if (labels && fclose(labels) != 0)
        is_written = false;
    return is_written;
}

/* Draw the weights: embeddings are normal, the others uniform in +-1 / sqrt(H). */
static bool draw(struct network *n, const struct cell *cell, uint32_t H)
{
    uint32_t GH = cell->G * H;
    struct random random;
    *n = (struct network){
        .cell = cell, .H = H, .counts = {V * E, GH * E, GH * H, GH, GH, C * H, C}};
    random_init(&random, 7, H * CELLS + cell->kind);
    for (int part = 0; part < PARTS; part++) {
        n->parts[part] = calloc(n->counts[part], sizeof(float));
        if (!n->parts[part])
            return false;
        for (size_t i = 0; i < n->counts[part]; i++)
            n->parts[part][i] =
                (float)(part == EMBEDDING
                            ? random_normal(&random)
                            : (2.0 * random_unit(&random) - 1.0) / sqrt((double)H));
    }
    return true;
}

static void release(struct network *n)
{
    for (int part = 0; part < PARTS; part++)
        free(n->parts[part]);
}

static double dot(const float *w, const double *x, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += (double)w[i] * x[i];
    return sum;
}

static double logistic(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

/*
 * The new state of a unit.  in and recurrent [G][H] are what the event and the old states add to
 * its gates; h is its old state, c the cell state of an LSTM.
 */
static double next(const struct network *n, const double *in, const double *recurrent,
                   double h, double *c)
{
    const uint32_t H = n->H;
    if (n->cell->kind == CELL_RNN)
        return tanh(in[0] + recurrent[0]);
    double first = logistic(in[0] + recurrent[0]),
           second = logistic(in[H] + recurrent[H]);
    if (n->cell->kind == CELL_GRU)
        return (1.0 - second) * tanh(in[2 * H] + first * recurrent[2 * H]) + second * h;
    *c = second * *c + first * tanh(in[2 * H] + recurrent[2 * H]);
    return logistic(in[3 * H] + recurrent[3 * H]) * tanh(*c);
}

/* One event; h and c are old before and new after. */
static void step(const struct network *n, uint32_t event, double *h, double *c)
{
    double x[E], in[GATES * WIDEST], recurrent[GATES * WIDEST];
    const uint32_t H = n->H;
    for (uint32_t e = 0; e < E; e++)
        x[e] = (double)n->parts[EMBEDDING][event * E + e];
    for (uint32_t j = 0; j < n->cell->G * H; j++) {
        in[j] = dot(n->parts[W] + j * E, x, E) + (double)n->parts[B_IH][j];
        recurrent[j] = dot(n->parts[U] + j * H, h, H) + (double)n->parts[B_HH][j];
    }
    for (uint32_t j = 0; j < H; j++)
        h[j] = next(n, in + j, recurrent + j, h[j], &c[j]);
}

static void classify(const struct network *n, const struct history *history,
                     double *probabilities)
{
    double h[WIDEST] = {0}, c[WIDEST] = {0}, sum = 0.0;
    for (uint32_t t = 0; t < history->length; t++)
        step(n, history->ids[t] - FIRST, h, c);
    for (uint32_t i = 0; i < C; i++) {
        double logit = dot(n->parts[HEAD] + i * n->H, h, n->H);
        probabilities[i] = exp(logit + (double)n->parts[HEAD_BIAS][i]);
        sum += probabilities[i];
    }
    for (uint32_t i = 0; i < C; i++)
        probabilities[i] /= sum;
}

static bool write_model(const char *path, const struct network *n,
                        const struct workload *workload)
{
    static const char *const names[PARTS] = {"embedding.event.weight",
                                             "rnn.weight_ih_l0",
                                             "rnn.weight_hh_l0",
                                             "rnn.bias_ih_l0",
                                             "rnn.bias_hh_l0",
                                             "head.weight",
                                             "head.bias"};
    struct spec spec = {.cell = n->cell->kind,
                        .reset = RESET_AFTER,
                        .update = UPDATE_KEEP,
                        .embedding = E,
                        .hidden = n->H,
                        .layers = 1,
                        .directions = 1};
    struct training training = {.epochs = 1, .batch = 64, .threads = 1};
    struct error err = {.status = STATUS_OK};
    struct trainer *trainer = workload_trainer(workload, &spec, &training, &err);
    for (int part = 0; trainer && part < PARTS; part++) {
        size_t count, skipped = part == EMBEDDING ? FIRST * E : 0; /* unknown, missing */
        float *to = triage_trainer_tensor(trainer, names[part], &count);
        memset(to, 0, count * sizeof *to);
        memcpy(to + skipped, n->parts[part], n->counts[part] * sizeof *to);
    }
    if (trainer)
        triage_trainer_save(trainer, path, NULL, &err);
    triage_trainer_free(trainer);
    if (err.status != STATUS_OK)
        fprintf(stderr, "bench-prepare: %s: %s\n", err.where, err.text);
    return err.status == STATUS_OK;
}

static bool write_network(const char *folder, const struct network *n,
                          const struct workload *workload)
{
    static double references[REFERENCES * C];
    char name[64], path[512];
    const char *cell = n->cell->name;
    bool is_written = true;
    snprintf(name, sizeof name, "%s%u.bin", cell, n->H);
    FILE *file = create(folder, name);
    for (int part = 0; file && part < PARTS; part++)
        is_written =
            is_written && write_all(file, n->parts[part], sizeof(float), n->counts[part]);
    if (!file || fclose(file) != 0 || !is_written)
        return false;
    for (size_t i = 0; i < REFERENCES; i++)
        classify(n, &workload->examples[i].history, references + i * C);
    snprintf(name, sizeof name, "%s%u.ref", cell, n->H);
    file = create(folder, name);
    if (!file)
        return false;
    is_written = write_all(file, references, sizeof references, 1);
    snprintf(path, sizeof path, "%s/%s%u.safetensors", folder, cell, n->H);
    return fclose(file) == 0 && is_written && write_model(path, n, workload);
}

static bool write_networks(const char *folder, const struct workload *workload)
{
    bool is_written = true;
    for (size_t i = 0; is_written && i < CELLS * WIDTHS; i++) {
        struct network network;
        is_written = draw(&network, &cells[i / WIDTHS], widths[i % WIDTHS]) &&
                     write_network(folder, &network, workload);
        release(&network);
    }
    return is_written;
}

int main(int argc, char **argv)
{
    struct workload workload;
    struct error err = {.status = STATUS_OK};
    bool is_written = false;
    triage_init();
    if (argc != 2) {
        fprintf(stderr, "usage: bench-prepare FOLDER\n");
        return 2;
    }
    if (workload_init(&workload, WORKLOAD_HISTORIES, &err) == STATUS_OK) {
        is_written =
            write_histories(argv[1], &workload) && write_networks(argv[1], &workload);
        workload_release(&workload);
    }
    if (!is_written)
        fprintf(stderr, "bench-prepare: could not write to %s\n", argv[1]);
    return is_written ? 0 : 1;
}
