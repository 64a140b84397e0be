/*
 * A plain request while it is read: what the rooms that do so share (quick.c: the request and its
 * histories; quick_fields.c: an object of fields; quick_rows.c: the events of a history).
 * Private to them.
 *
 * Each call reads one thing at the cursor, and is false when it is not for triage_fast_decode to answer.
 */
#ifndef TRIAGE_FAST_DECODER_H
#define TRIAGE_FAST_DECODER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lexer.h"
#include "engine.h"
#include "model/decoding.h"
#include "model/schema.h"

enum {
    QUICK_CASE = -1, /* in place of an event's index: the case-level fields */
    QUICK_KEYS = 8
};

/* A key and what it was found to be, for the next object that has it at the same place. */
struct quick_key {
    struct span name;
    const struct field *column; /* NULL: the schema lacks it */
};

/* Rows while they grow, events as given: one piece of the arena. */
struct quick_rows {
    uint32_t *ids;  /* [room][K] */
    float *values;  /* [room][F] */
    int64_t *times; /* [room] */
    uint32_t count, room, timed;
};

struct reading {
    const struct fast_decoder_options *rules;
    struct fast_request *quick;
    struct lexer scan;
    const struct schema *schema; /* NULL: not known yet */
    const struct field *event;
    struct quick_key keys[QUICK_KEYS];
    bool is_named; /* the request says which model */
    struct decoding d;
    struct quick_rows rows;
    uint32_t *case_ids; /* [K] */
    float *case_values; /* [F] */
    const char *fields; /* where the history's "fields" stand, when they are known */
    bool must_repeat;   /* something has turned up that should have been known */
};

/* An object of fields, of the event at index or of the case, into its row. */
bool quick_fields(struct reading *r, int64_t index, uint32_t *ids, float *values);

/* The name of the event at index: a string in place of an object. */
bool quick_name(struct reading *r, int64_t index, uint32_t *ids);

/* The array of events, as given; all have a time or none has. */
bool quick_events(struct reading *r);

/* All of the history has been read: order its rows, say what time says, fill the history. */
bool quick_finish(struct reading *r);

#endif
