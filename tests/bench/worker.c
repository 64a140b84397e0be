/*
 * The engine as a worker that is compared with its peers, by the protocol of peers/worker.h.  It is
 * given histories in any order, because it needs neither sorting nor padding.  The environment
 * variable TRIAGE_KERNEL forces a kernel.
 *
 *     usage: bench-worker FOLDER
 */
#include "engine.h"

#define PEER_GROUP 1024
#include "bench/peers/worker.h"

enum { FIRST_ID = 2 }; /* ids 0 and 1: unknown, missing */

struct peer {
    struct classifier *classifier;
    struct history histories[HISTORIES];
    uint32_t *ids; /* of all events of one call */
    size_t capacity;
};

static void *peer_open(const struct peer_network *network)
{
    struct peer *peer = need(calloc(1, sizeof *peer));
    struct error err = {.status = STATUS_OK};
    const char *kernel = getenv("TRIAGE_KERNEL");
    char path[540];
    triage_init();
    snprintf(path, sizeof path, "%s.safetensors", network->path);
    if (kernel && triage_kernels_force(kernel, &err) != STATUS_OK) {
        fprintf(stderr, "bench-worker: %s\n", err.text);
        return NULL;
    }
    struct model *model = triage_model_load(path, &err);
    if (model)
        peer->classifier = triage_classifier_new(model, HISTORIES, LONGEST, &err);
    if (peer->classifier)
        return peer;
    fprintf(stderr, "bench-worker: %s: %s\n", err.where, err.text);
    free(peer);
    return NULL;
}

static void peer_run(void *context, int count, const struct peer_history *histories,
                     float *probabilities)
{
    struct peer *peer = context;
    size_t events = 0, next = 0;
    for (int i = 0; i < count; i++)
        events += (size_t)histories[i].length;
    if (events > peer->capacity) {
        free(peer->ids);
        peer->ids = need(calloc(events, sizeof *peer->ids));
        peer->capacity = events;
    }
    for (int i = 0; i < count; i++) {
        peer->histories[i] = (struct history){.ids = peer->ids + next,
                                              .length = (uint32_t)histories[i].length};
        for (int t = 0; t < histories[i].length; t++)
            peer->ids[next++] = (uint32_t)histories[i].events[t] + FIRST_ID;
    }
    triage_classifier_run(peer->classifier, peer->histories, (size_t)count, probabilities,
                          NULL);
}
