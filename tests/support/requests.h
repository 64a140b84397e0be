/*
 * Splits the bytes that a client sends into HTTP requests and remembers the method and path of
 * each, so that every answer can be matched to its request.
 *
 * Bytes that are not HTTP are read as far as possible: the server refuses them and closes the
 * connection.
 */
#ifndef TRIAGE_REQUESTS_H
#define TRIAGE_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REQUESTS_METHOD = 16, REQUESTS_PATH = 96 };

struct sent_request {
    char method[REQUESTS_METHOD];
    char path[REQUESTS_PATH]; /* without host and query; both texts may be cut */
};

struct requests {
    /* [count], owned; from answered on they have no answer yet */
    struct sent_request *items;
    size_t count, answered;

    enum {
        REQUESTS_LINE,
        REQUESTS_FIELD,
        REQUESTS_BODY,
        REQUESTS_CHUNK_SIZE,
        REQUESTS_CHUNK,
        REQUESTS_TRAILER
    } state;
    char line[256];      /* the beginning of the current line */
    size_t line_length;  /* of the whole line */
    uint64_t left_bytes; /* of the body, or of the chunk and its line end */
    bool is_chunked;
};

/* requests is all zeros at first. */
void requests_add_bytes(struct requests *requests, const char *bytes, size_t length);

/* The request that the next answer belongs to; two empty strings if there is none. */
struct sent_request requests_next(struct requests *requests);

void requests_release(struct requests *requests);

#endif
