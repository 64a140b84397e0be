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
 * and the last three for rnn, lstm and gru with 32, 64, 128 and 256 units, and for self-attention
 * with 64 units (attention64.*).  Its weights are embedding [64][32], W_in [H][32] and its bias,
 * each layer, the last norm, head [8][H], its bias.  Those of a layer are the parameters of
 * PyTorch's nn.TransformerEncoderLayer in its order, then the slopes [2] for the distance.
 *
 *     usage: bench-prepare FOLDER
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "bench/prepare.h"
#include "bench/workload.h"
#include "engine.h"

enum { E = PREPARE_E, C = WORKLOAD_ACTIONS, V = WORKLOAD_NAMES, FIRST = PREPARE_FIRST };
enum { REFERENCES = 1024 };
enum { WIDEST = 256, GATES = 4 };

static const struct cell {
    enum cell_kind kind;
    const char *name;
    uint32_t G;
} cells[] = {{CELL_RNN, "rnn", 1}, {CELL_LSTM, "lstm", 4}, {CELL_GRU, "gru", 3}};

static const uint32_t widths[] = {32, 64, 128, WIDEST};

enum { CELLS = sizeof cells / sizeof *cells, WIDTHS = sizeof widths / sizeof *widths };

/* The parts of a recurrent network. */
enum part_index { EMBEDDING, W, U, B_IH, B_HH, HEAD, HEAD_BIAS };

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

void network_append(struct network *n, enum part_kind kind, size_t count,
                    const char *name)
{
    struct part *part = &n->parts[n->part_count++];
    part->kind = kind;
    part->count = count;
    snprintf(part->name, sizeof part->name, "%s", name);
}

static double draw_value(const struct network *n, enum part_kind kind, size_t i,
                         struct random *random)
{
    if (kind == PART_NORMAL)
        return random_normal(random);
    if (kind == PART_ALIBI)
        return pow(2.0, -8.0 * (double)(i + 1) / (double)n->spec.heads);
    const double value = (2.0 * random_unit(random) - 1.0) / sqrt((double)n->spec.hidden);
    return kind == PART_NEAR_ONE ? 1.0 + value : value;
}

/* Draw the weights: embeddings are normal, the others uniform in +-1 / sqrt(H). */
static bool draw(struct network *n)
{
    struct random random;
    random_init(&random, 7, n->spec.hidden * CELLS + n->spec.cell);
    for (size_t p = 0; p < n->part_count; p++) {
        struct part *part = &n->parts[p];
        part->values = calloc(part->count, sizeof *part->values);
        if (!part->values)
            return false;
        for (size_t i = 0; i < part->count; i++)
            part->values[i] = (float)draw_value(n, part->kind, i, &random);
    }
    return true;
}

static void release(struct network *n)
{
    for (size_t p = 0; p < n->part_count; p++)
        free(n->parts[p].values);
}

double network_dot(const float *w, const double *x, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += (double)w[i] * x[i];
    return sum;
}

/* ---- recurrent networks -------------------------------------------------------------------- */

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
    const uint32_t H = n->spec.hidden;
    if (n->spec.cell == CELL_RNN)
        return tanh(in[0] + recurrent[0]);
    double first = logistic(in[0] + recurrent[0]),
           second = logistic(in[H] + recurrent[H]);
    if (n->spec.cell == CELL_GRU)
        return (1.0 - second) * tanh(in[2 * H] + first * recurrent[2 * H]) + second * h;
    *c = second * *c + first * tanh(in[2 * H] + recurrent[2 * H]);
    return logistic(in[3 * H] + recurrent[3 * H]) * tanh(*c);
}

/* One event; h and c are old before and new after. */
static void step(const struct network *n, uint32_t event, double *h, double *c)
{
    const struct part *parts = n->parts;
    double x[E], in[GATES * WIDEST], recurrent[GATES * WIDEST];
    const uint32_t H = n->spec.hidden;
    for (uint32_t e = 0; e < E; e++)
        x[e] = (double)parts[EMBEDDING].values[event * E + e];
    for (uint32_t j = 0; j < triage_spec_gates(&n->spec) * H; j++) {
        in[j] =
            network_dot(parts[W].values + j * E, x, E) + (double)parts[B_IH].values[j];
        recurrent[j] =
            network_dot(parts[U].values + j * H, h, H) + (double)parts[B_HH].values[j];
    }
    for (uint32_t j = 0; j < H; j++)
        h[j] = next(n, in + j, recurrent + j, h[j], &c[j]);
}

