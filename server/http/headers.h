/*
 * The fields of an answer's head, once: the library sends them, and where it cannot, we do.
 */
#ifndef TRIAGE_HEADERS_H
#define TRIAGE_HEADERS_H

#include <stddef.h>

#include "service/request.h"

enum { HEADERS = 8, TIMING_TEXT = 192, HEADERS_TEXT = 1024 };

struct headers {
    size_t count;
    struct {
        const char *name, *value;
    } fields[HEADERS]; /* [count] */

    char trace[TRACE_TEXT], timing[TIMING_TEXT], retry_after[16];
};

/* Of a request that has its answer; borrowed from it and from headers. */
void headers_of(struct headers *headers, const struct request *request);

/* As they stand in a head, line by line.  Returns room. */
char *headers_write(const struct headers *headers, char room[HEADERS_TEXT]);

#endif
