/*
 * The fuzz targets, listed once.  target_NAME.c defines fuzz_NAME(), corpus/NAME holds the inputs
 * that fuzzing starts from, and regression/NAME every input that ever revealed a defect.
 *
 * A target accepts any bytes and aborts when a requirement does not hold.
 */
#ifndef TRIAGE_TARGETS_H
#define TRIAGE_TARGETS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define TARGETS(X)                                                                       \
    X(history) /* the JSON of a request: decoded, classified and answered */             \
    X(decoder) /* the same JSON by two decoders: the engine's, one of a tree */          \
    X(model)   /* a model file: loaded and run */                                        \
    X(config)  /* the service's configuration file */                                    \
    X(http)    /* the bytes of a connection, through libmicrohttpd */                    \
    X(stream)  /* the lines of an NDJSON request, through libmicrohttpd */               \
    X(csv)     /* training data as CSV */                                                \
    X(values)  /* the cells of a column: times, numbers, marks of missing values */

#define TARGET_DECLARATION(name) void fuzz_##name(const uint8_t *bytes, size_t length);
TARGETS(TARGET_DECLARATION)
#undef TARGET_DECLARATION

/* Abort unless the condition holds; it must hold for every input. */
#define REQUIRE(condition)                                                               \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,            \
                    #condition);                                                         \
            abort();                                                                     \
        }                                                                                \
    } while (0)

#endif