static void recurrent_logits(const struct network *n, const struct history *history,
                             double *logits)
{
    const struct part *parts = n->parts;
    const uint32_t H = n->spec.hidden;
    double h[WIDEST] = {0}, c[WIDEST] = {0};
    for (uint32_t t = 0; t < history->length; t++)
        step(n, history->ids[t] - FIRST, h, c);
    for (uint32_t i = 0; i < C; i++)
        logits[i] = network_dot(parts[HEAD].values + i * H, h, H) +
                    (double)parts[HEAD_BIAS].values[i];
}

static void recurrent_network_init(struct network *n, const struct cell *cell, uint32_t H)
{
    const size_t GH = (size_t)cell->G * H;
    *n = (struct network){.cell = cell->name,
                          .spec = {.cell = cell->kind,
                                   .reset = RESET_AFTER,
                                   .update = UPDATE_KEEP,
                                   .embedding = E,
                                   .hidden = H,
                                   .layers = 1,
                                   .directions = 1},
                          .logits = recurrent_logits};
    network_append(n, PART_NORMAL, V * E, "embedding.event.weight");
    network_append(n, PART_UNIFORM, GH * E, "rnn.weight_ih_l0");
    network_append(n, PART_UNIFORM, GH * H, "rnn.weight_hh_l0");
    network_append(n, PART_UNIFORM, GH, "rnn.bias_ih_l0");
    network_append(n, PART_UNIFORM, GH, "rnn.bias_hh_l0");
    network_append(n, PART_UNIFORM, (size_t)C * H, "head.weight");
    network_append(n, PART_UNIFORM, C, "head.bias");
}

/* ---- files --------------------------------------------------------------------------------- */

static void classify(const struct network *n, const struct history *history,
                     double *probabilities)
{
    double sum = 0.0;
    n->logits(n, history, probabilities);
    for (uint32_t i = 0; i < C; i++) {
        probabilities[i] = exp(probabilities[i]);
        sum += probabilities[i];
    }
    for (uint32_t i = 0; i < C; i++)
        probabilities[i] /= sum;
}

static bool write_model(const char *path, const struct network *n,
                        const struct workload *workload)
{
    struct training training = {.epochs = 1, .batch = 64, .threads = 1};
    struct error err = {.status = STATUS_OK};
    struct trainer *trainer = workload_trainer(workload, &n->spec, &training, &err);
    for (size_t p = 0; trainer && p < n->part_count; p++) {
        const struct part *part = &n->parts[p];
        size_t count, skipped = p == 0 ? FIRST * E : 0; /* unknown, missing */
        float *to = triage_trainer_tensor(trainer, part->name, &count);
        memset(to, 0, count * sizeof *to);
        memcpy(to + skipped, part->values, part->count * sizeof *to);
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
    const char *cell = n->cell;
    const uint32_t H = n->spec.hidden;
    bool is_written = true;
    snprintf(name, sizeof name, "%s%u.bin", cell, H);
    FILE *file = create(folder, name);
    for (size_t p = 0; file && p < n->part_count; p++)
        is_written = is_written && write_all(file, n->parts[p].values, sizeof(float),
                                             n->parts[p].count);
    if (!file || fclose(file) != 0 || !is_written)
        return false;
    for (size_t i = 0; i < REFERENCES; i++)
        classify(n, &workload->examples[i].history, references + i * C);
    snprintf(name, sizeof name, "%s%u.ref", cell, H);
    file = create(folder, name);
    if (!file)
        return false;
    is_written = write_all(file, references, sizeof references, 1);
    snprintf(path, sizeof path, "%s/%s%u.safetensors", folder, cell, H);
    return fclose(file) == 0 && is_written && write_model(path, n, workload);
}

static bool write_networks(const char *folder, const struct workload *workload)
{
    bool is_written = true;
    for (size_t i = 0; is_written && i <= CELLS * WIDTHS; i++) {
        struct network network;
        if (i < CELLS * WIDTHS)
            recurrent_network_init(&network, &cells[i / WIDTHS], widths[i % WIDTHS]);
        else
            attention_network_init(&network);
        is_written = draw(&network) && write_network(folder, &network, workload);
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
