/*
 * ONNX Runtime as a worker (worker.h), through the C library in the npm package onnxruntime-node,
 * which has no header.  The interface is a table of functions that only grows at its end.  The few
 * functions that are needed are in the first version of the table and are named by their index.
 * The comparison of the answers with the reference shows that the indices are right.
 *
 *     usage: PEER_ONNXRUNTIME=.../libonnxruntime.so.1 onnxruntime FOLDER
 */
#include <dlfcn.h>

#include "bench/peers/worker.h"

enum { API_VERSION = 1, CPU_ARENA = 0, MEMORY_DEFAULT = 0, LOG_ERRORS = 3 };
enum { INT32 = 6, INT64 = 7 }; /* element types */

/* Indices of functions in the table. */
enum function {
    ERROR_MESSAGE = 2,
    CREATE_ENV = 3,
    CREATE_SESSION = 7,
    RUN = 9,
    CREATE_OPTIONS = 10,
    INTRA_THREADS = 24,
    INTER_THREADS = 25,
    CREATE_TENSOR = 49,
    TENSOR_DATA = 51,
    CREATE_CPU_MEMORY = 69,
    RELEASE_VALUE = 96
};

struct base {
    void *const *(*table)(uint32_t version);
    const char *(*version)(void);
};

struct peer {
    void *session;
    int64_t *ids; /* [T][B] */
    size_t capacity;
};

static void *const *functions;
static void *environment, *memory_info;

/* A function of the table with its type.  Each returns a status, which is NULL for success. */
#define CALL(index, type) ((void *(*)type)functions[index])

static void check(void *status)
{
    if (!status)
        return;
    fprintf(stderr, "onnxruntime: %s\n",
            ((const char *(*)(const void *))functions[ERROR_MESSAGE])(status));
    exit(1);
}

static void load(void)
{
    const char *path = getenv("PEER_ONNXRUNTIME");
    void *library = dlopen(path ? path : "libonnxruntime.so.1", RTLD_NOW);
    const struct base *(*get)(void) = NULL;
    if (library)
        *(void **)&get = dlsym(library, "OrtGetApiBase");
    if (!get) {
        fprintf(stderr, "onnxruntime: %s\n", dlerror());
        exit(1);
    }
    functions = get()->table(API_VERSION);
    fprintf(stderr, "onnxruntime %s\n", get()->version());
    check(
        CALL(CREATE_ENV, (int, const char *, void **))(LOG_ERRORS, "peer", &environment));
    check(CALL(CREATE_CPU_MEMORY, (int, int, void **))(CPU_ARENA, MEMORY_DEFAULT,
                                                       &memory_info));
}

static void *peer_open(const struct peer_network *network)
{
    struct peer *peer = need(calloc(1, sizeof *peer));
    char path[520];
    void *options;
    snprintf(path, sizeof path, "%s.onnx", network->path);
    if (!functions)
        load();
    check(CALL(CREATE_OPTIONS, (void **))(&options));
    check(CALL(INTRA_THREADS, (void *, int))(options, 1));
    check(CALL(INTER_THREADS, (void *, int))(options, 1));
    check(CALL(CREATE_SESSION, (void *, const char *, void *, void **))(
        environment, path, options, &peer->session));
    return peer;
}

static void *tensor(void *data, size_t bytes, const int64_t *shape, size_t rank, int type)
{
    void *value;
    check(CALL(CREATE_TENSOR,
               (void *, void *, size_t, const int64_t *, size_t, int, void **))(
        memory_info, data, bytes, shape, rank, type, &value));
    return value;
}

static void peer_run(void *context, int count, const struct peer_history *histories,
                     float *probabilities)
{
    static const char *const inputs[] = {"ids", "lens"}, *const outputs[] = {"p"};
    struct peer *peer = context;
    int32_t lengths[HISTORIES];
    int T = 0;
    for (int i = 0; i < count; i++) {
        lengths[i] = histories[i].length;
        T = lengths[i] > T ? lengths[i] : T;
    }
    size_t needed = (size_t)T * (size_t)count;
    if (needed > peer->capacity) {
        free(peer->ids);
        peer->ids = need(calloc(needed, sizeof *peer->ids));
        peer->capacity = needed;
    }
    for (int t = 0; t < T; t++)
        for (int i = 0; i < count; i++)
            peer->ids[t * count + i] = t < lengths[i] ? histories[i].events[t] : 0;
    const int64_t shape[] = {T, count};
    void *values[] = {
        tensor(peer->ids, needed * sizeof *peer->ids, shape, 2, INT64),
        tensor(lengths, (size_t)count * sizeof *lengths, shape + 1, 1, INT32)};
    void *result = NULL, *data;
    check(CALL(RUN, (void *, const void *, const char *const *, void *const *, size_t,
                     const char *const *, size_t, void **))(
        peer->session, NULL, inputs, values, 2, outputs, 1, &result));
    check(CALL(TENSOR_DATA, (void *, void **))(result, &data));
    memcpy(probabilities, data, (size_t)count * ACTIONS * sizeof *probabilities);
    void (*release)(void *) = (void (*)(void *))functions[RELEASE_VALUE];
    release(result);
    release(values[0]);
    release(values[1]);
}
