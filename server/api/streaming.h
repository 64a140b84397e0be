/*
 * The streams of one loop: each gets a turn after every step of the lanes, and its connection
 * goes on when the stream does.
 */
#ifndef TRIAGE_STREAMING_H
#define TRIAGE_STREAMING_H

#include <stdint.h>

#include "service/request.h"

struct loop;

/* All-zero when empty. */
struct streaming {
    struct request_list list;
};

void streaming_add(struct streaming *streaming, struct request *request);
void streaming_remove(struct streaming *streaming, struct request *request);

/* Move them all on. */
void streaming_turn(struct streaming *streaming, struct loop *loop, int64_t now_us);

/* End them, saying in the next line of each that the service stops. */
void streaming_stop(struct streaming *streaming);

/* End them without another word, so that nothing stays suspended. */
void streaming_close(struct streaming *streaming);

#endif
