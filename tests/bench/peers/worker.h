/*
 * The main program of a worker: an engine that is measured over lines on stdin and stdout.
 *
 *     lat CELL H LENGTH MS    one history of LENGTH events per call, for MS milliseconds
 *     thr CELL H BATCH MS     the first 1024 histories, BATCH per call
 *     same CELL H BATCH MS    1024 histories of 20 events, BATCH per call
 *
 * The answer is "ok MEDIAN_US LEAST_US CALLS ERROR"; the times of thr and same are those of all 1024.
 * ERROR is the largest difference of a probability from the double precision reference, over these
 * 1024 histories one per call and all in one call.  The argument of the program is the output
 * folder of bench-prepare.
 *
 * An engine defines peer_open and peer_run and includes this file.  It is given PEER_GROUP
 * histories at once, sorted by length.  The default of eight is best for libraries that pad; an
 * engine may define another value before the include.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/timing.h"

#ifndef PEER_GROUP
#define PEER_GROUP 8
#endif

enum { VALUES = 64, EMBEDDING = 32, ACTIONS = 8, HISTORIES = 1024, LONGEST = 200 };
enum { SAME_LENGTH = 20 };

/* Gates in PyTorch's order: GRU r, z, n; LSTM i, f, g, o.  Self-attention: the path only. */
struct peer_network {
    bool is_lstm;
    int H, G;
    float *embedding, *w, *u, *b_ih, *b_hh, *head, *head_bias;
    char path[512]; /* of its files, without the extension */
};

struct peer_history {
    const int32_t *events;
    int length;
};

/* Load a network; the result is used until the end of the process.  NULL if it fails. */
static void *peer_open(const struct peer_network *network);

/* Compute the probabilities [count][ACTIONS] of count histories. */
static void peer_run(void *peer, int count, const struct peer_history *histories,
                     float *probabilities);

/* memory itself; ends the process if it is NULL. */
static void *need(void *memory)
{
    if (memory)
        return memory;
    fprintf(stderr, "out of memory\n");
    exit(1);
}

static void *read_part(FILE *file, size_t size, size_t count)
{
    void *part = need(calloc(count, size));
    if (fread(part, size, count, file) == count)
        return part;
    fprintf(stderr, "bench-work: a file is too short\n");
    exit(1);
}

static FILE *open_in(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, "rb");
}

static struct peer_history *read_histories(const char *folder)
{
    FILE *file = open_in(folder, "data.bin");
    struct peer_history *histories = need(calloc(HISTORIES, sizeof *histories));
    size_t all = 0;
    if (!file) {
        fprintf(stderr, "could not open %s/data.bin\n", folder);
        exit(1);
    }
    int32_t *count = read_part(file, sizeof *count, 1);
    int32_t *lengths = read_part(file, sizeof *lengths, (size_t)*count);
    for (int i = 0; i < *count; i++)
        all += (size_t)lengths[i];
    const int32_t *events = read_part(file, sizeof *events, all);
    for (int i = 0; i < HISTORIES; i++, events += histories[i - 1].length)
        histories[i] = (struct peer_history){events, lengths[i]};
    fclose(file);
    return histories;
}

static struct peer_network *read_network(const char *folder, const char *cell, int H)
{
    struct peer_network *n = need(calloc(1, sizeof *n));
    char name[64];
    n->is_lstm = strcmp(cell, "lstm") == 0;
    n->H = H;
    n->G = n->is_lstm ? 4 : 3;
    size_t h = (size_t)H, GH = (size_t)n->G * h;
    snprintf(n->path, sizeof n->path, "%s/%s%d", folder, cell, H);
    if (strcmp(cell, "attention") == 0)
        return n;
    snprintf(name, sizeof name, "%s%d.bin", cell, H);
    FILE *file = open_in(folder, name);
    if (!file)
        return NULL;
    n->embedding = read_part(file, sizeof(float), VALUES * EMBEDDING);
    n->w = read_part(file, sizeof(float), GH * EMBEDDING);
    n->u = read_part(file, sizeof(float), GH * h);
    n->b_ih = read_part(file, sizeof(float), GH);
    n->b_hh = read_part(file, sizeof(float), GH);
    n->head = read_part(file, sizeof(float), ACTIONS * h);
    n->head_bias = read_part(file, sizeof(float), ACTIONS);
    fclose(file);
    return n;
}

static int longest_first(const void *a, const void *b)
{
    const struct peer_history *const *x = a, *const *y = b;
    return ((*y)->length > (*x)->length) - ((*y)->length < (*x)->length);
}

/*
 * One call with count histories: sort them by length, run groups of PEER_GROUP, and put the
 * probabilities into the original order.
 */
