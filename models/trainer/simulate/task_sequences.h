/*
 * Sequences of three tasks on which recurrent networks have been compared since Hochreiter and
 * Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997.
 *
 * Temporal order (section 5.6).  A sequence has 100 to 110 symbols, all equally likely: the first is
 * E, the last is B, and all others are a, b, c or d at random, except for two (6a) or three (6b) of
 * them, which are X or Y at random.  Their places, from 1, are drawn from 10 to 20 and 50 to 60 (6a),
 * or from 10 to 20, 33 to 43 and 66 to 76 (6b).  The class at the end is their order:
 *
 *     6a   XX Q   XY R   YX S   YY U
 *     6b   XXX Q  XXY R  XYX S  XYY U  YXX V  YXY A  YYX B  YYY C
 *
 * The embedded Reber grammar (section 5.1).  B, then T or P, then a string of the Reber grammar, then
 * the same T or P, then E.  The Reber grammar is the graph in task_sequences.c; where it has a choice, both
 * edges are equally likely.  After each symbol the possible next ones are to be predicted.
 */
#ifndef TRIAGE_TASK_SEQUENCES_H
#define TRIAGE_TASK_SEQUENCES_H

#include <stdint.h>

#include "base/strbuf.h"

enum sequence_kind { TEMPORAL_ORDER_6A, TEMPORAL_ORDER_6B, REBER, SEQUENCE_KINDS };

extern const char *const sequence_kind_names[SEQUENCE_KINDS + 1]; /* NULL at the end */

enum { SEQUENCE_MAX = 256, SEQUENCE_SYMBOLS = 8, SEQUENCE_CLASSES = 8 };

struct sequence {
    uint32_t length;
    char symbols[SEQUENCE_MAX]; /* [length] */
    char class;                 /* of temporal order; 0 */
    /* [length] REBER: the symbols that may follow, as bits of their places in sequence_symbols */
    uint8_t possible[SEQUENCE_MAX];
};

/* The symbols and the classes of a kind, as text; a kind without classes has "". */
const char *sequence_symbols(enum sequence_kind kind);
const char *sequence_classes(enum sequence_kind kind);

/* Draw sequence `number` of a seed. */
void sequence_draw(struct sequence *sequence, enum sequence_kind kind, uint64_t seed,
                   uint64_t number);

/* Append `"events":[...]` and, if there is a class, `,"action":"..."`. */
void sequence_write(const struct sequence *sequence, struct strbuf *text);

#endif
