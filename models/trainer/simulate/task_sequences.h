/*
 * Sequences of tasks on which networks are compared.  Unless another source is named, they are those of
 * Hochreiter and Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997.
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
 *
 * Adding (section 5.4).  A sequence has T to T + T/10 events, all lengths equally likely.  Each has a
 * number, uniform in [-1, 1].  The first and the last event are E, all others n, except for two, which
 * are M: one of the first ten events, and one of the first T/2 - 1 that are left.  If the first event is
 * drawn, it stays E, and its number is 0.  The paper's network has to output 0.5 + (sum of the two
 * numbers) / 4, which is in [0, 1].  Here the class is its first decimal, 0 to 9; 1.0 belongs to 9.
 *
 * Copy (Arjovsky, Shah and Bengio, "Unitary Evolution Recurrent Neural Networks", 2016).  Ten symbols,
 * drawn from a to h; T - 1 times N (nothing); R (recall); ten times N.  After each of the last ten events
 * the class is one of the ten symbols, in their order; after all others it is N.
 *
 * Long effect, a task of this project: three events X, Y and Z in random order, then 1 to T events a, b,
 * c or d at random, which are unrelated.  The class at the end is the order of the three:
 *
 *     XYZ Q  XZY R  YXZ S  YZX U  ZXY V  ZYX A
 *
 * It measures how accuracy falls with the length of a history, as Bahdanau, Cho and Bengio, "Neural
 * Machine Translation by Jointly Learning to Align and Translate", 2015, did with sentences.
 */
#ifndef TRIAGE_TASK_SEQUENCES_H
#define TRIAGE_TASK_SEQUENCES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

enum sequence_kind {
    TEMPORAL_ORDER_6A,
    TEMPORAL_ORDER_6B,
    REBER,
    ADDING,
    COPY,
    LONG_EFFECT,
    SEQUENCE_KINDS
};

enum {
    SEQUENCE_MAX = 1100, /* events */
    SEQUENCE_CLASSES = 10,
    COPIED = 10,     /* symbols that are copied */
    SHORTEST_T = 20, /* T, of the kinds that have one */
    LONGEST_T = 1000,
    SEQUENCE_ONE = 10000, /* the unit of `numbers` and `sum` is 1/SEQUENCE_ONE */
};

struct sequence {
    enum sequence_kind kind;
    uint32_t length;
    char symbols[SEQUENCE_MAX]; /* [length] */
    char class;                 /* at the end; 0 for REBER and COPY */
    char classes[SEQUENCE_MAX]; /* [length] COPY: after each event */
    /* [length] REBER: the symbols that may follow, as bits of their places in sequence_symbols */
    uint8_t possible[SEQUENCE_MAX];
    int16_t numbers[SEQUENCE_MAX]; /* [length] ADDING */
    int32_t sum;                   /* ADDING: of the two numbers */
};

/* What a kind is drawn from. */
struct sequence_task {
    enum sequence_kind kind;
    uint32_t T; /* SHORTEST_T to LONGEST_T; not used by temporal order and REBER */
};

bool sequence_kind_has_T(enum sequence_kind kind);

/* The symbols and the classes of a kind, as text; REBER has no classes, but "". */
const char *sequence_symbols(enum sequence_kind kind);
const char *sequence_classes(enum sequence_kind kind);

/* Draw sequence `number` of a seed. */
void sequence_draw(struct sequence *sequence, const struct sequence_task *task,
                   uint64_t seed, uint64_t number);

/*
 * ADDING: how far 0.5 + sum / 4 is from the tenth of [0, 1] that a class names; 0 in it, 1 for what
 * is not a class.
 */
double sequence_distance(const struct sequence *sequence, char class);

/* Append the number of event t of ADDING. */
void sequence_write_number(const struct sequence *sequence, uint32_t t,
                           struct strbuf *text);

/* Append `"events":[...]` and, if there is a class at the end, `,"action":"..."`. */
void sequence_write(const struct sequence *sequence, struct strbuf *text);

#endif