static void run_grouped(void *peer, int count, const struct peer_history *histories,
                        float *probabilities)
{
    static const struct peer_history *order[HISTORIES];
    static struct peer_history sorted[HISTORIES];
    static float answers[HISTORIES * ACTIONS];
    const int group = PEER_GROUP;
    if (count <= group) {
        peer_run(peer, count, histories, probabilities);
        return;
    }
    for (int i = 0; i < count; i++)
        order[i] = &histories[i];
    qsort(order, (size_t)count, sizeof *order, longest_first);
    for (int i = 0; i < count; i++)
        sorted[i] = *order[i];
    for (int i = 0; i < count; i += group)
        peer_run(peer, count - i < group ? count - i : group, sorted + i,
                 answers + i * ACTIONS);
    for (int i = 0; i < count; i++)
        memcpy(probabilities + (order[i] - histories) * ACTIONS, answers + i * ACTIONS,
               ACTIONS * sizeof *answers);
}

/* A network that was opened, and its error. */
struct peer_opened {
    char name[32];
    void *peer; /* NULL: it could not be opened */
    double error;
};

struct peer_batches {
    void *peer;
    const struct peer_history *histories;
    int total, batch; /* histories in all and per call */
    float probabilities[HISTORIES * ACTIONS];
};

static void run_batches(void *context)
{
    struct peer_batches *batches = context;
    for (int i = 0; i < batches->total; i += batches->batch) {
        int left = batches->total - i;
        run_grouped(batches->peer, left < batches->batch ? left : batches->batch,
                    batches->histories + i, batches->probabilities + i * ACTIONS);
    }
}

/* The largest error of a network; NAN without a reference. */
static double error_of(void *peer, const char *folder, const char *name,
                       const struct peer_history *histories)
{
    static struct peer_batches batches;
    static const int sizes[] = {1, HISTORIES};
    char file_name[64];
    double largest = 0.0;
    snprintf(file_name, sizeof file_name, "%s.ref", name);
    FILE *file = open_in(folder, file_name);
    if (!file)
        return NAN;
    double *expected = read_part(file, sizeof *expected, HISTORIES * ACTIONS);
    fclose(file);
    batches.peer = peer;
    batches.histories = histories;
    batches.total = HISTORIES;
    for (int size = 0; size < 2; size++) {
        batches.batch = sizes[size];
        run_batches(&batches);
        for (int i = 0; i < HISTORIES * ACTIONS; i++)
            largest = fmax(largest, fabs((double)batches.probabilities[i] - expected[i]));
    }
    free(expected);
    return largest;
}

/* Find a network or open it at its first use. */
static const struct peer_opened *find(const char *folder, const char *cell, int H,
                                      const struct peer_history *histories)
{
    static struct peer_opened all[16];
    struct peer_opened *one = all;
    char name[32];
    snprintf(name, sizeof name, "%s%d", cell, H);
    while (one < all + 15 && one->name[0] != '\0' && strcmp(one->name, name) != 0)
        one++;
    if (strcmp(one->name, name) != 0) {
        const struct peer_network *network = read_network(folder, cell, H);
        snprintf(one->name, sizeof one->name, "%s", name);
        one->peer = network ? peer_open(network) : NULL;
        if (one->peer)
            one->error = error_of(one->peer, folder, name, histories);
    }
    return one;
}

static void answer(const struct peer_opened *opened, const char *task, int argument,
                   int ms, const struct peer_history *histories)
{
    static struct peer_batches batches;
    static struct peer_history same[HISTORIES];
    struct peer_history one = {histories[0].events, argument};
    const bool is_one = strcmp(task, "lat") == 0, is_same = strcmp(task, "same") == 0;
    for (int i = 0; i < HISTORIES; i++)
        same[i] =
            (struct peer_history){histories[0].events + i * SAME_LENGTH, SAME_LENGTH};
    batches.peer = opened->peer;
    batches.histories = is_one ? &one : is_same ? same : histories;
    batches.total = is_one ? 1 : HISTORIES;
    batches.batch = is_one ? 1 : argument;
    struct timing took = timing_repeat(run_batches, &batches, ms);
    printf("ok %.3f %.3f %zu %.2e\n", took.median * 1e6, took.least * 1e6, took.calls,
           opened->error);
}

int main(int argc, char **argv)
{
    char line[256], task[16], cell[16];
    int H, argument, ms;
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    const struct peer_history *histories = read_histories(argv[1]);
    puts("ready");
    for (fflush(stdout); fgets(line, sizeof line, stdin); fflush(stdout)) {
        bool is_read =
            sscanf(line, "%15s %15s %d %d %d", task, cell, &H, &argument, &ms) == 5;
        bool is_one = is_read && strcmp(task, "lat") == 0;
        if (!is_read || argument < 1 || argument > (is_one ? LONGEST : HISTORIES)) {
            puts("err request");
            continue;
        }
        const struct peer_opened *opened = find(argv[1], cell, H, histories);
        if (!opened->peer)
            puts("err model");
        else
            answer(opened, task, argument, ms, histories);
    }
    return 0;
}
