/*
 * The architecture of a network: kind of cell, widths and depth.  This header is installed with the
 * public ones.  triage_spec_options has the names, bounds and defaults of the members.
 */
#ifndef TRIAGE_SPEC_H
#define TRIAGE_SPEC_H

#include <stdint.h>

struct option_def; /* base/option_table.h */

/* CELL_ATTENTION: no recurrence, but layers of causal self-attention (infer/self_attention.h). */
enum cell_kind { CELL_RNN, CELL_LSTM, CELL_GRU, CELL_ATTENTION };
enum reset { RESET_BEFORE, RESET_AFTER };
enum update { UPDATE_KEEP, UPDATE_WRITE };
enum head_kind { HEAD_FINAL, HEAD_ATTENTION };

struct spec {
    uint32_t cell;       /* enum cell_kind */
    uint32_t reset;      /* GRU, enum reset: before or after the recurrent product */
    uint32_t update;     /* GRU, enum update: z is the fraction kept or written */
    uint32_t embedding;  /* E; 0: one-hot, without embedding tables */
    uint32_t hidden;     /* H */
    uint32_t layers;     /* L */
    uint32_t directions; /* D; 2: the events are also read from last to first */
    uint32_t head; /* enum head_kind: what the output layer reads (infer/attention.h) */

    /* Self-attention only. */
    uint32_t heads;        /* A, a divisor of H */
    uint32_t feed_forward; /* P, width of the feed-forward layers; 0: 4 H */
    uint32_t window;       /* W, the events that an event attends to, itself included */
};

extern const struct option_def *const triage_spec_options;

/* G, the number of gates of the cell: 1, 3 or 4; 0 with self-attention. */
uint32_t triage_spec_gates(const struct spec *spec);

/* The floats that the output layer reads: D*H, and with an attention head the context [H], too. */
uint32_t triage_spec_head_width(const struct spec *spec);

/* Set what only self-attention has to the defaults. */
void triage_spec_clear_self_attention(struct spec *spec);

/* P with its default. */
uint32_t triage_spec_feed_forward(const struct spec *spec);

/* "rnn", "lstm", "gru" or "attention"; valid forever. */
const char *triage_spec_cell_name(const struct spec *spec);

#endif
