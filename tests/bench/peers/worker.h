/*
 * A peer as a worker of a comparison, over lines on stdin and stdout:
 *
 *     lat CELL H LENGTH MS    one history of LENGTH events a call
 *     thr CELL H BATCH MS     the first 1024 histories, BATCH a call
 *
 * answered by "ok MEDIAN_US LEAST_US CALLS ERROR"; thr: microseconds for all 1024.  ERROR is the
 * largest difference of a probability from the reference in double precision, of those 1024
 * asked one by one and all at once.  The folder is what bench-prepare wrote.  A peer defines
 * peer_open and peer_run and includes this file.  PEER_GROUP histories are given to it at once,
 * sorted by length: eight, which is the best use of libraries that pad, unless the peer has
 * defined it before.
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

/* Gates in PyTorch's order: GRU r, z, n; LSTM i, f, g, o. */
struct peer_network {
    bool is_lstm;
    int H, G;
    float *embedding, *w, *u, *b, *b_state, *head, *head_bias;
    char path[512]; /* of its files, without what says their kind */
};

struct peer_history {
    const int32_t *events;
    int length;
};

/* What stands for a network until the end of the process; NULL if it cannot be. */
static void *peer_open(const struct peer_network *network);

/* Probabilities [count][ACTIONS] of count histories. */
static void peer_run(void *peer, int count, const struct peer_history *histories,
                     float *probabilities);

static void *need(void *memory)
{
    if (memory != NULL)
        return memory;
    fprintf(stderr, "out of memory\n");
    exit(1);
}

static void *read_part(FILE *file, size_t size, size_t count)
{
    void *part = need(calloc(count, size));

    if (fread(part, size, count, file) == count)
        return part;
    fprintf(stderr, "a file is too short\n");
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

    if (file == NULL) {
        fprintf(stderr, "%s/data.bin is not there\n", folder);
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
    snprintf(name, sizeof name, "%s%d.bin", cell, H);
    FILE *file = open_in(folder, name);
    if (file == NULL)
        return NULL;
    n->embedding = read_part(file, sizeof(float), VALUES * EMBEDDING);
    n->w = read_part(file, sizeof(float), GH * EMBEDDING);
    n->u = read_part(file, sizeof(float), GH * h);
    n->b = read_part(file, sizeof(float), GH);
    n->b_state = read_part(file, sizeof(float), GH);
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

/* A call of count histories: sorted, cut into groups, put back. */
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

/* A network that was asked for, and how far its answers are from the reference. */
struct peer_opened {
    char name[32];
    void *peer; /* NULL: it could not be opened */
    double error;
};

/* total histories, batch a call. */
struct peer_pass {
    void *peer;
    const struct peer_history *histories;
    int total, batch;
    float probabilities[HISTORIES * ACTIONS];
};

static void run_pass(void *context)
{
    struct peer_pass *pass = context;

    for (int i = 0; i < pass->total; i += pass->batch) {
        int left = pass->total - i;
        run_grouped(pass->peer, left < pass->batch ? left : pass->batch,
                    pass->histories + i, pass->probabilities + i * ACTIONS);
    }
}

/* NAN without a reference. */
static double error_of(void *peer, const char *folder, const char *name,
                       const struct peer_history *histories)
{
    static struct peer_pass pass;
    static const int batches[] = {1, HISTORIES};
    char file_name[64];
    double largest = 0.0;

    snprintf(file_name, sizeof file_name, "%s.ref", name);
    FILE *file = open_in(folder, file_name);
    if (file == NULL)
        return NAN;
    double *expected = read_part(file, sizeof *expected, HISTORIES * ACTIONS);
    fclose(file);
    pass.peer = peer;
    pass.histories = histories;
    pass.total = HISTORIES;
    for (int b = 0; b < 2; b++) {
        pass.batch = batches[b];
        run_pass(&pass);
        for (int i = 0; i < HISTORIES * ACTIONS; i++)
            largest = fmax(largest, fabs((double)pass.probabilities[i] - expected[i]));
    }
    free(expected);
    return largest;
}

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
        one->peer = network == NULL ? NULL : peer_open(network);
        if (one->peer != NULL)
            one->error = error_of(one->peer, folder, name, histories);
    }
    return one;
}

static void answer(const struct peer_opened *opened, bool is_one, int argument, int ms,
                   const struct peer_history *histories)
{
    static struct peer_pass pass;
    struct peer_history one = {histories[0].events, argument};

    pass.peer = opened->peer;
    pass.histories = is_one ? &one : histories;
    pass.total = is_one ? 1 : HISTORIES;
    pass.batch = is_one ? 1 : argument;
    struct timing took = timing_repeat(run_pass, &pass, ms);
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
    for (fflush(stdout); fgets(line, sizeof line, stdin) != NULL; fflush(stdout)) {
        bool is_read =
            sscanf(line, "%15s %15s %d %d %d", task, cell, &H, &argument, &ms) == 5;
        bool is_one = is_read && strcmp(task, "lat") == 0;
        if (!is_read || argument < 1 || argument > (is_one ? LONGEST : HISTORIES)) {
            puts("err request");
            continue;
        }
        const struct peer_opened *opened = find(argv[1], cell, H, histories);
        if (opened->peer == NULL)
            puts("err model");
        else
            answer(opened, is_one, argument, ms, histories);
    }
    return 0;
}
