/*
 * What is fuzzed, listed once: target_<name>.c holds fuzz_<name>(), corpus/<name> what it
 * begins with, regression/<name> every input that ever broke it.
 *
 * A target takes any bytes, and aborts when a promise does not hold.
 */
#ifndef TRIAGE_TARGETS_H
#define TRIAGE_TARGETS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define TARGETS(X)                                                                       \
    X(history)      /* the JSON of a request, decoded, run and answered */               \
    X(fast_decoder) /* the same JSON by the fast decoder and the tree decoder */         \
    X(model)        /* a model file, loaded and run */                                   \
    X(config)       /* the service's configuration file */                               \
    X(http)         /* what a client sends, through the library */                       \
    X(stream)       /* the lines of a stream, likewise */                                \
    X(csv)          /* events to learn from, as CSV */

#define TARGET_DECLARATION(name) void fuzz_##name(const uint8_t *bytes, size_t length);
TARGETS(TARGET_DECLARATION)
#undef TARGET_DECLARATION

/* A promise, to be kept whatever the input is. */
#define PROMISE(holds)                                                                   \
    do {                                                                                 \
        if (!(holds)) {                                                                  \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #holds);          \
            abort();                                                                     \
        }                                                                                \
    } while (0)

#endif
