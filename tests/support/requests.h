/*
 * Which requests the bytes that a client sends are: their methods and paths, so that answers
 * can be told apart.
 *
 * What is no HTTP is read as far as it makes sense: a server that refuses it ends the connection.
 */
#ifndef TRIAGE_REQUESTS_H
#define TRIAGE_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ASKED_METHOD = 16, ASKED_PATH = 96 };

struct sent_request {
    char method[ASKED_METHOD], path[ASKED_PATH]; /* cut; path: without host and query */
};

struct requests {
    struct sent_request *questions; /* [count], from answered on without an answer */
    size_t count, answered;

    enum {
        ASKED_LINE,
        ASKED_FIELD,
        ASKED_BODY,
        ASKED_SIZE,
        ASKED_CHUNK,
        ASKED_TRAILER
    } state;
    char line[256]; /* its beginning */
    size_t length;  /* of all of it */
    uint64_t left;  /* of a body or a chunk and its end */
    bool is_chunked;
};

/* All-zero at first. */
void requests_add_bytes(struct requests *asked, const char *bytes, size_t length);

/* What the next answer answers; "" and "" when nothing was understood. */
struct sent_request requests_next(struct requests *asked);

void requests_release(struct requests *asked);

#endif
