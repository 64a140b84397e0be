/* A network that bench-prepare draws and writes: its weights in the order of the file. */
#ifndef TRIAGE_PREPARE_H
#define TRIAGE_PREPARE_H

#include "bench/workload.h"

enum { PREPARE_E = 32, PREPARE_FIRST = 2 /* ids 0 and 1: unknown, missing */ };
enum { PREPARE_PARTS = 40 };

enum part_kind { PART_NORMAL, PART_UNIFORM, PART_NEAR_ONE, PART_ALIBI };

struct part {
    char name[64]; /* of the tensor */
    enum part_kind kind;
    float *values;
    size_t count;
};

struct network {
    const char *cell; /* in the names of the files, before H */
    struct spec spec;
    struct part parts[PREPARE_PARTS];
    size_t part_count;

    /* The logits of a history in double precision. */
    void (*logits)(const struct network *network, const struct history *history,
                   double *logits);
};

void network_append(struct network *network, enum part_kind kind, size_t count,
                    const char *name);

/* w [count] times x */
double network_dot(const float *w, const double *x, size_t count);

/* Self-attention: 64 units, 2 heads, 2 layers, 256 units between the linear parts. */
void attention_network_init(struct network *network);

#endif
